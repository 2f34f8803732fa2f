//! Names who explains what a range added over its baseline: pure, and additive by construction.
//!
//! The unit is load: how many requests and database sessions were active at once, on average. Every
//! piece of active time is attributed once:
//!
//! - time that somebody spent waiting for a lock goes to who stood at the root of the chain, not to
//!   the one who waited;
//! - the rest of a request's time goes to its route; but if others waited longer behind a request
//!   than it worked itself, its own time goes with theirs to the lock holder;
//! - a session without a request goes to its user and application; sessions that were only counted
//!   stay unexplained.
//!
//! The same is done for the baseline, of which what reaches into the range (no spike begins at the
//! very microsecond of its range) counts as time, but neither as an example of what is usual nor
//! against being new. What a suspect has more than there is its extra load, and its
//! share is that of all extra loads together. Something else may have become less at the same time,
//! so the shares are of what was added in all, and then `extra_load` is the share of the net.

use std::collections::{BTreeMap, BTreeSet};

use wire::ids::CorrelationId;
use wire::query::{Suspect, SuspectKind, SuspectPart, Suspects};
use wire::time::Range;

use crate::limits;

mod evidence;

/// The range itself, or what it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Period {
    Range,
    Baseline,
}

/// A request's or a session's time in one period.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) period: Period,
    /// What it is counted under; none for what was only counted.
    pub(crate) label: Option<String>,
    /// The request, if it was captured.
    pub(crate) request: Option<RequestCost>,
    pub(crate) correlation_id: Option<CorrelationId>,
    pub(crate) active_us: i64,
    /// Its waiting for locks, by whom it waited for.
    pub(crate) waits: Vec<Waiting>,
}

/// What a captured request took from its begin to its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestCost {
    pub(crate) wall_us: i64,
    pub(crate) sql_us: i64,
}

/// One's waiting behind one root.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// An index into the holders.
    pub(crate) holder: usize,
    pub(crate) waited_us: i64,
    /// The shape of the statement that waited.
    pub(crate) statement: Option<String>,
}

/// A session at the root of a waiting chain.
#[derive(Clone, Debug)]
pub(crate) struct Holder {
    pub(crate) label: String,
    pub(crate) route: Option<String>,
    pub(crate) correlation_id: Option<CorrelationId>,
    pub(crate) pid: i32,
    /// From the first waiting behind it to the last.
    pub(crate) held_us: i64,
    pub(crate) relation: Option<String>,
    /// Of the samples that saw it, the share in which it was idle in transaction.
    pub(crate) idle_share: f64,
    pub(crate) waiters_peak: u32,
    /// The shape of the statement that took the lock, as far as it is known.
    pub(crate) statement: Option<String>,
    /// The function that issued it.
    pub(crate) caller: Option<String>,
}

/// What a piece of time is attributed to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Blame {
    Holder(String),
    Route(String),
    Nobody,
}

/// Everything attributed to one.
#[derive(Clone, Debug, Default)]
struct Account {
    range_us: i64,
    baseline_us: i64,
    /// Whether the baseline has some of it that does not reach into the range.
    is_usual: bool,
    /// The range's time by what it consists of, and who took part.
    parts: BTreeMap<PartKey, (i64, BTreeSet<usize>)>,
    /// Of a lock holder: each holder's waiting behind it in the range.
    holders: BTreeMap<usize, i64>,
    /// Of a route: its requests in the range and in the baseline.
    range_costs: Vec<RequestCost>,
    baseline_costs: Vec<RequestCost>,
    route: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum PartKey {
    Waited {
        label: String,
        statement: Option<String>,
    },
    OwnWork,
}

/// Below this a suspect explains too little to be named.
const SHARE_MIN: f64 = 0.01;

/// Below this load nothing was added that could be explained.
const ADDED_MIN: f64 = 0.01;

/// Ranks who explains what `range` added over `baseline`, if there is one.
pub(crate) fn rank(
    range: Range,
    baseline: Option<Range>,
    works: &[Work],
    holders: &[Holder],
) -> Suspects {
    let accounts = attribute(works, holders);
    let span = |range: Range| range.span().0.max(1) as f64;
    let range_span = span(range);
    let baseline_span = baseline.map_or(f64::INFINITY, span);
    let extra = |account: &Account| {
        account.range_us as f64 / range_span - account.baseline_us as f64 / baseline_span
    };
    let added_load: f64 = accounts.values().map(extra).sum();
    let gross: f64 = accounts
        .values()
        .map(extra)
        .filter(|extra| *extra > 0.0)
        .sum();
    let mut suspects = Vec::new();
    if added_load > ADDED_MIN {
        for (blame, account) in &accounts {
            let share = extra(account) / gross;
            if share < SHARE_MIN || *blame == Blame::Nobody {
                continue;
            }
            let is_new = baseline.is_some() && !account.is_usual;
            suspects.push(suspect(blame, account, holders, share, added_load, is_new));
        }
    }
    suspects.sort_by(|a, b| {
        b.share
            .total_cmp(&a.share)
            .then_with(|| a.label.cmp(&b.label))
    });
    suspects.truncate(limits::SUSPECTS_MAX);
    let explained: f64 = suspects.iter().map(|suspect| suspect.share).sum();
    Suspects {
        range,
        // An empty baseline stands where one would end.
        baseline: baseline.unwrap_or(Range {
            from_at_us: range.from_at_us,
            to_at_us: range.from_at_us,
        }),
        added_load,
        suspects,

        unexplained_share: unexplained(explained),
    }
}

/// What the shares leave; floats may add up to a hair less or more than 1.
fn unexplained(explained: f64) -> f64 {
    let rest = 1.0 - explained;
    if rest < 1e-9 { 0.0 } else { rest }
}

/// Attributes every piece of active time once.
fn attribute(works: &[Work], holders: &[Holder]) -> BTreeMap<Blame, Account> {
    let mut behind: BTreeMap<(Period, CorrelationId), i64> = BTreeMap::new();
    for work in works {
        for (wait, waited_us) in work.waits_within() {
            if let Some(id) = holders[wait.holder].correlation_id {
                *behind.entry((work.period, id)).or_default() += waited_us;
            }
        }
    }
    let in_range = works.iter().filter(|work| work.period == Period::Range);
    let in_range: BTreeSet<CorrelationId> =
        in_range.filter_map(|work| work.correlation_id).collect();
    let mut accounts: BTreeMap<Blame, Account> = BTreeMap::new();
    for (index, work) in works.iter().enumerate() {
        let reaches_in = work.correlation_id.is_some_and(|id| in_range.contains(&id));
        let is_example = work.period == Period::Baseline && !reaches_in;
        let mut rest_us = work.active_us.max(0);
        for (wait, waited_us) in work.waits_within() {
            rest_us -= waited_us;
            let holder = &holders[wait.holder];
            let account = accounts
                .entry(Blame::Holder(holder.label.clone()))
                .or_default();
            let label = work.label.clone().unwrap_or_else(|| "a session".to_owned());
            let part = PartKey::Waited {
                label,
                statement: wait.statement.clone(),
            };
            account.add(work.period, waited_us, part, index);
            account.is_usual |= is_example && waited_us > 0;
            if work.period == Period::Range {
                *account.holders.entry(wait.holder).or_default() += waited_us;
            }
        }
        let id = work.correlation_id;
        let held = id
            .and_then(|id| behind.get(&(work.period, id)))
            .copied()
            .unwrap_or(0);
        let holder = holders
            .iter()
            .find(|holder| id.is_some() && holder.correlation_id == id);
        let blame = match (holder, &work.label) {
            (Some(holder), _) if held > rest_us => Blame::Holder(holder.label.clone()),
            (_, Some(label)) => Blame::Route(label.clone()),
            (_, None) => Blame::Nobody,
        };
        let account = accounts.entry(blame).or_default();
        account.add(work.period, rest_us, PartKey::OwnWork, index);
        account.is_usual |= is_example && rest_us > 0;
        if work.period == Period::Range || is_example {
            account.add_cost(work);
        }
    }
    accounts
}

fn suspect(
    blame: &Blame,
    account: &Account,
    holders: &[Holder],
    share: f64,
    added_load: f64,
    is_new: bool,
) -> Suspect {
    let (kind, label) = match blame {
        Blame::Holder(label) => (SuspectKind::LockHolder, label.clone()),
        Blame::Route(label) => (SuspectKind::Route, label.clone()),
        Blame::Nobody => unreachable!("what nobody did is no suspect"),
    };
    // The session behind which most was waited stands for all of its label.
    let main = account.holders.iter().max_by_key(|(_, waited)| **waited);
    let main = main.map(|(holder, _)| &holders[*holder]);
    Suspect {
        kind,
        label,
        share,
        extra_load: share * added_load,
        is_new,
        evidence: match main {
            Some(holder) => evidence::of_holder(holder, account),
            None => evidence::of_route(account),
        },
        parts: parts(account, share),
        correlation_id: main.and_then(|holder| holder.correlation_id),
        route: match main {
            Some(holder) => holder.route.clone(),
            None => account.route.clone(),
        },
    }
}

/// What a lock holder's share consists of; a route's is one piece.
fn parts(account: &Account, share: f64) -> Vec<SuspectPart> {
    if account.holders.is_empty() || account.range_us == 0 {
        return Vec::new();
    }
    let mut parts: Vec<SuspectPart> = account
        .parts
        .iter()
        .filter(|(_, (time_us, _))| *time_us > 0)
        .map(|(key, (time_us, who))| SuspectPart {
            label: evidence::of_part(key, who.len()),
            share: share * *time_us as f64 / account.range_us as f64,
        })
        .collect();
    parts.sort_by(|a, b| {
        b.share
            .total_cmp(&a.share)
            .then_with(|| a.label.cmp(&b.label))
    });
    parts
}

// === impl Work ===

impl Work {
    /// Its waits, cut so that together they are no longer than it was active: samples are coarse.
    fn waits_within(&self) -> impl Iterator<Item = (&Waiting, i64)> {
        let mut left = self.active_us.max(0);
        self.waits.iter().map(move |wait| {
            let waited_us = wait.waited_us.clamp(0, left);
            left -= waited_us;
            (wait, waited_us)
        })
    }
}

// === impl Account ===

impl Account {
    fn add(&mut self, period: Period, time_us: i64, part: PartKey, who: usize) {
        match period {
            Period::Baseline => self.baseline_us += time_us,
            Period::Range => {
                self.range_us += time_us;
                let (sum, all) = self.parts.entry(part).or_default();
                *sum += time_us;
                all.insert(who);
            }
        }
    }

    fn add_cost(&mut self, work: &Work) {
        let Some(cost) = work.request else { return };
        self.route.clone_from(&work.label);
        match work.period {
            Period::Range => self.range_costs.push(cost),
            Period::Baseline => self.baseline_costs.push(cost),
        }
    }

    /// All waiting behind its holders in the range.
    fn waited_us(&self) -> i64 {
        self.holders.values().sum()
    }
}

#[cfg(test)]
mod tests;
