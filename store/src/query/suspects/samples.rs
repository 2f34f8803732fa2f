//! What the requests' time went into, of those that were active longest: bodies are read of a few only.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread::{self, ScopedJoinHandle};

use wire::ids::CorrelationId;
use wire::profile::{Profile, SESSION_START};
use wire::request::{Request, Sql};
use wire::time::Instant;

use super::visits::{self, Visit};
use super::{Key, Works};
use crate::calendar::Day;
use crate::db::packed;
use crate::limits;
use crate::query::{Answer, Ask, bodies};
use crate::spike::suspects::{Component, Period, Piece, Sample, Work};

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

/// A body that was read, and whose it is.
type Read = (Key, Period, Vec<u8>);

/// Threads that look into requests side by side; other questions want some, too.
const THREADS_MAX: usize = 4;

/// Bodies that are held at once: of the usual size all, of the largest a few.
const BYTES_AT_ONCE: usize = 8 * 1024 * 1024;

/// The shapes of statements that come again and again, each made once.
#[derive(Default)]
struct Shapes(HashMap<String, String>);

/// The shape of profiles that know PHP's own functions only by who called them.
const STACKS: &str = "stacks";

/// Of a request that is told in part, what may be untold of its time: one in so many.
const TENTH: i64 = 10;

/// Less than this a call, and a function without callees is no cause of anything.
const TRIFLE_US: i64 = 20;

/// Functions whose own time is their statements', which are told apart by themselves.
const DATABASE_FUNCTIONS: [&str; 3] = ["PDO", "pg_", "mysqli"];

/// Looks into the requests that were active longest, of the routes that were.
pub(super) fn add(ask: &Ask, places: &Places, works: &mut Works) -> Answer<()> {
    let chosen = chosen(works);
    let mut by_day: BTreeMap<Day, Vec<(i64, Key, Period)>> = BTreeMap::new();
    for (key, period) in chosen {
        if let Key::Request(id) = &key
            && let Some(place) = places.get(id)
        {
            let of_day = by_day.entry(place.day).or_default();
            of_day.push((place.record_id, key, period));
        }
    }
    let mut read: Vec<Read> = Vec::new();
    let mut bytes = 0;
    let mut visits: Vec<Visit> = Vec::new();
    for (day, wanted) in by_day {
        let Some(reader) = ask.reader.day(day)? else {
            continue;
        };
        for (record_id, key, period) in wanted {
            if let Some(body) = bodies::packed_of(&reader, record_id)? {
                bytes += body.len();
                read.push((key, period, body));
            }
            if bytes >= BYTES_AT_ONCE {
                visits.extend(look_into(&read, places, works));
                read.clear();
                bytes = 0;
            }
        }
    }
    visits.extend(look_into(&read, places, works));
    for ((id, period), held_up) in visits::held_up(&visits) {
        let work = works.get_mut(&(Key::Request(id), period));
        if let Some(sample) = work.and_then(|work| work.sample.as_mut()) {
            sample.held_up = held_up;
        }
    }
    Ok(())
}

/// Gives each work its sample, and tells of those that belong to a session. To parse the bodies is most of an
/// answer's time, so it is shared out.
fn look_into(read: &[Read], places: &Places, works: &mut Works) -> Vec<Visit> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let each = read.len().div_ceil(threads.min(THREADS_MAX)).max(1);
    let known = &*works;
    let seen: Vec<Option<Seen>> = thread::scope(|scope| {
        let parts: Vec<_> = read
            .chunks(each)
            .map(|part| scope.spawn(move || seen_in(part, places, known)))
            .collect();
        let done = parts.into_iter().map(ScopedJoinHandle::join);
        done.flat_map(|part| part.unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    });
    let mut visits = Vec::new();
    for ((key, period, _), seen) in read.iter().zip(seen) {
        let work = works.get_mut(&(key.clone(), *period));
        if let (Some(work), Some((sample, visit))) = (work, seen) {
            work.sample = Some(sample);
            visits.extend(visit);
        }
    }
    visits
}

fn seen_in(part: &[Read], places: &Places, works: &Works) -> Vec<Option<Seen>> {
    let mut shapes = Shapes::default();
    let seen = part.iter().map(|(key, period, body)| {
        // It was read when it came in; a later version may read it otherwise.
        let request = packed::request(body)?.ok()?;
        if tells_too_little(&request) {
            return None;
        }
        let work = works.get(&(key.clone(), *period))?;
        let place = places.get(&request.correlation_id);
        let visit = place.and_then(|place| visit(&request, work, place.begin));
        Some((sample(&request, work, &mut shapes), visit))
    });
    seen.collect()
}

/// Of a request without profile of which no statement or only a few are told, as one whose record was lost, nobody
/// knows what the rest of its time went into: it must not count as one that did neither. If it was nearly all in
/// what is told, there is no rest to speak of.
fn tells_too_little(request: &Request) -> bool {
    let tells_enough = |sql: &Sql| {
        let told = sql.queries.iter().map(|query| query.duration_us.0.max(0));
        let told_us = told.fold(0_i64, i64::saturating_add);
        let is_nearly_all = told_us >= request.wall_us.0 / TENTH * (TENTH - 1);
        sql.omitted < sql.count && (sql.is_whole() || is_nearly_all)
    };
    request.profile.is_none() && !request.sql.as_ref().is_some_and(tells_enough)
}

/// A request of a session, and how long it waited for that.
fn visit(request: &Request, work: &Work, begin: Instant) -> Option<Visit> {
    let session = request.session.clone()?;
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
fn chosen(works: &Works) -> Vec<(Key, Period)> {
    let mut routes: BTreeMap<&str, i64> = BTreeMap::new();
    let mut requests: BTreeMap<(&str, Period), Vec<(i64, &Key)>> = BTreeMap::new();
    for ((key, period), work) in works {
        let Some(label) = work.label.as_deref().filter(|_| work.request.is_some()) else {
            continue;
        };
        if *period == Period::Range {
            *routes.entry(label).or_default() += work.active_us;
        }
        // What was added up has no body.
        if matches!(key, Key::Request(_)) {
            let of_route = requests.entry((label, *period)).or_default();
            of_route.push((work.active_us, key));
        }
    }
    let mut longest: Vec<(i64, &str)> = routes.into_iter().map(|it| (it.1, it.0)).collect();
    longest.sort_unstable_by_key(|it| Reverse(*it));
    longest.truncate(limits::SUSPECT_ROUTES_MAX);
    let each = limits::SUSPECT_BODIES_MAX / (2 * longest.len().max(1));
    let each = each.min(limits::SUSPECT_SAMPLES_MAX);
    let mut chosen = Vec::new();
    for (_, label) in longest {
        for period in [Period::Range, Period::Baseline] {
            let mut of_route = requests.remove(&(label, period)).unwrap_or_default();
            of_route.sort_unstable_by(|a, b| b.cmp(a));
            of_route.truncate(each);
            chosen.extend(of_route.into_iter().map(|(_, key)| (key.clone(), period)));
        }
    }
    chosen
}

/// A request's components. What it waited for locks is not its own.
fn sample(request: &Request, work: &Work, shapes: &mut Shapes) -> Sample {
    let mut pieces: BTreeMap<Component, (i64, u64)> = BTreeMap::new();
    let mut sql_by_caller: HashMap<&str, i64> = HashMap::new();
    let mut add = |component: Component, time_us: i64, calls: u64| {
        let piece = pieces.entry(component).or_default();
        piece.0 = piece
            .0
            .saturating_add(time_us.clamp(0, limits::REQUEST_US_MAX));
        piece.1 = piece.1.saturating_add(calls);
    };
    if let Some(sql) = &request.sql {
        for query in &sql.queries {
            let text = shapes.of(&query.sql);
            add(Component::Statement(text), query.duration_us.0, 1);
            if let Some(caller) = &query.caller {
                *sql_by_caller.entry(caller).or_default() += query.duration_us.0;
            }
        }
        for group in &sql.repeated {
            let text = shapes.of(&group.sql);
            add(
                Component::Statement(text),
                group.total_us.0,
                u64::from(group.count),
            );
        }
    }
    if let Some(profile) = &request.profile {
        for (name, time_us, calls) in functions(profile, &sql_by_caller) {
            add(Component::Function(name), time_us, calls);
        }
    }
    for wait in &work.waits {
        if let Some(statement) = &wait.statement
            && let Some(piece) = pieces.get_mut(&Component::Statement(statement.clone()))
        {
            piece.0 = (piece.0 - wait.waited_us).max(0);
        }
    }
    let waited_us: i64 = work.waits.iter().map(|it| it.waited_us).sum();
    let known_us: i64 = pieces.values().map(|it| it.0).sum();
    let wall_us = request.wall_us.0.clamp(0, limits::REQUEST_US_MAX);
    Sample {
        total_us: (wall_us - waited_us).max(known_us),
        pieces: pieces
            .into_iter()
            .map(|(component, (time_us, calls))| Piece {
                component,
                time_us,
                calls,
            })
            .collect(),
        held_up: Vec::new(),
    }
}

// === impl Shapes ===

impl Shapes {
    fn of(&mut self, sql: &str) -> String {
        if let Some(known) = self.0.get(sql) {
            return known.clone();
        }
        let shape = wire::sql::normalize(sql);
        self.0.insert(sql.to_owned(), shape.clone());
        shape
    }
}

/// Functions with their own time, statements left out. What is called ever so often and takes no time of its
/// own to speak of is its callers' loop, and so is most of what measuring it costs.
fn functions(profile: &Profile, sql_by_caller: &HashMap<&str, i64>) -> Vec<(String, i64, u64)> {
    let graph = profile.graph();
    let is_stacks = profile.shape == STACKS;
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
        // Stacks end in the function that issued the statement.
        let sql_us = sql_by_caller.get(name).filter(|_| is_stacks);
        let time_us = own_us - sql_us.copied().unwrap_or(0);
        let calls = u64::try_from(sums.calls).unwrap_or(0);
        ((*name).to_owned(), time_us, calls)
    });
    own.filter(|it| it.1 > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_which_too_little_is_known_is_no_sample() {
        let request = |more: &str| -> Request {
            let id = "a82409f1-8d09-4979-9cd5-f2bb0329602a";
            let body = format!(r#"{{"correlation_id":"{id}","url":"/","wall_us":100{more}}}"#);
            serde_json::from_str(&body).unwrap()
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
        let mut functions = functions(&profile, &HashMap::new());
        functions.sort();
        let wanted = [
            ("main()".to_owned(), 50_000, 1),
            ("rank".to_owned(), 800_000, 1),
        ];
        assert_eq!(functions, wanted);
    }
}
