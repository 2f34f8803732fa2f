//! What a tick has seen, as the records that leave the host.
//!
//! Sans-I/O: rows, names and limits in, [`Activity`] and [`Locks`] out. Here sessions are classed and
//! counted, the ones worth keeping are chosen, and their statements lose their values: literals may be
//! secrets, and what has left the host can't be taken back.

mod groups;

use std::collections::{HashMap, HashSet};

use wire::ids::{BackendPid, CorrelationId};
use wire::pg::{Active, Activity, Locks, Session, Wait};
use wire::sql;
use wire::text::boundary_below;
use wire::time::Micros;

use crate::probe::activity::{Backend, Class, Oid, Snapshot};
use crate::probe::locks::{Blocked, LockWaits, Relation};
use crate::probe::names::{Named, Names};
use crate::projects::Projects;
use crate::session::Facts;

/// How many sessions one record keeps. Beyond that, sums tell more than one session more does.
const SESSIONS_MAX: usize = 200;
/// The same of a record that keeps all.
const SESSIONS_FULL_MAX: usize = 1_000;

/// How many blockers one wait keeps. In a queue everybody is blocked by all who stand before him,
/// so without a bound a queue of 200 would name 20,000.
const BLOCKERS_MAX: usize = 32;

/// A statement that has run for this long is kept even if no request is known for it.
const LONG: Micros = Micros::from_seconds(1);

/// A normalized statement is cut here: lists may collapse, spaces may come.
const QUERY_BYTES_MAX: usize = 1024;

/// What a tick has seen.
#[derive(Debug)]
pub struct Sample<'a> {
    pub snapshot: &'a Snapshot,
    /// Present if somebody waits.
    pub waits: Option<&'a LockWaits>,
    pub names: &'a Names,
    pub facts: &'a Facts,
    /// What stands before the correlation id in an application name.
    pub prefix: &'a str,
    /// Whose sessions are, if not the agent's own project's.
    pub projects: &'a Projects,
    /// The time that this sample stands for.
    pub weight: Micros,
    /// Whether all sessions are kept, those too that do nothing.
    pub is_full: bool,
}

/// Why a session is kept, the strongest reason first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    Blocks,
    Waits,
    IdleInTransaction,
    Correlated,
    Long,
    /// All are kept this time.
    Present,
}

/// The names that the records of a tick would like to show. `database` is the one that we are in.
pub fn wanted_names(snapshot: &Snapshot, waits: Option<&LockWaits>, database: Oid) -> Vec<Named> {
    let clients = snapshot
        .backends
        .iter()
        .filter(|backend| backend.is_client());
    let sessions = clients.flat_map(|backend| {
        [
            backend.database.map(Named::Database),
            backend.user.map(Named::Role),
        ]
    });
    let awaited = waits.into_iter().flat_map(|waits| waits.awaited.values());
    let relations = awaited.map(|awaited| nameable(awaited.relation?, database));
    sessions.chain(relations).flatten().collect()
}

// === impl Sample ===

impl Sample<'_> {
    pub fn activity(&self, self_us: Micros) -> Activity {
        let backends = &self.snapshot.backends;
        let active = count(backends);
        let kept = self.kept();
        let (groups, grouped_omitted) = self.groups();
        let kept_active = kept
            .iter()
            .filter(|backend| is_active(backend.class()))
            .count();
        let clients = backends
            .iter()
            .filter(|backend| backend.is_client())
            .count();
        Activity {
            interval_us: self.weight,
            // We are one of them.
            backends: to_u32(clients + 1),
            max_connections: self.facts.max_connections,
            active,
            sessions: kept
                .into_iter()
                .map(|backend| self.session(backend))
                .collect(),
            groups,
            grouped_omitted,
            is_full: self.is_full,
            is_from_titles: false,
            sessions_omitted: active.sum().saturating_sub(to_u32(kept_active)),
            self_us,
        }
    }

    /// Who waits for whom; nothing if the waits were over before they could be looked at.
    pub fn locks(&self) -> Option<Locks> {
        let waits = self.waits?;
        let queue: HashMap<BackendPid, usize> = waits
            .blocked
            .iter()
            .enumerate()
            .map(|(place, blocked)| (blocked.pid, place))
            .collect();
        let list: Vec<Wait> = waits
            .blocked
            .iter()
            .filter(|blocked| !blocked.blockers.is_empty())
            .map(|blocked| self.wait(waits, blocked, &queue))
            .collect();
        if list.is_empty() {
            return None;
        }
        let named: HashSet<BackendPid> = list
            .iter()
            .flat_map(|wait| wait.blockers.iter().copied().chain([wait.pid]))
            .collect();
        let sessions = self
            .snapshot
            .backends
            .iter()
            .filter(|backend| named.contains(&backend.pid));
        Some(Locks {
            interval_us: self.weight,
            waits_omitted: to_u32(waits.omitted),
            sessions: sessions.map(|backend| self.session(backend)).collect(),
            waits: list,
        })
    }

    /// Blockers that [`Sample::locks`] does not list, over all waits.
    pub fn blockers_omitted(&self) -> usize {
        let blocked = self.waits.iter().flat_map(|waits| &waits.blocked);
        blocked
            .map(|blocked| {
                distinct(&blocked.blockers)
                    .len()
                    .saturating_sub(BLOCKERS_MAX)
            })
            .sum()
    }

    /// `queue` has the places of all who wait, the longest waiting first.
    fn wait(
        &self,
        waits: &LockWaits,
        blocked: &Blocked,
        queue: &HashMap<BackendPid, usize>,
    ) -> Wait {
        let pid = blocked.pid;
        let mut blockers = distinct(&blocked.blockers);
        // Who waits for nobody is the root of the trouble, and is named whatever the bound; then who
        // stands first in line.
        blockers.sort_by_key(|blocker| (queue.get(blocker).map_or(0, |place| place + 1), *blocker));
        blockers.truncate(BLOCKERS_MAX);
        let awaited = waits.awaited.get(&pid).cloned().unwrap_or_default();
        let relation = awaited
            .relation
            .and_then(|it| nameable(it, self.facts.database));
        Wait {
            pid,
            blockers,
            lock_type: awaited.lock_type,
            mode: awaited.mode,
            relation: relation.and_then(|named| self.names.get(named)),
            waited_us: awaited.since.map(|since| self.snapshot.at - since),
        }
    }

    /// The sessions worth keeping, within the bound: the strongest reason first, then the oldest
    /// transaction.
    fn kept(&self) -> Vec<&Backend> {
        let waits = self.waits.iter().flat_map(|waits| &waits.blocked);
        let blockers: HashSet<BackendPid> = waits
            .flat_map(|blocked| blocked.blockers.iter().copied())
            .collect();
        let mut kept: Vec<(Reason, &Backend)> = self
            .snapshot
            .backends
            .iter()
            .filter_map(|backend| Some((self.reason(backend, &blockers)?, backend)))
            .collect();
        kept.sort_by_key(|(reason, backend)| (*reason, backend.xact_start, backend.pid));
        kept.truncate(if self.is_full {
            SESSIONS_FULL_MAX
        } else {
            SESSIONS_MAX
        });
        kept.into_iter().map(|(_, backend)| backend).collect()
    }

    fn reason(&self, backend: &Backend, blockers: &HashSet<BackendPid>) -> Option<Reason> {
        // A session that is idle can block as well: advisory locks outlive their transaction.
        if blockers.contains(&backend.pid) {
            return Some(Reason::Blocks);
        }
        let present = (self.is_full && backend.is_client()).then_some(Reason::Present);
        let Some(class) = backend.class() else {
            return present;
        };
        let age = backend.query_start.map(|start| self.snapshot.at - start);
        match class {
            Class::Lock => Some(Reason::Waits),
            Class::IdleInTransaction => Some(Reason::IdleInTransaction),
            _ if self.correlation_id(backend).is_some() => Some(Reason::Correlated),
            _ if age.is_some_and(|age| age >= LONG) => Some(Reason::Long),
            _ => present,
        }
    }

    fn correlation_id(&self, backend: &Backend) -> Option<CorrelationId> {
        let name = backend.application_name.as_deref()?;
        CorrelationId::from_application_name(name, self.prefix)
    }

    fn session(&self, backend: &Backend) -> Session {
        let name = |named: Option<Named>| named.and_then(|named| self.names.get(named));
        let (query, query_truncated) = self.statement(backend);
        let database = name(backend.database.map(Named::Database));
        let user = name(backend.user.map(Named::Role));
        let application = backend.application_name.as_deref();
        let project = self
            .projects
            .of(database.as_deref(), user.as_deref(), application);
        Session {
            pid: backend.pid,
            project: project.cloned(),
            leader_pid: backend.leader_pid,
            database,
            user,
            application_name: backend
                .application_name
                .clone()
                .filter(|name| !name.is_empty()),
            correlation_id: self.correlation_id(backend),
            client: backend.client.clone(),
            backend_start_at_us: backend.backend_start,
            xact_start_at_us: backend.xact_start,
            query_start_at_us: backend.query_start,
            state_change_at_us: backend.state_change,
            state: backend.state.clone(),
            wait_event_type: backend.wait_event_type.clone(),
            wait_event: backend.wait_event.clone(),
            query_id: backend.query_id.map(|id| id.to_string()),
            query,
            query_truncated,
            backend_type: backend.backend_type.clone(),
        }
    }

    /// The statement without its values, and whether it was cut by the server or by us.
    fn statement(&self, backend: &Backend) -> (Option<String>, bool) {
        let Some(text) = backend.query.as_deref().filter(|text| !text.is_empty()) else {
            return (None, false);
        };
        let kept_bytes = backend
            .query_bytes
            .map_or(0, |bytes| usize::try_from(bytes).unwrap_or(0));
        let server_bytes_max = self.facts.query_bytes_max.saturating_sub(1) as usize;
        let is_cut = kept_bytes > text.len() || kept_bytes >= server_bytes_max;
        // What a background worker shows as its statement is no SQL, and holds no values.
        let mut query = match backend.backend_type.as_deref() {
            Some("autovacuum worker") => text.to_owned(),
            _ => sql::normalize(text),
        };
        let is_long = query.len() > QUERY_BYTES_MAX;
        query.truncate(boundary_below(&query, QUERY_BYTES_MAX));
        (Some(query), is_cut || is_long)
    }
}

/// Only relations of our own database, and shared ones, have names that we can read.
fn nameable(relation: Relation, database: Oid) -> Option<Named> {
    let is_ours = relation.database == 0 || relation.database == database;
    is_ours.then_some(Named::Relation(relation.oid))
}

fn count(backends: &[Backend]) -> Active {
    let mut active = Active::default();
    for class in backends.iter().filter_map(Backend::class) {
        match class {
            Class::Cpu => active.cpu += 1,
            Class::Io => active.io += 1,
            Class::Lock => active.lock += 1,
            Class::Client => active.client += 1,
            Class::Other => active.other += 1,
            Class::IdleInTransaction => active.idle_in_transaction += 1,
        }
    }
    active
}

fn is_active(class: Option<Class>) -> bool {
    class.is_some_and(|class| class != Class::IdleInTransaction)
}

fn distinct(pids: &[BackendPid]) -> Vec<BackendPid> {
    let mut pids = pids.to_vec();
    pids.sort_unstable();
    pids.dedup();
    pids
}

/// Sessions are far fewer than this can hold.
fn to_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
