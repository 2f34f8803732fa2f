//! Who stands behind routes: a statement or a function that costs more than it did, a client that sends more than
//! it did, or a host on which everything takes longer. What they explain is theirs and no longer the routes', so every share is told once.

use std::collections::BTreeMap;

use super::host::{self, SlowHost};
use super::split::{Spans, Split};
use super::{Account, Blame, Component, Demand, Period};

/// A component stands for its routes if it is at least that much of what they cost more.
const OF_COST_MIN: f64 = 0.4;

/// A sender stands for the demand if it sends at least that much of the requests that are more.
const OF_DEMAND_MIN: f64 = 0.5;

/// And if that is so much more than its part of the requests before: a proxy always sends most of them.
const OVER_USUAL_MIN: f64 = 0.25;

/// What one cause explains, by route, in load.
pub(super) type Loads = BTreeMap<String, f64>;

/// Who sends more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sender {
    Client(String),
    UserAgent(String),
}

/// Causes behind routes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Deeper {
    pub(super) components: BTreeMap<Component, Loads>,
    pub(super) sender: Option<(Sender, Loads)>,
    pub(super) host: Option<(SlowHost, Loads)>,
}

/// Takes out of the splits what has a cause of its own. Each is judged by its own routes alone: what is
/// added elsewhere moves nothing from one to another.
pub(super) fn take(
    splits: &mut BTreeMap<String, Split>,
    accounts: &BTreeMap<Blame, Account<'_>>,
    demand: &Demand,
    spans: Spans,
) -> Deeper {
    let sender = take_sender(splits, accounts, demand, spans);
    // Before the functions: what is slow on one host alone is no function's fault.
    let host = host::take(splits, demand, spans);
    Deeper {
        components: take_components(splits),
        sender,
        host,
    }
}

fn take_components(splits: &mut BTreeMap<String, Split>) -> BTreeMap<Component, Loads> {
    let mut loads: BTreeMap<Component, Loads> = BTreeMap::new();
    for (route, split) in &*splits {
        for (component, load) in &split.costs {
            if let Some(component) = component {
                let of_component = loads.entry(component.clone()).or_default();
                of_component.insert(route.clone(), *load);
            }
        }
    }
    let cost_of = |route: &String| splits[route].costs.values().sum::<f64>();
    loads.retain(|_, routes| {
        let load: f64 = routes.values().sum();
        let of: f64 = routes.keys().map(cost_of).sum();
        load > 0.0 && load >= OF_COST_MIN * of
    });
    for (component, routes) in &loads {
        for route in routes.keys() {
            if let Some(split) = splits.get_mut(route) {
                split.costs.remove(&Some(component.clone()));
            }
        }
    }
    loads
}

fn take_sender(
    splits: &mut BTreeMap<String, Split>,
    accounts: &BTreeMap<Blame, Account<'_>>,
    demand: &Demand,
    spans: Spans,
) -> Option<(Sender, Loads)> {
    let rate = |period: Period, count: u64| {
        let span = match period {
            Period::Range => spans.range,
            Period::Baseline => spans.baseline,
        };
        count as f64 / span
    };
    let requests = |period| rate(period, demand.requests(period));
    // A machine that is full answers no more than before: what one sends more is taken from the others. So routes
    // that have less do not count.
    let more: f64 = demand.growths(rate).sum();
    let before = requests(Period::Baseline);
    if more <= 0.0 || splits.is_empty() {
        return None;
    }
    let growths = demand
        .senders
        .keys()
        .filter(|(period, _)| *period == Period::Range);
    let growths = growths.map(|(_, sender)| {
        let count = |period: Period| {
            let count = demand.senders.get(&(period, sender.clone()));
            rate(period, count.copied().unwrap_or(0))
        };
        let share = ((count(Period::Range) - count(Period::Baseline)) / more).min(1.0);
        let usual = if before > 0.0 {
            count(Period::Baseline) / before
        } else {
            0.0
        };
        (share, usual, sender)
    });
    let notable = growths
        .filter(|(share, usual, _)| *share >= OF_DEMAND_MIN && share - usual >= OVER_USUAL_MIN);
    // Of equals the client: a user agent may be many.
    let (share, _, sender) =
        notable.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.2.cmp(a.2)))?;
    let mut loads = Loads::new();
    for (route, split) in splits.iter_mut() {
        let account = accounts.get(&Blame::Route(route.clone()));
        // A client's requests are known one by one: without it, all of their time would not be there, also what
        // they wait for each other. Of a user agent only how many requests are its own.
        let own = match (sender, account) {
            (Sender::Client(client), Some(account)) => account.extra_of(client, spans),
            _ => 0.0,
        };
        let load = split.take(own.max(split.demand * share));
        if load > 0.0 {
            loads.insert(route.clone(), load);
        }
    }
    Some((sender.clone(), loads))
}
