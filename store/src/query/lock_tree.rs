//! The tree of lock waits at one moment.
//!
//! A database's tree at a moment is that of its last sample up to it, as long as that is not older than its
//! interval: samples at which nobody waited leave no rows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use wire::ids::Project;
use wire::query::{AwaitedLock, LockMoment, LockNode, LockTree};
use wire::time::{Instant, Micros, Range};

use super::party::Directory;
use super::waits::{self, Moment, Seat, SeatKey};
use super::{Answer, Ask};
use crate::limits;

/// Which sessions of which database.
type Key<'m> = (&'m (String, String), SeatKey);

/// A tree in which each session stands before those that wait for it.
#[derive(Debug, Default)]
struct Tree<'m> {
    nodes: Vec<Node<'m>>,
}

#[derive(Debug)]
struct Node<'m> {
    depth: u16,
    seat: &'m Seat,
    /// The sample that saw it waiting.
    wait: Option<&'m Moment>,
    behind: u32,
}

pub(crate) fn ask(
    ask: &Ask,
    range: Range,
    project: Option<&Project>,
    at: Option<Instant>,
) -> Answer<LockTree> {
    let rows = waits::in_range(ask, range, project, limits::LOCK_ROWS_MAX)?;
    let counts = counts(&rows);
    let worst = counts
        .iter()
        .max_by_key(|it| (it.waiting, std::cmp::Reverse(it.at_us)));
    let worst_at_us = worst.map(|worst| worst.at_us);
    let at_us = match at {
        Some(at) => counts.iter().rev().map(|it| it.at_us).find(|it| *it <= at),
        None => worst_at_us,
    };
    let mut answer = LockTree {
        moments: thin(&counts),
        worst_at_us,
        at_us,
        ..LockTree::default()
    };
    let Some(at_us) = at_us else {
        return Ok(answer);
    };
    let seen = samples_at(&rows, at_us);
    let since = waiting_since(&rows, at_us);
    let tree = Tree::of(&seen, &since);
    let shown: Vec<&Node<'_>> = tree.nodes.iter().take(limits::LOCK_NODES_MAX).collect();
    answer.nodes_left_out = whole(tree.nodes.len() - shown.len());
    let seats = shown.iter().map(|node| node.seat);
    let mut directory = Directory::of_seats(ask, seats, range)?;
    for node in shown {
        answer
            .nodes
            .push(tell(ask, node, &since, at_us, &mut directory)?);
    }
    Ok(answer)
}

fn tell(
    ask: &Ask,
    node: &Node<'_>,
    since: &HashMap<Key<'_>, Instant>,
    at_us: Instant,
    directory: &mut Directory,
) -> Answer<LockNode> {
    let party = match node.behind {
        0 => directory.waiter(ask, node.seat)?,
        _ => directory.holder(ask, node.seat, None)?,
    };
    let wait = node.wait.map(|wait| AwaitedLock {
        lock_type: wait.lock_type.as_deref().map(str::to_owned),
        mode: wait.mode.as_deref().map(str::to_owned),
        relation: wait.relation.as_deref().map(str::to_owned),
        waited_us: since
            .get(&(wait.database.as_ref(), wait.waiter.key()))
            .map_or(Micros(wait.weight_us), |since| at_us - *since),
    });
    Ok(LockNode {
        depth: node.depth,
        party,
        wait,
        behind: node.behind,
    })
}

/// How many waited at each moment; `rows` are in the order of their time.
fn counts(rows: &[Moment]) -> Vec<LockMoment> {
    let mut counts: Vec<LockMoment> = Vec::new();
    for row in rows {
        match counts.last_mut().filter(|last| last.at_us == row.at_us) {
            Some(last) => last.waiting += 1,
            None => counts.push(LockMoment {
                at_us: row.at_us,
                waiting: 1,
            }),
        }
    }
    counts
}

/// At most so many as an answer may have: the busiest of each few.
fn thin(counts: &[LockMoment]) -> Vec<LockMoment> {
    let few = counts.len().div_ceil(wire::limits::ANSWER_ROWS_MAX).max(1);
    let busiest = counts.chunks(few).filter_map(|chunk| {
        chunk
            .iter()
            .max_by_key(|it| (it.waiting, std::cmp::Reverse(it.at_us)))
    });
    busiest.copied().collect()
}

/// Each database's last sample up to a moment.
fn samples_at(rows: &[Moment], at_us: Instant) -> Vec<&Moment> {
    let mut newest: BTreeMap<&(String, String), Instant> = BTreeMap::new();
    for row in rows {
        if row.at_us <= at_us && row.at_us > at_us - Micros(row.interval_us.max(1)) {
            newest.insert(&row.database, row.at_us);
        }
    }
    let is_newest = |row: &&Moment| newest.get(row.database.as_ref()) == Some(&row.at_us);
    rows.iter().filter(is_newest).collect()
}

/// Since when each session that waits at a moment has waited without a hole.
fn waiting_since(rows: &[Moment], at_us: Instant) -> HashMap<Key<'_>, Instant> {
    let mut since: HashMap<Key<'_>, (Instant, Instant)> = HashMap::new();
    for row in rows.iter().take_while(|row| row.at_us <= at_us) {
        let key = (row.database.as_ref(), row.waiter.key());
        let begin = row.at_us - Micros(row.weight_us);
        let known = since.entry(key).or_insert((begin, row.at_us));
        if row.at_us - known.1 > waits::hole_max(row) {
            known.0 = begin;
        }
        known.1 = row.at_us;
    }
    since
        .into_iter()
        .map(|(key, (begin, _))| (key, begin))
        .collect()
}

// === impl Tree ===

impl<'m> Tree<'m> {
    /// Of samples, at most one per waiter.
    fn of(samples: &[&'m Moment], since: &HashMap<Key<'m>, Instant>) -> Self {
        let mut waiters: BTreeMap<Key<'m>, Vec<&'m Moment>> = BTreeMap::new();
        let mut waiting: BTreeSet<Key<'m>> = BTreeSet::new();
        for sample in samples {
            let database = sample.database.as_ref();
            let blocked = waiters.entry((database, sample.blocker.key())).or_default();
            blocked.push(sample);
            waiting.insert((database, sample.waiter.key()));
        }
        for blocked in waiters.values_mut() {
            blocked.sort_by_key(|it| {
                let key = (it.database.as_ref(), it.waiter.key());
                (since.get(&key).copied(), it.waiter.pid)
            });
        }
        let mut seen = BTreeSet::new();
        let first = |sample: &&&'m Moment| {
            !waiting.contains(&(sample.database.as_ref(), sample.blocker.key()))
        };
        let free = samples.iter().filter(first);
        // Whoever is not below one that waits for nobody stands in a circle, which has no beginning.
        let roots = free.chain(samples);
        let mut blocks: Vec<Vec<Node<'m>>> = roots
            .map(|sample| below(sample, &waiters, &mut seen))
            .collect();
        blocks.sort_by_key(|block| std::cmp::Reverse(block.len()));
        let mut tree = Self {
            nodes: blocks.into_iter().flatten().collect(),
        };
        tree.count_behind();
        tree
    }

    /// Below a session stand those that follow it and are deeper.
    fn count_behind(&mut self) {
        let mut path: Vec<usize> = Vec::new();
        for at in 0..self.nodes.len() {
            path.truncate(usize::from(self.nodes[at].depth));
            for above in &path {
                self.nodes[*above].behind += 1;
            }
            path.push(at);
        }
    }
}

/// A sample's blocker and all behind it, as far as they are not in the tree.
fn below<'m>(
    sample: &'m Moment,
    waiters: &BTreeMap<Key<'m>, Vec<&'m Moment>>,
    seen: &mut BTreeSet<Key<'m>>,
) -> Vec<Node<'m>> {
    let database = sample.database.as_ref();
    let mut nodes = Vec::new();
    let mut open = vec![(0, &sample.blocker, None)];
    while let Some((depth, seat, wait)) = open.pop() {
        let key = (database, seat.key());
        if !seen.insert(key) {
            continue;
        }
        nodes.push(Node {
            depth,
            seat,
            wait,
            behind: 0,
        });
        // The last on the stack comes first.
        let behind = waiters.get(&key).into_iter().flatten().rev();
        open.extend(behind.map(|it| (depth.saturating_add(1), &it.waiter, Some(*it))));
    }
    nodes
}

fn whole(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
