//! Brings a day's file of an earlier schema up: steps it up in place where that is a matter of a moment, else
//! writes it anew from its records.
//!
//! Everything in a file that is not a record follows from the records, so one way up serves every
//! version there ever was: read them in order, insert them as if they came today, and put the new file
//! in the old one's place. Killed in between, the old file is still there and the next start begins
//! again.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, params};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use wire::record::Record;
use wire::time::{Instant, Range};

use crate::calendar::Day;
use crate::db::dictionary::{Bodies, Dictionaries};
use crate::db::files::Files;
use crate::db::insert::Inserter;
use crate::db::names::{Current, Names};
use crate::db::row::{Figures, Prepared};
use crate::db::{DbError, schema};
use crate::settings::Durability;

/// Records of one transaction.
const RECORDS_AT_ONCE: usize = 2_000;

/// How long it waits for who reads the old file.
const PATIENCE: Duration = Duration::from_secs(5);

/// Records keep the time that they were given when they came.
const ANY_TIME: Range = Range {
    from_at_us: Instant(i64::MIN),
    to_at_us: Instant(i64::MAX),
};

/// How many records a file of this schema has.
const RECORDS: &str = "SELECT coalesce(sum(records), 0) FROM kind";

/// A record of versions 1 and 2.
struct Earlier {
    id: i64,
    kind: String,
    event_id: Uuid,
    project: String,
    host: String,
    at_us: i64,
    given_at_us: i64,
    received_at_us: i64,
    zstd: Vec<u8>,
}

/// The days whose files are of an earlier version, the newest first.
fn due(files: &Files) -> Result<Vec<Day>, DbError> {
    let mut due = Vec::new();
    for day in files.days()?.into_iter().rev() {
        let version = version_of(files, day)?;
        if version > 0 && version < schema::DAY.version() {
            due.push(day);
        }
    }
    Ok(due)
}

/// Brings up all files that are due but that day's, as long as it may. A file that can't be brought up
/// stays as it is, and unread; the next start tries again.
pub(crate) fn run(files: &Files, but: Day, stop: &CancellationToken) {
    let due = due(files).unwrap_or_else(|error| {
        tracing::error!(error = daemon::log::chain(&error), "days can't be listed");
        Vec::new()
    });
    for day in due.into_iter().filter(|day| *day != but) {
        tell(day, refile(files, day, stop));
    }
}

/// Brings up a day's file if it is due: the one that is about to be written to.
pub(crate) fn now(files: &Files, day: Day) -> Result<(), DbError> {
    if due(files)?.contains(&day) {
        let done = refile(files, day, &CancellationToken::new())?;
        tell(day, Ok(done));
    }
    Ok(())
}

fn tell(day: Day, done: Result<Option<u64>, DbError>) {
    match done {
        Ok(Some(records)) => tracing::info!(%day, records, "day brought up to this version"),
        Ok(None) => {}
        Err(error) => {
            let error = daemon::log::chain(&error);
            tracing::error!(%day, error, "day can't be brought up, questions pass it over");
        }
    }
}

/// Brings one day's file up and says how many records it has; nothing if it was stopped.
fn refile(files: &Files, day: Day, stop: &CancellationToken) -> Result<Option<u64>, DbError> {
    if schema::DAY.can_step_from(version_of(files, day)?) {
        let stepped = files.open_writer(day, Durability::Full)?;
        return Ok(Some(stepped.query_row(RECORDS, [], |row| row.get(0))?));
    }
    files.remove_new(day).map_err(|source| DbError::Replace {
        path: files.new_path_of(day),
        source,
    })?;
    let old = Connection::open(files.path_of(day))?;
    old.busy_timeout(PATIENCE)?;
    let new = files.open_new(day)?;
    let Some(records) = copy(&old, &new, stop)? else {
        return Ok(None);
    };
    copy_aside(&old, &new)?;
    new.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;")?;
    drop(new);
    files.replace(day, old)?;
    Ok(Some(records))
}

fn version_of(files: &Files, day: Day) -> Result<i64, DbError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(files.path_of(day), flags)?;
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn copy(
    old: &Connection,
    new: &Connection,
    stop: &CancellationToken,
) -> Result<Option<u64>, DbError> {
    let (names, dictionaries) = (Current::default(), Dictionaries::default());
    let mut inserter = Inserter::default();
    let (mut last, mut records) = (i64::MIN, 0);
    while !stop.is_cancelled() {
        let rows = rows_after(old, last)?;
        let Some(newest) = rows.last() else {
            return Ok(Some(records));
        };
        last = newest.id;
        let names = names.get();
        inserter.use_names(&names);
        let mut bodies = bodies(&dictionaries)?;
        let transaction = new.unchecked_transaction()?;
        for row in rows {
            let (id, received) = (row.id, Instant(row.received_at_us));
            let record = prepare(row, &names, &mut bodies)?;
            // The forwarder's cursor is a record's number.
            records += u64::from(inserter.insert_as(new, &record, received, Some(id))?);
        }
        inserter.finish(new, Instant(0))?;
        transaction.commit()?;
    }
    Ok(None)
}

fn rows_after(old: &Connection, last: i64) -> Result<Vec<Earlier>, DbError> {
    let mut statement = old.prepare_cached(
        "SELECT record.id, kind, event_id, project, host, at_us, given_at_us, received_at_us,
         body.zstd FROM record JOIN body ON body.record_id = record.id
         WHERE record.id > ?1 ORDER BY record.id LIMIT ?2",
    )?;
    let rows = statement.query_map(params![last, RECORDS_AT_ONCE as u64], |row| {
        Ok(Earlier {
            id: row.get(0)?,
            kind: row.get(1)?,
            event_id: Uuid::from_bytes(row.get(2)?),
            project: row.get(3)?,
            host: row.get(4)?,
            at_us: row.get(5)?,
            given_at_us: row.get(6)?,
            received_at_us: row.get(7)?,
            zstd: row.get(8)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A record that this version can't read any more is kept as it is, without figures.
fn prepare(row: Earlier, names: &Arc<Names>, bodies: &mut Bodies) -> Result<Prepared, DbError> {
    let body = crate::db::reader::plain_text(&row.zstd)?;
    let line = crate::recording::line(
        &row.kind,
        row.event_id,
        (&row.project, &row.host),
        row.given_at_us,
        &body,
    );
    let read = Record::try_from_line(line.as_bytes())
        .and_then(|record| Prepared::try_new(&record, ANY_TIME, names, bodies));
    let prepared = read.unwrap_or(Prepared {
        event_id: row.event_id,
        kind: row.kind,
        project: row.project,
        host: row.host,
        at_us: Instant(row.at_us),
        given_at_us: Instant(row.given_at_us),
        zstd: row.zstd,
        dictionary: None,
        figures: Figures::None,
    });
    Ok(Prepared {
        at_us: Instant(row.at_us),
        ..prepared
    })
}

fn bodies(dictionaries: &Dictionaries) -> Result<Bodies, DbError> {
    Bodies::new(dictionaries.clone()).map_err(|error| DbError::Body {
        detail: error.to_string(),
    })
}

fn copy_aside(old: &Connection, new: &Connection) -> Result<(), DbError> {
    type Aside = (Vec<u8>, i64, String, String, Vec<u8>, i64);
    let columns = "line_hash, received_at_us, token, reason, line, line_bytes";
    let mut statement = old.prepare(&format!("SELECT {columns} FROM put_aside"))?;
    let mut rows = statement.query([])?;
    let transaction = new.unchecked_transaction()?;
    let insert = format!("INSERT INTO put_aside ({columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    while let Some(row) = rows.next()? {
        let aside: Aside = row.try_into()?;
        new.prepare_cached(&insert)?.execute(aside)?;
    }
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests;
