//! What our own daemons say of themselves.

use std::fmt::Write as _;

use wire::agent::{AgentHealth, Gap};
use wire::figure::{bytes, duration};

use crate::gelf::field;
use crate::gelf::level::Level;
use crate::gelf::map::Messages;

pub(in crate::gelf) fn health(messages: &mut Messages<'_>, health: &AgentHealth) {
    let gauge = |name: &str| health.gauges.get(name).copied();
    let is_open = gauge("breaker_open").map(|level| level != 0);
    let is_well = health.last_error.is_none() && is_open != Some(true);
    let level = if is_well {
        Level::Informational
    } else {
        Level::Warning
    };
    let mut short = format!(
        "{} {} up {}",
        health.agent,
        health.version,
        duration(health.uptime_us)
    );
    if is_open == Some(true) {
        short.push_str(", the store can't be reached");
    }
    if let Some(error) = &health.last_error {
        let _ = write!(short, ", last error: {}", super::line(error));
    }
    let mut full = String::new();
    for (name, count) in &health.counters {
        let _ = writeln!(full, "{name} {count}");
    }
    for (name, level) in &health.gauges {
        let _ = writeln!(full, "{name} {level}");
    }
    messages.record(level, &short, &full, |out| {
        out.text(field::AGENT, health.agent.as_str());
        out.text(field::AGENT_VERSION, health.version.as_str());
        out.int(field::PID, health.pid);
        out.int(field::UPTIME_US, health.uptime_us);
        out.int(field::RESIDENT_BYTES, health.rss_bytes);
        out.int(field::JOURNAL_BYTES, gauge("journal_bytes"));
        out.flag(field::IS_BREAKER_OPEN, is_open);
        out.text(field::LAST_ERROR, health.last_error.as_deref());
    });
}

pub(in crate::gelf) fn gap(messages: &mut Messages<'_>, gap: &Gap) {
    let short = format!(
        "{} ({}) lost: {}",
        super::counted(gap.records, "record"),
        bytes(gap.bytes),
        super::line(&gap.reason)
    );
    messages.record(Level::Error, &short, &gap.reason, |out| {
        out.text(field::REASON, gap.reason.as_str());
        out.int(field::RECORDS, gap.records);
        out.int(field::BYTES, gap.bytes);
        out.int(field::UNTIL_AT_US, gap.until_at_us.map(|it| it.0));
    });
}
