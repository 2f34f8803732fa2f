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
    days: Vec<(Day, Option<Connection>)>,
}

// === impl Known ===

impl Known {
    /// Looks at the files that are there when a day begins.
    pub(crate) fn before(files: &Files, today: Day) -> Result<Self, DbError> {
        let earlier = files.days()?.into_iter().filter(|day| *day < today).rev();
        let days = earlier
            .take(limits::DAYS_REMEMBERED_MAX)
            .map(|day| (day, None))
            .collect();
        Ok(Self { days })
    }

    pub(crate) fn has(&mut self, files: &Files, event_id: Uuid) -> Result<bool, DbError> {
        let since = made_on(event_id);
        for (day, connection) in &mut self.days {
            if since.is_some_and(|since| *day < since) {
                break;
            }
            if !files.path_of(*day).exists() {
                // Retention has removed it; what was in it is forgotten.
                *connection = None;
                continue;
            }
            let connection = match connection {
                Some(connection) => connection,
                None => connection.insert(files.open_reader(*day)?),
            };
            let found = connection
                .prepare_cached("SELECT 1 FROM record WHERE event_id = ?1")?
                .query_row([event_id.as_bytes()], |_| Ok(()))
                .optional()?;
            if found.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
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
