//! Captured requests, each with its part in the range and in the baseline.
//!
//! Of a busy site they are tens of thousands, and most are only ever counted. So one by one are told those that
//! something else speaks of: who waited for a lock or held one, who reaches beyond its period, and of each route
//! the longest, which are looked into. The others are added up by route. A suspect is the same either way.

pub(super) mod slices;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use wire::ids::CorrelationId;
use wire::time::Instant;

use self::slices::{Gathered, Slice};
use super::samples::{self, Place, Places};
use super::{Comparison, Key, Works};
use crate::calendar::Day;
use crate::limits;
use crate::query::side_by_side::side_by_side;
use crate::query::waits::Moment;
use crate::query::{Answer, Ask};
use crate::spike::suspects::{Demand, Period, RequestCost, Work};

/// What is known of captured requests besides their work.
#[derive(Debug, Default)]
pub(super) struct Captured {
    /// Where those are that are told one by one.
    pub(super) places: Places,
    /// Those that were added up.
    folded: FxHashMap<Period, FxHashSet<CorrelationId>>,
}

/// Whom other parts of an answer speak of.
pub(super) struct Spoken {
    requests: FxHashSet<CorrelationId>,
    /// Of the others nobody asks what they took.
    client: Option<Vec<u8>>,
}

/// A request that may be one of the longest.
#[derive(Debug)]
struct Candidate {
    id: CorrelationId,
    active_us: i64,
    begin: Instant,
    record_id: i64,
    wall_us: i64,
    sql_us: i64,
    client: Option<String>,
}

/// A route's requests of one period in one day's file.
#[derive(Debug, Default)]
struct Route {
    /// Told anyway.
    spoken: Vec<Candidate>,
    /// Those that may be among the longest, and a few that no longer are.
    longest: Vec<Candidate>,
    /// What is less than that is none of the longest.
    floor: Option<(i64, CorrelationId)>,
    folded: FxHashMap<Option<String>, Folded>,
}

/// Requests that were added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Folded {
    cost: RequestCost,
    active_us: i64,
}

/// Adds the requests of both periods.
pub(super) fn add(
    ask: &Ask,
    project: Option<&str>,
    slices: &[Slice],
    spoken: &Spoken,
    works: &mut Works,
) -> Answer<Captured> {
    let gathered = side_by_side(ask.reader.helpers(), slices, |slice| {
        slice.gather(ask, project, spoken, FxHashSet::default())
    });
    let mut periods: FxHashMap<Period, Gathered> = FxHashMap::default();
    let mut is_twice = FxHashSet::default();
    for (slice, gathered) in slices.iter().zip(gathered) {
        let of_period = periods.entry(slice.period).or_default();
        if !of_period.take(gathered?) {
            is_twice.insert(slice.period);
        }
    }
    for period in is_twice {
        let of_period = slices.iter().filter(|slice| slice.period == period);
        periods.insert(period, slices::each_once(of_period, ask, project, spoken)?);
    }
    keep_looked_into(&mut periods);
    let mut captured = Captured::default();
    for (period, gathered) in periods {
        captured.folded.insert(period, gathered.ids);
        for ((day, label), route) in gathered.routes {
            captured.tell(works, route, (day, period, &label));
        }
    }
    Ok(captured)
}

/// Keeps by themselves the requests that will be looked into, and of each other route the longest: all others are
/// told soon enough together.
fn keep_looked_into(periods: &mut FxHashMap<Period, Gathered>) {
    let mut routes: BTreeMap<&str, i64> = BTreeMap::new();
    for ((_, label), route) in periods.get(&Period::Range).iter().flat_map(|it| &it.routes) {
        *routes.entry(label).or_default() += route.active_us();
    }
    let chosen = samples::chosen_routes(routes);
    let each = samples::requests_of_route(chosen.len());
    let chosen: FxHashSet<String> = chosen.into_iter().map(str::to_owned).collect();
    for gathered in periods.values_mut() {
        for ((_, label), route) in &mut gathered.routes {
            route.keep(if chosen.contains(label) { each } else { 1 });
        }
    }
}

// === impl Captured ===

impl Captured {
    /// Some, of which none were added up.
    pub(super) fn at(places: Places) -> Self {
        Self {
            places,
            folded: FxHashMap::default(),
        }
    }

    /// Whether a request's time is in what was added up.
    pub(super) fn has_folded(&self, id: CorrelationId, period: Period) -> bool {
        let of_period = self.folded.get(&period);
        of_period.is_some_and(|ids| ids.contains(&id))
    }

    /// Makes works of a route's requests.
    fn tell(&mut self, works: &mut Works, route: Route, (day, period, label): (Day, Period, &str)) {
        let folded = self.folded.entry(period).or_default();
        for request in route.spoken.into_iter().chain(route.longest) {
            folded.remove(&request.id);
            let place = Place {
                day,
                record_id: request.record_id,
                begin: request.begin,
            };
            self.places.insert(request.id, place);
            let work = Work {
                correlation_id: Some(request.id),
                client: request.client.clone(),
                ..work(period, label, request.folded())
            };
            works
                .entry((Key::Request(request.id), period))
                .or_insert(work);
        }
        for (client, folded) in route.folded {
            let key = Key::Route(label.to_owned(), client.clone());
            // Its requests may be in the files of two days.
            let work = works.entry((key, period)).or_insert_with(|| Work {
                client,
                ..work(period, label, Folded::default())
            });
            if let Some(cost) = &mut work.request {
                cost.add(folded.cost);
            }
            work.active_us = work.active_us.saturating_add(folded.active_us);
        }
    }
}

fn work(period: Period, label: &str, folded: Folded) -> Work {
    Work {
        period,
        label: Some(label.to_owned()),
        is_session: false,
        request: Some(folded.cost),
        correlation_id: None,
        active_us: folded.active_us,
        waits: Vec::new(),
        sample: None,
        client: None,
    }
}

// === impl Spoken ===

impl Spoken {
    /// Everybody in some waiting, and the client that sends more than it did.
    pub(super) fn of(moments: &[Moment], comparison: &Comparison<'_>, demand: &Demand) -> Self {
        let seats = moments
            .iter()
            .flat_map(|moment| [&moment.waiter, &moment.blocker, &moment.root]);
        let client = demand.notable_client(comparison.range, comparison.baseline);
        Self {
            requests: seats.filter_map(|seat| seat.correlation_id).collect(),
            client: client.map(|client| client.as_bytes().to_vec()),
        }
    }
}

// === impl Candidate ===

impl Candidate {
    /// How long it was active; of equals its id decides.
    fn order(&self) -> (i64, CorrelationId) {
        (self.active_us, self.id)
    }

    fn folded(&self) -> Folded {
        Folded {
            cost: RequestCost {
                count: 1,
                wall_us: self.wall_us,
                sql_us: self.sql_us,
            },
            active_us: self.active_us,
        }
    }
}

// === impl Folded ===

impl Folded {
    fn add(&mut self, other: Self) {
        self.cost.add(other.cost);
        self.active_us = self.active_us.saturating_add(other.active_us);
    }
}

// === impl Route ===

impl Route {
    /// Keeps a request if it may be one of the longest.
    fn add(&mut self, request: Candidate) {
        if self.floor.is_some_and(|floor| request.order() < floor) {
            self.fold(&request);
            return;
        }
        self.longest.push(request);
        // To find the longest takes a look at each, so it is done once for as many new ones.
        if self.longest.len() >= 2 * limits::SUSPECT_SAMPLES_MAX {
            self.keep(limits::SUSPECT_SAMPLES_MAX);
        }
    }

    fn active_us(&self) -> i64 {
        let told = self.spoken.iter().chain(&self.longest);
        let told = told.map(|it| it.active_us);
        let folded = self.folded.values().map(|it| it.active_us);
        told.chain(folded).fold(0, i64::saturating_add)
    }

    /// Keeps at most so many of the longest, and adds up the others.
    fn keep(&mut self, count: usize) {
        if self.longest.len() <= count {
            return;
        }
        let order = |it: &Candidate| Reverse(it.order());
        let (longest, ..) = self.longest.select_nth_unstable_by_key(count, order);
        self.floor = longest.iter().map(Candidate::order).min();
        for request in self.longest.split_off(count) {
            self.fold(&request);
        }
    }

    /// The same of all that another part of its day has.
    fn merge(&mut self, other: Self) {
        self.spoken.extend(other.spoken);
        self.floor = self.floor.max(other.floor);
        for request in other.longest {
            self.add(request);
        }
        for (client, folded) in other.folded {
            self.folded.entry(client).or_default().add(folded);
        }
    }

    fn fold(&mut self, request: &Candidate) {
        let folded = self.folded.entry(request.client.clone()).or_default();
        folded.add(request.folded());
    }
}

#[cfg(test)]
mod tests;
