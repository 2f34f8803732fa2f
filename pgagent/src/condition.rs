//! How the server is, as a record: from two looks at its counters, and one at its sessions.
//!
//! Sans-I/O. Counters that have become less were reset: what they have now was added since.

use std::collections::BTreeMap;

use wire::ids::CorrelationId;
use wire::pg::database::{
    Checkpoints, Connections, Database, DatabaseCounts, OldTransaction, Table,
};
use wire::time::{Instant, Micros};

use crate::probe::activity::{Backend, Snapshot};
use crate::probe::database::{State, Tables};
use crate::probe::names::{Named, Names};
use crate::session::Facts;

/// Tables that are told: those with the most dead rows, and those that were read the most.
const TABLES_MAX: usize = 30;

/// What was seen before.
#[derive(Debug, Default)]
pub struct Condition {
    before: Option<(Instant, State)>,
    tables: Tables,
    /// Differences since the look before, until they are told.
    added: Vec<Table>,
}

/// What a record is made of beside the counters.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    pub snapshot: &'a Snapshot,
    pub names: &'a Names,
    pub facts: &'a Facts,
    pub settings: &'a BTreeMap<String, String>,
    pub prefix: &'a str,
}

// === impl Condition ===

impl Condition {
    /// Another server: nothing is known of it.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Enters a look at the tables.
    pub fn enter_tables(&mut self, tables: Tables) {
        let before = std::mem::take(&mut self.tables);
        // A table that was not among those worth a look before has an unknown past.
        let known = tables
            .iter()
            .filter_map(|(oid, table)| Some((table, before.get(oid)?)));
        let mut added: Vec<Table> = known
            .map(|(now, before)| since_table(now, before))
            .collect();
        added.sort_by_key(|table| {
            std::cmp::Reverse((
                table.sequential_rows_read.max(table.dead_rows),
                table.live_rows,
            ))
        });
        added.truncate(TABLES_MAX);
        self.added = added;
        self.tables = tables;
    }

    /// Enters a look at the counters; gives the record.
    pub fn enter(&mut self, state: State, scene: &Scene<'_>, hints: Vec<String>) -> Database {
        let at = scene.snapshot.at;
        let record = Database {
            version: scene.facts.version.clone(),
            connections: connections(scene),
            oldest_transaction: oldest_transaction(scene),
            horizons: state.horizons.clone(),
            replicas: state.replicas.clone(),
            slots: state.slots.clone(),
            settings: scene.settings.clone(),
            hints,
            tables: std::mem::take(&mut self.added),
            ..self
                .before
                .as_ref()
                .map(|before| added(before, &state, at))
                .unwrap_or_default()
        };
        self.before = Some((at, state));
        record
    }
}

/// The counts of a record.
fn added((before_at, before): &(Instant, State), now: &State, at: Instant) -> Database {
    let databases = now.databases.iter().filter_map(|now| {
        let before = before
            .databases
            .iter()
            .find(|before| before.name == now.name)?;
        Some(since_database(now, before))
    });
    let checkpoints = now.checkpoints.zip(before.checkpoints);
    let wal_bytes = now.wal_bytes.zip(before.wal_bytes);
    Database {
        interval_us: at - *before_at,
        databases: databases.collect(),
        checkpoints: checkpoints.map(|(now, before)| since_checkpoints(now, before)),
        wal_bytes: wal_bytes.map(|(now, before)| since(now, before)),
        ..Database::default()
    }
}

fn since(now: u64, before: u64) -> u64 {
    now.checked_sub(before).unwrap_or(now)
}

fn since_span(now: Micros, before: Micros) -> Micros {
    if now >= before { now - before } else { now }
}

fn since_database(now: &DatabaseCounts, before: &DatabaseCounts) -> DatabaseCounts {
    DatabaseCounts {
        name: now.name.clone(),
        commits: since(now.commits, before.commits),
        rollbacks: since(now.rollbacks, before.rollbacks),
        blocks_hit: since(now.blocks_hit, before.blocks_hit),
        blocks_read: since(now.blocks_read, before.blocks_read),
        rows_returned: since(now.rows_returned, before.rows_returned),
        rows_written: since(now.rows_written, before.rows_written),
        temporary_files: since(now.temporary_files, before.temporary_files),
        temporary_bytes: since(now.temporary_bytes, before.temporary_bytes),
        deadlocks: since(now.deadlocks, before.deadlocks),
        conflicts: since(now.conflicts, before.conflicts),
        read_us: since_span(now.read_us, before.read_us),
        write_us: since_span(now.write_us, before.write_us),
        frozen_age: now.frozen_age,
    }
}

fn since_checkpoints(now: Checkpoints, before: Checkpoints) -> Checkpoints {
    Checkpoints {
        timed: since(now.timed, before.timed),
        requested: since(now.requested, before.requested),
        write_us: since_span(now.write_us, before.write_us),
        sync_us: since_span(now.sync_us, before.sync_us),
        buffers_written: since(now.buffers_written, before.buffers_written),
    }
}

fn since_table(now: &Table, before: &Table) -> Table {
    Table {
        sequential_scans: since(now.sequential_scans, before.sequential_scans),
        sequential_rows_read: since(now.sequential_rows_read, before.sequential_rows_read),
        index_scans: since(now.index_scans, before.index_scans),
        ..now.clone()
    }
}

fn connections(scene: &Scene<'_>) -> Connections {
    let clients = || {
        scene
            .snapshot
            .backends
            .iter()
            .filter(|backend| backend.is_client())
    };
    let count = |is_one: fn(&str) -> bool| {
        let states = clients().filter_map(|backend| backend.state.as_deref());
        u32::try_from(states.filter(|state| is_one(state)).count()).unwrap_or(u32::MAX)
    };
    let reserved = |name: &str| -> u32 {
        let value = scene
            .settings
            .get(name)
            .and_then(|value| value.parse().ok());
        value.unwrap_or(0)
    };
    Connections {
        // We are one of them.
        active: count(|state| state == "active") + 1,
        idle: count(|state| state == "idle"),
        idle_in_transaction: count(|state| state.starts_with("idle in transaction")),
        max: scene.facts.max_connections,
        reserved: reserved("superuser_reserved_connections") + reserved("reserved_connections"),
    }
}

fn oldest_transaction(scene: &Scene<'_>) -> Option<OldTransaction> {
    let clients = scene
        .snapshot
        .backends
        .iter()
        .filter(|backend| backend.is_client());
    let oldest: &Backend = clients
        .filter(|it| it.xact_start.is_some())
        .min_by_key(|it| it.xact_start)?;
    let name = |named: Option<Named>| named.and_then(|named| scene.names.get(named));
    let application_name = oldest
        .application_name
        .clone()
        .filter(|name| !name.is_empty());
    Some(OldTransaction {
        pid: oldest.pid,
        age_us: scene.snapshot.at - oldest.xact_start?,
        user: name(oldest.user.map(Named::Role)),
        database: name(oldest.database.map(Named::Database)),
        correlation_id: application_name
            .as_deref()
            .and_then(|name| CorrelationId::from_application_name(name, scene.prefix)),
        application_name,
        state: oldest.state.clone(),
    })
}

#[cfg(test)]
mod tests;
