//! Metrics as Prometheus reads them: its text format, version 0.0.4
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::fmt::{Display, Write};

/// The format's content type.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Metrics of one program, one after the other.
#[derive(Clone, Debug)]
pub struct Exposition {
    prefix: String,
    text: String,
}

// === impl Exposition ===

impl Exposition {
    /// Every name begins with `bitville_` and that.
    pub fn new(program: &str) -> Self {
        Self {
            prefix: format!("bitville_{program}"),
            text: String::new(),
        }
    }

    /// A number as it is now.
    pub fn gauge(&mut self, name: &str, value: impl Display) {
        self.metric(name, "gauge", "", value);
    }

    /// A number that only grows. Its name ends in `_total`.
    pub fn counter(&mut self, name: &str, value: impl Display) {
        self.metric(&format!("{name}_total"), "counter", "", value);
    }

    /// A gauge of 1 that carries texts.
    pub fn info(&mut self, labels: &[(&str, &str)]) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escape(value)))
            .collect();
        self.metric("info", "gauge", &format!("{{{}}}", labels.join(",")), 1);
    }

    fn metric(&mut self, name: &str, kind: &str, labels: &str, value: impl Display) {
        let prefix = &self.prefix;
        let _ = writeln!(
            self.text,
            "# TYPE {prefix}_{name} {kind}\n{prefix}_{name}{labels} {value}"
        );
    }

    pub fn into_text(self) -> String {
        self.text
    }
}

fn escape(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
