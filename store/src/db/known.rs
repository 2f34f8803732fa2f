//! Whether an earlier day has a record already, so that a batch sent again days later is stored once.
//!
//! An `event_id` is a UUID v7 and tells when it was made. A record can't have arrived before that, so
//! only the days from then until yesterday are asked; for nearly every record that is none. An id of
//! another version tells nothing, so every day that is remembered is asked.

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;
use wire::time::{Instant, Micros};

use crate::calendar::Day;
use crate::db::DbError;
use crate::db::files::Files;
use crate::limits;

/// How far a producer's clock may be ahead of ours before a copy of its record is taken for new.
const CLOCK_AHEAD: Micros = Micros::from_seconds(3_600);

/// The files of the days before today, opened when first asked.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Newest first.
    days: Vec<Earlier>,
}

#[derive(Debug)]
struct Earlier {
    day: Day,
    connection: Option<Connection>,
    /// It could not be asked. What it has may be stored again, which is less than to take nothing.
    is_broken: bool,
}

// === impl Known ===

impl Known {
    /// Looks at the files that are there when a day begins.
    pub(crate) fn before(files: &Files, today: Day) -> Result<Self, DbError> {
        let earlier = files.days()?.into_iter().filter(|day| *day < today).rev();
        let days = earlier
            .take(limits::DAYS_REMEMBERED_MAX)
            .map(|day| Earlier {
                day,
                connection: None,
                is_broken: false,
            });
        Ok(Self {
            days: days.collect(),
        })
    }

    pub(crate) fn has(&mut self, files: &Files, event_id: Uuid) -> bool {
        let since = made_on(event_id);
        let in_question = self
            .days
            .iter_mut()
            .take_while(|it| since.is_none_or(|since| it.day >= since));
        in_question.filter(|it| !it.is_broken).any(|earlier| {
            earlier.has(files, event_id).unwrap_or_else(|error| {
                let error = daemon::log::chain(&error);
                tracing::error!(day = %earlier.day, %error, "day's file can't be asked for copies");
                earlier.is_broken = true;
                false
            })
        })
    }
}

// === impl Earlier ===

impl Earlier {
    fn has(&mut self, files: &Files, event_id: Uuid) -> Result<bool, DbError> {
        if !files.path_of(self.day).exists() {
            // Retention has removed it; what was in it is forgotten.
            self.connection = None;
            return Ok(false);
        }
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => self.connection.insert(files.open_reader(self.day)?),
        };
        let found = connection
            .prepare_cached("SELECT 1 FROM record WHERE event_id = ?1")?
            .query_row([event_id.as_bytes()], |_| Ok(()))
            .optional()?;
        Ok(found.is_some())
    }
}

fn made_on(event_id: Uuid) -> Option<Day> {
    if event_id.get_version_num() != 7 {
        return None;
    }
    let (seconds, nanos) = event_id.get_timestamp()?.to_unix();
    let micros = i64::try_from(seconds).ok()?.saturating_mul(1_000_000) + i64::from(nanos / 1_000);
    Some(Day::of(Instant(micros) - CLOCK_AHEAD))
}
