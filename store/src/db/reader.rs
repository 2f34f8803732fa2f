//! Short questions to the days' files, each with connections for itself and with a deadline.
//!
//! Days are by receipt while questions are about when things happened, so a range is looked for in
//! every file from two days before its start on: a record may be late by any time, but early only by
//! a clock that is ahead, and that is clamped to two days. Answers are merged by the caller.

mod helpers;
mod idle;
mod kept;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::hash_map::Entry;
use std::io;
use std::num::NonZeroU32;
use std::time::Duration;

use daemon::clock::{Clock, Monotonic};
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, ErrorCode};
use wire::limits::LINE_BYTES_MAX;
use wire::time::Instant;
use zstd::bulk::Decompressor;
use zstd::zstd_safe;

pub(crate) use self::helpers::Helpers;
pub(crate) use self::idle::Idle;
use self::kept::{Kept, Open};
use crate::calendar::Day;
use crate::db::files::Files;
use crate::db::{DbError, packed, schema};
use crate::limits;
use crate::rollup::Varints;
use crate::unzip;

/// How many of SQLite's steps pass between two looks at the clock: some 0.1 ms.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;

/// The statements of all questions to one day: made ready once as long as its file is open.
const STATEMENTS_KEPT: usize = 64;

/// How many days a record's time may be ahead of its receipt.
const DAYS_AHEAD: i64 = 2;

/// The files, for the length of one question.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    files: Files,
    clock: Clock,
    deadline: Monotonic,
    allowed: Duration,
    kept: Kept,
}

/// One day's file, open for reading.
pub(crate) struct DayReader {
    pub(crate) day: Day,
    allowed: Duration,
    /// There until the reader is let go, when the next one of the question gets it.
    open: Option<Open>,
    kept: Kept,
}

// === impl Reader ===

impl Reader {
    /// A reader whose question must be answered within `limits::QUERY_DEADLINE` from now.
    pub(crate) fn new(files: Files, clock: Clock) -> Self {
        Self::with_deadline(files, clock, limits::QUERY_DEADLINE)
    }

    pub(crate) fn with_deadline(files: Files, clock: Clock, allowed: Duration) -> Self {
        let deadline = clock.monotonic() + allowed;
        Self {
            kept: Kept::new(files.idle().clone(), clock.clone()),
            files,
            clock,
            deadline,
            allowed,
        }
    }

    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    /// Who may help with a question.
    pub(crate) fn helpers(&self) -> &Helpers {
        self.files.helpers()
    }

    /// The days that can hold records of `from` or later, oldest first.
    pub(crate) fn days_since(&self, from: Instant) -> Result<Vec<DayReader>, DbError> {
        let first = Day::of(from).plus(-DAYS_AHEAD);
        let days = self.files.days()?.into_iter().filter(|day| *day >= first);
        // At midnight the writer has made the new file and not yet its tables, and after an upgrade the old
        // days are brought up one by one.
        let mut readers = Vec::new();
        for day in days {
            readers.extend(self.day(day)?);
        }
        Ok(readers)
    }

    /// Every day.
    pub(crate) fn days(&self) -> Result<Vec<DayReader>, DbError> {
        self.days_since(Instant(i64::MIN / 2))
    }

    /// One day, if it is there and can be asked.
    pub(crate) fn day(&self, day: Day) -> Result<Option<DayReader>, DbError> {
        if let Some(open) = self.kept.take(day) {
            return Ok(Some(self.reader_of(day, open)));
        }
        if !self.files.path_of(day).exists() {
            return Ok(None);
        }
        match self.open(day) {
            Ok(open) => Ok(open.map(|open| self.reader_of(day, open))),
            // Retention may have removed it in between.
            Err(_) if !self.files.path_of(day).exists() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The file, if it can be asked: its tables may come, or be brought up, while the question goes on.
    fn open(&self, day: Day) -> Result<Option<Open>, DbError> {
        if let Some(mut open) = self.files.idle().take(day, &self.files.path_of(day)) {
            self.set_deadline(&mut open.connection)?;
            // There may be more by now.
            open.hours.take();
            return Ok(Some(open));
        }
        // First, so that a file which takes its place meanwhile is seen as another one.
        let file = idle::file_of(&self.files.path_of(day));
        let mut connection = self.files.open_reader(day)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        self.set_deadline(&mut connection)?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version != schema::DAY.version() {
            return Ok(None);
        }
        add_functions(&connection)?;
        Ok(Some(Open {
            connection,
            file,
            has_neighbours: Cell::new(false),
            hours: OnceCell::new(),
            decompressors: RefCell::default(),
        }))
    }

    fn set_deadline(&self, connection: &mut Connection) -> Result<(), DbError> {
        let (clock, deadline) = (self.clock.clone(), self.deadline);
        let is_late = move || clock.monotonic() > deadline;
        connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(is_late))?;
        Ok(())
    }

    fn reader_of(&self, day: Day, open: Open) -> DayReader {
        DayReader {
            day,
            allowed: self.allowed,
            open: Some(open),
            kept: self.kept.clone(),
        }
    }
}

// === impl DayReader ===

impl DayReader {
    fn open(&self) -> &Open {
        self.open.as_ref().expect("until it is let go")
    }

    /// A body's text from what is stored.
    pub(crate) fn body_text(&self, zstd: &[u8]) -> Result<String, DbError> {
        text_of(self.body_packed(zstd)?)
    }

    /// The same in a buffer that is used again, for who reads one after the other.
    pub(crate) fn body_text_in<'b>(
        &self,
        zstd: &[u8],
        buffer: &'b mut Vec<u8>,
    ) -> Result<&'b str, DbError> {
        self.decompress(zstd, |decompressor| {
            unzip::into(decompressor, zstd, LINE_BYTES_MAX, buffer)
        })?;
        if packed::is_packed(buffer) {
            *buffer = unpacked(std::mem::take(buffer))?;
        }
        str::from_utf8(buffer).map_err(|error| body_error(error.to_string()))
    }

    /// A body as it was before it was compressed: see [`packed`].
    pub(crate) fn body_packed(&self, zstd: &[u8]) -> Result<Vec<u8>, DbError> {
        self.decompress(zstd, |decompressor| {
            unzip::with(decompressor, zstd, LINE_BYTES_MAX)
        })
    }

    /// Has a body decompressed by who knows its dictionary.
    fn decompress<T>(
        &self,
        zstd: &[u8],
        decompress: impl FnOnce(&mut Decompressor<'_>) -> io::Result<T>,
    ) -> Result<T, DbError> {
        let id = zstd_safe::get_dict_id_from_frame(zstd).map_or(0, NonZeroU32::get);
        let mut decompressors = self.open().decompressors.borrow_mut();
        if let Entry::Vacant(place) = decompressors.entry(id) {
            place.insert(self.decompressor(id)?);
        }
        let decompressor = decompressors.get_mut(&id).expect("it was put there");
        decompress(decompressor).map_err(|error| body_error(error.to_string()))
    }

    fn decompressor(&self, dictionary: u32) -> Result<Decompressor<'static>, DbError> {
        let made = if dictionary == 0 {
            Decompressor::new()
        } else {
            let find = "SELECT bytes FROM dictionary WHERE id = ?1";
            let bytes: Vec<u8> = self
                .row(find, [dictionary], |row| row.get(0))?
                .ok_or_else(|| body_error(format!("dictionary {dictionary} is missing")))?;
            Decompressor::with_dictionary(&bytes)
        };
        made.map_err(|error| body_error(error.to_string()))
    }

    /// The hours that requests began in, with commas between: what an index by hour is asked for when
    /// the time is not known.
    pub(crate) fn hours(&self) -> Result<String, DbError> {
        let hours = self.all_hours()?.iter().map(ToString::to_string);
        Ok(hours.collect::<Vec<_>>().join(","))
    }

    /// Those from one to another, ascending.
    pub(crate) fn hours_between(&self, first: i64, last: i64) -> Result<Vec<i64>, DbError> {
        let hours = self.all_hours()?.iter().copied();
        Ok(hours.filter(|hour| (first..=last).contains(hour)).collect())
    }

    fn all_hours(&self) -> Result<&[i64], DbError> {
        if self.open().hours.get().is_none() {
            // From one hour to the next by the index, without a look at what lies between.
            let sql = "WITH RECURSIVE hour(h) AS (
                SELECT (SELECT at_us / 3600000000 FROM main.request INDEXED BY request_by_wall
                        ORDER BY at_us / 3600000000 LIMIT 1)
                UNION ALL
                SELECT (SELECT at_us / 3600000000 FROM main.request INDEXED BY request_by_wall
                        WHERE at_us / 3600000000 > h ORDER BY at_us / 3600000000 LIMIT 1)
                FROM hour WHERE h IS NOT NULL)
                SELECT h FROM hour WHERE h IS NOT NULL";
            let hours = self.rows(sql, [], |row| row.get(0))?;
            let _ = self.open().hours.set(hours);
        }
        Ok(self.open().hours.get().map_or(&[], Vec::as_slice))
    }

    /// Makes the files of the day before and the day after readable beside this one, and gives the
    /// names under which they are.
    pub(crate) fn attach_neighbours(&self, files: &Files) -> Result<Vec<&'static str>, DbError> {
        self.open().has_neighbours.set(true);
        let mut attached = Vec::new();
        for (name, days) in [("before", -1), ("after", 1)] {
            let path = files.path_of(self.day.plus(days));
            if !path.exists() {
                continue;
            }
            let is_attached: bool = self.open().connection.query_row(
                "SELECT count(*) FROM pragma_database_list WHERE name = ?1",
                [name],
                |row| row.get(0),
            )?;
            if !is_attached {
                let path = path.to_string_lossy();
                self.open()
                    .connection
                    .execute(&format!("ATTACH ?1 AS {name}"), [path])?;
            }
            // The next day's file may be there without its tables yet.
            let has_tables: bool = self.open().connection.query_row(
                &format!("SELECT count(*) FROM {name}.sqlite_schema WHERE name = 'lock_time'"),
                [],
                |row| row.get(0),
            )?;
            if has_tables {
                attached.push(name);
            }
        }
        Ok(attached)
    }

    /// Asks one question and gives each row to `take`, until it says that it has enough.
    pub(crate) fn each<P: rusqlite::Params>(
        &self,
        sql: &str,
        params: P,
        mut take: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<bool>,
    ) -> Result<(), DbError> {
        let ask = || {
            let mut statement = self.open().connection.prepare_cached(sql)?;
            let mut rows = statement.query(params)?;
            while let Some(row) = rows.next()? {
                if !take(row)? {
                    break;
                }
            }
            Ok(())
        };
        ask().map_err(|error| self.error(error))
    }

    /// Asks one question and gathers its rows.
    pub(crate) fn rows<P: rusqlite::Params, T>(
        &self,
        sql: &str,
        params: P,
        mut read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, DbError> {
        let mut rows = Vec::new();
        self.each(sql, params, |row| {
            rows.push(read(row)?);
            Ok(true)
        })?;
        Ok(rows)
    }

    /// Asks one question that has at most one row.
    pub(crate) fn row<P: rusqlite::Params, T>(
        &self,
        sql: &str,
        params: P,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, DbError> {
        Ok(self.rows(sql, params, read)?.into_iter().next())
    }

    fn error(&self, source: rusqlite::Error) -> DbError {
        match source.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => DbError::Deadline {
                seconds: self.allowed.as_secs(),
            },
            _ => DbError::Query { source },
        }
    }
}

impl Drop for DayReader {
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            self.kept.give_back(self.day, open);
        }
    }
}

/// Has SQL know `has_id(blob, id)`: whether a set of ids, as a request's row has it, holds one.
fn add_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_UTF8;
    connection.create_scalar_function("has_id", 2, flags, |context| {
        let wanted: i64 = context.get(1)?;
        let mut ids = Varints {
            bytes: context.get_raw(0).as_blob().unwrap_or_default(),
            at: 0,
        };
        let mut id = 0_i64;
        while id < wanted && !ids.is_done() {
            // What is damaged holds nothing more.
            let Ok(step) = ids.next() else {
                return Ok(false);
            };
            id = id.saturating_add_unsigned(step);
        }
        Ok(id == wanted && wanted > 0)
    })
}

/// The text of a body that was compressed without a dictionary.
pub(crate) fn plain_text(zstd: &[u8]) -> Result<String, DbError> {
    text_of(unzip::plain(zstd, LINE_BYTES_MAX).map_err(|error| body_error(error.to_string()))?)
}

fn unpacked(packed: Vec<u8>) -> Result<Vec<u8>, DbError> {
    packed::unpack(packed).ok_or_else(|| body_error("its tables are damaged".to_owned()))
}

fn text_of(packed: Vec<u8>) -> Result<String, DbError> {
    String::from_utf8(unpacked(packed)?).map_err(|error| body_error(error.to_string()))
}

fn body_error(detail: String) -> DbError {
    DbError::Body { detail }
}
