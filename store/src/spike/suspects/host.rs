//! One host on which requests take longer than they did, while on the others they do not: a full disk, a
//! neighbour on the same metal, a cache that is cold.
//!
//! With `n` requests a second of a route that a host answered in `c` seconds each, and `c'` in the baseline, the
//! host made the route dearer by `n (c - c')`. Where nearly all of what all hosts did so is one host's, and the
//! others go on answering the same routes in less time, it has that part of the routes' cost.

use std::collections::{BTreeMap, BTreeSet};

use super::deeper::Loads;
use super::split::{Spans, Split};
use super::{Demand, Period, Served};

/// The part of what all hosts made dearer that one must have.
const OF_COST_MIN: f64 = 0.8;

/// The part of the requests that the others must have answered, to be something to compare with.
const OTHERS_MIN: f64 = 0.1;

/// The same in requests.
const OTHERS_COUNT_MIN: u64 = 5;

/// How many times as long as on the others its requests must take.
const SLOWER_MIN: f64 = 2.0;

/// The host, and what shows it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SlowHost {
    pub(super) name: String,
    pub(super) own: Served,
    pub(super) own_before: Served,
    pub(super) others: Served,
}

/// Takes what one host explains out of the splits.
pub(super) fn take(
    splits: &mut BTreeMap<String, Split>,
    demand: &Demand,
    spans: Spans,
) -> Option<(SlowHost, Loads)> {
    let routes: BTreeSet<&String> = splits
        .iter()
        .filter(|(_, split)| split.cost() > 0.0)
        .map(|(route, _)| route)
        .collect();
    let dearer = dearer(&routes, demand, spans);
    let mut by_host: BTreeMap<&str, f64> = BTreeMap::new();
    for ((_, host), load) in &dearer {
        *by_host.entry(host).or_default() += load;
    }
    let all: f64 = by_host.values().sum();
    let (name, most) = by_host.iter().max_by(|a, b| a.1.total_cmp(b.1))?;
    if *most < OF_COST_MIN * all {
        return None;
    }
    let found = told(name, &routes, demand);
    if !found.is_alone() {
        return None;
    }
    let mut shares: Loads = BTreeMap::new();
    for ((route, host), load) in &dearer {
        if host == name {
            let of_route = dearer.iter().filter(|it| it.0.0 == *route);
            shares.insert(route.clone(), load / of_route.map(|it| it.1).sum::<f64>());
        }
    }
    let mut loads = Loads::new();
    for (route, share) in shares {
        let load = splits.get_mut(&route).map_or(0.0, |it| it.take_cost(share));
        if load > 0.0 {
            loads.insert(route, load);
        }
    }
    (!loads.is_empty()).then_some((found, loads))
}

/// By how much each host made each route dearer, in load; what became cheaper is left out.
fn dearer(
    routes: &BTreeSet<&String>,
    demand: &Demand,
    spans: Spans,
) -> BTreeMap<(String, String), f64> {
    let mut usual: BTreeMap<&str, Served> = BTreeMap::new();
    for ((period, route, _), served) in &demand.hosts {
        if *period == Period::Baseline {
            usual.entry(route).or_default().add(*served);
        }
    }
    let mut dearer = BTreeMap::new();
    for ((period, route, host), served) in &demand.hosts {
        if *period == Period::Baseline || !routes.contains(route) {
            continue;
        }
        let before = demand
            .hosts
            .get(&(Period::Baseline, route.clone(), host.clone()));
        // One that is new is compared with all.
        let before = before.or_else(|| usual.get(route.as_str()));
        let Some(before) = before.and_then(|it| it.mean_us()) else {
            continue;
        };
        let grown_us = served.mean_us().unwrap_or(0.0) - before;
        if grown_us > 0.0 {
            let load = served.count as f64 * grown_us / spans.range;
            dearer.insert((route.clone(), host.clone()), load);
        }
    }
    dearer
}

/// How a host and the others answered some routes.
fn told(name: &str, routes: &BTreeSet<&String>, demand: &Demand) -> SlowHost {
    let mut found = SlowHost {
        name: name.to_owned(),
        own: Served::default(),
        own_before: Served::default(),
        others: Served::default(),
    };
    let own: BTreeSet<&String> = demand
        .hosts
        .keys()
        .filter(|(period, route, host)| {
            *period == Period::Range && host == name && routes.contains(route)
        })
        .map(|(_, route, _)| route)
        .collect();
    for ((period, route, host), served) in &demand.hosts {
        if !own.contains(route) {
            continue;
        }
        match (period, host == name) {
            (Period::Range, true) => found.own.add(*served),
            (Period::Range, false) => found.others.add(*served),
            (Period::Baseline, true) => found.own_before.add(*served),
            (Period::Baseline, false) => {}
        }
    }
    found
}

// === impl SlowHost ===

impl SlowHost {
    /// Whether others answer the same, and faster.
    fn is_alone(&self) -> bool {
        let least = OTHERS_MIN * (self.own.count + self.others.count) as f64;
        let (Some(own), Some(others)) = (self.own.mean_us(), self.others.mean_us()) else {
            return false;
        };
        self.others.count >= OTHERS_COUNT_MIN
            && self.others.count as f64 >= least
            && own >= SLOWER_MIN * others
    }
}

// === impl Served ===

impl Served {
    pub(crate) fn add(&mut self, more: Self) {
        self.count = self.count.saturating_add(more.count);
        self.wall_us = self.wall_us.saturating_add(more.wall_us);
    }

    pub(super) fn mean_us(self) -> Option<f64> {
        (self.count > 0).then(|| self.wall_us as f64 / self.count as f64)
    }
}

#[cfg(test)]
mod tests;
