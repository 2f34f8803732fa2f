//! Records before the cursor that are told apart: not sent yet, to be sent again, or never to be.

use rusqlite::{Row, params};

use super::{Custody, Place, commit, day_of};
use crate::calendar::Day;
use crate::db::DbError;

/// Records of a day, after one and through another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) id: i64,
    pub(crate) why: Why,
    pub(crate) day: Day,
    pub(crate) after_id: i64,
    pub(crate) through_id: i64,
}

/// Why records before the cursor are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// They have not been sent yet: what is new goes first.
    Backlog,
    /// An outage came right after them.
    Again,
    Asked,
    Skipped,
}

/// Stretches of one destination: many outages in a row, each with some days.
const STRETCHES_MAX: u64 = 1_000;

// === impl Custody ===

impl Custody {
    /// The stretches that are to be sent, the oldest first; and those that never will be.
    pub(crate) fn stretches(&self) -> Result<Vec<Stretch>, DbError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, why, day, after_id, through_id FROM stretch WHERE destination = ?1 ORDER BY id",
        )?;
        let rows = statement.query_map([&self.destination], stretch_of)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Adds stretches and moves cursors, together.
    pub(crate) fn add_stretches(
        &self,
        why: Why,
        stretches: &[(Day, i64, i64)],
        cursors: &[Place],
    ) -> Result<(), DbError> {
        let transaction = self.connection.unchecked_transaction()?;
        for stretch in stretches.iter().filter(|it| it.1 < it.2) {
            self.add_stretch(why, *stretch)?;
        }
        for place in cursors {
            self.set_cursor(*place)?;
        }
        commit(transaction)
    }

    /// Adds a stretch, or makes the one longer that it follows. Only what was sent before may find no room.
    fn add_stretch(&self, why: Why, stretch: (Day, i64, i64)) -> Result<(), DbError> {
        let (day, after_id, through_id) = stretch;
        let day = day.to_string();
        let longer = self
            .connection
            .prepare_cached(
                "UPDATE stretch SET through_id = max(through_id, ?5)
                 WHERE destination = ?1 AND why = ?2 AND day = ?3
                 AND after_id <= ?4 AND through_id >= ?4",
            )?
            .execute(params![
                self.destination,
                why.as_str(),
                day,
                after_id,
                through_id
            ])?;
        let has_been_sent = matches!(why, Why::Again | Why::Asked);
        if longer == 0 {
            self.connection
                .prepare_cached(
                    "INSERT INTO stretch (destination, why, day, after_id, through_id)
                     SELECT ?1, ?2, ?3, ?4, ?5
                     WHERE NOT ?6 OR (SELECT count(*) FROM stretch WHERE destination = ?1) < ?7",
                )?
                .execute(params![
                    self.destination,
                    why.as_str(),
                    day,
                    after_id,
                    through_id,
                    has_been_sent,
                    STRETCHES_MAX,
                ])?;
        }
        Ok(())
    }

    /// What was to be sent stays here.
    pub(crate) fn skip_stretches(&self) -> Result<(), DbError> {
        self.connection.execute(
            "DELETE FROM stretch WHERE destination = ?1 AND why IN ('again', 'asked')",
            [&self.destination],
        )?;
        self.connection.execute(
            "UPDATE stretch SET why = 'skipped' WHERE destination = ?1 AND why = 'backlog'",
            [&self.destination],
        )?;
        Ok(())
    }
}

fn stretch_of(row: &Row<'_>) -> rusqlite::Result<Stretch> {
    let why: String = row.get(1)?;
    Ok(Stretch {
        id: row.get(0)?,
        why: match why.as_str() {
            "backlog" => Why::Backlog,
            "again" => Why::Again,
            "asked" => Why::Asked,
            // The table's CHECK allows no other.
            _ => Why::Skipped,
        },
        day: day_of(row, 2)?,
        after_id: row.get(3)?,
        through_id: row.get(4)?,
    })
}

// === impl Stretch ===

impl Stretch {
    /// Records at most: ids have gaps where kinds were thinned out.
    pub(crate) fn len(&self) -> u64 {
        self.through_id.abs_diff(self.after_id)
    }

    pub(super) fn holds(&self, record_id: i64) -> bool {
        self.after_id < record_id && record_id <= self.through_id
    }
}

// === impl Why ===

impl Why {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Backlog => "backlog",
            Self::Again => "again",
            Self::Asked => "asked",
            Self::Skipped => "skipped",
        }
    }
}
