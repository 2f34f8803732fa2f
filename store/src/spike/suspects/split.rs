//! What a route's extra load consists of: more requests than usual, or requests that cost more, and then
//! which of their statements and functions do.
//!
//! With `n` requests a second that cost `c` each, and `n'` and `c'` in the baseline, a route added
//! `n c - n' c'`. Of that `(n - n') c'` is **demand**: the same requests, only more of them. The rest is
//! **cost**, and goes to the components that cost more than they did, in proportion: `n (c f - c' f')`, where
//! `f` is a component's share of the requests that were looked into. A route that the baseline does not
//! have is all demand: there is nothing that could have become more.

use std::collections::BTreeMap;

use wire::time::Range;

use super::{Account, Component, Demand, Period, Sample};

/// What a route added, in load.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Split {
    pub(super) demand: f64,
    /// Whether the baseline has requests of it; if not, all of it is demand.
    pub(super) has_usual: bool,
    /// By component; what none of them explains is under none.
    pub(super) costs: BTreeMap<Option<Component>, f64>,
}

/// The lengths of both periods, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spans {
    pub(super) range: f64,
    pub(super) baseline: f64,
}

// === impl Spans ===

impl Spans {
    /// Without a baseline nothing was before, however long one looks.
    pub(super) fn of(range: Range, baseline: Option<Range>) -> Self {
        let span = |range: Range| range.span().0.max(1) as f64;
        Self {
            range: span(range),
            baseline: baseline.map_or(f64::INFINITY, span),
        }
    }

    /// A count as one in a microsecond of its period.
    pub(super) fn rate(self, period: Period, count: u64) -> f64 {
        let span = match period {
            Period::Range => self.range,
            Period::Baseline => self.baseline,
        };
        count as f64 / span
    }
}

// === impl Split ===

impl Split {
    pub(super) fn total(&self) -> f64 {
        self.demand + self.costs.values().sum::<f64>()
    }

    /// Takes that much out, of the demand first, and says how much there was of it.
    pub(super) fn take(&mut self, load: f64) -> f64 {
        let of_demand = load.clamp(0.0, self.demand);
        self.demand -= of_demand;
        let cost: f64 = self.costs.values().sum();
        let of_cost = (load - of_demand).clamp(0.0, cost);
        if of_cost > 0.0 {
            let left = 1.0 - of_cost / cost;
            self.costs.values_mut().for_each(|it| *it *= left);
        }
        of_demand + of_cost
    }
}

impl Split {
    pub(super) fn cost(&self) -> f64 {
        self.costs.values().sum()
    }

    /// Takes a share of the cost out, of each component alike, and says how much that was.
    pub(super) fn take_cost(&mut self, share: f64) -> f64 {
        let share = share.clamp(0.0, 1.0);
        let taken = self.cost() * share;
        self.costs.values_mut().for_each(|it| *it *= 1.0 - share);
        taken
    }
}

/// Shares of a period's samples by component.
type Shares = BTreeMap<Option<Component>, f64>;

/// A route's extra load, as it is known before any of its requests is looked into.
pub(super) struct Added {
    /// More requests.
    pub(super) demand: f64,
    /// Requests that cost more; nothing if the baseline has none that could have become more.
    pub(super) cost: Option<f64>,
}

impl Added {
    pub(super) fn of(account: &Account<'_>, route: &str, demand: &Demand, spans: Spans) -> Self {
        let before = account.baseline_us as f64 / spans.baseline;
        let extra = account.extra(spans);
        let count = |period| account.requests(route, demand, period);
        let (range_count, baseline_count) = (count(Period::Range), count(Period::Baseline));
        if extra <= 0.0 || range_count <= 0.0 || baseline_count <= 0.0 || before <= 0.0 {
            return Self {
                demand: extra.max(0.0),
                cost: None,
            };
        }
        let rate = range_count / spans.range;
        let growth = rate / (baseline_count / spans.baseline) - 1.0;
        let more = (growth * before).clamp(0.0, extra);
        Self {
            demand: more,
            cost: Some(extra - more),
        }
    }
}

/// Takes a route's extra load apart. The pieces add up to it.
pub(super) fn of_route(account: &Account<'_>, route: &str, demand: &Demand, spans: Spans) -> Split {
    let added = Added::of(account, route, demand, spans);
    let Some(cost) = added.cost else {
        return Split {
            demand: added.demand,
            ..Split::default()
        };
    };
    if cost <= 0.0 {
        // Its requests may do something else than before, but they take no longer.
        return Split {
            demand: added.demand,
            has_usual: true,
            costs: BTreeMap::new(),
        };
    }
    let now = account.range_us as f64 / spans.range;
    let shares = shares(&account.samples, Period::Range);
    let usual = shares_or(&account.samples, Period::Baseline, &shares);
    // What the requests of now would have cost as they did before.
    let as_before = now - cost;
    let mut growths: BTreeMap<Option<Component>, f64> = BTreeMap::new();
    for (component, share) in &shares {
        let was = usual.get(component).copied().unwrap_or(0.0) * as_before;
        let grown = share * now - was;
        if grown > 0.0 {
            growths.insert(component.clone(), grown);
        }
    }
    let sum: f64 = growths.values().sum();
    let costs = if sum > 0.0 {
        let each = growths.into_iter();
        each.map(|(component, grown)| (component, grown / sum * cost))
            .collect()
    } else {
        BTreeMap::from([(None, cost)])
    };
    Split {
        demand: added.demand,
        has_usual: true,
        costs,
    }
}

/// A load by what the range's requests do; nothing if none was looked into.
pub(super) fn makeup(account: &Account<'_>, load: f64) -> BTreeMap<Option<Component>, f64> {
    let shares = shares(&account.samples, Period::Range).into_iter();
    shares
        .map(|(component, share)| (component, share * load))
        .collect()
}

fn shares_or(samples: &[(Period, &Sample)], period: Period, other: &Shares) -> Shares {
    let own = shares(samples, period);
    if own.is_empty() { other.clone() } else { own }
}

/// Each component's share of the time that the samples of a period took; the shares add up to 1.
fn shares(samples: &[(Period, &Sample)], period: Period) -> Shares {
    let mut times: BTreeMap<Option<&Component>, i64> = BTreeMap::new();
    let of_period = samples.iter().filter(|it| it.0 == period);
    for (_, sample) in of_period {
        let mut rest_us = sample.total_us;
        for piece in &sample.pieces {
            let time_us = piece.time_us.clamp(0, rest_us.max(0));
            rest_us -= time_us;
            *times.entry(Some(&piece.component)).or_default() += time_us;
        }
        *times.entry(None).or_default() += rest_us.max(0);
    }
    let total: i64 = times.values().sum();
    let shares = times.into_iter().filter(|(_, time_us)| *time_us > 0);
    shares
        .map(|(component, time_us)| (component.cloned(), time_us as f64 / total as f64))
        .collect()
}
