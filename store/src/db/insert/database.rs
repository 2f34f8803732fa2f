//! The rows of what a database's agent saw: sessions, and who waits for whom.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::{Head, Inserter, Result};
use crate::db::row::{ActivityRows, LockRows, Prepared, SessionRow};
use crate::limits;
use crate::rollup::Subject;

pub(super) fn activity(
    inserter: &mut Inserter,
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
        statement(inserter, connection, row)?;
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
                session
                    .project
                    .as_ref()
                    .map_or(project.as_str(), |own| own.as_str()),
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
    add_sessions(inserter, connection, head.record, rows)
}

/// The sums of the sessions by what they do, and by what they wait for.
fn add_sessions(
    inserter: &mut Inserter,
    connection: &Connection,
    record: &Prepared,
    rows: &ActivityRows,
) -> Result<()> {
    let (project, host, at_us) = (&record.project, &record.host, record.at_us);
    let interval_us = rows.sample.interval_us.0.min(limits::READING_SPAN_MAX_US);
    let active = rows.sample.active;
    let us = |sessions: u32| i64::from(sessions) * interval_us;
    let classes = [
        active.cpu,
        active.io,
        active.lock,
        active.client,
        active.other,
    ]
    .map(us);
    let [cpu, io, lock, client, other] = classes;
    let idle_us = us(active.idle_in_transaction);
    let sums = inserter.rollups.at(Subject::Sessions, at_us, project, host);
    sums.add((0, 0), &[interval_us, cpu, io, lock, client, other, 0, 0]);
    sums.add((0, 1), &[idle_us, 0, 0, 0, 0, 0, 0, 0]);
    for (name, count) in waits(rows) {
        let event_id = inserter.places.wait_event(connection, &name)?;
        inserter
            .rollups
            .at(Subject::Waits, at_us, project, host)
            .add((event_id, 0), &[us(count), 0, 0, 0, 0, 0, 0, 0]);
    }
    Ok(())
}

/// What active sessions wait for: all of them where the agent tells of groups, else those that are kept.
fn waits(rows: &ActivityRows) -> BTreeMap<String, u32> {
    let mut waits: BTreeMap<String, u32> = BTreeMap::new();
    let mut add = |name: String, count: u32| {
        let sum = waits.entry(name).or_default();
        *sum = sum.saturating_add(count);
    };
    for group in &rows.sample.groups {
        if group.class != "idle_in_transaction" {
            add(
                group.wait_event.clone().unwrap_or_else(|| "CPU".to_owned()),
                group.count,
            );
        }
    }
    if !rows.sample.groups.is_empty() {
        return waits;
    }
    for row in &rows.sessions {
        if matches!(row.wait_class, "idle" | "idle_in_transaction") {
            continue;
        }
        let session = &row.session;
        let name = match (&session.wait_event_type, &session.wait_event) {
            (Some(class), Some(event)) => format!("{class}:{event}"),
            (Some(class), None) => class.clone(),
            (None, _) => "CPU".to_owned(),
        };
        add(name, 1);
    }
    waits
}

pub(super) fn locks(
    inserter: &mut Inserter,
    connection: &Connection,
    head: &Head<'_>,
    rows: &LockRows,
) -> Result<()> {
    for row in &rows.parties {
        statement(inserter, connection, row)?;
        party(connection, head.record_id, row)?;
    }
    let Prepared {
        project,
        host,
        at_us,
        ..
    } = head.record;
    for wait in &rows.waits {
        let party = |pid| rows.parties.iter().find(|row| row.session.pid == pid);
        // Who waits is whom it hurts.
        let own = party(wait.waiter_pid).and_then(|row| row.session.project.as_ref());
        let project = own.map_or(project.as_str(), |own| own.as_str());
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
        for (pid, waited_us, blocked_us) in [
            (wait.waiter_pid, wait.weight_us, 0),
            (wait.root_pid, 0, wait.weight_us),
        ] {
            let Some(id) = party(pid).and_then(|row| row.session.correlation_id) else {
                continue;
            };
            lock_time(connection, id.0, waited_us, blocked_us)?;
        }
    }
    Ok(())
}

fn statement(inserter: &mut Inserter, connection: &Connection, row: &SessionRow) -> Result<()> {
    let (Some(id), Some(text)) = (row.statement_id, &row.session.query) else {
        return Ok(());
    };
    if inserter.statements.contains(&id) {
        return Ok(());
    }
    connection
        .prepare_cached("INSERT OR IGNORE INTO statement (id, text) VALUES (?1, ?2)")?
        .execute(params![id, text])?;
    if inserter.statements.len() >= limits::STATEMENTS_REMEMBERED_MAX {
        inserter.statements.clear();
    }
    inserter.statements.insert(id);
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
