//! How a database server is, every minute.

use std::fmt::Write as _;

use wire::figure::{bytes, duration};
use wire::pg::database::{Database, DatabaseCounts};

use super::{LINES_MAX, correlation_id};
use crate::gelf::field;
use crate::gelf::level::Level;
use crate::gelf::map::Messages;

/// From this share of its connections on, the server is about to be full.
const FULL_PERCENT: u32 = 90;

pub(in crate::gelf) fn write(messages: &mut Messages<'_>, database: &Database) {
    let connections = database.connections;
    let used = connections.active + connections.idle + connections.idle_in_transaction;
    let is_full = connections.max > 0 && used.saturating_mul(100) / connections.max >= FULL_PERCENT;
    let level = if is_full {
        Level::Warning
    } else {
        Level::Informational
    };
    let mut short = format!(
        "{used} of {} connections, {} active, {} idle in transaction",
        connections.max, connections.active, connections.idle_in_transaction
    );
    if let Some(oldest) = &database.oldest_transaction {
        let _ = write!(short, ", oldest transaction {}", duration(oldest.age_us));
    }
    let sum = |of: fn(&DatabaseCounts) -> u64| {
        let each = database.databases.iter().map(of);
        each.fold(0, u64::saturating_add)
    };
    let oldest = database.oldest_transaction.as_ref();
    messages.record(level, &short, &full(database), |out| {
        correlation_id(out, oldest.and_then(|it| it.correlation_id));
        out.int(field::INTERVAL_US, database.interval_us);
        out.text(field::PG_VERSION, database.version.as_str());
        out.int(field::ACTIVE, connections.active);
        out.int(field::IDLE, connections.idle);
        out.int(field::IDLE_IN_TRANSACTION, connections.idle_in_transaction);
        out.int(field::CONNECTIONS_MAX, connections.max);
        out.int(field::OLDEST_TRANSACTION_US, oldest.map(|it| it.age_us));
        out.int(field::BACKEND_PID, oldest.map(|it| it.pid));
        out.int(field::WAL_BYTES, database.wal_bytes);
        out.int(field::COMMITS, sum(|it| it.commits));
        out.int(field::ROLLBACKS, sum(|it| it.rollbacks));
        out.int(field::BLOCKS_HIT, sum(|it| it.blocks_hit));
        out.int(field::BLOCKS_READ, sum(|it| it.blocks_read));
        out.int(field::DEADLOCKS, sum(|it| it.deadlocks));
        out.int(field::TEMPORARY_BYTES, sum(|it| it.temporary_bytes));
    });
}

fn full(database: &Database) -> String {
    let mut text = String::new();
    for hint in &database.hints {
        let _ = writeln!(text, "{hint}");
    }
    for horizon in &database.horizons {
        let (holder, name) = (&horizon.holder, &horizon.name);
        let _ = writeln!(
            text,
            "dead rows kept by {holder} {name}, {} transactions old",
            horizon.age
        );
    }
    for replica in &database.replicas {
        let lag = duration(replica.replay_lag_us.unwrap_or_default());
        let _ = writeln!(text, "replica {}: {lag} behind", replica.name);
    }
    for slot in &database.slots {
        let kept = bytes(slot.retained_bytes.unwrap_or(0));
        let _ = writeln!(text, "slot {}: {kept} of WAL kept", slot.name);
    }
    for counts in &database.databases {
        let _ = writeln!(
            text,
            "database {}: {} commits, {} rollbacks, {} deadlocks",
            counts.name, counts.commits, counts.rollbacks, counts.deadlocks
        );
    }
    for table in database.tables.iter().take(LINES_MAX) {
        let _ = writeln!(
            text,
            "table {}: {} live rows, {} dead, {} sequential scans",
            table.name, table.live_rows, table.dead_rows, table.sequential_scans
        );
    }
    for (name, value) in &database.settings {
        let _ = writeln!(text, "{name} = {value}");
    }
    text
}
