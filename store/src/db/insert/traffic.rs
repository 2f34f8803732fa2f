//! The rows of what a web server says of all its requests and of its pools.

use rusqlite::{Connection, params};
use wire::fpm::FpmStatus;

use super::{Head, Result};
use crate::db::row::{Prepared, TrafficRows};

pub(super) fn insert(connection: &Connection, head: &Head<'_>, rows: &TrafficRows) -> Result<()> {
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
    let mut statement = connection.prepare_cached(
        "INSERT INTO route_traffic (record_id, label, project, at_us, count, errors, wall_us,
         longest_us, sql_count, sql_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for (label, row) in &rows.routes {
        statement.execute(params![
            head.record_id,
            label,
            project,
            at_us.0,
            whole(row.count),
            whole(row.errors),
            row.wall_us,
            row.longest_us,
            whole(row.sql_count),
            row.sql_us,
        ])?;
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
