//! What pgagent saw in the database: sessions, who waits for whom, and what the server's log told.
//!
//! The first two are samples: one moment, with the time since the last sample as its weight, so that a
//! sum of weights is session-seconds and its mean over a range is average active sessions.

pub mod database;
pub mod log;
pub mod plan;
pub mod statements;

use serde::{Deserialize, Serialize};

use crate::ids::{BackendPid, CorrelationId, Project};
use crate::sql::Fingerprint;
use crate::time::{Instant, Micros};

/// All sessions at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// The weight of this sample: the time since the last one.
    pub interval_us: Micros,
    /// Client backends now.
    pub backends: u32,
    pub max_connections: u32,
    pub active: Active,
    /// Sessions kept one by one: correlated, long, waiting or blocking.
    pub sessions: Vec<Session>,
    /// Active sessions that are not in `sessions`.
    #[serde(default)]
    pub sessions_omitted: u32,
    /// All sessions that do something, or hold a transaction open, by what they have in common; the largest
    /// group first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Sessions of groups that are not in `groups`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub grouped_omitted: u32,
    /// Whether `sessions` has the idle ones as well, as it has once a minute.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_full: bool,
    /// The server could not be asked: this is what the titles of its processes tell.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_from_titles: bool,
    /// What taking the sample cost, seen from the agent.
    pub self_us: Micros,
}

/// Sessions by what they do. `cpu` is active without a wait event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Active {
    pub cpu: u32,
    pub io: u32,
    pub lock: u32,
    pub client: u32,
    pub other: u32,
    /// Open transaction, no statement: the usual lock holder. Not active, so not in [`Active::sum`].
    pub idle_in_transaction: u32,
}

/// Sessions that do the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Group {
    pub count: u32,
    /// `cpu`, `io`, `lock`, `client`, `other` or `idle_in_transaction`.
    pub class: String,
    /// `Lock:transactionid`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_event: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// Of a session with a request's id, what stands before the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
}

/// One session, as `pg_stat_get_activity` shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub pid: BackendPid,
    /// Whose it is, if it is not of the record's project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<Project>,
    pub leader_pid: Option<BackendPid>,
    pub database: Option<String>,
    pub user: Option<String>,
    pub application_name: Option<String>,
    /// From the application name, if it carries one.
    pub correlation_id: Option<CorrelationId>,
    pub client: Option<String>,
    pub backend_start_at_us: Option<Instant>,
    pub xact_start_at_us: Option<Instant>,
    pub query_start_at_us: Option<Instant>,
    pub state_change_at_us: Option<Instant>,
    pub state: Option<String>,
    pub wait_event_type: Option<String>,
    pub wait_event: Option<String>,
    /// A signed 64-bit number, as text: JSON readers round it.
    pub query_id: Option<String>,
    /// The statement, or the last one of a session that is idle in transaction.
    pub query: Option<String>,
    #[serde(default)]
    pub query_truncated: bool,
    pub backend_type: Option<String>,
}

/// Who waits for whom at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locks {
    /// The weight of this sample: the time since the last one.
    pub interval_us: Micros,
    pub waits: Vec<Wait>,
    /// Waits beyond the agent's cap.
    #[serde(default)]
    pub waits_omitted: u32,
    /// The sessions named in `waits`.
    pub sessions: Vec<Session>,
}

/// One session that waits for a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    pub pid: BackendPid,
    /// From `pg_blocking_pids`; pid 0 is a prepared transaction.
    pub blockers: Vec<BackendPid>,
    pub lock_type: Option<String>,
    pub mode: Option<String>,
    /// The relation's name, where it could be resolved without touching the catalog's locks.
    pub relation: Option<String>,
    pub waited_us: Option<Micros>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Activity {
    pub const KIND: &'static str = "pg_activity";
}

impl Active {
    /// Sessions that do or wait for something: the database's load at this moment.
    pub fn sum(self) -> u32 {
        self.cpu + self.io + self.lock + self.client + self.other
    }
}

impl Session {
    pub fn is_idle_in_transaction(&self) -> bool {
        self.state
            .as_deref()
            .is_some_and(|state| state.starts_with("idle in transaction"))
    }
}

impl Locks {
    pub const KIND: &'static str = "pg_locks";

    /// Pids that block others and wait for nobody: the roots, each once, in ascending order.
    pub fn roots(&self) -> Vec<BackendPid> {
        let mut roots: Vec<BackendPid> = self
            .waits
            .iter()
            .flat_map(|wait| wait.blockers.iter().copied())
            .filter(|blocker| !self.waits.iter().any(|wait| wait.pid == *blocker))
            .collect();
        roots.sort_unstable();
        roots.dedup();
        roots
    }

    pub fn session(&self, pid: BackendPid) -> Option<&Session> {
        self.sessions.iter().find(|session| session.pid == pid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(pid: BackendPid, blockers: &[BackendPid]) -> Wait {
        Wait {
            pid,
            blockers: blockers.to_vec(),
            ..Wait::default()
        }
    }

    #[test]
    fn the_root_of_a_chain_is_who_waits_for_nobody() {
        let locks = Locks {
            waits: vec![
                wait(3, &[2]),
                wait(2, &[1]),
                wait(4, &[2, 1]),
                wait(9, &[8]),
            ],
            ..Locks::default()
        };
        assert_eq!(locks.roots(), [1, 8]);
    }
}
