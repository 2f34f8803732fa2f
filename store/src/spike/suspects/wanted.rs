//! Whose requests are to be looked into, before any is: pure.
//!
//! To read and to parse requests is most of what an answer takes, and of most routes it tells nothing: one that
//! added nothing is no suspect, and one that only had more requests is told by their number. So a route's requests
//! are looked into in the periods in which they can change what is told.

use std::collections::BTreeSet;

use wire::time::Range;

use super::split::{Added, Spans};
use super::{Blame, Demand, Holder, Period, Work, attribute};

/// Routes, each with a period.
pub(crate) type Wanted = BTreeSet<(String, Period)>;

/// The routes of which [`super::rank`] would tell something else without samples.
pub(crate) fn wanted<'w>(
    range: Range,
    baseline: Option<Range>,
    works: impl Iterator<Item = &'w Work> + Clone,
    holders: &[Holder],
    demand: &Demand,
) -> Wanted {
    let spans = Spans::of(range, baseline);
    let mut wanted = Wanted::new();
    for (blame, account) in attribute(works, holders) {
        let Blame::Route(route) = blame else { continue };
        let added = Added::of(&account, &route, demand, spans);
        let periods: &[Period] = match added.cost {
            // What its requests do is all that there is to be told of it.
            None if added.demand > 0.0 => &[Period::Range],
            Some(cost) if cost > 0.0 => &[Period::Range, Period::Baseline],
            _ => &[],
        };
        wanted.extend(periods.iter().map(|period| (route.clone(), *period)));
    }
    wanted
}
