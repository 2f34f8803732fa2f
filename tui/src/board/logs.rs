//! Entries of logs, the newest first.

use serde_json::Value;
use wire::query::{LogEntry, Logs};

use super::{Column, Line, Severity, words};
use crate::format;

/// What an entry's body may have that its one line lacks, and how it is called.
const PARTS: [(&str, &str); 5] = [
    ("detail", "detail"),
    ("hint", "hint"),
    ("context", "context"),
    ("statement", "statement"),
    ("application_name", "application"),
];

/// Frames of a slow log's stack that are told, the innermost first.
const FRAMES_MAX: usize = 8;

pub(super) const COLUMNS: &[Column] = &[
    words("at", 9, 0),
    words("host", 11, 76),
    words("severity", 9, 0),
    words("code", 9, 100),
    words("message", 0, 0),
];

pub(super) fn lines(answer: &Logs) -> Vec<Line> {
    answer.entries.iter().map(line).collect()
}

fn line(entry: &LogEntry) -> Line {
    let said = text(&entry.body, "severity").unwrap_or(match &*entry.kind {
        "fpm_slow" => "SLOW",
        "mark" => "MARK",
        kind => kind,
    });
    let severity = match said {
        "ERROR" | "FATAL" | "PANIC" => Severity::Error,
        "WARNING" | "SLOW" => Severity::Warning,
        _ => Severity::Fine,
    };
    let mut detail = vec![entry.text.clone()];
    for (key, name) in PARTS {
        detail.extend(text(&entry.body, key).map(|words| format!("{name}: {words}")));
    }
    let event = entry.body.get("event");
    detail.extend(
        event
            .and_then(|it| text(it, "plan"))
            .map(|it| format!("plan: {it}")),
    );
    let stack = entry.body.get("stack").and_then(Value::as_array);
    for frame in stack.into_iter().flatten().take(FRAMES_MAX) {
        let part = |key| text(frame, key).unwrap_or("?");
        let line = frame.get("line").and_then(Value::as_u64).unwrap_or(0);
        detail.push(format!("{} at {}:{line}", part("function"), part("file")));
    }
    detail.extend(entry.correlation_id.map(|id| format!("request {id}")));
    Line {
        severity,
        cells: vec![
            format::clock(entry.at_us),
            entry.host.to_string(),
            said.to_owned(),
            text(&entry.body, "sql_state").unwrap_or("").to_owned(),
            entry.text.clone(),
        ],
        detail,
        request: entry.correlation_id,
        ..Line::default()
    }
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}
