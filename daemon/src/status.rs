//! How a daemon is, as its own endpoint tells it and as people read it.
//!
//! [`Status`] is what `/status` answers; [`Status::render`] is what `bitville-collector status` prints.
//! Names in it are those of counters and gauges, so that what is seen here is found in metrics, in
//! `agent_health` records and in the console under the same name.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use wire::agent::AgentHealth;
use wire::time::Micros;

use crate::log::chain;
use crate::uplink;

/// A daemon on the same machine answers at once, or has no time for us.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A status has some kilobytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Why there is no status.
#[derive(Debug, Error)]
pub enum StatusError {
    #[error(
        "nobody answers at {address}: is the daemon running, and is this its [{section}] health_listen?"
    )]
    Away {
        address: SocketAddr,
        section: &'static str,
    },
    #[error("status of {address} can't be read: {reason}")]
    Answer { address: SocketAddr, reason: String },
}

/// A daemon's state, as of the moment it was asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    #[serde(flatten)]
    pub health: AgentHealth,
    pub project: String,
    pub host: String,
    /// Whether it takes records.
    pub is_ready: bool,
    /// What keeps it from being ready, or from being well.
    pub problems: Vec<String>,
    /// How long ago the oldest record that the store does not have began; none if it has all.
    pub oldest_unsent_us: Option<Micros>,
    /// Counters' growth per second, over `rates_us`.
    pub rates: BTreeMap<String, f64>,
    pub rates_us: Micros,
}

/// Asks the daemon at that address.
pub async fn fetch(address: SocketAddr, section: &'static str) -> Result<Status, StatusError> {
    let answer_error = |reason| StatusError::Answer { address, reason };
    let client = uplink::plain_client(TIMEOUT).map_err(|error| answer_error(chain(&error)))?;
    let mut response = match client.get(format!("http://{address}/status")).send().await {
        Ok(response) => response,
        Err(error) if error.is_connect() => return Err(StatusError::Away { address, section }),
        Err(error) => return Err(answer_error(chain(&error.without_url()))),
    };
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| answer_error(chain(&error.without_url())))?
    {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_BYTES_MAX {
            let text = format!("it has more than {ANSWER_BYTES_MAX} bytes");
            return Err(answer_error(text));
        }
    }
    serde_json::from_slice(&body)
        .map_err(|error| answer_error(format!("HTTP {}, {error}", status.as_u16())))
}

// === impl Status ===

impl Status {
    /// Some lines for people, the most urgent first.
    pub fn render(&self) -> String {
        let mut text = String::new();
        self.render_head(&mut text);
        self.render_queue(&mut text);
        self.render_uplink(&mut text);
        self.render_counts(&mut text, "taken", |name| {
            name.ends_with("_accepted") || name == "datagrams_stats" || name == "records_kept"
        });
        self.render_counts(&mut text, "dropped or refused", is_drop);
        self.render_counts(&mut text, "workers", |name| name.starts_with("workers_"));
        if let Some(error) = &self.health.last_error {
            let _ = writeln!(text, "last error   {error}");
        }
        text
    }

    fn render_head(&self, text: &mut String) {
        let health = &self.health;
        let state = if self.is_ready { "ready" } else { "NOT READY" };
        let _ = writeln!(
            text,
            "{} {} on {} for {}: {state}",
            health.agent, health.version, self.host, self.project
        );
        for problem in &self.problems {
            let _ = writeln!(text, "  ! {problem}");
        }
        let _ = write!(
            text,
            "process      pid {}, up {}",
            health.pid,
            span(health.uptime_us)
        );
        if let Some(bytes) = health.rss_bytes {
            let _ = write!(text, ", {} resident", size(bytes));
        }
        text.push('\n');
    }

    fn render_queue(&self, text: &mut String) {
        let gauge = |name: &str| self.gauge(name).unsigned_abs();
        let _ = write!(
            text,
            "queue        {}, {} ({} of it in memory, {} on disk in {})",
            plural(gauge("journal_records"), "record"),
            size(gauge("journal_bytes")),
            size(gauge("journal_memory_bytes")),
            size(gauge("journal_disk_bytes")),
            plural(gauge("journal_segments"), "segment"),
        );
        match self.oldest_unsent_us {
            Some(age) => {
                let _ = writeln!(
                    text,
                    "\noldest       began {} ago and is not at the store",
                    span(age)
                );
            }
            None => text.push('\n'),
        }
    }

    fn render_uplink(&self, text: &mut String) {
        let breaker = match self.gauge("breaker_state") {
            0 => "closed",
            1 => "half-open: one batch tries",
            _ => "OPEN: nothing is sent for now",
        };
        let _ = writeln!(
            text,
            "uplink       breaker {breaker}; {} sent ({}), {} failed",
            plural(self.count("records_sent"), "record"),
            self.rate("records_sent"),
            plural(self.count("batches_failed"), "batch"),
        );
    }

    /// One line per counter that is not zero.
    fn render_counts(&self, text: &mut String, title: &str, is_wanted: impl Fn(&str) -> bool) {
        let counts = self.health.counters.iter();
        let wanted = counts.filter(|(name, count)| **count > 0 && is_wanted(name));
        for (index, (name, count)) in wanted.enumerate() {
            if index == 0 {
                let _ = writeln!(text, "{title}");
            }
            let _ = writeln!(text, "  {name:<34} {count:>12}  {}", self.rate(name));
        }
    }

    fn rate(&self, name: &str) -> String {
        let rate = self.rates.get(name).copied().unwrap_or_default();
        format!("{rate:.1}/s")
    }

    fn count(&self, name: &str) -> u64 {
        self.health.counters.get(name).copied().unwrap_or_default()
    }

    fn gauge(&self, name: &str) -> i64 {
        self.health.gauges.get(name).copied().unwrap_or_default()
    }
}

/// Whether a counter tells of something that was not taken, not kept or not delivered.
fn is_drop(name: &str) -> bool {
    [
        "_refused",
        "_lost",
        "_unkept",
        "_put_aside",
        "_timed_out",
        "_failed",
        "_unreadable",
        "_cut",
    ]
    .iter()
    .any(|part| name.contains(part))
        && name != "batches_failed"
}

pub(crate) fn plural(count: u64, noun: &str) -> String {
    match (count, noun) {
        (1, _) => format!("1 {noun}"),
        (_, "batch") => format!("{count} batches"),
        _ => format!("{count} {noun}s"),
    }
}

/// Three digits say enough here.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["B", "KiB", "MiB", "GiB"];
    let mut size = bytes as f64;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    let decimals = usize::from(unit > 0 && size < 100.0);
    format!("{size:.decimals$} {}", UNITS[unit])
}

/// The two largest units of a span.
pub(crate) fn span(span: Micros) -> String {
    let seconds = span.0.max(0) / 1_000_000;
    match seconds {
        0 => format!("{} ms", span.0.max(0) / 1_000),
        1..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

#[cfg(test)]
mod tests;
