//! Which route issues a statement: tells what a session does whose request is not recorded.
//!
//! A request's record comes when it has ended, and the one that holds a lock for minutes has not. But its session
//! shows its statement, and if nearly all of that statement's calls of the day before came from one route, the
//! session is that route's.

use std::collections::{BTreeMap, HashMap, HashSet};

use wire::ids::CorrelationId;
use wire::time::{Instant, Micros, Range};

use super::sums::{self, Scope};
use super::waits::Seat;
use super::{Answer, Ask};
use crate::rollup::{self, Subject, Tier};

/// How far back calls are counted: through the quiet of a night, and no further, since sites change.
const LOOK_BACK: Micros = Micros::from_seconds(24 * 3_600);

/// The part of a statement's calls that a route must have to be taken for the one.
const SHARE_MIN: f64 = 0.9;

/// Sessions that are looked at for one answer: each costs reading and normalizing a statement.
const SESSIONS_MAX: usize = 256;

/// Calls of each wanted statement by route.
type Calls = HashMap<i64, BTreeMap<String, i64>>;

/// Gives each session with an id whose statement has one issuer the label of that route.
pub(crate) fn of_sessions<'s>(
    ask: &Ask,
    sessions: impl IntoIterator<Item = (CorrelationId, &'s Seat)>,
    until: Instant,
) -> Answer<HashMap<CorrelationId, String>> {
    let mut shapes: HashMap<CorrelationId, HashSet<i64>> = HashMap::new();
    for (id, seat) in sessions {
        if shapes.len() >= SESSIONS_MAX && !shapes.contains_key(&id) {
            continue;
        }
        // What was cut has another shape than the whole.
        if let Some(query) = seat.query.as_deref().filter(|_| !seat.is_truncated) {
            shapes.entry(id).or_default().insert(raw_of(query));
        }
    }
    if shapes.is_empty() {
        return Ok(HashMap::new());
    }
    let wanted: HashSet<i64> = shapes.values().flatten().copied().collect();
    let calls = calls_of(ask, &wanted, until)?;
    let issuers = shapes.into_iter().filter_map(|(id, raws)| {
        let mut issuers = raws.iter().filter_map(|raw| issuer(calls.get(raw)?));
        let first = issuers.next()?;
        // Statements of two routes under one id: then it is neither's.
        issuers
            .all(|next| next == first)
            .then(|| (id, first.to_owned()))
    });
    Ok(issuers.collect())
}

fn raw_of(query: &str) -> i64 {
    wire::sql::fingerprint(query).raw().cast_signed()
}

/// The route that issues nearly all.
fn issuer(calls: &BTreeMap<String, i64>) -> Option<&str> {
    let all: i64 = calls.values().sum();
    let (label, most) = calls.iter().max_by_key(|it| it.1)?;
    (*most as f64 >= SHARE_MIN * all as f64).then_some(label)
}

fn calls_of(ask: &Ask, wanted: &HashSet<i64>, until: Instant) -> Answer<Calls> {
    let range = Range {
        from_at_us: until - LOOK_BACK,
        to_at_us: until,
    };
    let mut calls = Calls::new();
    for day in ask.reader.days_since(range.from_at_us)? {
        let mut raws: HashMap<i64, i64> = HashMap::new();
        for raw in wanted {
            let sql = "SELECT id FROM main.fingerprint WHERE raw = ?1";
            let id: Option<i64> = day.row(sql, [raw], |row| row.get(0))?;
            raws.extend(id.map(|id| (id, *raw)));
        }
        if raws.is_empty() {
            continue;
        }
        let scope = Scope {
            subject: Subject::Statements,
            tier: Tier::Hour,
            range,
            project: None,
            host: None,
        };
        let total = sums::total(&day, &scope)?;
        let of_wanted = || total.iter().filter(|it| raws.contains_key(&it.0.0));
        let label = "SELECT id, label FROM main.route WHERE id BETWEEN ?1 AND ?2";
        let routes = sums::names(&day, label, of_wanted().map(|it| it.0.1))?;
        for ((id, route), values) in of_wanted() {
            if let Some(route) = routes.get(&route) {
                let count = values[rollup::statement::COUNT];
                let of_route = calls.entry(raws[&id]).or_default();
                *of_route.entry(route.clone()).or_default() += count;
            }
        }
    }
    Ok(calls)
}

#[cfg(test)]
mod tests;
