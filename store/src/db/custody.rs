//! `forward.db`: how far records have been forwarded, and what people asked for.
//!
//! One thread, the forwarder, writes cursors; the command line adds commands beside it; whoever wants to
//! know reads. Cursors survive a kill of the store but need not survive a loss of power: what they had
//! told is sent again. So no batch waits for a disk, and the file is apart from `meta.db`, whose every
//! change has tokens read anew.

mod command;
mod stretch;

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;
use wire::query::Standing;
use wire::time::{Instant, Micros};

pub(crate) use self::command::Command;
pub(crate) use self::stretch::{Stretch, Why};
use crate::calendar::Day;
use crate::db::DbError;
use crate::db::files::Files;
use crate::db::reader::Reader;

/// A record's place in the order in which records came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) day: Day,
    pub(crate) record_id: i64,
}

/// Sums since the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) records: u64,
    pub(crate) messages: u64,
    pub(crate) filtered: u64,
    pub(crate) put_aside: u64,
    pub(crate) lost: u64,
    pub(crate) received_at_us: Option<Instant>,
    pub(crate) outage_at_us: Option<Instant>,
    pub(crate) state: String,
}

/// What a receipt changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    pub(crate) records: u64,
    pub(crate) messages: u64,
    pub(crate) filtered: u64,
    /// The last places that are done with.
    pub(crate) places: Vec<Place>,
    /// Stretches, and how far each is done with.
    pub(crate) stretches: Vec<(i64, i64)>,
    /// Kinds of which more is done with, and how far; nothing if that is as before.
    pub(crate) ahead: Option<Vec<(Arc<str>, Place)>>,
}

/// `forward.db`, for one destination.
#[derive(Debug)]
pub(crate) struct Custody {
    connection: Connection,
    destination: String,
}

/// Records put aside that are remembered; all are counted.
const ASIDE_ROWS_MAX: u64 = 10_000;

// === impl Custody ===

impl Custody {
    pub(crate) fn open(files: &Files, destination: &str) -> Result<Self, DbError> {
        let connection = files.open_forward()?;
        connection.execute(
            "INSERT OR IGNORE INTO destination
             (name, records, messages, filtered, put_aside, lost, state)
             VALUES (?1, 0, 0, 0, 0, 0, '')",
            [destination],
        )?;
        Ok(Self {
            connection,
            destination: destination.to_owned(),
        })
    }

    /// The same to read alone, if there is one yet: a question must not write, nor make a file that is its
    /// user's.
    pub(crate) fn open_reader(files: &Files, destination: &str) -> Result<Option<Self>, DbError> {
        let connection = files.open_forward_reader()?;
        Ok(connection.map(|connection| Self {
            connection,
            destination: destination.to_owned(),
        }))
    }

    // --- how far

    pub(crate) fn cursors(&self) -> Result<BTreeMap<Day, i64>, DbError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT day, record_id FROM cursor WHERE destination = ?1")?;
        let rows = statement.query_map([&self.destination], |row| {
            Ok((day_of(row, 0)?, row.get(1)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes down what a receipt was for.
    pub(crate) fn advance(&self, progress: &Progress, now: Instant) -> Result<(), DbError> {
        let transaction = self.connection.unchecked_transaction()?;
        for place in &progress.places {
            self.set_cursor(*place)?;
        }
        for (id, after_id) in &progress.stretches {
            self.connection
                .prepare_cached("UPDATE stretch SET after_id = ?2 WHERE id = ?1")?
                .execute((id, after_id))?;
            self.connection
                .prepare_cached("DELETE FROM stretch WHERE id = ?1 AND after_id >= through_id")?
                .execute([id])?;
        }
        if let Some(ahead) = &progress.ahead {
            self.set_ahead(ahead)?;
        }
        let received = (progress.records > 0).then_some(now.0);
        self.connection
            .prepare_cached(
                "UPDATE destination SET records = records + ?2, messages = messages + ?3,
                 filtered = filtered + ?4, received_at_us = coalesce(?5, received_at_us)
                 WHERE name = ?1",
            )?
            .execute(params![
                self.destination,
                progress.records,
                progress.messages,
                progress.filtered,
                received,
            ])?;
        commit(transaction)
    }

    /// Kinds of which more is done with than the cursor says, and how far.
    pub(crate) fn ahead(&self) -> Result<Vec<(Arc<str>, Place)>, DbError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT kind, day, record_id FROM ahead WHERE destination = ?1")?;
        let rows = statement.query_map([&self.destination], |row| {
            let kind: String = row.get(0)?;
            let place = Place {
                day: day_of(row, 1)?,
                record_id: row.get(2)?,
            };
            Ok((Arc::from(kind), place))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) fn set_ahead(&self, ahead: &[(Arc<str>, Place)]) -> Result<(), DbError> {
        self.connection
            .prepare_cached("DELETE FROM ahead WHERE destination = ?1")?
            .execute([&self.destination])?;
        for (kind, place) in ahead {
            self.connection
                .prepare_cached(
                    "INSERT INTO ahead (destination, kind, day, record_id) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![
                    self.destination,
                    &**kind,
                    place.day.to_string(),
                    place.record_id
                ])?;
        }
        Ok(())
    }

    fn set_cursor(&self, place: Place) -> Result<(), DbError> {
        self.connection
            .prepare_cached(
                "INSERT INTO cursor (destination, day, record_id) VALUES (?1, ?2, ?3)
                 ON CONFLICT (destination, day) DO UPDATE SET record_id = excluded.record_id",
            )?
            .execute(params![
                self.destination,
                place.day.to_string(),
                place.record_id
            ])?;
        Ok(())
    }

    /// Remembers where the cursor is at that moment, and forgets what is older than the window.
    pub(crate) fn mark(&self, place: Place, now: Instant, window: Micros) -> Result<(), DbError> {
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO mark (destination, at_us, day, record_id)
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                self.destination,
                now.0,
                place.day.to_string(),
                place.record_id
            ])?;
        // The last one before the window stays: it says where the window begins.
        self.connection
            .prepare_cached(
                "DELETE FROM mark WHERE destination = ?1 AND at_us < (SELECT max(at_us) FROM mark
                 WHERE destination = ?1 AND at_us <= ?2)",
            )?
            .execute(params![self.destination, (now - window).0])?;
        Ok(())
    }

    /// Where the cursor was at that moment; nothing if nothing had been forwarded by then.
    pub(crate) fn marked(&self, at_us: Instant) -> Result<Option<Place>, DbError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT day, record_id FROM mark WHERE destination = ?1 AND at_us <= ?2
             ORDER BY at_us DESC LIMIT 1",
        )?;
        let place = statement.query_row(params![self.destination, at_us.0], |row| {
            Ok(Place {
                day: day_of(row, 0)?,
                record_id: row.get(1)?,
            })
        });
        Ok(place.optional()?)
    }

    // --- losses

    /// Keeps in mind that a record can't be forwarded.
    pub(crate) fn put_aside(
        &self,
        place: Place,
        event_id: Uuid,
        reason: &str,
        now: Instant,
    ) -> Result<(), DbError> {
        self.connection.execute(
            "INSERT OR IGNORE INTO aside (destination, day, record_id, event_id, at_us, reason)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6
             WHERE (SELECT count(*) FROM aside WHERE destination = ?1) < ?7",
            params![
                self.destination,
                place.day.to_string(),
                place.record_id,
                event_id.as_bytes(),
                now.0,
                reason,
                ASIDE_ROWS_MAX,
            ],
        )?;
        self.connection.execute(
            "UPDATE destination SET put_aside = put_aside + 1 WHERE name = ?1",
            [&self.destination],
        )?;
        Ok(())
    }

    /// Counts records that are removed before they were forwarded.
    pub(crate) fn add_lost(&self, records: u64) -> Result<(), DbError> {
        self.connection
            .prepare_cached("UPDATE destination SET lost = lost + ?2 WHERE name = ?1")?
            .execute(params![self.destination, records])?;
        Ok(())
    }

    /// Forgets a day that is about to be removed, and counts what of it was not forwarded.
    pub(crate) fn forget_day(&self, reader: &Reader, day: Day) -> Result<u64, DbError> {
        let cursor = self.cursors()?.get(&day).copied().unwrap_or(0);
        let behind = match reader.day(day)? {
            Some(reader) => reader.records_after(cursor)?,
            None => 0,
        };
        let lost = self.backlog(Some(day))? + behind;
        let transaction = self.connection.unchecked_transaction()?;
        for table in ["cursor", "ahead", "stretch", "mark", "aside"] {
            self.connection.execute(
                &format!("DELETE FROM {table} WHERE destination = ?1 AND day = ?2"),
                params![self.destination, day.to_string()],
            )?;
        }
        self.add_lost(lost)?;
        commit(transaction)?;
        Ok(lost)
    }

    /// Records that wait to be forwarded for the first time, and a few more where kinds were thinned out.
    /// `last_id` knows the last record of a day.
    pub(crate) fn waiting(
        &self,
        days: &[Day],
        last_id: impl Fn(Day) -> Result<i64, DbError>,
    ) -> Result<u64, DbError> {
        let cursors = self.cursors()?;
        let mut waiting = self.backlog(None)?;
        for day in days {
            let cursor = cursors.get(day).copied().unwrap_or(0);
            waiting += u64::try_from(last_id(*day)?.saturating_sub(cursor)).unwrap_or(0);
        }
        Ok(waiting)
    }

    /// Records of the backlog, of one day or of all.
    fn backlog(&self, day: Option<Day>) -> Result<u64, DbError> {
        let stretches = self.stretches()?.into_iter();
        let backlog = stretches.filter(|stretch| {
            stretch.why == Why::Backlog && day.is_none_or(|day| stretch.day == day)
        });
        Ok(backlog.map(|stretch| stretch.len()).sum())
    }

    // --- for people

    pub(crate) fn totals(&self) -> Result<Totals, DbError> {
        let totals = self.connection.query_row(
            "SELECT records, messages, filtered, put_aside, lost, received_at_us, state, outage_at_us
             FROM destination WHERE name = ?1",
            [&self.destination],
            |row| {
                Ok(Totals {
                    records: row.get(0)?,
                    messages: row.get(1)?,
                    filtered: row.get(2)?,
                    put_aside: row.get(3)?,
                    lost: row.get(4)?,
                    received_at_us: row.get::<_, Option<i64>>(5)?.map(Instant),
                    state: row.get(6)?,
                    outage_at_us: row.get::<_, Option<i64>>(7)?.map(Instant),
                })
            },
        );
        // A destination that nothing was forwarded to has none.
        Ok(totals.optional()?.unwrap_or_default())
    }

    pub(crate) fn set_state(&self, state: &str) -> Result<(), DbError> {
        self.connection
            .prepare_cached("UPDATE destination SET state = ?2 WHERE name = ?1")?
            .execute([&self.destination, state])?;
        Ok(())
    }

    /// Keeps in mind when the last receipt before an outage was, or that it is over.
    pub(crate) fn set_outage(&self, at_us: Option<Instant>) -> Result<(), DbError> {
        self.connection
            .prepare_cached("UPDATE destination SET outage_at_us = ?2 WHERE name = ?1")?
            .execute(params![self.destination, at_us.map(|it| it.0)])?;
        Ok(())
    }

    pub(crate) fn standing(&self, place: Place) -> Result<Standing, DbError> {
        let day = place.day.to_string();
        let is_aside: bool = self.connection.query_row(
            "SELECT count(*) FROM aside WHERE destination = ?1 AND day = ?2 AND record_id = ?3",
            params![self.destination, day, place.record_id],
            |row| row.get(0),
        )?;
        if is_aside {
            return Ok(Standing::PutAside);
        }
        let holds = |stretch: &Stretch| stretch.day == place.day && stretch.holds(place.record_id);
        let stretches = self.stretches()?;
        for stretch in stretches.iter().filter(|stretch| holds(stretch)) {
            match stretch.why {
                Why::Backlog => return Ok(Standing::Waiting),
                Why::Skipped => return Ok(Standing::Skipped),
                Why::Again | Why::Asked => {}
            }
        }
        let cursor = self.cursors()?.get(&place.day).copied().unwrap_or(0);
        Ok(if place.record_id <= cursor {
            Standing::Forwarded
        } else {
            Standing::Waiting
        })
    }
}

// === impl Progress ===

impl Progress {
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty() && self.stretches.is_empty() && self.ahead.is_none()
    }
}

fn commit(transaction: rusqlite::Transaction<'_>) -> Result<(), DbError> {
    transaction
        .commit()
        .map_err(|source| DbError::Commit { source })
}

fn day_of(row: &Row<'_>, column: usize) -> rusqlite::Result<Day> {
    let text: String = row.get(column)?;
    Day::parse(&text).ok_or(rusqlite::Error::InvalidQuery)
}

#[cfg(test)]
mod tests;
