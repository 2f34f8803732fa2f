//! Inserts one prepared record into today's file, inside the writer's transaction.

use std::collections::{BTreeMap, HashSet};

use rusqlite::{Connection, params};
use wire::agent::Gap;
use wire::time::Instant;

use crate::db::row::{ActivityRows, Figures, HostRow, LockRows, Prepared, RequestRow, SessionRow};
use crate::limits;

mod traffic;

/// Inserts records; remembers which statements and sources today's file has already.
#[derive(Debug, Default)]
pub(crate) struct Inserter {
    statements: HashSet<i64>,
    sources: HashSet<(String, String)>,
    /// Records of this transaction by kind, to be added up at its end.
    kinds: BTreeMap<String, u64>,
}

/// A record's place and the columns that most of its rows repeat.
struct Head<'a> {
    record_id: i64,
    record: &'a Prepared,
}

type Result<T> = rusqlite::Result<T>;

// === impl Inserter ===

impl Inserter {
    /// Inserts a record and its figures. `false` says that the file has its `event_id` already.
    pub(crate) fn insert(
        &mut self,
        connection: &Connection,
        record: &Prepared,
        received: Instant,
    ) -> Result<bool> {
        let mut statement = connection.prepare_cached(
            "INSERT OR IGNORE INTO record
             (event_id, kind, project, host, at_us, given_at_us, received_at_us)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let inserted = statement.execute(params![
            record.event_id.as_bytes(),
            record.kind,
            record.project,
            record.host,
            record.at_us.0,
            record.given_at_us.0,
            received.0,
        ])?;
        if inserted == 0 {
            return Ok(false);
        }
        let record_id = connection.last_insert_rowid();
        connection
            .prepare_cached("INSERT INTO body (record_id, zstd) VALUES (?1, ?2)")?
            .execute(params![record_id, record.zstd])?;
        self.figures(connection, &Head { record_id, record })?;
        self.source(connection, record)?;
        *self.kinds.entry(record.kind.clone()).or_default() += 1;
        Ok(true)
    }

    /// Writes the sums of the transaction. Call last, before the commit.
    pub(crate) fn finish(&mut self, connection: &Connection) -> Result<()> {
        for (kind, records) in std::mem::take(&mut self.kinds) {
            connection
                .prepare_cached(
                    "INSERT INTO kind (name, records) VALUES (?1, ?2)
                     ON CONFLICT (name) DO UPDATE SET records = records + excluded.records",
                )?
                .execute(params![kind, i64::try_from(records).unwrap_or(i64::MAX)])?;
        }
        Ok(())
    }

    /// What was remembered may not be on the disk: a transaction was rolled back, or the day is new.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    fn figures(&mut self, connection: &Connection, head: &Head<'_>) -> Result<()> {
        match &head.record.figures {
            Figures::Request(row) => request(connection, head, row),
            Figures::Activity(rows) => self.activity(connection, head, rows),
            Figures::Locks(rows) => self.locks(connection, head, rows),
            Figures::Host(row) => host(connection, head, row),
            Figures::Health { agent } => health(connection, head, agent),
            Figures::Gap(row) => gap(connection, head, row),
            Figures::Traffic(rows) => traffic::insert(connection, head, rows),
            Figures::Fpm(status) => traffic::fpm(connection, head, status),
            Figures::None => Ok(()),
        }
    }

    fn activity(
        &mut self,
        connection: &Connection,
        head: &Head<'_>,
        rows: &ActivityRows,
    ) -> Result<()> {
        let Prepared {
            project,
            host,
            at_us,
            ..
        } = head.record;
        let sample = &rows.sample;
        let active = sample.active;
        connection
            .prepare_cached(
                "INSERT INTO pg_sample (record_id, project, host, at_us, interval_us, backends,
                 max_connections, cpu, io, \"lock\", client, other, idle_in_transaction)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                head.record_id,
                project,
                host,
                at_us.0,
                sample.interval_us.0,
                sample.backends,
                sample.max_connections,
                active.cpu,
                active.io,
                active.lock,
                active.client,
                active.other,
                active.idle_in_transaction,
            ])?;
        for row in &rows.sessions {
            self.statement(connection, row)?;
            let session = &row.session;
            connection
                .prepare_cached(
                    "INSERT INTO pg_session (record_id, pid, project, host, at_us, interval_us,
                     correlation_id, \"user\", application, state, wait_class, wait_event,
                     statement_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                )?
                .execute(params![
                    head.record_id,
                    session.pid,
                    project,
                    host,
                    at_us.0,
                    sample.interval_us.0,
                    session.correlation_id.map(|id| id.0.into_bytes()),
                    session.user,
                    session.application_name,
                    session.state,
                    row.wait_class,
                    session.wait_event,
                    row.statement_id,
                ])?;
        }
        Ok(())
    }

    fn locks(&mut self, connection: &Connection, head: &Head<'_>, rows: &LockRows) -> Result<()> {
        for row in &rows.parties {
            self.statement(connection, row)?;
            party(connection, head.record_id, row)?;
        }
        let Prepared {
            project,
            host,
            at_us,
            ..
        } = head.record;
        for wait in &rows.waits {
            connection
                .prepare_cached(
                    "INSERT INTO lock_wait (record_id, waiter_pid, blocker_pid, root_pid, project,
                     host, at_us, weight_us, interval_us, lock_type, mode, relation)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                )?
                .execute(params![
                    head.record_id,
                    wait.waiter_pid,
                    wait.blocker_pid,
                    wait.root_pid,
                    project,
                    host,
                    at_us.0,
                    wait.weight_us,
                    rows.interval_us,
                    wait.lock_type,
                    wait.mode,
                    wait.relation,
                ])?;
            let correlation_of = |pid| {
                let party = rows.parties.iter().find(|row| row.session.pid == pid)?;
                party.session.correlation_id
            };
            for (pid, waited_us, blocked_us) in [
                (wait.waiter_pid, wait.weight_us, 0),
                (wait.root_pid, 0, wait.weight_us),
            ] {
                let Some(id) = correlation_of(pid) else {
                    continue;
                };
                lock_time(connection, id.0, waited_us, blocked_us)?;
            }
        }
        Ok(())
    }

    fn source(&mut self, connection: &Connection, record: &Prepared) -> Result<()> {
        let source = (record.project.clone(), record.host.clone());
        if self.sources.contains(&source) {
            return Ok(());
        }
        connection
            .prepare_cached("INSERT OR IGNORE INTO source (project, host) VALUES (?1, ?2)")?
            .execute(params![source.0, source.1])?;
        if self.sources.len() >= limits::SOURCES_REMEMBERED_MAX {
            self.sources.clear();
        }
        self.sources.insert(source);
        Ok(())
    }

    fn statement(&mut self, connection: &Connection, row: &SessionRow) -> Result<()> {
        let (Some(id), Some(text)) = (row.statement_id, &row.session.query) else {
            return Ok(());
        };
        if self.statements.contains(&id) {
            return Ok(());
        }
        connection
            .prepare_cached("INSERT OR IGNORE INTO statement (id, text) VALUES (?1, ?2)")?
            .execute(params![id, text])?;
        if self.statements.len() >= limits::STATEMENTS_REMEMBERED_MAX {
            self.statements.clear();
        }
        self.statements.insert(id);
        Ok(())
    }
}

fn request(connection: &Connection, head: &Head<'_>, row: &RequestRow) -> Result<()> {
    let Prepared {
        project,
        host,
        at_us,
        ..
    } = head.record;
    connection
        .prepare_cached(
            "INSERT INTO request (record_id, correlation_id, project, host, at_us, end_at_us,
             wall_us, method, url, label, status, reason, is_error, sql_count, sql_us,
             memory_peak_bytes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(params![
            head.record_id,
            row.correlation_id.0.as_bytes(),
            project,
            host,
            at_us.0,
            at_us.0.saturating_add(row.wall_us),
            row.wall_us,
            row.method,
            row.url,
            row.label,
            row.status,
            row.reason,
            row.is_error,
            row.sql_count,
            row.sql_us,
            row.memory_peak_bytes,
        ])?;
    Ok(())
}

fn party(connection: &Connection, record_id: i64, row: &SessionRow) -> Result<()> {
    let session = &row.session;
    connection
        .prepare_cached(
            "INSERT INTO lock_party (record_id, pid, correlation_id, \"user\", application, state,
             statement_id, is_truncated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            record_id,
            session.pid,
            session.correlation_id.map(|id| id.0.into_bytes()),
            session.user,
            session.application_name,
            session.state,
            row.statement_id,
            session.query_truncated,
        ])?;
    Ok(())
}

fn lock_time(
    connection: &Connection,
    correlation_id: uuid::Uuid,
    waited_us: i64,
    blocked_us: i64,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO lock_time (correlation_id, waited_us, blocked_us) VALUES (?1, ?2, ?3)
             ON CONFLICT (correlation_id) DO UPDATE SET
             waited_us = waited_us + excluded.waited_us,
             blocked_us = blocked_us + excluded.blocked_us",
        )?
        .execute(params![correlation_id.as_bytes(), waited_us, blocked_us])?;
    Ok(())
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
             load1, busy_percent) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
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
