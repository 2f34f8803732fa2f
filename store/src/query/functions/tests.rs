use wire::time::Instant;

use super::*;
use crate::calendar::Day;
use crate::query::bench::{Bench, NOON, request};

/// `main()` calls each function once, for so many microseconds.
fn profile(total_us: i64, callees: &[(&str, i64)]) -> String {
    let names: Vec<&str> = std::iter::once("main()")
        .chain(callees.iter().map(|(name, _)| *name))
        .collect();
    let mut edges = vec![vec![-1, 0, 1, total_us]];
    for (number, (_, us)) in (1..).zip(callees) {
        edges.push(vec![0, number, 1, *us]);
    }
    let profile = serde_json::json!({
        "shape": "call_pairs", "metrics": ["calls", "wall_us"], "names": names, "edges": edges,
    });
    format!(r#","profile":{profile}"#)
}

fn range(minutes: i64) -> Range {
    Range {
        from_at_us: NOON,
        to_at_us: NOON + Micros::from_seconds(60 * minutes),
    }
}

/// Three requests of two routes in the first minute, and one an hour later.
fn bench() -> Bench {
    let mut bench = Bench::new();
    let at = |seconds: i64| NOON + Micros::from_seconds(seconds);
    let slow = profile(900, &[("sleep", 700), ("PDO::query", 100)]);
    let other = profile(500, &[("curl_exec", 450)]);
    let records = [
        ("request", at(1), request(1, "/a", 1_000, &slow)),
        ("request", at(2), request(2, "/a", 1_000, &slow)),
        ("request", at(3), request(3, "/b", 1_000, &other)),
        ("request", at(3_700), request(4, "/a", 1_000, &other)),
    ];
    bench.store(Day::of(NOON), &records);
    bench
}

fn names(functions: &[FunctionRow]) -> Vec<(&str, i64)> {
    let rows = functions.iter();
    rows.map(|row| (row.name.as_str(), row.exclusive_us.0))
        .collect()
}

#[test]
fn the_sums_and_the_bodies_tell_the_same() {
    let bench = bench();
    let all = Filter::default();
    // Not only about the project, so it is answered from the bodies.
    let by_body = Filter::parse("host:web1", NOON).unwrap();
    for minutes in [1, 30, 90, 1_000, 10_000] {
        let ask_all = ask(&bench.ask(), range(minutes), &all, Order::Exclusive, 9).unwrap();
        let mut ask_body =
            ask(&bench.ask(), range(minutes), &by_body, Order::Exclusive, 9).unwrap();
        // Only who reads each profile knows it.
        let sleep = &mut ask_body.functions[0];
        assert_eq!(
            sleep.exclusive_p95_us,
            Some(Micros(700)),
            "{minutes} minutes"
        );
        let is_long = minutes >= 20;
        for row in ask_body.functions.iter_mut().filter(|_| is_long) {
            row.exclusive_p95_us = None;
        }
        assert_eq!(ask_all, ask_body, "{minutes} minutes");
    }
    let functions = ask(&bench.ask(), range(1), &all, Order::Exclusive, 2).unwrap();
    assert_eq!(functions.profiles, 3);
    assert_eq!(functions.total_us, Micros(2_300));
    assert_eq!(
        names(&functions.functions),
        [("sleep", 1_400), ("curl_exec", 450)]
    );
    assert_eq!(functions.omitted, 2);
}

#[test]
fn a_filter_leaves_the_other_routes_out() {
    let filter = Filter::parse("route:\"GET /b\"", NOON).unwrap();
    let functions = ask(&bench().ask(), range(1), &filter, Order::Inclusive, 9).unwrap();
    assert_eq!(
        names(&functions.functions),
        [("main()", 50), ("curl_exec", 450)]
    );
    let filter = Filter::parse("function:curl*", NOON).unwrap();
    let functions = ask(&bench().ask(), range(1), &filter, Order::Inclusive, 9).unwrap();
    assert_eq!(functions.profiles, 1);
}

#[test]
fn a_function_is_told_with_its_neighbours() {
    let bench = bench();
    let main = one(&bench.ask(), range(1), &Filter::default(), "main()").unwrap();
    let callees = main.unwrap().callees;
    let callees: Vec<_> = callees
        .iter()
        .map(|row| (row.name.as_str(), row.calls, row.inclusive_us.0))
        .collect();
    assert_eq!(
        callees,
        [
            ("sleep", 2, 1_400),
            ("curl_exec", 1, 450),
            ("PDO::query", 2, 200)
        ]
    );
    let none = one(&bench.ask(), range(1), &Filter::default(), "nobody").unwrap();
    assert_eq!(none, None);
}

#[test]
fn a_difference_is_over_the_functions_of_both_and_adds_up() {
    let bench = bench();
    let later = Range {
        from_at_us: Instant(NOON.0 + 3_600_000_000),
        to_at_us: Instant(NOON.0 + 3_900_000_000),
    };
    let diff = diff(&bench.ask(), later, range(1), &Filter::default(), 9).unwrap();
    assert_eq!((diff.profiles, diff.baseline_profiles), (1, 3));
    let change: f64 = diff.functions.iter().map(|it| it.exclusive_change_us).sum();
    let expected = diff.mean_us - diff.baseline_mean_us;
    assert!((change - expected).abs() < 1e-6, "{change} {expected}");
    let gone = diff.functions.iter().find(|it| it.name == "sleep").unwrap();
    assert!(gone.exclusive_us.abs() < 1e-9 && gone.baseline_exclusive_us > 400.0);
    assert!(diff.functions.iter().all(|it| !it.is_new));
}

#[test]
fn a_graph_has_every_pair_and_what_it_leaves_out_is_told() {
    let bench = bench();
    let whole = graph(&bench.ask(), range(1), &Filter::default()).unwrap();
    let exclusive: i64 = whole.functions.iter().map(|it| it.exclusive_us.0).sum();
    assert_eq!(Micros(exclusive), whole.total_us);
    let name = |place: u32| whole.functions[place as usize].name.as_str();
    let pairs: Vec<_> = whole
        .pairs
        .iter()
        .map(|pair| (name(pair.0), name(pair.1), pair.2, pair.3.0))
        .collect();
    assert_eq!(
        pairs,
        [
            ("main()", "sleep", 2, 1_400),
            ("main()", "curl_exec", 1, 450),
            ("main()", "PDO::query", 2, 200)
        ]
    );
    assert_eq!((whole.omitted, whole.omitted_pairs), (0, 0));
    let profiles = profile::of_range(&bench.ask(), range(1), &Filter::default(), true).unwrap();
    let small = graph_of(range(1), &profiles, 3, 1);
    assert_eq!((small.omitted, small.omitted_us), (1, Micros(200)));
    assert_eq!((small.pairs.len(), small.omitted_pairs), (1, 2));
}

#[test]
fn a_short_range_has_nothing_of_the_rest_of_its_minute() {
    let bench = bench();
    let seconds = |from: i64, to: i64| Range {
        from_at_us: NOON + Micros::from_seconds(from),
        to_at_us: NOON + Micros::from_seconds(to),
    };
    let whole = graph(&bench.ask(), seconds(2, 4), &Filter::default()).unwrap();
    assert_eq!((whole.profiles, whole.total_us), (2, Micros(1_400)));
    let before = seconds(0, 2);
    let diff = diff(&bench.ask(), seconds(3, 4), before, &Filter::default(), 9).unwrap();
    assert_eq!((diff.profiles, diff.baseline_profiles), (1, 1));
    let own = diff.functions.iter().find(|it| it.name == "curl_exec");
    assert!(own.is_some_and(|it| it.is_new));
}
