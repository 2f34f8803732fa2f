//! Who waits for whom at one moment, out of a range of moments.

use serde::{Deserialize, Serialize};

use super::Party;
use crate::time::{Instant, Micros};

/// `GET /v1/locks/tree`: the moments of a range at which somebody waited for a lock, and the tree of one.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockTree {
    /// Oldest first. Of very many, the one with the most waiters stands for its neighbours.
    pub moments: Vec<LockMoment>,
    /// The moment with the most waiters, the first of several.
    pub worst_at_us: Option<Instant>,
    /// The moment of the tree: the last one up to the one that was asked for, by default the worst. None
    /// if nobody waited by then.
    pub at_us: Option<Instant>,
    /// The tree, each session before those that wait for it, who wait longest first.
    pub nodes: Vec<LockNode>,
    /// Sessions that are in the tree, but not in `nodes`, which is bounded.
    pub nodes_left_out: u32,
}

/// How many sessions waited at one moment.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockMoment {
    pub at_us: Instant,
    pub waiting: u32,
}

/// One session of a tree of locks.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockNode {
    /// 0 is a root: it waits for nobody, or for somebody in a circle.
    pub depth: u16,
    pub party: Party,
    /// What it waits for; None of a root.
    pub wait: Option<AwaitedLock>,
    /// How many sessions wait for it, directly or behind others.
    pub behind: u32,
}

/// The lock that a session waits for.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwaitedLock {
    /// PostgreSQL's `pg_locks.locktype`.
    pub lock_type: Option<String>,
    /// The mode it asks for.
    pub mode: Option<String>,
    pub relation: Option<String>,
    /// How long it had waited by then.
    pub waited_us: Micros,
}
