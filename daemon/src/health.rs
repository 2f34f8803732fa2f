//! What a daemon says of itself: an `agent_health` record from its counters, its journal and the
//! kernel's view of its memory; and `gap` records for what it had to give up.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wire::agent::{AgentHealth, Gap};
use wire::record::{Record, RecordError};

use crate::clock::{Monotonic, micros};
use crate::counters::Counters;
use crate::journal::{Loss, LossKind, Stats};
use crate::producer::Producer;

/// Which daemon speaks.
#[derive(Clone, Debug)]
pub struct Agent {
    /// `collector` or `pgagent`.
    pub name: &'static str,
    pub version: &'static str,
    pub past: Past,
}

/// What a daemon was before this process of it: a supervisor replaces its workers, and the daemon that
/// operators see lives on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Past {
    /// The process that stays; none if it is this one.
    pub pid: Option<u32>,
    pub uptime: Duration,
    pub counts: BTreeMap<String, u64>,
    pub last_error: Option<String>,
}

/// The daemon's state now.
pub fn record(
    agent: &Agent,
    started: Monotonic,
    producer: &Producer,
    counters: &Counters,
    journal: Stats,
) -> Result<Record, RecordError> {
    let health = health(agent, started, producer, counters, journal);
    producer.record(AgentHealth::KIND, producer.clock().now(), &health)
}

/// Everything that was counted, the journal's losses with it.
pub fn counts(counters: &Counters, journal: Stats) -> BTreeMap<String, u64> {
    let mut counts = counters.counts();
    *counts.entry("records_lost".to_owned()).or_default() += journal.lost_records;
    *counts.entry("bytes_lost".to_owned()).or_default() += journal.lost_bytes;
    counts
}

/// What the daemon says of itself.
pub fn health(
    agent: &Agent,
    started: Monotonic,
    producer: &Producer,
    counters: &Counters,
    journal: Stats,
) -> AgentHealth {
    let uptime = producer.clock().monotonic() - started + agent.past.uptime;
    let mut gauges = counters.levels();
    let sizes = [
        ("journal_records", journal.records),
        ("journal_bytes", journal.bytes),
        ("journal_disk_bytes", journal.disk_bytes),
        ("journal_memory_bytes", journal.memory_bytes),
        ("journal_segments", journal.segments),
    ];
    for (name, size) in sizes {
        gauges.insert(name.to_owned(), i64::try_from(size).unwrap_or(i64::MAX));
    }
    AgentHealth {
        agent: agent.name.to_owned(),
        version: agent.version.to_owned(),
        pid: agent.past.pid.unwrap_or_else(std::process::id),
        uptime_us: micros(uptime),
        rss_bytes: resident_bytes(),
        counters: counts(counters, journal),
        gauges,
        last_error: counters.last_error(),
    }
}

/// A line of the journal that tells of records it has lost.
pub fn gap_line(producer: &Producer, kind: LossKind, loss: Loss) -> Vec<u8> {
    let now = producer.clock().now();
    let gap = Gap {
        reason: kind.reason().to_owned(),
        records: loss.records,
        bytes: loss.bytes,
        until_at_us: Some(now),
    };
    let record = producer.record(Gap::KIND, now, &gap);
    record.expect("a gap is a JSON object").to_line()
}

/// What this process holds in memory, as the kernel counts it.
pub fn resident_bytes() -> Option<u64> {
    let memory = procfs::process::Process::myself().ok()?.statm().ok()?;
    Some(memory.resident * procfs::page_size())
}
