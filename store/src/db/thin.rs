//! Takes kinds that are kept for less than the rest out of closed days.
//!
//! The rows are deleted, the file is written anew without them and put in the old one's place. The sums
//! stay, so charts go on. Today's file, which is written to, is left alone.

use std::time::Duration;

use daemon::clock::Clock;
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;
use wire::time::Micros;

use crate::calendar::Day;
use crate::db::DbError;
use crate::db::custody::Custody;
use crate::db::files::Files;
use crate::settings::{KindRetention, Store};

/// How often days are looked at: kinds are kept for days.
const INTERVAL: Duration = Duration::from_secs(600);

/// Every table with rows of records, the records last: what is left after a kill is found again by them.
const TABLES: &[(&str, &str)] = &[
    ("body", "record_id"),
    ("request", "record_id"),
    ("pg_sample", "record_id"),
    ("pg_session", "record_id"),
    ("lock_wait", "record_id"),
    ("lock_party", "record_id"),
    ("host_metrics", "record_id"),
    ("traffic", "record_id"),
    ("fpm_pool", "record_id"),
    ("log_entry", "record_id"),
    ("agent_health", "record_id"),
    ("gap", "record_id"),
    ("record", "id"),
];

/// Thins now and then until told to stop.
pub(crate) async fn run(files: Files, settings: Store, clock: Clock, stop: CancellationToken) {
    if settings.retention_of_kinds.is_empty() {
        return;
    }
    loop {
        let (files, settings, now) = (files.clone(), settings.clone(), clock.now());
        let thinned = tokio::task::spawn_blocking(move || {
            let custody = settings
                .graylog
                .is_on
                .then(|| Custody::open(&files, &settings.graylog.destination));
            let custody = custody.transpose()?;
            thin(&files, &settings.retention_of_kinds, custody.as_ref(), now)
        });
        if let Ok(Err(error)) = thinned.await {
            tracing::error!(error = daemon::log::chain(&error), "days can't be thinned");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}

/// Thins every closed day that has something of a kind beyond its time.
pub(crate) fn thin(
    files: &Files,
    kinds: &[KindRetention],
    custody: Option<&Custody>,
    now: wire::time::Instant,
) -> Result<(), DbError> {
    let today = Day::of(now);
    for day in files.days()?.into_iter().filter(|day| *day < today) {
        let due: Vec<&str> = kinds
            .iter()
            .filter(|it| day < Day::of(now - Micros(it.kept_us())))
            .map(|it| it.kind.as_str())
            .collect();
        if !due.is_empty() {
            thin_day(files, day, &due, custody)?;
        }
    }
    Ok(())
}

fn thin_day(
    files: &Files,
    day: Day,
    kinds: &[&str],
    custody: Option<&Custody>,
) -> Result<(), DbError> {
    // Mostly there is nothing left to do, and a look at a few rows says so.
    if !is_due(&files.open_reader(day)?, kinds)? {
        return Ok(());
    }
    let Some(connection) = files.open_closed(day)? else {
        return Ok(());
    };
    let mut gone = 0;
    for kind in kinds {
        if let Some(custody) = custody {
            let cursor = custody.cursors()?.get(&day).copied().unwrap_or(0);
            custody.add_lost(unforwarded(&connection, kind, cursor)?)?;
        }
        gone += delete(&connection, kind)?;
    }
    let new_path = files.new_path_of(day);
    files.remove_new(day).map_err(|source| DbError::Replace {
        path: new_path.clone(),
        source,
    })?;
    connection.execute("VACUUM INTO ?1", [new_path.to_string_lossy()])?;
    files.replace(day, connection)?;
    let kinds = kinds.join(", ");
    tracing::info!(%day, kinds, records = gone, "records removed, their kinds are kept for less");
    Ok(())
}

/// Whether the file has records of these kinds, or room that an attempt left which was not ended.
fn is_due(connection: &Connection, kinds: &[&str]) -> Result<bool, DbError> {
    let free: i64 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
    if free > 0 {
        return Ok(true);
    }
    let mut statement = connection.prepare("SELECT name FROM kind WHERE records > 0")?;
    let there = statement.query_map([], |row| row.get::<_, String>(0))?;
    let there: Vec<String> = there.collect::<Result<_, _>>()?;
    Ok(there.iter().any(|kind| kinds.contains(&kind.as_str())))
}

/// Records of a kind behind the cursor.
fn unforwarded(connection: &Connection, kind: &str, cursor: i64) -> Result<u64, DbError> {
    let sql = "SELECT count(*) FROM record JOIN kind ON kind.id = record.kind_id
               WHERE kind.name = ?1 AND record.id > ?2";
    Ok(connection.query_row(sql, (kind, cursor), |row| row.get(0))?)
}

/// Deletes all records of a kind and says how many there were.
fn delete(connection: &Connection, kind: &str) -> Result<usize, DbError> {
    let transaction = connection.unchecked_transaction()?;
    let mut gone = 0;
    for (table, key) in TABLES {
        let sql = format!(
            "DELETE FROM {table} WHERE {key} IN (SELECT record.id FROM record
             JOIN kind ON kind.id = record.kind_id WHERE kind.name = ?1)"
        );
        gone = connection.execute(&sql, [kind])?;
    }
    connection.execute("UPDATE kind SET records = 0 WHERE name = ?1", [kind])?;
    transaction.commit()?;
    Ok(gone)
}

#[cfg(test)]
mod tests;
