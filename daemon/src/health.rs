//! What a daemon says of itself: an `agent_health` record from its counters, its journal and the
//! kernel's view of its memory; and `gap` records for what it had to give up.

use wire::agent::{AgentHealth, Gap};
use wire::record::{Record, RecordError};

use crate::clock::{Monotonic, micros};
use crate::counters::Counters;
use crate::journal::{Loss, LossKind, Stats};
use crate::producer::Producer;

/// Which daemon speaks.
#[derive(Clone, Copy, Debug)]
pub struct Agent {
    /// `collector` or `pgagent`.
    pub name: &'static str,
    pub version: &'static str,
}

/// The daemon's state now.
pub fn record(
    agent: Agent,
    started: Monotonic,
    producer: &Producer,
    counters: &Counters,
    journal: Stats,
) -> Result<Record, RecordError> {
    let clock = producer.clock();
    let mut counts = counters.counts();
    counts.insert("records_lost".to_owned(), journal.lost_records);
    counts.insert("bytes_lost".to_owned(), journal.lost_bytes);
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
    let health = AgentHealth {
        agent: agent.name.to_owned(),
        version: agent.version.to_owned(),
        pid: std::process::id(),
        uptime_us: micros(clock.monotonic() - started),
        rss_bytes: resident_bytes(),
        counters: counts,
        gauges,
        last_error: counters.last_error(),
    };
    producer.record(AgentHealth::KIND, clock.now(), &health)
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

fn resident_bytes() -> Option<u64> {
    let memory = procfs::process::Process::myself().ok()?.statm().ok()?;
    Some(memory.resident * procfs::page_size())
}
