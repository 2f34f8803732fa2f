//! A request's row, and what it adds to the sums of its time.

use rusqlite::{Connection, params};
use wire::histogram;
use wire::time::Instant;

use super::{Head, Inserter, Result};
use crate::db::row::{CallRows, Prepared, RequestRow, StatementRow};
use crate::limits;
use crate::rollup::{self, Subject, Sums, Tier};

/// Spans that one request can be in flight in: beyond a day it is no longer told.
const SPANS_MAX: i64 = 24 * 60;

pub(super) fn insert(
    inserter: &mut Inserter,
    connection: &Connection,
    head: &Head<'_>,
    row: &RequestRow,
) -> Result<()> {
    let route_id = inserter.places.route(connection, row.route)?;
    let functions = function_ids(inserter, connection, &row.calls)?;
    let fingerprints = fingerprint_ids(inserter, connection, &row.statements)?;
    connection
        .prepare_cached(
            "INSERT INTO request (record_id, correlation_id, source_id, route_id, at_us, wall_us,
             status, is_error, sql_count, sql_us, memory_peak_bytes, pid, backend_pid, reason,
             client, url, functions, fingerprints)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
             ?18)",
        )?
        .execute(params![
            head.record_id,
            row.correlation_id.0.as_bytes(),
            head.source_id,
            route_id,
            head.record.at_us.0,
            row.wall_us,
            row.status,
            row.is_error,
            row.sql_count,
            row.sql_us,
            row.memory_peak_bytes,
            row.pid,
            row.backend_pid,
            row.reason,
            row.client,
            row.url,
            ascending(functions.1),
            ascending(fingerprints.iter().map(|(id, _)| *id).collect()),
        ])?;
    add_request(inserter, head.record, row, route_id);
    add_calls(inserter, connection, head.record, &row.calls, &functions.0)?;
    add_statements(inserter, head.record, route_id, &fingerprints);
    Ok(())
}

/// The rows of all its functions, and of those that it shall be found by.
fn function_ids(
    inserter: &mut Inserter,
    connection: &Connection,
    calls: &CallRows,
) -> Result<(Vec<i64>, Vec<i64>)> {
    let mut of = |id| inserter.places.function(connection, id);
    let ids = calls.functions.iter().map(|(id, _)| of(*id));
    let ids = ids.collect::<Result<Vec<i64>>>()?;
    let notable = calls.notable().map(of);
    Ok((ids, notable.collect::<Result<_>>()?))
}

fn fingerprint_ids<'r>(
    inserter: &mut Inserter,
    connection: &Connection,
    rows: &'r [StatementRow],
) -> Result<Vec<(i64, &'r StatementRow)>> {
    rows.iter()
        .map(|row| Ok((inserter.places.fingerprint(connection, row.statement)?, row)))
        .collect()
}

/// A set of numbers as varints, each as the difference to the one before.
pub(super) fn ascending(mut ids: Vec<i64>) -> Vec<u8> {
    ids.sort_unstable();
    ids.dedup();
    let mut bytes = Vec::with_capacity(ids.len() + 8);
    let mut before = 0;
    for id in ids {
        rollup::put(&mut bytes, (id - before).cast_unsigned());
        before = id;
    }
    bytes
}

fn add_request(inserter: &mut Inserter, record: &Prepared, row: &RequestRow, route_id: i64) {
    let Prepared {
        project,
        host,
        at_us,
        ..
    } = record;
    let begin = *at_us;
    let end = begin.0.saturating_add(row.wall_us.max(1));
    let mut values = [0; rollup::COLUMNS];
    values[rollup::request::COUNT] = 1;
    values[rollup::request::ERRORS] = i64::from(row.is_error);
    values[rollup::request::WALL_US] = row.wall_us;
    values[rollup::request::SQL_COUNT] = i64::from(row.sql_count);
    values[rollup::request::SQL_US] = row.sql_us;
    values[rollup::request::LONGEST_US] = row.wall_us;
    let bucket = i64::from(histogram::bucket(row.wall_us.max(0).unsigned_abs()));
    let sums = inserter.rollups.at(Subject::Requests, begin, project, host);
    sums.add((0, 1 + bucket), &[1, 0, 0, 0, 0, 0, 0, 0]);
    let walls = inserter.rollups.at(Subject::Walls, begin, project, "");
    walls.add((route_id, 1 + bucket), &[1, 0, 0, 0, 0, 0, 0, 0]);
    let span_us = Tier::Minute.span_us();
    let first = Tier::Minute.start_of(begin).0;
    for span in 0..SPANS_MAX {
        let start = first + span * span_us;
        if start >= end {
            break;
        }
        values[rollup::request::BUSY_US] = end.min(start + span_us) - begin.0.max(start);
        let sums = inserter
            .rollups
            .at(Subject::Requests, Instant(start), project, host);
        sums.add((route_id, 0), &values);
        // It is counted where it begins, and in flight everywhere.
        values = [0; rollup::COLUMNS];
    }
}

fn add_calls(
    inserter: &mut Inserter,
    connection: &Connection,
    record: &Prepared,
    calls: &CallRows,
    ids: &[i64],
) -> Result<()> {
    if calls.functions.is_empty() {
        return Ok(());
    }
    let mut pairs = Vec::with_capacity(calls.pairs.len());
    for (caller, callee, count, inclusive_us) in &calls.pairs {
        let caller = inserter.places.function(connection, *caller)?;
        let callee = inserter.places.function(connection, *callee)?;
        pairs.push(((caller, callee), [*count, *inclusive_us, 0, 0, 0, 0, 0, 0]));
    }
    let sums: &mut Sums =
        inserter
            .rollups
            .at(Subject::Functions, record.at_us, &record.project, "");
    sums.add((0, 0), &[1, calls.total_us, 0, 0, 0, 0, 0, 0]);
    for (id, (_, function)) in ids.iter().zip(&calls.functions) {
        let values = [
            function.calls,
            function.inclusive_us,
            function.exclusive_us,
            1,
        ];
        sums.add(
            (0, *id),
            &[values[0], values[1], values[2], values[3], 0, 0, 0, 0],
        );
    }
    let sums = inserter
        .rollups
        .at(Subject::Calls, record.at_us, &record.project, "");
    for (key, values) in &pairs {
        sums.add(*key, values);
    }
    Ok(())
}

fn add_statements(
    inserter: &mut Inserter,
    record: &Prepared,
    route_id: i64,
    rows: &[(i64, &StatementRow)],
) {
    if rows.is_empty() {
        return;
    }
    let sums = inserter
        .rollups
        .at(Subject::Statements, record.at_us, &record.project, "");
    for (id, row) in rows {
        let mut values = [0; rollup::COLUMNS];
        values[rollup::statement::REQUESTS] = 1;
        values[rollup::statement::COUNT] = i64::from(row.count);
        values[rollup::statement::FAILED] = i64::from(row.failed);
        values[rollup::statement::TOTAL_US] = row.total_us;
        values[rollup::statement::LOOPS] = i64::from(row.count >= limits::LOOP_STATEMENTS_MIN);
        values[rollup::statement::LONGEST_US] = row.longest_us;
        values[rollup::statement::MOST_IN_ONE] = i64::from(row.count);
        sums.add((*id, route_id), &values);
    }
}
