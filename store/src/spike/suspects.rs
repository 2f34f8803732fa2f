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
//!   stay unexplained;
//! - of what a route added, `split` tells more requests from requests that cost more, and `deeper` gives
//!   to a statement, a function or a sender what is theirs. `docs/suspects.md` has it with its arithmetic.
//!
//! The same is done for the baseline, of which what reaches into the range (no spike begins at the
//! very microsecond of its range) counts as time, but neither as an example of what is usual nor
//! against being new. What a suspect has more than there is its extra load, and its
//! share is that of all extra loads together. Something else may have become less at the same time,
//! so the shares are of what was added in all, and then `extra_load` is the share of the net.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wire::ids::CorrelationId;
use wire::query::{BaselineKind, Suspects};
use wire::time::Range;

pub(crate) use self::demand::{Demand, Sender, Served};
use self::name::{Findings, Scale};
use self::split::Spans;
pub(crate) use self::wanted::{Wanted, wanted};
use crate::limits;

mod deeper;
mod demand;
mod evidence;
mod host;
mod name;
mod split;
mod wanted;

/// The range itself, or what it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Period {
    Range,
    Baseline,
}

/// A request's or a session's time in one period; of a long range, that of many requests of a route.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) period: Period,
    /// What it is counted under; none for what was only counted.
    pub(crate) label: Option<String>,
    /// Whether it is a database session's.
    pub(crate) is_session: bool,
    /// The request, if it was captured.
    pub(crate) request: Option<RequestCost>,
    pub(crate) correlation_id: Option<CorrelationId>,
    pub(crate) active_us: i64,
    /// Its waiting for locks, by whom it waited for.
    pub(crate) waits: Vec<Waiting>,
    /// What its time went into, if it was looked into.
    pub(crate) sample: Option<Sample>,
    /// Who sent the request.
    pub(crate) client: Option<String>,
}

/// What a request's time went into, its waiting for locks left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) total_us: i64,
    pub(crate) pieces: Vec<Piece>,
    /// Who had its session while it waited for that.
    pub(crate) held_up: Vec<HeldUp>,
}

/// Time that a request waited for its session, which another one of the same session had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeldUp {
    pub(crate) label: String,
    pub(crate) correlation_id: CorrelationId,
    pub(crate) time_us: i64,
}

/// A component of a request's time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) component: Component,
    pub(crate) time_us: i64,
    pub(crate) calls: u64,
}

/// What can cost more than it did.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Component {
    /// Statements of that shape.
    Statement(Arc<str>),
    /// A function's own time.
    Function(Arc<str>),
}

/// What captured requests took from their begin to their end: of one, or of several of a route together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestCost {
    pub(crate) count: usize,
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
    /// Else the route is that which issues its statement.
    pub(crate) is_recorded: bool,
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
struct Account<'w> {
    range_us: i64,
    baseline_us: i64,
    /// Whether the baseline has some of it that does not reach into the range.
    is_usual: bool,
    /// The range's time by what it consists of, and who took part.
    parts: BTreeMap<PartKey, (i64, BTreeSet<usize>)>,
    /// Of a lock holder: each holder's waiting behind it in the range.
    holders: BTreeMap<usize, i64>,
    /// Of a route: its requests in the range and in the baseline.
    range_costs: RequestCost,
    baseline_costs: RequestCost,
    samples: Vec<(Period, &'w Sample)>,
    /// The time of clients' requests, in the range and in the baseline.
    clients: BTreeMap<String, (i64, i64)>,
    /// Whether any of it is a session's without a captured request.
    is_sessions: bool,
    /// The request of the range that was active longest, what it waited for others left out.
    worst: Option<(i64, CorrelationId)>,
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
    demand: &Demand,
) -> Suspects {
    let accounts = attribute(works.iter(), holders);
    let spans = Spans::of(range, baseline);
    let extras: Vec<f64> = accounts.values().map(|it| it.extra(spans)).collect();
    let added_load: f64 = extras.iter().sum();
    let gross: f64 = extras.iter().filter(|extra| **extra > 0.0).sum();
    let mut suspects = Vec::new();
    if added_load > ADDED_MIN {
        let found = Findings {
            accounts: &accounts,
            holders,
            demand,
            spans,
            has_baseline: baseline.is_some(),
        };
        suspects = found.suspects();
        for suspect in &mut suspects {
            suspect.scale(gross, added_load);
        }
    }
    suspects.retain(|it| it.share >= SHARE_MIN);
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
        compared_with: BaselineKind::default(),
        baselines: Vec::new(),
        added_load,
        suspects,
        unexplained_share: unexplained(explained),
        events: Vec::new(),
    }
}

/// What the shares leave; floats may add up to a hair less or more than 1.
fn unexplained(explained: f64) -> f64 {
    let rest = 1.0 - explained;
    if rest < 1e-9 { 0.0 } else { rest }
}

/// Attributes every piece of active time once.
fn attribute<'w>(
    works: impl Iterator<Item = &'w Work> + Clone,
    holders: &[Holder],
) -> BTreeMap<Blame, Account<'w>> {
    let mut behind: BTreeMap<(Period, CorrelationId), i64> = BTreeMap::new();
    for work in works.clone() {
        for (wait, waited_us) in work.waits_within() {
            if let Some(id) = holders[wait.holder].correlation_id {
                *behind.entry((work.period, id)).or_default() += waited_us;
            }
        }
    }
    let in_range = works.clone().filter(|work| work.period == Period::Range);
    let in_range: BTreeSet<CorrelationId> =
        in_range.filter_map(|work| work.correlation_id).collect();
    // Of a request that held several locks, the first is told.
    let mut held_by: BTreeMap<CorrelationId, &Holder> = BTreeMap::new();
    for holder in holders {
        if let Some(id) = holder.correlation_id {
            held_by.entry(id).or_insert(holder);
        }
    }
    let mut accounts: BTreeMap<Blame, Account<'w>> = BTreeMap::new();
    for (index, work) in works.enumerate() {
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
        let holder = id.and_then(|id| held_by.get(&id));
        let blame = match (holder, &work.label) {
            (Some(holder), _) if held > rest_us => Blame::Holder(holder.label.clone()),
            (_, Some(label)) => Blame::Route(label.clone()),
            (_, None) => Blame::Nobody,
        };
        let account = accounts.entry(blame).or_default();
        account.add(work.period, rest_us, PartKey::OwnWork, index);
        if let Some(client) = &work.client {
            account.add_client(work.period, client, rest_us);
        }
        account.is_usual |= is_example && rest_us > 0;
        account.is_sessions |= work.is_session;
        if work.period == Period::Range || is_example {
            account.add_cost(work, rest_us);
        }
    }
    accounts
}

// === impl RequestCost ===

impl RequestCost {
    pub(crate) fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.wall_us = self.wall_us.saturating_add(other.wall_us);
        self.sql_us = self.sql_us.saturating_add(other.sql_us);
    }
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

impl<'w> Account<'w> {
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

    fn add_client(&mut self, period: Period, client: &str, time_us: i64) {
        let times = self.clients.entry(client.to_owned()).or_default();
        match period {
            Period::Range => times.0 += time_us,
            Period::Baseline => times.1 += time_us,
        }
    }

    /// What a client's requests have more than in the baseline, in load.
    fn extra_of(&self, client: &str, spans: Spans) -> f64 {
        let (range_us, baseline_us) = self.clients.get(client).copied().unwrap_or_default();
        (range_us as f64 / spans.range - baseline_us as f64 / spans.baseline).max(0.0)
    }

    fn add_cost(&mut self, work: &'w Work, own_us: i64) {
        let Some(cost) = work.request else { return };
        self.route.clone_from(&work.label);
        if let Some(sample) = &work.sample {
            self.samples.push((work.period, sample));
        }
        if let Some(id) = work.correlation_id.filter(|_| work.period == Period::Range) {
            self.worst = self.worst.max(Some((own_us, id)));
        }
        match work.period {
            Period::Range => self.range_costs.add(cost),
            Period::Baseline => self.baseline_costs.add(cost),
        }
    }

    /// What it has more than in the baseline, in load.
    fn extra(&self, spans: Spans) -> f64 {
        self.range_us as f64 / spans.range - self.baseline_us as f64 / spans.baseline
    }

    /// How many requests a period had: all, if that is known, else those that were captured.
    fn requests(&self, route: &str, demand: &Demand, period: Period) -> f64 {
        let captured = match period {
            Period::Range => self.range_costs.count,
            Period::Baseline => self.baseline_costs.count,
        };
        let all = demand.routes.get(&(period, route.to_owned()));
        all.map_or(captured as f64, |all| (*all as f64).max(captured as f64))
    }

    /// All waiting behind its holders in the range.
    fn waited_us(&self) -> i64 {
        self.holders.values().sum()
    }
}

#[cfg(test)]
mod tests;
