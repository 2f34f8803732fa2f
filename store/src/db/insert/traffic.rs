//! The rows of what a web server says of all its requests and of its pools.

use rusqlite::{Connection, params};
use wire::fpm::FpmStatus;

use super::{Head, Inserter, Result};
use crate::db::row::{Prepared, TrafficRows};
use crate::rollup::{self, Subject};

pub(super) fn insert(
    inserter: &mut Inserter,
    connection: &Connection,
    head: &Head<'_>,
    rows: &TrafficRows,
) -> Result<()> {
    let Prepared {
        project,
        host,
        at_us,
        ..
    } = head.record;
    let wall = serde_json::to_string(&rows.wall).expect("a histogram is JSON");
    connection
        .prepare_cached(
            "INSERT INTO traffic (record_id, project, host, at_us, interval_us, count, errors,
             wall_us, wall) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            head.record_id,
            project,
            host,
            at_us.0,
            rows.interval_us,
            whole(rows.count),
            whole(rows.errors),
            rows.wall_us,
            wall,
        ])?;
    add_traffic(inserter, connection, head.record, rows)
}

/// The sums by route, and over all.
fn add_traffic(
    inserter: &mut Inserter,
    connection: &Connection,
    record: &Prepared,
    rows: &TrafficRows,
) -> Result<()> {
    let (project, host, at_us) = (&record.project, &record.host, record.at_us);
    let mut routes = Vec::with_capacity(rows.routes.len());
    for (route, row) in &rows.routes {
        let route_id = inserter.places.route(connection, *route)?;
        let mut values = [0; rollup::COLUMNS];
        values[rollup::traffic::COUNT] = whole(row.count);
        values[rollup::traffic::ERRORS] = whole(row.errors);
        values[rollup::traffic::WALL_US] = row.wall_us;
        values[rollup::traffic::SQL_COUNT] = whole(row.sql_count);
        values[rollup::traffic::SQL_US] = row.sql_us;
        values[rollup::traffic::LONGEST_US] = row.longest_us;
        routes.push((route_id, values));
    }
    let sums = inserter.rollups.at(Subject::Traffic, at_us, project, host);
    for (route_id, values) in routes {
        sums.add((route_id, 0), &values);
        sums.add((0, 0), &values);
    }
    sums.add((0, 0), &[rows.interval_us, 0, 0, 0, 0, 0, 0, 0]);
    for (bucket, count) in rows.wall.buckets() {
        sums.add(
            (0, 1 + i64::from(bucket)),
            &[whole(count), 0, 0, 0, 0, 0, 0, 0],
        );
    }
    Ok(())
}

pub(super) fn fpm(connection: &Connection, head: &Head<'_>, status: &FpmStatus) -> Result<()> {
    let Prepared {
        project,
        host,
        at_us,
        ..
    } = head.record;
    let pool = status.pool.as_ref();
    let figure = |figure: fn(&wire::fpm::Pool) -> u64| pool.map(|pool| whole(figure(pool)));
    connection
        .prepare_cached(
            "INSERT INTO fpm_pool (record_id, project, host, at_us, address, pool, error, active,
             idle, total, listen_queue, children_max_reached, oldest_us)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            head.record_id,
            project,
            host,
            at_us.0,
            status.address,
            pool.map(|pool| &pool.pool),
            status.error,
            figure(|pool| pool.active),
            figure(|pool| pool.idle),
            figure(|pool| pool.total),
            pool.and_then(|pool| pool.listen_queue).map(whole),
            figure(|pool| pool.children_max_reached),
            pool.and_then(|pool| pool.requests.first())
                .map(|request| request.age_us.0),
        ])?;
    Ok(())
}

/// What no column can hold is the most that it can.
fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
