use wire::query::{BaselineKind, Suspects};
use wire::time::{Micros, Range};

use super::*;
use crate::query::bench::{Bench, NOON, request};
use crate::query::suspects::{Comparison, of_range};
use crate::spike::suspects::{self, Sender, Wanted};

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

/// What is told of the last minute, how many works that took, and of what was added up.
fn told(bench: &Bench, spoken: &Spoken) -> (Suspects, usize, Captured) {
    let (told, works, captured) = told_of(bench, spoken, |wanted| wanted);
    (told, works.len(), captured)
}

/// The same, if the requests are looked into that are chosen out of those that are wanted.
fn told_of(
    bench: &Bench,
    spoken: &Spoken,
    choose: impl Fn(Wanted) -> Wanted,
) -> (Suspects, Vec<Work>, Captured) {
    let ask = bench.ask();
    let minute = Range {
        from_at_us: NOON - Micros::from_seconds(60),
        to_at_us: NOON,
    };
    let comparison = Comparison::find(&ask, minute, None, BaselineKind::Before).unwrap();
    let mut works = Works::new();
    let slices = slices::of(&ask, &comparison, 10_000).unwrap().unwrap();
    let captured = add(&ask, None, &slices, spoken, &mut works).unwrap();
    let demand = Demand {
        senders: [(Period::Range, 60), (Period::Baseline, 1)]
            .map(|(period, count)| ((period, Sender::Client("192.0.2.9".to_owned())), count))
            .into(),
        routes: [(Period::Range, 500), (Period::Baseline, 400)]
            .map(|(period, count)| ((period, "GET /list".to_owned()), count))
            .into(),
        ..Demand::default()
    };
    let baseline = comparison.baseline;
    let wanted = suspects::wanted(minute, baseline, works.values(), &[], &demand);
    samples::add(&ask, &captured.places, &choose(wanted), &mut works).unwrap();
    let works: Vec<Work> = works.into_values().collect();
    let told = suspects::rank(minute, baseline, &works, &[], &demand);
    (told, works, captured)
}

#[test]
fn requests_that_are_added_up_are_told_as_if_they_were_not() {
    let bench = stored();
    let crawler = || Some(b"192.0.2.9".to_vec());
    let few = Spoken {
        requests: FxHashSet::default(),
        client: crawler(),
    };
    let ids = (1..=900).map(|id| CorrelationId(uuid::Uuid::from_u64_pair(id, id)));
    let all = Spoken {
        requests: ids.collect(),
        client: crawler(),
    };
    let (folded, works, captured) = told(&bench, &few);
    let (single, requests, _) = told(&bench, &all);
    assert_eq!(folded, single);
    assert!(folded.suspects.len() > 1, "{folded:?}");
    // Two routes with 32 requests each and the sums of two kinds of clients, in two periods; and a few that
    // reach beyond their period.
    assert!((132..160).contains(&works), "{works}");
    assert!(requests >= 900, "{requests}");
    let added_up: usize = captured.folded.values().map(FxHashSet::len).sum();
    assert!(added_up + captured.places.len() >= 900);
}

#[test]
fn what_is_not_looked_into_would_change_nothing() {
    let mut bench = stored();
    let profile = |all_us: i64, matched_us: i64| {
        format!(
            r#","profile":{{"engine":"x","shape":"call_pairs","metrics":["calls","wall_us"],"names":["main()","match"],"edges":[[-1,0,1,{all_us}],[0,1,1,{matched_us}]]}}"#
        )
    };
    // One that costs less than before, one that only comes more often, and a new one.
    let others: Vec<(&str, Instant, String)> = (0..300)
        .map(|second: i64| {
            let is_late = second >= 240;
            let (route, wall_us) = match second % 3 {
                0 => ("/about", if is_late { 100_000 } else { 600_000 }),
                1 => ("/feed", 200_000),
                _ if is_late => ("/new", 300_000),
                _ => ("/about", 600_000),
            };
            let id = u64::try_from(second).unwrap() + 2_001;
            let at = NOON - Micros::from_seconds(300 - second);
            let profile = profile(wall_us, wall_us / 3);
            ("request", at, request(id, route, wall_us, &profile))
        })
        .collect();
    // What they do differs from before, but they take as long.
    let more: Vec<(&str, Instant, String)> = (0..60)
        .map(|second: i64| {
            let id = u64::try_from(second).unwrap() + 3_001;
            let at = NOON - Micros::from_seconds(60 - second);
            let profile = profile(200_000, 180_000);
            ("request", at, request(id, "/feed", 200_000, &profile))
        })
        .collect();
    bench.store(Day::of(NOON), &others);
    bench.store(Day::of(NOON), &more);
    let nobody = Spoken {
        requests: FxHashSet::default(),
        client: None,
    };
    let routes = ["/search", "/list", "/about", "/feed", "/new"].map(|it| format!("GET {it}"));
    let everything = |_| {
        let both = [Period::Range, Period::Baseline];
        let all = routes
            .iter()
            .flat_map(|route| both.map(|period| (route.clone(), period)));
        all.collect::<Wanted>()
    };
    let told_by = |choose: &dyn Fn(Wanted) -> Wanted| {
        let (told, works, _) = told_of(&bench, &nobody, choose);
        let looked_into = works.into_iter().filter(|work| work.sample.is_some());
        let looked_into: Wanted = looked_into
            .map(|work| (work.label.unwrap(), work.period))
            .collect();
        (told, looked_into)
    };
    let (all, of_all) = told_by(&everything);
    let (told, of_some) = told_by(&|wanted| wanted);
    assert_eq!(told, all);
    assert!(told.suspects.len() > 2, "{told:?}");
    let both = |route: &str| [Period::Range, Period::Baseline].map(|it| (route.to_owned(), it));
    // What is new was not in the baseline.
    assert_eq!(of_all.len(), 9);
    let costly = both("GET /list").into_iter().chain(both("GET /search"));
    let new = ("GET /new".to_owned(), Period::Range);
    assert_eq!(of_some, costly.chain([new]).collect());
}

#[test]
fn a_request_that_is_stored_twice_counts_once_wherever_it_is_read() {
    let mut bench = stored();
    let nobody = Spoken {
        requests: FxHashSet::default(),
        client: None,
    };
    let (once, _, captured) = told(&bench, &nobody);
    let ids: usize = captured.folded.values().map(FxHashSet::len).sum();
    // Those of the baseline's begin, minutes later; and some of the range, as another day's file has them.
    let again = |ids: std::ops::Range<u64>, seconds: i64| -> Vec<(&str, Instant, String)> {
        let at = NOON - Micros::from_seconds(seconds);
        ids.map(|id| ("request", at, request(id, "/list", 900_000, "")))
            .collect()
    };
    bench.store(Day::of(NOON), &again(2..40, 65));
    bench.store(Day::of(NOON).plus(1), &again(500..540, 10));
    let (twice, _, captured) = told(&bench, &nobody);
    assert_eq!(twice, once);
    let added_up: usize = captured.folded.values().map(FxHashSet::len).sum();
    assert_eq!(added_up, ids);
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
    let mut parts = [Route::default(), Route::default(), Route::default()];
    let mut all: Vec<i64> = (0..500)
        .map(|step| scattered(step, 1_000_000) + 1)
        .collect();
    for (id, active_us) in (0_u128..).zip(&all) {
        let part = if id < 30 {
            0
        } else {
            1 + usize::from(id < 300)
        };
        parts[part].add(Candidate {
            active_us: *active_us,
            id: CorrelationId(uuid::Uuid::from_u128(id)),
            begin: NOON,
            record_id: 1,
            wall_us: active_us * 2,
            sql_us: 3,
            client: None,
        });
    }
    let [mut route, second, third] = parts;
    route.merge(second);
    route.merge(third);
    route.keep(limits::SUSPECT_SAMPLES_MAX);
    all.sort_unstable();
    let (folded, longest) = all.split_at(500 - limits::SUSPECT_SAMPLES_MAX);
    let mut kept: Vec<i64> = route.longest.iter().map(|it| it.active_us).collect();
    kept.sort_unstable();
    assert_eq!(kept, longest);
    let sum = route.folded[&None];
    assert_eq!(sum.active_us, folded.iter().sum::<i64>());
    assert_eq!(sum.cost.wall_us, 2 * sum.active_us);
    assert_eq!((sum.cost.count, sum.cost.sql_us), (folded.len(), 3 * 468));
}

#[test]
fn requests_are_read_from_an_index_alone() {
    let bench = stored();
    let ask = bench.ask();
    let day = ask.reader.day(Day::of(NOON)).unwrap().unwrap();
    for project in [None, Some("shop")] {
        let sql = format!(
            "EXPLAIN QUERY PLAN {}",
            slices::rows(slices::COLUMNS, project)
        );
        let plan = day
            .rows(&sql, (0, 0, 0, project), |row| row.get::<_, String>(3))
            .unwrap();
        assert!(
            plan.iter()
                .any(|it| it.contains("COVERING INDEX request_by_at")),
            "{plan:?}"
        );
    }
}
