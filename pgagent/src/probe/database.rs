//! How the server is: counters, lags and ages, each part asked for itself.
//!
//! A part that can't be asked (somebody holds a catalog, the role may not, another version) is empty, and
//! costs the others nothing.

use std::collections::HashMap;

use tokio_postgres::Row;
use wire::pg::database::{Checkpoints, DatabaseCounts, Horizon, Replica, Slot, Table};
use wire::time::Micros;

use super::activity::Oid;
use super::stamp::Stamp;
use crate::session::{Session, SessionError};

/// Since this version checkpoints have a view of their own.
const CHECKPOINTER_SINCE: i32 = 170_000;

/// Everything at one moment; counters as they stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub horizons: Vec<Horizon>,
    pub replicas: Vec<Replica>,
    pub slots: Vec<Slot>,
    pub databases: Vec<DatabaseCounts>,
    pub checkpoints: Option<Checkpoints>,
    pub wal_bytes: Option<u64>,
}

/// Tables of the connected database by their number; counters as they stand.
pub type Tables = HashMap<Oid, Table>;

type Read<T> = Result<T, tokio_postgres::Error>;

/// Asks for everything but the tables. Errors of parts are given beside what could be had.
pub async fn ask(session: &mut Session) -> (State, Vec<SessionError>) {
    let mut errors = Vec::new();
    let mut state = State::default();
    let parts = [
        ("the xmin horizon", include_str!("../sql/horizons.sql")),
        ("the replicas", include_str!("../sql/replicas.sql")),
        ("the replication slots", include_str!("../sql/slots.sql")),
        ("the databases", include_str!("../sql/databases.sql")),
        (
            "the checkpoints",
            server_text(session.facts().version_number),
        ),
    ];
    for (place, (query, text)) in parts.into_iter().enumerate() {
        if session.is_over() {
            break;
        }
        let read = session.ask(query, text, &[]).await.and_then(|rows| {
            let read = state.read(place, &rows);
            read.map_err(|source| SessionError::Answer { query, source })
        });
        errors.extend(read.err());
    }
    (state, errors)
}

fn server_text(version_number: i32) -> &'static str {
    if version_number >= CHECKPOINTER_SINCE {
        include_str!("../sql/server_17.sql")
    } else {
        include_str!("../sql/server.sql")
    }
}

/// Asks for the tables that may want care.
pub async fn ask_tables(session: &mut Session) -> Result<Tables, SessionError> {
    let query = "the tables";
    let rows = session
        .ask(query, include_str!("../sql/tables.sql"), &[])
        .await?;
    let tables = rows.iter().map(table).collect::<Read<_>>();
    tables.map_err(|source| SessionError::Answer { query, source })
}

// === impl State ===

impl State {
    fn read(&mut self, part: usize, rows: &[Row]) -> Read<()> {
        match part {
            0 => self.horizons = rows.iter().map(horizon).collect::<Read<_>>()?,
            1 => self.replicas = rows.iter().map(replica).collect::<Read<_>>()?,
            2 => self.slots = rows.iter().map(slot).collect::<Read<_>>()?,
            3 => self.databases = rows.iter().map(database).collect::<Read<_>>()?,
            _ => {
                if let Some(row) = rows.first() {
                    self.wal_bytes = optional(row, "wal_bytes")?;
                    self.checkpoints = Some(Checkpoints {
                        timed: count(row, "timed")?,
                        requested: count(row, "requested")?,
                        write_us: Micros(row.try_get("write_us")?),
                        sync_us: Micros(row.try_get("sync_us")?),
                        buffers_written: count(row, "buffers")?,
                    });
                }
            }
        }
        Ok(())
    }
}

fn count(row: &Row, column: &str) -> Read<u64> {
    Ok(optional(row, column)?.unwrap_or(0))
}

/// Nothing stays nothing; what is below 0 (two clocks, or a lag that is none) is 0.
fn optional(row: &Row, column: &str) -> Read<Option<u64>> {
    let count: Option<i64> = row.try_get(column)?;
    Ok(count.map(|count| u64::try_from(count).unwrap_or(0)))
}

fn horizon(row: &Row) -> Read<Horizon> {
    Ok(Horizon {
        holder: row.try_get("holder")?,
        name: row.try_get("name")?,
        age: count(row, "age")?,
    })
}

fn replica(row: &Row) -> Read<Replica> {
    Ok(Replica {
        name: row.try_get::<_, Option<_>>("name")?.unwrap_or_default(),
        client: row.try_get("client")?,
        state: row.try_get("state")?,
        sync_state: row.try_get("sync_state")?,
        replay_lag_us: row.try_get::<_, Option<i64>>("replay_lag_us")?.map(Micros),
        replay_lag_bytes: optional(row, "replay_lag_bytes")?,
    })
}

fn slot(row: &Row) -> Read<Slot> {
    Ok(Slot {
        name: row.try_get("name")?,
        is_active: row.try_get("is_active")?,
        retained_bytes: optional(row, "retained_bytes")?,
    })
}

fn database(row: &Row) -> Read<DatabaseCounts> {
    Ok(DatabaseCounts {
        name: row.try_get("name")?,
        commits: count(row, "xact_commit")?,
        rollbacks: count(row, "xact_rollback")?,
        blocks_hit: count(row, "blks_hit")?,
        blocks_read: count(row, "blks_read")?,
        rows_returned: count(row, "tup_returned")?,
        rows_written: count(row, "tup_written")?,
        temporary_files: count(row, "temp_files")?,
        temporary_bytes: count(row, "temp_bytes")?,
        deadlocks: count(row, "deadlocks")?,
        conflicts: count(row, "conflicts")?,
        read_us: Micros(row.try_get("read_us")?),
        write_us: Micros(row.try_get("write_us")?),
        frozen_age: count(row, "frozen_age")?,
    })
}

fn table(row: &Row) -> Read<(Oid, Table)> {
    let stamp = |column: &str| -> Read<_> {
        Ok(row
            .try_get::<_, Option<Stamp>>(column)?
            .map(|stamp| stamp.0))
    };
    let table = Table {
        name: row.try_get("name")?,
        live_rows: count(row, "live_rows")?,
        dead_rows: count(row, "dead_rows")?,
        sequential_scans: count(row, "scans")?,
        sequential_rows_read: count(row, "rows_read")?,
        index_scans: count(row, "index_scans")?,
        vacuumed_at_us: stamp("vacuumed")?,
        analyzed_at_us: stamp("analyzed")?,
    };
    Ok((row.try_get("oid")?, table))
}
