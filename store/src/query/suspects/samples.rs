//! What the requests' time went into, of those that were active longest: bodies are read of a few only.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use wire::ids::CorrelationId;
use wire::profile::{Graph, Profile, SESSION_START};
use wire::time::Instant;

use super::glance::{Glance, Statements};
use super::visits::{self, Visit};
use super::{Key, Works};
use crate::calendar::Day;
use crate::db::packed::Opened;
use crate::limits;
use crate::query::side_by_side::{THREADS_MAX, side_by_side};
use crate::query::{Answer, Ask, bodies};
use crate::spike::suspects::{Component, Period, Piece, Sample, Wanted, Work};

/// Where requests are, by their ids.
pub(super) type Places = HashMap<CorrelationId, Place>;

/// The record that has a request's body, and when the request began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) day: Day,
    pub(super) record_id: i64,
    pub(super) begin: Instant,
}

/// What was seen of one request.
type Seen = (Sample, Option<Visit>);

/// A request that is looked into.
struct Chosen {
    key: Key,
    /// Its route, and the period.
    of: (String, Period),
    place: Place,
}

/// What requests name again and again, each text held once.
#[derive(Default)]
struct Texts {
    /// Of statements, by how each came.
    shapes: FxHashMap<String, Arc<str>>,
    names: FxHashSet<Arc<str>>,
}

/// The shape of profiles that know PHP's own functions only by who called them.
const STACKS: &str = "stacks";

/// Of a request that is told in part, what may be untold of its time: one in so many.
const TENTH: i64 = 10;

/// Less than this a call, and a function without callees is no cause of anything.
const TRIFLE_US: i64 = 20;

/// Functions whose own time is their statements', which are told apart by themselves.
const DATABASE_FUNCTIONS: [&str; 3] = ["PDO", "pg_", "mysqli"];

/// Looks into the requests that were active longest, of the routes that were.
pub(super) fn add(ask: &Ask, places: &Places, wanted: &Wanted, works: &mut Works) -> Answer<()> {
    let (first, others): (Vec<Chosen>, Vec<Chosen>) = chosen(works, places)
        .into_iter()
        .partition(|it| wanted.contains(&it.of));
    let mut visits = add_samples(ask, first, works)?;
    // Who had the session that a request waited for may be a request that is told nothing of by itself.
    if visits.iter().any(Visit::is_waiting) {
        visits.extend(add_samples(ask, others, works)?);
    }
    for ((id, period), held_up) in visits::held_up(&visits) {
        let work = works.get_mut(&(Key::Request(id), period));
        if let Some(sample) = work.and_then(|work| work.sample.as_mut()) {
            sample.held_up = held_up;
        }
    }
    Ok(())
}

fn add_samples(ask: &Ask, mut chosen: Vec<Chosen>, works: &mut Works) -> Answer<Vec<Visit>> {
    chosen.sort_unstable_by_key(|it| (it.place.day, it.place.record_id));
    // To read and to parse the bodies is most of an answer's time, so it is shared out.
    let each = chosen.len().div_ceil(THREADS_MAX).max(1);
    let parts: Vec<&[Chosen]> = chosen.chunks(each).collect();
    let known = &*works;
    let seen = side_by_side(ask.reader.helpers(), &parts, |part| {
        look_into(ask, part, known)
    });
    let mut visits = Vec::new();
    for (part, seen) in parts.into_iter().zip(seen) {
        for (it, seen) in part.iter().zip(seen?) {
            let work = works.get_mut(&(it.key.clone(), it.of.1));
            if let (Some(work), Some((sample, visit))) = (work, seen) {
                work.sample = Some(sample);
                visits.extend(visit);
            }
        }
    }
    Ok(visits)
}

/// What was seen of each, in their order.
fn look_into(ask: &Ask, part: &[Chosen], works: &Works) -> Answer<Vec<Option<Seen>>> {
    let mut texts = Texts::default();
    let mut seen = Vec::with_capacity(part.len());
    for of_day in part.chunk_by(|a, b| a.place.day == b.place.day) {
        let day = ask.reader.day(of_day[0].place.day)?;
        for it in of_day {
            let body = match &day {
                Some(day) => bodies::packed_of(day, it.place.record_id)?,
                None => None,
            };
            seen.push(body.and_then(|body| seen_in(&body, it, works, &mut texts)));
        }
    }
    Ok(seen)
}

fn seen_in(body: &[u8], chosen: &Chosen, works: &Works, texts: &mut Texts) -> Option<Seen> {
    let mut opened = Opened::of(body)?;
    let request = Glance::at(&mut opened)?;
    if tells_too_little(&request) {
        return None;
    }
    let work = works.get(&(chosen.key.clone(), chosen.of.1))?;
    let visit = visit(&request, work, chosen.place.begin);
    Some((sample(&request, work, texts), visit))
}

/// Of a request without profile of which no statement or only a few are told, as one whose record was lost, nobody
/// knows what the rest of its time went into: it must not count as one that did neither. If it was nearly all in
/// what is told, there is no rest to speak of.
fn tells_too_little(request: &Glance<'_>) -> bool {
    let tells_enough = |sql: &Statements<'_>| {
        let told = sql.queries.iter().map(|query| query.duration_us.0.max(0));
        let told_us = told.fold(0_i64, i64::saturating_add);
        let is_nearly_all = told_us >= request.wall_us.0 / TENTH * (TENTH - 1);
        sql.omitted < sql.count && (sql.are_whole() || is_nearly_all)
    };
    request.profile.is_none() && !request.sql.as_ref().is_some_and(tells_enough)
}

/// A request of a session, and how long it waited for that.
fn visit(request: &Glance<'_>, work: &Work, begin: Instant) -> Option<Visit> {
    let session = request.session.as_ref()?.0.to_string();
    let profile = request.profile.as_ref()?;
    Some(Visit {
        session,
        id: request.correlation_id,
        label: work.label.clone()?,
        period: work.period,
        begin,
        end: begin + request.wall_us,
        wait_us: session_wait_us(profile),
    })
}

fn session_wait_us(profile: &Profile) -> i64 {
    // Most wait for none, which their names tell.
    if !profile.names.iter().any(|name| name == SESSION_START) {
        return 0;
    }
    let graph = profile.graph();
    let mut named = graph.names.iter().zip(&graph.functions);
    let wait = named.find(|(name, _)| **name == SESSION_START);
    wait.map_or(0, |(_, sums)| sums.inclusive_us)
}

/// The requests of each period that were active longest, of the routes that were in the range.
fn chosen(works: &Works, places: &Places) -> Vec<Chosen> {
    let mut routes: BTreeMap<&str, i64> = BTreeMap::new();
    let mut requests: BTreeMap<(&str, Period), Vec<(i64, CorrelationId)>> = BTreeMap::new();
    for ((key, period), work) in works {
        let Some(label) = work.label.as_deref().filter(|_| work.request.is_some()) else {
            continue;
        };
        if *period == Period::Range {
            *routes.entry(label).or_default() += work.active_us;
        }
        // What was added up has no body.
        if let Key::Request(id) = key {
            let of_route = requests.entry((label, *period)).or_default();
            of_route.push((work.active_us, *id));
        }
    }
    let routes = chosen_routes(routes);
    let each = requests_of_route(routes.len());
    let mut chosen = Vec::new();
    for label in routes {
        for period in [Period::Range, Period::Baseline] {
            let mut of_route = requests.remove(&(label, period)).unwrap_or_default();
            of_route.sort_unstable_by(|a, b| b.cmp(a));
            of_route.truncate(each);
            chosen.extend(of_route.into_iter().filter_map(|(_, id)| {
                Some(Chosen {
                    key: Key::Request(id),
                    of: (label.to_owned(), period),
                    place: *places.get(&id)?,
                })
            }));
        }
    }
    chosen
}

/// Of routes and how long they were active, those that are looked into.
pub(super) fn chosen_routes(routes: BTreeMap<&str, i64>) -> Vec<&str> {
    let mut longest: Vec<(i64, &str)> = routes.into_iter().map(|it| (it.1, it.0)).collect();
    longest.sort_unstable_by_key(|it| Reverse(*it));
    longest.truncate(limits::SUSPECT_ROUTES_MAX);
    longest.into_iter().map(|(_, label)| label).collect()
}

/// How many requests of each are looked into in a period, if there are so many routes.
pub(super) fn requests_of_route(routes: usize) -> usize {
    let each = limits::SUSPECT_BODIES_MAX / (2 * routes.max(1));
    each.min(limits::SUSPECT_SAMPLES_MAX)
}

/// A request's components. What it waited for locks is not its own.
fn sample(request: &Glance<'_>, work: &Work, texts: &mut Texts) -> Sample {
    let mut statements: BTreeMap<Arc<str>, (i64, u64)> = BTreeMap::new();
    // Stacks end in the function that issued the statement.
    let mut sql_by_caller: HashMap<&str, i64> = HashMap::new();
    let is_stacks = request
        .profile
        .as_ref()
        .is_some_and(|it| it.shape == STACKS);
    let mut add = |shape: Arc<str>, time_us: i64, calls: u64| {
        let sums = statements.entry(shape).or_default();
        sums.0 = sums.0.saturating_add(bounded_us(time_us));
        sums.1 = sums.1.saturating_add(calls);
    };
    if let Some(sql) = &request.sql {
        for query in &sql.queries {
            add(texts.shape(&query.sql), query.duration_us.0, 1);
            if let Some(caller) = query.caller.as_ref().filter(|_| is_stacks) {
                *sql_by_caller.entry(&caller.0).or_default() += query.duration_us.0;
            }
        }
        for group in &sql.repeated {
            let count = u64::from(group.count);
            add(texts.shape(&group.sql), group.total_us.0, count);
        }
    }
    for wait in &work.waits {
        if let Some(statement) = &wait.statement
            && let Some(sums) = statements.get_mut(statement.as_str())
        {
            sums.0 = (sums.0 - wait.waited_us).max(0);
        }
    }
    let mut pieces: Vec<Piece> = statements
        .into_iter()
        .map(|(shape, (time_us, calls))| Piece {
            component: Component::Statement(shape),
            time_us,
            calls,
        })
        .collect();
    if let Some(profile) = &request.profile {
        pieces.extend(functions(profile, &sql_by_caller, texts));
    }
    let waited_us: i64 = work.waits.iter().map(|it| it.waited_us).sum();
    let known_us: i64 = pieces.iter().map(|it| it.time_us).sum();
    Sample {
        total_us: (bounded_us(request.wall_us.0) - waited_us).max(known_us),
        pieces,
        held_up: Vec::new(),
    }
}

fn bounded_us(time_us: i64) -> i64 {
    time_us.clamp(0, limits::REQUEST_US_MAX)
}

// === impl Texts ===

impl Texts {
    fn shape(&mut self, sql: &str) -> Arc<str> {
        if let Some(known) = self.shapes.get(sql) {
            return Arc::clone(known);
        }
        let shape: Arc<str> = wire::sql::normalize(sql).into();
        self.shapes.insert(sql.to_owned(), Arc::clone(&shape));
        shape
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = name.into();
        self.names.insert(Arc::clone(&shared));
        shared
    }
}

/// Functions with their own time, statements left out. What is called ever so often and takes no time of its
/// own to speak of is its callers' loop, and so is most of what measuring it costs.
fn functions(
    profile: &Profile,
    sql_by_caller: &HashMap<&str, i64>,
    texts: &mut Texts,
) -> Vec<Piece> {
    let graph = Graph::unmerged(profile);
    let mut own_us: Vec<i64> = graph.functions.iter().map(|it| it.exclusive_us).collect();
    let mut is_leaf = vec![true; own_us.len()];
    for pair in &graph.pairs {
        is_leaf[pair.caller] = false;
    }
    let is_trifle = |function: usize| {
        let sums = graph.functions[function];
        is_leaf[function] && sums.calls > 0 && sums.exclusive_us / sums.calls < TRIFLE_US
    };
    for pair in graph.pairs.iter().filter(|it| is_trifle(it.callee)) {
        own_us[pair.callee] -= pair.inclusive_us;
        own_us[pair.caller] = own_us[pair.caller].saturating_add(pair.inclusive_us);
    }
    let named = graph.names.iter().zip(&graph.functions).zip(own_us);
    let own =
        named.filter(|((name, _), _)| !DATABASE_FUNCTIONS.iter().any(|it| name.starts_with(it)));
    let own = own.map(|((name, sums), own_us)| {
        let sql_us = sql_by_caller.get(name);
        let time_us = own_us - sql_us.copied().unwrap_or(0);
        let calls = u64::try_from(sums.calls).unwrap_or(0);
        (*name, bounded_us(time_us), calls)
    });
    let own = own.filter(|(_, time_us, _)| *time_us > 0);
    own.map(|(name, time_us, calls)| Piece {
        component: Component::Function(texts.name(name)),
        time_us,
        calls,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_which_too_little_is_known_is_no_sample() {
        let tells_too_little = |body: &str| tells_too_little(&serde_json::from_str(body).unwrap());
        let request = |more: &str| {
            let id = "a82409f1-8d09-4979-9cd5-f2bb0329602a";
            format!(r#"{{"correlation_id":"{id}","url":"/","wall_us":100{more}}}"#)
        };
        // One statement of two is listed, and the other one told as a group, or not at all.
        let told = |duration_us: i64, repeated: &str| {
            let queries =
                format!(r#"[{{"start_us":0,"duration_us":{duration_us},"sql":"SELECT 1"}}]"#);
            request(&format!(
                r#","sql":{{"count":2,"total_us":97,"omitted":1,"queries":{queries}{repeated}}}"#
            ))
        };
        let repeated = r#","repeated":[{"sql":"SELECT 2","count":1,"total_us":2}]"#;
        assert!(!tells_too_little(&told(5, repeated)));
        assert!(tells_too_little(&told(5, "")));
        assert!(!tells_too_little(&told(95, "")));
        assert!(tells_too_little(&request(
            r#","sql":{"count":2,"total_us":7,"omitted":2}"#
        )));
        assert!(tells_too_little(&request("")));
        let profile =
            r#","profile":{"engine":"x","shape":"call_pairs","metrics":[],"names":[],"edges":[]}"#;
        assert!(!tells_too_little(&request(profile)));
    }

    #[test]
    fn a_trifle_is_its_callers_and_the_database_is_no_function() {
        let profile = Profile {
            shape: "call_pairs".to_owned(),
            metrics: vec!["calls".to_owned(), "wall_us".to_owned()],
            names: ["main()", "rank", "ord", "PDO::query"]
                .into_iter()
                .collect(),
            edges: [
                [-1, 0, 1, 1_000_000],
                [0, 1, 1, 800_000],
                [1, 2, 90_000, 300_000],
                [0, 3, 1, 150_000],
            ]
            .into_iter()
            .collect(),
            ..Profile::default()
        };
        let functions = functions(&profile, &HashMap::new(), &mut Texts::default());
        let wanted = [("main()", 50_000), ("rank", 800_000)].map(|(name, time_us)| Piece {
            component: Component::Function(name.into()),
            time_us,
            calls: 1,
        });
        assert_eq!(functions, wanted);
    }
}
