use wire::time::Range;

use super::*;
use crate::calendar::Day;
use crate::query::bench::{Bench, NOON, request};
use crate::query::timeline;

/// Two hours, in which a request of ten seconds begins every minute, and the host tells its load.
fn bench() -> Bench {
    let mut bench = Bench::new();
    let mut records = Vec::new();
    for minute in 0..120 {
        let at = NOON + Micros::from_seconds(60 * minute + 20);
        let id = 1 + minute.unsigned_abs();
        records.push(("request", at, request(id, "/a", 10_000_000, "")));
        let load = if minute < 60 { 2 } else { 8 };
        let metrics = format!(
            r#"{{"interval_us":10000000,"role":"web","cores":4,"load1":{load},"load5":1,"load15":1}}"#
        );
        records.push(("host_metrics", at, metrics));
        let activity = r#"{"interval_us":1000000,"backends":9,"max_connections":100,"self_us":1,
            "active":{"cpu":1,"io":2,"lock":3,"client":0,"other":0,"idle_in_transaction":4},"sessions":[]}"#;
        records.push(("pg_activity", at, activity.to_owned()));
        let traffic = r#"{"interval_us":10000000,"clients":[],"user_agents":[],"routes":[{"method":"GET",
            "route":"/a","count":50,"errors":5,"captured":1,"wall_us":20000000,"longest_us":900000,
            "queue_us":0,"cpu_us":0,"sql_count":1,"sql_us":1,"memory_peak_bytes":1,"wall":[[100,50]]}]}"#;
        records.push(("traffic", at, traffic.to_owned()));
    }
    bench.store(Day::of(NOON), &records);
    bench
}

fn question(buckets: usize) -> Question {
    Question {
        range: Range {
            from_at_us: NOON,
            to_at_us: NOON + Micros::from_seconds(7_200),
        },
        buckets,
        project: None,
        host: None,
    }
}

/// The same from the rows.
fn by_rows(ask: &Ask, question: &Question, axis: Axis) -> Summed {
    Summed {
        hosts: timeline::hosts(ask, question, axis).unwrap(),
        sessions: timeline::sessions(ask, question, axis).unwrap(),
        requests: timeline::requests(ask, question, axis).unwrap(),
        traffic: traffic::ask(ask, question, axis).unwrap(),
    }
}

fn near(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .all(|(a, b)| (a - b).abs() < 1e-6 * b.abs().max(1.0))
}

fn known(values: &[Option<f64>]) -> Vec<f64> {
    values.iter().map(|value| value.unwrap()).collect()
}

#[test]
fn sums_tell_what_the_rows_tell_wherever_a_bucket_is_whole_spans() {
    let bench = bench();
    let ask_with = bench.ask();
    for (buckets, tier) in [(120, Tier::Minute), (12, Tier::TenMinutes), (2, Tier::Hour)] {
        let question = question(buckets);
        let axis = Axis::new(question.range, buckets);
        assert_eq!(Tier::within(axis.bucket_us().0), Some(tier));
        let summed = super::ask(&ask_with, &question, axis, tier).unwrap();
        let rows = by_rows(&ask_with, &question, axis);
        assert_eq!(summed.requests.count, rows.requests.count, "{tier:?}");
        let in_flight = (&summed.requests.in_flight, &rows.requests.in_flight);
        assert!(near(in_flight.0, in_flight.1), "{tier:?} {in_flight:?}");
        let (a, b) = (&summed.hosts[0], &rows.hosts[0]);
        assert_eq!((a.cores, a.role), (b.cores, b.role));
        assert!(near(&known(&a.load1), &known(&b.load1)), "{tier:?}");
        let (a, b) = (&summed.sessions, &rows.sessions);
        assert!(near(&known(&a.lock), &known(&b.lock)), "{tier:?}");
        assert!(near(&known(&a.idle_in_transaction), &[4.0].repeat(buckets)));
        let (a, b) = (&summed.traffic, &rows.traffic);
        assert!(near(&known(&a.per_s), &known(&b.per_s)), "{tier:?}");
        assert_eq!(a.p95_us, b.p95_us);
    }
}

#[test]
fn the_hours_p95_is_that_of_its_requests_to_within_an_eighth() {
    let bench = bench();
    let question = question(2);
    let axis = Axis::new(question.range, 2);
    let summed = super::ask(&bench.ask(), &question, axis, Tier::Hour).unwrap();
    let p95 = summed.requests.p95_us[0].unwrap().0;
    assert!((8_750_000..=10_000_000).contains(&p95), "{p95}");
}
