//! Captured requests, each with its part in the range and in the baseline.
//!
//! Of a busy site they are tens of thousands, and most are only ever counted. So one by one are told those that
//! something else speaks of: who waited for a lock or held one, who reaches beyond its period, and of each route
//! the longest, which are looked into. The others are added up by route. A suspect is the same either way.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::{FxHashMap, FxHashSet};
use wire::ids::CorrelationId;
use wire::time::{Instant, Range};

use super::samples::{Place, Places};
use super::{Comparison, Key, Works, overlap_us};
use crate::calendar::Day;
use crate::db::reader::DayReader;
use crate::limits;
use crate::query::sums;
use crate::query::timeline::LONG_REQUEST_US;
use crate::query::waits::Moment;
use crate::query::{Answer, Ask, correlation_id};
use crate::spike::suspects::{Demand, Period, RequestCost, Sender, Work};

/// What is known of captured requests besides their work.
#[derive(Debug, Default)]
pub(super) struct Captured {
    /// Where those are that are told one by one.
    pub(super) places: Places,
    /// Those that were added up.
    folded: FxHashSet<(CorrelationId, Period)>,
}

/// Whom other parts of an answer speak of.
pub(super) struct Spoken {
    requests: FxHashSet<CorrelationId>,
    /// Of the others nobody asks what they took.
    clients: FxHashSet<Vec<u8>>,
}

/// A request that may be one of the longest: in the order of how long it was active.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    active_us: i64,
    id: CorrelationId,
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
    /// The shortest of the longest is on top.
    longest: BinaryHeap<Reverse<Candidate>>,
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
    comparison: &Comparison<'_>,
    spoken: &Spoken,
    works: &mut Works,
) -> Answer<Captured> {
    let mut captured = Captured::default();
    for (period, range) in comparison.periods() {
        for day in ask.reader.days_since(range.from_at_us)? {
            let routes = read(&day, (period, range), comparison, spoken, &mut captured)?;
            let label = "SELECT id, label FROM main.route WHERE id BETWEEN ?1 AND ?2";
            let labels = sums::names(&day, label, routes.keys().copied())?;
            for (route, requests) in routes {
                if let Some(label) = labels.get(&route) {
                    captured.tell(works, requests, (day.day, period, label));
                }
            }
        }
    }
    Ok(captured)
}

/// The requests of a day's file that were active in a period, by the number of their route.
fn read(
    day: &DayReader,
    (period, range): (Period, Range),
    comparison: &Comparison<'_>,
    spoken: &Spoken,
    captured: &mut Captured,
) -> Answer<FxHashMap<i64, Route>> {
    let columns = "correlation_id, route_id, at_us, wall_us, sql_us, record_id, client";
    let of_project = "(?3 IS NULL OR source_id IN (SELECT id FROM main.source WHERE project = ?3))";
    let sql = format!(
        "SELECT {columns} FROM main.request INDEXED BY request_by_at
         WHERE at_us >= ?1 - {LONG_REQUEST_US} AND at_us < ?2 AND at_us + wall_us > ?1 AND {of_project}
         UNION ALL
         SELECT {columns} FROM main.request
         WHERE wall_us > {LONG_REQUEST_US} AND at_us + wall_us > ?1 AND at_us < ?1 - {LONG_REQUEST_US}
         AND {of_project}"
    );
    let params = (range.from_at_us.0, range.to_at_us.0, comparison.project);
    let mut routes: FxHashMap<i64, Route> = FxHashMap::default();
    day.each(&sql, params, |row| {
        let (begin, wall_us): (i64, i64) = (row.get(2)?, row.get(3)?);
        let life = Range {
            from_at_us: Instant(begin),
            to_at_us: Instant(begin.saturating_add(wall_us)),
        };
        let client = row.get_ref(6)?.as_bytes_or_null()?;
        let request = Candidate {
            active_us: overlap_us(life, range),
            id: correlation_id(row.get(0)?),
            begin: life.from_at_us,
            record_id: row.get(5)?,
            wall_us,
            sql_us: row.get(4)?,
            client: client
                .filter(|it| spoken.clients.contains(*it))
                .map(|it| String::from_utf8_lossy(it).into_owned()),
        };
        // A request may be stored twice, with another id of its record.
        if request.active_us > 0 && captured.folded.insert((request.id, period)) {
            let reaches_beyond =
                life.from_at_us < range.from_at_us || life.to_at_us > range.to_at_us;
            let route = routes.entry(row.get(1)?).or_default();
            if reaches_beyond || spoken.requests.contains(&request.id) {
                route.spoken.push(request);
            } else {
                route.add(request);
            }
        }
        Ok(true)
    })?;
    Ok(routes)
}

// === impl Captured ===

impl Captured {
    /// Some, of which none were added up.
    pub(super) fn at(places: Places) -> Self {
        Self {
            places,
            folded: FxHashSet::default(),
        }
    }

    /// Whether a request's time is in what was added up.
    pub(super) fn has_folded(&self, id: CorrelationId, period: Period) -> bool {
        self.folded.contains(&(id, period))
    }

    /// Makes works of a route's requests.
    fn tell(&mut self, works: &mut Works, route: Route, (day, period, label): (Day, Period, &str)) {
        let longest = route.longest.into_iter().map(|it| it.0);
        for request in route.spoken.into_iter().chain(longest) {
            self.folded.remove(&(request.id, period));
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
    /// Everybody in some waiting, and those that sent most of all requests.
    pub(super) fn of(moments: &[Moment], demand: &Demand) -> Self {
        let seats = moments
            .iter()
            .flat_map(|moment| [&moment.waiter, &moment.blocker, &moment.root]);
        let clients = demand
            .senders
            .keys()
            .filter_map(|(_, sender)| match sender {
                Sender::Client(client) => Some(client.clone().into_bytes()),
                Sender::UserAgent(_) => None,
            });
        Self {
            requests: seats.filter_map(|seat| seat.correlation_id).collect(),
            clients: clients.collect(),
        }
    }
}

// === impl Candidate ===

impl Candidate {
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

// === impl Route ===

impl Route {
    /// Keeps a request if it is one of the longest, and adds up the one that no longer is.
    fn add(&mut self, request: Candidate) {
        let shortest = self.longest.peek().map(|it| &it.0);
        let is_full = self.longest.len() >= limits::SUSPECT_SAMPLES_MAX;
        if is_full && shortest.is_some_and(|it| request < *it) {
            self.fold(&request);
            return;
        }
        self.longest.push(Reverse(request));
        if is_full && let Some(Reverse(shortest)) = self.longest.pop() {
            self.fold(&shortest);
        }
    }

    fn fold(&mut self, request: &Candidate) {
        let folded = self.folded.entry(request.client.clone()).or_default();
        let own = request.folded();
        folded.cost.add(own.cost);
        folded.active_us = folded.active_us.saturating_add(own.active_us);
    }
}

#[cfg(test)]
mod tests {
    use wire::query::{BaselineKind, Suspects};
    use wire::time::Micros;

    use super::*;
    use crate::query::bench::{Bench, NOON, request};
    use crate::query::suspects::{of_range, samples};
    use crate::spike::suspects;

    /// Numbers that look as if they came by chance.
    fn scattered(step: i64, below: i64) -> i64 {
        (step * 7_919 + step * step * 104_729) % below
    }

    /// Five minutes of two routes, denser in the last; one in eight requests is a crawler's, and one function
    /// takes longer at the end.
    fn stored() -> Bench {
        let mut bench = Bench::new();
        let records: Vec<(&str, Instant, String)> = (0..900)
            .map(|step: i64| {
                let second = if step < 400 { step * 240 / 400 } else { 240 + (step - 400) * 60 / 500 };
                let at = NOON - Micros::from_seconds(300 - second);
                let own = 500_000 + scattered(step, 400_000);
                let matched = if second < 240 { 50_000 } else { 700_000 };
                let client = if step % 8 == 0 { "192.0.2.9".to_owned() } else { format!("198.51.100.{}", step % 250) };
                let more = format!(
                    r#","client":"{client}","profile":{{"engine":"x","shape":"call_pairs","metrics":["calls","wall_us"],"names":["main()","match"],"edges":[[-1,0,1,{}],[0,1,1,{matched}]]}}"#,
                    own + matched
                );
                let route = if step % 3 == 0 { "/search" } else { "/list" };
                let id = u64::try_from(step).unwrap() + 1;
                ("request", at, request(id, route, own + matched, &more))
            })
            .collect();
        bench.store(Day::of(NOON), &records);
        bench
    }

    /// What is told of the last minute, and how many works that took.
    fn told(bench: &Bench, spoken: &Spoken) -> (Suspects, usize, Captured) {
        let ask = bench.ask();
        let minute = Range {
            from_at_us: NOON - Micros::from_seconds(60),
            to_at_us: NOON,
        };
        let comparison = Comparison::find(&ask, minute, None, BaselineKind::Before).unwrap();
        let mut works = Works::new();
        let captured = add(&ask, &comparison, spoken, &mut works).unwrap();
        samples::add(&ask, &captured.places, &mut works).unwrap();
        let works: Vec<Work> = works.into_values().collect();
        let demand = Demand {
            senders: [(Period::Range, 60), (Period::Baseline, 1)]
                .map(|(period, count)| ((period, Sender::Client("192.0.2.9".to_owned())), count))
                .into(),
            routes: [(Period::Range, 500), (Period::Baseline, 400)]
                .map(|(period, count)| ((period, "GET /list".to_owned()), count))
                .into(),
            ..Demand::default()
        };
        let told = suspects::rank(minute, comparison.baseline, &works, &[], &demand);
        (told, works.len(), captured)
    }

    #[test]
    fn requests_that_are_added_up_are_told_as_if_they_were_not() {
        let bench = stored();
        let crawler = || FxHashSet::from_iter([b"192.0.2.9".to_vec()]);
        let few = Spoken {
            requests: FxHashSet::default(),
            clients: crawler(),
        };
        let ids = (1..=900).map(|id| CorrelationId(uuid::Uuid::from_u64_pair(id, id)));
        let all = Spoken {
            requests: ids.collect(),
            clients: crawler(),
        };
        let (folded, works, captured) = told(&bench, &few);
        let (single, requests, _) = told(&bench, &all);
        assert_eq!(folded, single);
        assert!(folded.suspects.len() > 1, "{folded:?}");
        // Two routes with 32 requests each and the sums of two kinds of clients, in two periods; and a few that
        // reach beyond their period.
        assert!((132..160).contains(&works), "{works}");
        assert!(requests >= 900, "{requests}");
        assert!(captured.folded.len() + captured.places.len() >= 900);
    }

    #[test]
    fn a_session_of_a_request_that_was_added_up_is_not_told_again() {
        let mut bench = stored();
        let minute = Range {
            from_at_us: NOON - Micros::from_seconds(60),
            to_at_us: NOON,
        };
        let before = of_range(&bench.ask(), minute, None, BaselineKind::Before).unwrap();
        let active = serde_json::json!({"cpu": 1, "io": 0, "lock": 0, "client": 0, "other": 0,
            "idle_in_transaction": 0});
        let samples: Vec<(&str, Instant, String)> = (401..900)
            .map(|id: u64| {
                let session = serde_json::json!({"pid": id, "user": "shop", "state": "active",
                    "correlation_id": uuid::Uuid::from_u64_pair(id, id), "query": "SELECT 1",
                    "query_truncated": false});
                let sample = serde_json::json!({"interval_us": 1_000_000, "backends": 1, "self_us": 5,
                    "max_connections": 100, "active": active, "sessions": [session]});
                ("pg_activity", NOON - Micros(1), sample.to_string())
            })
            .collect();
        bench.store(Day::of(NOON), &samples);
        let after = of_range(&bench.ask(), minute, None, BaselineKind::Before).unwrap();
        assert!(
            (after.added_load - before.added_load).abs() < 1e-9,
            "{after:?}"
        );
        assert_eq!(after.suspects, before.suspects);
    }

    #[test]
    fn the_longest_are_kept_and_nothing_is_lost() {
        let mut route = Route::default();
        let mut all: Vec<i64> = (0..500)
            .map(|step| scattered(step, 1_000_000) + 1)
            .collect();
        for (id, active_us) in (0_u128..).zip(&all) {
            route.add(Candidate {
                active_us: *active_us,
                id: CorrelationId(uuid::Uuid::from_u128(id)),
                begin: NOON,
                record_id: 1,
                wall_us: active_us * 2,
                sql_us: 3,
                client: None,
            });
        }
        all.sort_unstable();
        let (folded, longest) = all.split_at(500 - limits::SUSPECT_SAMPLES_MAX);
        let kept = route.longest.into_sorted_vec();
        let mut kept: Vec<i64> = kept.iter().map(|it| it.0.active_us).collect();
        kept.sort_unstable();
        assert_eq!(kept, longest);
        let sum = route.folded[&None];
        assert_eq!(sum.active_us, folded.iter().sum::<i64>());
        assert_eq!(sum.cost.wall_us, 2 * sum.active_us);
        assert_eq!((sum.cost.count, sum.cost.sql_us), (folded.len(), 3 * 468));
    }
}
