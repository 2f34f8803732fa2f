//! Who waits for whom, asked only while somebody waits.
//!
//! `pg_blocking_pids` is the one source that knows which lock modes conflict and who stands before
//! whom in a queue; reconstructions from `pg_locks` get it wrong. It stops the lock manager for a
//! moment, so it is called for waiting sessions alone, and for [`WAITERS_MAX`] of them at most.

use std::collections::HashMap;

use tokio_postgres::Row;
use wire::ids::BackendPid;
use wire::time::Instant;

use super::activity::{Oid, Snapshot};
use super::stamp::Stamp;
use crate::session::{Query, Session, SessionError};

/// How many waiting sessions are asked about: with more than this, more names explain nothing.
pub const WAITERS_MAX: usize = 200;

/// The waits at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockWaits {
    pub blocked: Vec<Blocked>,
    /// What each of them waits for.
    pub awaited: HashMap<BackendPid, Awaited>,
    /// Waiting sessions that were not asked about.
    pub omitted: usize,
}

/// A session and who stands in its way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocked {
    pub pid: BackendPid,
    /// May repeat a pid (the leader of a parallel query); 0 is a prepared transaction.
    pub blockers: Vec<BackendPid>,
}

/// A lock that has not been granted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Awaited {
    pub lock_type: Option<String>,
    pub mode: Option<String>,
    pub relation: Option<Relation>,
    pub since: Option<Instant>,
}

/// A relation by its numbers. Database 0 holds what all databases share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Relation {
    pub database: Oid,
    pub oid: Oid,
}

/// One row about a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockRow {
    pub pid: BackendPid,
    pub lock_type: Option<String>,
    pub mode: Option<String>,
    pub is_granted: bool,
    pub relation: Option<Relation>,
    pub since: Option<Instant>,
}

// === impl LockWaits ===

impl LockWaits {
    /// Asks about the sessions that wait in the snapshot; asks nothing if none does.
    pub async fn take(
        session: &mut Session,
        snapshot: &Snapshot,
    ) -> Result<Option<Self>, SessionError> {
        let mut pids = snapshot.lock_waiters();
        if pids.is_empty() {
            return Ok(None);
        }
        let omitted = pids.len().saturating_sub(WAITERS_MAX);
        pids.truncate(WAITERS_MAX);

        let query = Query::Blockers;
        let rows = session.query(query, &[&pids]).await?;
        let blocked = rows.iter().map(Blocked::from_row).collect::<Result<_, _>>();
        let blocked = blocked.map_err(|source| SessionError::Answer {
            query: query.name(),
            source,
        })?;

        let query = Query::Locks;
        let rows = session.query(query, &[&pids]).await?;
        let locks = rows
            .iter()
            .map(LockRow::from_row)
            .collect::<Result<Vec<_>, _>>();
        let locks = locks.map_err(|source| SessionError::Answer {
            query: query.name(),
            source,
        })?;
        Ok(Some(Self {
            blocked,
            awaited: awaited(locks),
            omitted,
        }))
    }
}

// === impl Blocked ===

impl Blocked {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            pid: row.try_get("pid")?,
            blockers: row.try_get::<_, Option<_>>("blockers")?.unwrap_or_default(),
        })
    }
}

// === impl LockRow ===

impl LockRow {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let database: Option<Oid> = row.try_get("database")?;
        let relation: Option<Oid> = row.try_get("relation")?;
        Ok(Self {
            pid: row.try_get("pid")?,
            lock_type: row.try_get("locktype")?,
            mode: row.try_get("mode")?,
            is_granted: row.try_get("granted")?,
            relation: database
                .zip(relation)
                .map(|(database, oid)| Relation { database, oid }),
            since: row
                .try_get::<_, Option<Stamp>>("waitstart")?
                .map(|stamp| stamp.0),
        })
    }
}

/// What each session waits for. Who is first in line for a row waits for a transaction, which names
/// no relation, but holds the row's tuple lock, which does.
fn awaited(rows: Vec<LockRow>) -> HashMap<BackendPid, Awaited> {
    let (granted, waiting): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.is_granted);
    let held: HashMap<BackendPid, Relation> = granted
        .iter()
        .filter_map(|row| Some((row.pid, row.relation?)))
        .collect();
    waiting
        .into_iter()
        .map(|row| {
            let relation = row.relation.or_else(|| held.get(&row.pid).copied());
            let LockRow {
                pid,
                lock_type,
                mode,
                since,
                ..
            } = row;
            (
                pid,
                Awaited {
                    lock_type,
                    mode,
                    relation,
                    since,
                },
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_for_a_transaction_is_known_to_wait_for_the_row_that_it_has_marked() {
        let stock = Relation {
            database: 5,
            oid: 16_400,
        };
        let row = |pid, lock_type: &str, is_granted, relation| LockRow {
            pid,
            lock_type: Some(lock_type.to_owned()),
            is_granted,
            relation,
            ..LockRow::default()
        };
        let awaited = awaited(vec![
            row(1, "transactionid", false, None),
            row(1, "tuple", true, Some(stock)),
            row(2, "tuple", false, Some(stock)),
            row(3, "advisory", false, None),
        ]);
        assert_eq!(awaited[&1].lock_type.as_deref(), Some("transactionid"));
        assert_eq!(awaited[&1].relation, Some(stock));
        assert_eq!(awaited[&2].relation, Some(stock));
        assert_eq!(awaited[&3].relation, None);
    }
}
