//! Names of databases, roles and relations, by their numbers.
//!
//! Asking for a name reads catalogs, which somebody may hold locked. So each name is asked for once
//! and kept for [`NAME_AGE_MAX`]; a try that fails (within the lock timeout of 100 ms) is not
//! repeated for [`RETRY_AFTER`]. A sample never waits for a name: without it the name is absent.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use daemon::clock::Monotonic;
use tokio_postgres::Row;

use super::activity::Oid;
use crate::session::{Query, Session, SessionError};

/// A rename shows after this time.
const NAME_AGE_MAX: Duration = Duration::from_secs(600);
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// Names kept; beyond this the cache starts over. At some 100 bytes each, less than half a MiB.
const NAMES_MAX: usize = 4096;
/// Names asked for at once.
const ASKED_MAX: usize = 500;

/// What is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Named {
    Database(Oid),
    Role(Oid),
    /// In the database that we are in, or shared by all.
    Relation(Oid),
}

/// A cache of names.
#[derive(Debug, Default)]
pub struct Names {
    /// `None` is an object that was not there when it was asked for.
    known: HashMap<Named, (Option<String>, Monotonic)>,
    retry_at: Option<Monotonic>,
}

// === impl Names ===

impl Names {
    pub fn get(&self, named: Named) -> Option<String> {
        self.known.get(&named).and_then(|(name, _)| name.clone())
    }

    /// Those of `wanted` that have to be asked for now, if it is time to ask at all.
    pub fn missing(&self, wanted: impl IntoIterator<Item = Named>, now: Monotonic) -> Vec<Named> {
        if self.retry_at.is_some_and(|retry_at| now < retry_at) {
            return Vec::new();
        }
        let is_fresh = |named: &Named| {
            self.known
                .get(named)
                .is_some_and(|(_, learned)| now - *learned < NAME_AGE_MAX)
        };
        let missing: HashSet<Named> = wanted
            .into_iter()
            .filter(|named| !is_fresh(named))
            .collect();
        missing.into_iter().take(ASKED_MAX).collect()
    }

    /// Asks the server for these names, all at once.
    pub async fn ask(
        &mut self,
        session: &mut Session,
        missing: &[Named],
        now: Monotonic,
    ) -> Result<(), SessionError> {
        let answer = fetch(session, missing).await;
        match answer {
            Ok(found) => {
                self.learn(missing, found, now);
                Ok(())
            }
            Err(error) => {
                self.retry_at = Some(now + RETRY_AFTER);
                Err(error)
            }
        }
    }

    fn learn(&mut self, asked: &[Named], mut found: HashMap<Named, String>, now: Monotonic) {
        self.retry_at = None;
        if self.known.len() + asked.len() > NAMES_MAX {
            self.known.clear();
        }
        for named in asked {
            self.known.insert(*named, (found.remove(named), now));
        }
    }
}

// === impl Named ===

impl Named {
    fn from_row(row: &Row) -> Result<Option<(Self, String)>, tokio_postgres::Error> {
        let oid: Oid = row.try_get("oid")?;
        let named = match row.try_get("kind")? {
            "database" => Self::Database(oid),
            "role" => Self::Role(oid),
            "relation" => Self::Relation(oid),
            _ => return Ok(None),
        };
        Ok(Some((named, row.try_get("name")?)))
    }
}

async fn fetch(
    session: &mut Session,
    missing: &[Named],
) -> Result<HashMap<Named, String>, SessionError> {
    let (mut databases, mut roles, mut relations) = (Vec::new(), Vec::new(), Vec::new());
    for named in missing {
        match named {
            Named::Database(oid) => databases.push(*oid),
            Named::Role(oid) => roles.push(*oid),
            Named::Relation(oid) => relations.push(*oid),
        }
    }
    let query = Query::Names;
    let rows = session
        .query(query, &[&databases, &roles, &relations])
        .await?;
    let names = rows
        .iter()
        .filter_map(|row| Named::from_row(row).transpose());
    names
        .collect::<Result<_, _>>()
        .map_err(|source| SessionError::Answer {
            query: query.name(),
            source,
        })
}

#[cfg(test)]
mod tests;
