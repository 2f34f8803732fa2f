//! Inserts one prepared record into today's file, inside the writer's transaction.

mod places;
mod rollups;

mod database;
mod request;
mod traffic;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use rusqlite::{Connection, params};
use wire::agent::Gap;
use wire::time::{Instant, Micros};

use self::places::Places;
use self::rollups::Rollups;
use crate::db::names::Names;
use crate::db::row::{Figures, HostRow, LogRow, Prepared};
use crate::limits;
use crate::rollup::{self, Subject, Tier};

/// Inserts records; remembers what today's file has already.
#[derive(Debug, Default)]
pub(crate) struct Inserter {
    places: Places,
    rollups: Rollups,
    statements: HashSet<i64>,
    /// Records of this transaction by kind, to be added up at its end.
    kinds: BTreeMap<i64, u64>,
    /// How far the hosts of this transaction are behind, at the least.
    clocks: BTreeMap<(String, String), Micros>,
}

/// A record's place and the columns that most of its rows repeat.
struct Head<'a> {
    record_id: i64,
    source_id: i64,
    record: &'a Prepared,
}

type Result<T> = rusqlite::Result<T>;

// === impl Inserter ===

impl Inserter {
    /// Has the names of the records that come next.
    pub(crate) fn use_names(&mut self, names: &Arc<Names>) {
        self.places.use_names(names);
    }

    /// A batch with that record came so much later than it was sent, by its sender's clock.
    pub(crate) fn clock(&mut self, record: &Prepared, behind: Micros) {
        let source = (record.project.clone(), record.host.clone());
        if self.clocks.len() < limits::SOURCES_REMEMBERED_MAX {
            let least = self.clocks.entry(source).or_insert(behind);
            *least = behind.min(*least);
        }
    }

    /// Inserts a record and its figures. `false` says that the file has its `event_id` already.
    pub(crate) fn insert(
        &mut self,
        connection: &Connection,
        record: &Prepared,
        received: Instant,
    ) -> Result<bool> {
        self.insert_as(connection, record, received, None)
    }

    /// The same under the number that the record had: others know it by that.
    pub(crate) fn insert_as(
        &mut self,
        connection: &Connection,
        record: &Prepared,
        received: Instant,
        record_id: Option<i64>,
    ) -> Result<bool> {
        let kind_id = self.places.kind(connection, &record.kind)?;
        let source_id = self
            .places
            .source(connection, &record.project, &record.host)?;
        let inserted = connection
            .prepare_cached(
                "INSERT OR IGNORE INTO record
                 (id, event_id, kind_id, source_id, at_us, given_at_us, received_at_us)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                record_id,
                record.event_id.as_bytes(),
                kind_id,
                source_id,
                record.at_us.0,
                record.is_clamped().then_some(record.given_at_us.0),
                received.0,
            ])?;
        if inserted == 0 {
            return Ok(false);
        }
        let record_id = connection.last_insert_rowid();
        if let Some(dictionary) = &record.dictionary {
            self.places.dictionary(connection, dictionary)?;
        }
        connection
            .prepare_cached("INSERT INTO body (record_id, zstd) VALUES (?1, ?2)")?
            .execute(params![record_id, record.zstd])?;
        let head = Head {
            record_id,
            source_id,
            record,
        };
        self.figures(connection, &head)?;
        *self.kinds.entry(kind_id).or_default() += 1;
        Ok(true)
    }

    /// Writes the sums of the transaction. Call last, before the commit.
    pub(crate) fn finish(&mut self, connection: &Connection, now: Instant) -> Result<()> {
        self.rollups.finish(connection)?;
        let minute = Tier::Minute.start_of(now);
        for ((project, host), behind) in std::mem::take(&mut self.clocks) {
            connection
                .prepare_cached(
                    "INSERT INTO clock (project, host, at_us, behind_us) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (project, host, at_us)
                     DO UPDATE SET behind_us = min(behind_us, excluded.behind_us)",
                )?
                .execute(params![project, host, minute.0, behind.0])?;
        }
        for (kind_id, records) in std::mem::take(&mut self.kinds) {
            connection
                .prepare_cached("UPDATE kind SET records = records + ?2 WHERE id = ?1")?
                .execute(params![kind_id, i64::try_from(records).unwrap_or(i64::MAX)])?;
        }
        Ok(())
    }

    /// What was remembered may not be on the disk: a transaction was rolled back, or the day is new.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    fn figures(&mut self, connection: &Connection, head: &Head<'_>) -> Result<()> {
        match &head.record.figures {
            Figures::Request(row) => request::insert(self, connection, head, row),
            Figures::Activity(rows) => database::activity(self, connection, head, rows),
            Figures::Locks(rows) => database::locks(self, connection, head, rows),
            Figures::Host(row) => {
                self.add_host(head.record, row);
                host(connection, head, row)
            }
            Figures::Health { agent } => health(connection, head, agent),
            Figures::Gap(row) => gap(connection, head, row),
            Figures::Traffic(rows) => traffic::insert(self, connection, head, rows),
            Figures::Fpm(status) => traffic::fpm(connection, head, status),
            Figures::Log(row) => log_entry(connection, head, row),
            Figures::None => Ok(()),
        }
    }

    fn add_host(&mut self, record: &Prepared, row: &HostRow) {
        // Thousandths: a load of 0.01 still counts, and one of 10,000 fits.
        #[expect(clippy::cast_possible_truncation, reason = "clamped")]
        let milli = |value: f64| (value.clamp(0.0, 1e6) * 1e3).round() as i64;
        let mut values = [0; rollup::COLUMNS];
        values[rollup::host::SAMPLED_US] = row.interval_us;
        values[rollup::host::LOAD] = milli(row.load1).saturating_mul(row.interval_us);
        if let Some(busy) = row.busy_percent {
            values[rollup::host::BUSY_SAMPLED_US] = row.interval_us;
            values[rollup::host::BUSY] = milli(busy).saturating_mul(row.interval_us);
        }
        if let Some(stalled) = row.stalled_percent {
            values[rollup::host::STALLED_SAMPLED_US] = row.interval_us;
            values[rollup::host::STALLED] = milli(stalled).saturating_mul(row.interval_us);
        }
        values[rollup::host::CORES] = i64::from(row.cores);
        values[rollup::host::ROLE] = i64::from(row.role == "db");
        self.rollups
            .at(Subject::Hosts, record.at_us, &record.project, &record.host)
            .add((0, 0), &values);
    }
}

fn host(connection: &Connection, head: &Head<'_>, row: &HostRow) -> Result<()> {
    let Prepared {
        project,
        host,
        at_us,
        ..
    } = head.record;
    connection
        .prepare_cached(
            "INSERT INTO host_metrics (record_id, project, host, at_us, interval_us, role, cores,
             load1, busy_percent, stalled_percent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            head.record_id,
            project,
            host,
            at_us.0,
            row.interval_us,
            row.role,
            row.cores,
            row.load1,
            row.busy_percent,
            row.stalled_percent,
        ])?;
    Ok(())
}

fn health(connection: &Connection, head: &Head<'_>, agent: &str) -> Result<()> {
    let Prepared {
        project,
        host,
        at_us,
        ..
    } = head.record;
    connection
        .prepare_cached(
            "INSERT INTO agent_health (record_id, project, host, agent, at_us)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![head.record_id, project, host, agent, at_us.0])?;
    Ok(())
}

fn log_entry(connection: &Connection, head: &Head<'_>, row: &LogRow) -> Result<()> {
    let Prepared {
        project,
        host,
        at_us,
        kind,
        ..
    } = head.record;
    connection
        .prepare_cached(
            "INSERT INTO log_entry (record_id, project, host, at_us, kind, pid, correlation_id, text)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            head.record_id,
            project,
            host,
            at_us.0,
            kind,
            row.pid,
            row.correlation_id.map(|id| id.0.into_bytes()),
            row.text,
        ])?;
    Ok(())
}

fn gap(connection: &Connection, head: &Head<'_>, row: &Gap) -> Result<()> {
    let Prepared {
        project,
        host,
        at_us,
        ..
    } = head.record;
    connection
        .prepare_cached(
            "INSERT INTO gap (record_id, project, host, at_us, until_at_us, reason, records, bytes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            head.record_id,
            project,
            host,
            at_us.0,
            row.until_at_us.map(|until| until.0),
            row.reason,
            i64::try_from(row.records).unwrap_or(i64::MAX),
            i64::try_from(row.bytes).unwrap_or(i64::MAX),
        ])?;
    Ok(())
}
