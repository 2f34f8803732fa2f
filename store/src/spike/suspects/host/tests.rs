use super::*;
use crate::spike::suspects::Component;

const SPANS: Spans = Spans {
    range: 100e6,
    baseline: 400e6,
};

/// Requests by host: how many in the range and of how many ms, and the same in the baseline.
type Given<'a> = (&'a str, (u64, i64), (u64, i64));

fn demand(route: &str, hosts: &[Given<'_>]) -> Demand {
    let mut demand = Demand::default();
    for (host, now, before) in hosts {
        for (period, (count, ms)) in [(Period::Range, *now), (Period::Baseline, *before)] {
            let served = Served {
                count,
                wall_us: i64::try_from(count).unwrap() * ms * 1_000,
            };
            let key = (period, route.to_owned(), (*host).to_owned());
            demand.hosts.insert(key, served);
        }
    }
    demand
}

/// A route that costs 10 more, most of it in a function.
fn splits() -> BTreeMap<String, Split> {
    let function = Component::Function("fopen".into());
    let split = Split {
        has_usual: true,
        demand: 1.0,
        costs: BTreeMap::from([(Some(function), 8.0), (None, 2.0)]),
    };
    BTreeMap::from([("GET /list".to_owned(), split)])
}

fn found(hosts: &[Given<'_>]) -> Option<(String, f64, f64)> {
    let mut splits = splits();
    let (host, loads) = take(&mut splits, &demand("GET /list", hosts), SPANS)?;
    Some((host.name, loads["GET /list"], splits["GET /list"].total()))
}

#[test]
fn a_host_that_alone_became_slow_has_what_its_routes_cost_more() {
    let hosts = [
        ("web1", (100, 120), (400, 120)),
        ("web2", (90, 3_000), (400, 120)),
    ];
    let (name, load, rest) = found(&hosts).unwrap();
    assert_eq!(name, "web2");
    // The demand stays the route's.
    assert!((load - 10.0).abs() < 1e-9 && (rest - 1.0).abs() < 1e-9);
}

#[test]
fn what_the_others_cost_more_is_not_the_hosts() {
    let hosts = [
        ("web1", (100, 220), (400, 120)),
        ("web2", (100, 1_020), (400, 120)),
    ];
    let (name, load, rest) = found(&hosts).unwrap();
    assert_eq!(name, "web2");
    assert!((load - 9.0).abs() < 1e-9 && (rest - 2.0).abs() < 1e-9);
}

#[test]
fn what_is_slow_everywhere_is_no_hosts() {
    let hosts = [
        ("web1", (100, 2_900), (400, 120)),
        ("web2", (100, 3_000), (400, 120)),
    ];
    assert_eq!(found(&hosts), None);
}

#[test]
fn a_host_without_others_to_compare_with_is_no_suspect() {
    let alone = ("web1", (100, 3_000), (400, 120));
    assert_eq!(found(&[alone]), None);
    assert_eq!(found(&[alone, ("web2", (4, 100), (400, 120))]), None);
    // It has just been switched off.
    assert_eq!(found(&[alone, ("web2", (0, 0), (400, 120))]), None);
}

#[test]
fn a_host_that_was_always_slower_is_no_suspect() {
    let hosts = [
        ("web1", (100, 150), (400, 120)),
        ("web2", (100, 3_010), (400, 3_000)),
    ];
    assert_eq!(found(&hosts), None);
}
