//! Who waits for whom, and what a session does: pure functions over one sample.
//!
//! A waiting chain is resolved where the sample is complete, at ingest: each waiter gets its blocker
//! at first hand and the root of its chain. Which request stands behind a session is *not* resolved
//! here but asked by correlation id at query time, so it never matters which side arrived first.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use sha2::{Digest, Sha256};
use wire::ids::BackendPid;
use wire::pg::{Locks, Session, Wait};

use crate::limits;

/// One waiter at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WaitRow {
    pub(crate) waiter_pid: BackendPid,
    /// Whom it waits for at first hand: the first step towards the root.
    pub(crate) blocker_pid: BackendPid,
    /// The nearest session of its chain that waits for nobody.
    pub(crate) root_pid: BackendPid,
    /// How much of the sample's interval it had waited.
    pub(crate) weight_us: i64,
    pub(crate) lock_type: Option<String>,
    pub(crate) mode: Option<String>,
    pub(crate) relation: Option<String>,
}

/// What a session does: `cpu`, `io`, `lock`, `client`, `other` or `idle_in_transaction`, or `idle`.
pub(crate) fn wait_class(session: &Session) -> &'static str {
    if session.is_idle_in_transaction() {
        return "idle_in_transaction";
    }
    // A background worker has no state; what it waits for says enough.
    if let Some("idle" | "disabled") = session.state.as_deref() {
        return "idle";
    }
    match session.wait_event_type.as_deref() {
        None => "cpu",
        Some("IO") => "io",
        Some("Lock") => "lock",
        Some("Client") => "client",
        Some(_) => "other",
    }
}

/// A statement's id: the first 63 bits of its hash, so that every file has the same without asking.
pub(crate) fn statement_id(text: &str) -> i64 {
    let hash = Sha256::digest(text.as_bytes());
    let first: [u8; 8] = hash[..8].try_into().expect("a hash has 32 bytes");
    i64::from_be_bytes(first) & i64::MAX
}

/// Each waiter of a sample with its blocker and root, once.
pub(crate) fn wait_rows(locks: &Locks) -> Vec<WaitRow> {
    let waits: BTreeMap<BackendPid, &Wait> =
        locks.waits.iter().map(|wait| (wait.pid, wait)).collect();
    let rows = waits.values().filter_map(|wait| {
        let (blocker_pid, root_pid) = first_step_and_root(wait, &waits)?;
        let interval_us = locks.interval_us.0.clamp(0, limits::SAMPLE_US_MAX);
        Some(WaitRow {
            waiter_pid: wait.pid,
            blocker_pid,
            root_pid,
            weight_us: wait
                .waited_us
                .map_or(interval_us, |waited| waited.0.clamp(0, interval_us)),
            lock_type: wait.lock_type.clone(),
            mode: wait.mode.clone(),
            relation: wait.relation.clone(),
        })
    });
    rows.collect()
}

/// Walks the chain breadth first. In a ring (a deadlock not yet found) nobody is free; then whoever
/// blocks at first hand stands for the root.
fn first_step_and_root(
    wait: &Wait,
    waits: &BTreeMap<BackendPid, &Wait>,
) -> Option<(BackendPid, BackendPid)> {
    let mut seen = BTreeSet::from([wait.pid]);
    let mut next: VecDeque<(BackendPid, BackendPid)> = wait
        .blockers
        .iter()
        .map(|blocker| (*blocker, *blocker))
        .collect();
    while let Some((first_step, pid)) = next.pop_front() {
        if !seen.insert(pid) {
            continue;
        }
        match waits.get(&pid) {
            None => return Some((first_step, pid)),
            Some(blocked) => next.extend(blocked.blockers.iter().map(|pid| (first_step, *pid))),
        }
    }
    let first = wait.blockers.iter().copied().find(|pid| *pid != wait.pid)?;
    Some((first, first))
}

#[cfg(test)]
mod tests;
