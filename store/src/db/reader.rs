//! Short questions to the days' files, each on a connection of its own and with a deadline.
//!
//! Days are by receipt while questions are about when things happened, so a range is looked for in
//! every file from two days before its start on: a record may be late by any time, but early only by
//! a clock that is ahead, and that is clamped to two days. Answers are merged by the caller.

use std::time::Duration;

use daemon::clock::{Clock, Monotonic};
use rusqlite::{Connection, ErrorCode};
use wire::time::Instant;

use crate::calendar::Day;
use crate::db::DbError;
use crate::db::files::Files;
use crate::limits;

/// How many of SQLite's steps pass between two looks at the clock: some 0.1 ms.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;

/// How many days a record's time may be ahead of its receipt.
const DAYS_AHEAD: i64 = 2;

/// The files, for the length of one question.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    files: Files,
    clock: Clock,
    deadline: Monotonic,
    allowed: Duration,
}

/// One day's file, open for reading.
#[derive(Debug)]
pub(crate) struct DayReader {
    pub(crate) day: Day,
    connection: Connection,
    allowed: Duration,
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
            files,
            clock,
            deadline,
            allowed,
        }
    }

    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    /// The days that can hold records of `from` or later, oldest first.
    pub(crate) fn days_since(&self, from: Instant) -> Result<Vec<DayReader>, DbError> {
        let first = Day::of(from).plus(-DAYS_AHEAD);
        let days = self.files.days()?.into_iter().filter(|day| *day >= first);
        // Retention may remove a file between the list and the opening.
        let mut readers = Vec::new();
        for day in days {
            match self.open(day) {
                Ok(reader) if reader.has_tables()? => readers.push(reader),
                // At midnight the writer has made the new file and not yet its tables.
                Ok(_) => {}
                Err(_) if !self.files.path_of(day).exists() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(readers)
    }

    /// Every day.
    pub(crate) fn days(&self) -> Result<Vec<DayReader>, DbError> {
        self.days_since(Instant(i64::MIN / 2))
    }

    fn open(&self, day: Day) -> Result<DayReader, DbError> {
        let mut connection = self.files.open_reader(day)?;
        let (clock, deadline) = (self.clock.clone(), self.deadline);
        let is_late = move || clock.monotonic() > deadline;
        connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(is_late))?;
        Ok(DayReader {
            day,
            connection,
            allowed: self.allowed,
        })
    }
}

// === impl DayReader ===

impl DayReader {
    fn has_tables(&self) -> Result<bool, DbError> {
        Ok(self.version()? > 0)
    }

    /// The version of the file's schema. Days before an upgrade keep the one they had.
    pub(crate) fn version(&self) -> Result<i64, DbError> {
        Ok(self
            .connection
            .pragma_query_value(None, "user_version", |row| row.get(0))?)
    }

    /// Makes the files of the day before and the day after readable beside this one, and gives the
    /// names under which they are.
    pub(crate) fn attach_neighbours(&self, files: &Files) -> Result<Vec<&'static str>, DbError> {
        let mut attached = Vec::new();
        for (name, days) in [("before", -1), ("after", 1)] {
            let path = files.path_of(self.day.plus(days));
            if !path.exists() {
                continue;
            }
            let is_attached: bool = self.connection.query_row(
                "SELECT count(*) FROM pragma_database_list WHERE name = ?1",
                [name],
                |row| row.get(0),
            )?;
            if !is_attached {
                let path = path.to_string_lossy();
                self.connection
                    .execute(&format!("ATTACH ?1 AS {name}"), [path])?;
            }
            // The next day's file may be there without its tables yet.
            let has_tables: bool = self.connection.query_row(
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
            let mut statement = self.connection.prepare_cached(sql)?;
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

/// A body's text from what is stored.
pub(crate) fn body_text(zstd: &[u8]) -> Result<String, DbError> {
    let body_error = |detail: String| DbError::Body { detail };
    let bytes = zstd::bulk::decompress(zstd, wire::limits::LINE_BYTES_MAX)
        .map_err(|error| body_error(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| body_error(error.to_string()))
}
