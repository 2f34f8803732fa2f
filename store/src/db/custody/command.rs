//! What people ask for on the command line: the store that runs takes it up.

use rusqlite::params;
use wire::time::Instant;

use super::Custody;
use crate::db::DbError;

/// What somebody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// What was received between two moments goes again.
    Replay { from: Instant, to: Instant },
    /// What is there now and was not forwarded stays here.
    Skip,
}

// === impl Custody ===

impl Custody {
    pub(crate) fn order(&self, command: Command) -> Result<(), DbError> {
        let (what, from, to) = match command {
            Command::Replay { from, to } => ("replay", Some(from.0), Some(to.0)),
            Command::Skip => ("skip", None, None),
        };
        self.connection.execute(
            "INSERT INTO command (destination, what, from_at_us, to_at_us) VALUES (?1, ?2, ?3, ?4)",
            params![self.destination, what, from, to],
        )?;
        Ok(())
    }

    /// What was asked for and not yet taken up, the oldest first.
    pub(crate) fn commands(&self) -> Result<Vec<(i64, Command)>, DbError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, what, from_at_us, to_at_us FROM command WHERE destination = ?1 ORDER BY id",
        )?;
        let rows = statement.query_map([&self.destination], |row| {
            let what: String = row.get(1)?;
            let (from, to): (Option<i64>, Option<i64>) = (row.get(2)?, row.get(3)?);
            let command = match what.as_str() {
                "skip" => Command::Skip,
                _ => Command::Replay {
                    from: Instant(from.unwrap_or(i64::MIN)),
                    to: Instant(to.unwrap_or(i64::MAX)),
                },
            };
            Ok((row.get(0)?, command))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) fn obeyed(&self, id: i64) -> Result<(), DbError> {
        self.connection
            .execute("DELETE FROM command WHERE id = ?1", [id])?;
        Ok(())
    }
}
