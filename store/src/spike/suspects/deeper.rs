//! Who stands behind routes: a statement or a function that costs more than it did, a client that sends more than
//! it did, or a host on which everything takes longer. What they explain is theirs and no longer the routes', so every share is told once.

use std::collections::BTreeMap;

use super::host::{self, SlowHost};
use super::split::{Spans, Split};
use super::{Account, Blame, Component, Demand, Sender};

/// A component stands for its routes if it is at least that much of what they cost more.
const OF_COST_MIN: f64 = 0.4;

/// What one cause explains, by route, in load.
pub(super) type Loads = BTreeMap<String, f64>;

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
    if splits.is_empty() {
        return None;
    }
    let (sender, share) = demand.notable_sender(spans)?;
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
