use proptest::prelude::*;
use uuid::Uuid;
use wire::query::{Confidence, SuspectKind};
use wire::time::Instant;

use super::*;

const RANGE: Range = Range {
    from_at_us: Instant(40_000_000),
    to_at_us: Instant(50_000_000),
};
const BASELINE: Range = Range {
    from_at_us: Instant(0),
    to_at_us: Instant(40_000_000),
};

fn id(number: u128) -> CorrelationId {
    CorrelationId(Uuid::from_u128(number))
}

/// A captured request: its route, its id and its seconds in a period.
fn work(period: Period, label: &str, number: u128, active_s: i64) -> Work {
    Work {
        period,
        label: Some(label.to_owned()),
        is_session: false,
        request: Some(RequestCost {
            count: 1,
            wall_us: active_s * 1_000_000,
            sql_us: active_s * 500_000,
        }),
        correlation_id: Some(id(number)),
        active_us: active_s * 1_000_000,
        waits: Vec::new(),
        sample: None,
        client: None,
    }
}

fn waiting(work: Work, holder: usize, waited_s: i64) -> Work {
    let statement = Some("UPDATE stock SET qty = qty - ? WHERE sku = ?".to_owned());
    let wait = Waiting {
        holder,
        waited_us: waited_s * 1_000_000,
        statement,
    };
    Work {
        waits: vec![wait],
        ..work
    }
}

fn holder(label: &str, number: u128) -> Holder {
    Holder {
        is_recorded: true,
        label: label.to_owned(),
        route: Some(label.to_owned()),
        correlation_id: Some(id(number)),
        pid: 19_607,
        held_us: 26_100_000,
        relation: Some("stock".to_owned()),
        idle_share: 0.8,
        waiters_peak: 22,
        statement: Some("UPDATE stock SET price = ?".to_owned()),
        caller: Some("RepriceJob::run".to_owned()),
    }
}

#[test]
fn waiting_is_the_holders_and_not_the_waiters() {
    let holders = [holder("POST /cron/reprice", 1)];
    let mut works = vec![work(Period::Range, "POST /cron/reprice", 1, 10)];
    works.extend((2..12).map(|n| waiting(work(Period::Range, "POST /checkout", n, 10), 0, 9)));
    works.push(work(Period::Baseline, "POST /checkout", 99, 20));
    let answer = rank(RANGE, Some(BASELINE), &works, &holders, &Demand::default());
    // In load: the holder 1.0 itself and 9.0 behind it; checkout 1.0 less 0.5 that are usual.
    assert!(
        (answer.added_load - 10.5).abs() < 1e-9,
        "{}",
        answer.added_load
    );
    let first = &answer.suspects[0];
    assert_eq!(
        (first.kind, first.label.as_str()),
        (SuspectKind::LockHolder, "POST /cron/reprice")
    );
    assert!((first.share - 10.0 / 10.5).abs() < 1e-9, "{}", first.share);
    assert!(first.is_new);
    assert_eq!(first.correlation_id, Some(id(1)));
    assert_eq!(
        first.evidence,
        "pid 19607 held locks on stock for 26.1 s (idle in transaction in 80 % of samples), 22 \
         sessions waiting at worst, 90.0 s of waiting; its statement UPDATE stock SET price = ?, \
         issued by RepriceJob::run"
    );
    let parts: Vec<&str> = first.parts.iter().map(|part| part.label.as_str()).collect();
    let victims = "10 × POST /checkout waited  UPDATE stock SET qty = qty - ? WHERE sku = ?";
    assert_eq!(parts, [victims, "its own work"]);
    let second = &answer.suspects[1];
    assert_eq!((second.kind, second.is_new), (SuspectKind::Route, false));
}

/// What each waited for the lock is the holder's; of what is left to the route, no request is most.
#[test]
fn a_request_is_judged_by_its_own_time_and_not_by_its_waiting() {
    let holders = [holder("POST /cron/reprice", 1)];
    let mut works = vec![work(Period::Range, "POST /cron/reprice", 1, 1)];
    for n in 2..12 {
        let waited = if n == 2 { 9 } else { 4 };
        let victim = work(Period::Range, "POST /checkout", n, waited + 1);
        works.push(waiting(victim, 0, waited));
    }
    let answer = rank(RANGE, Some(BASELINE), &works, &holders, &Demand::default());
    let checkout = answer
        .suspects
        .iter()
        .find(|it| it.label == "POST /checkout")
        .expect("it did something itself");
    assert_eq!(checkout.kind, SuspectKind::Route, "{checkout:?}");
    assert!(
        checkout.evidence.starts_with("10 requests of"),
        "{checkout:?}"
    );
}

#[test]
fn a_slow_request_behind_which_little_was_waited_is_no_lock_holder() {
    let holders = [holder("GET /report", 1)];
    let works = [
        work(Period::Range, "GET /report", 1, 10),
        waiting(work(Period::Range, "POST /checkout", 2, 3), 0, 2),
    ];
    let answer = rank(RANGE, Some(BASELINE), &works, &holders, &Demand::default());
    let first = &answer.suspects[0];
    assert_eq!(
        (first.kind, first.label.as_str()),
        (SuspectKind::Request, "GET /report")
    );
    assert_eq!(
        first.evidence,
        "1 request of 10.0 s on average, 50 % of it SQL; none captured in the baseline"
    );
}

#[test]
fn what_reaches_into_the_range_is_still_new_and_no_example() {
    let works = [
        work(Period::Range, "GET /report", 1, 10),
        work(Period::Baseline, "GET /report", 1, 2),
    ];
    let answer = rank(RANGE, Some(BASELINE), &works, &[], &Demand::default());
    assert!(answer.suspects[0].is_new);
    assert!(
        answer.suspects[0]
            .evidence
            .ends_with("none captured in the baseline")
    );
}

#[test]
fn without_a_baseline_nothing_is_called_new() {
    let answer = rank(
        RANGE,
        None,
        &[work(Period::Range, "GET /search", 1, 10)],
        &[],
        &Demand::default(),
    );
    assert!(!answer.suspects[0].is_new);
    assert_eq!(answer.baseline.span().0, 0);
}

#[test]
fn where_nothing_was_added_nobody_is_suspected() {
    let works = [
        work(Period::Range, "GET /a", 1, 1),
        work(Period::Baseline, "GET /a", 2, 40),
    ];
    let answer = rank(RANGE, Some(BASELINE), &works, &[], &Demand::default());
    assert_eq!((answer.suspects.len(), answer.unexplained_share), (0, 1.0));
}

#[test]
fn sessions_that_were_only_counted_stay_unexplained() {
    let counted = Work {
        label: None,
        is_session: true,
        request: None,
        correlation_id: None,
        ..work(Period::Range, "", 0, 10)
    };
    let works = [counted, work(Period::Range, "GET /a", 1, 10)];
    let answer = rank(RANGE, Some(BASELINE), &works, &[], &Demand::default());
    assert_eq!(answer.suspects.len(), 1);
    assert!((answer.unexplained_share - 0.5).abs() < 1e-9);
}

fn component(number: u8) -> Component {
    match number {
        0 | 1 => Component::Statement(format!("SELECT {number}").into()),
        _ => Component::Function(format!("f{number}").into()),
    }
}

/// A request that was looked into: what it spent in a component, and how often.
fn looked_into(work: Work, component: Component, seconds: f64, calls: u64) -> Work {
    #[expect(clippy::cast_possible_truncation, reason = "seconds of a test")]
    let time_us = (seconds * 1e6) as i64;
    let piece = Piece {
        component,
        time_us,
        calls,
    };
    Work {
        sample: Some(Sample {
            held_up: Vec::new(),
            total_us: work.active_us,
            pieces: vec![piece],
        }),
        ..work
    }
}

fn function() -> Component {
    Component::Function("Shop\\Search::rank".into())
}

#[test]
fn a_function_that_takes_longer_stands_for_its_routes() {
    let mut works = Vec::new();
    // Ten requests in either period, one second each before, four now, the rest of it in one function.
    for n in 0..10 {
        let route = if n % 2 == 0 {
            "GET /search"
        } else {
            "GET /list"
        };
        let before = work(Period::Baseline, route, n, 1);
        works.push(looked_into(before, function(), 0.1, 1));
        let now = work(Period::Range, route, 100 + n, 4);
        works.push(looked_into(now, function(), 3.1, 1));
    }
    // As many requests a second as before: the baseline is four times as long.
    let count = |period, count| {
        ["GET /search", "GET /list"].map(|route| ((period, route.to_owned()), count))
    };
    let demand = Demand {
        routes: [count(Period::Range, 5), count(Period::Baseline, 20)]
            .concat()
            .into_iter()
            .collect(),
        ..Demand::default()
    };
    let answer = rank(RANGE, Some(BASELINE), &works, &[], &demand);
    let first = &answer.suspects[0];
    assert_eq!(
        (first.kind, first.label.as_str()),
        (SuspectKind::Function, "Shop\\Search::rank")
    );
    assert!(first.share > 0.8, "{answer:?}");
    assert_eq!(
        first.evidence,
        "3.1 s, 1.0 times in a request of GET /search (10 requests looked into); in the baseline 0.10 s, \
         1.0 times"
    );
    assert_eq!(first.parts.len(), 2);
    assert!(!first.is_new && first.confidence == Confidence::Medium);
    assert!(first.correlation_id.is_some() && first.route.is_some());
}

#[test]
fn a_loop_of_statements_is_named_with_how_often() {
    let statement = || Component::Statement("SELECT * FROM price WHERE sku = ?".into());
    let mut works = Vec::new();
    for n in 0..6 {
        let before = work(Period::Baseline, "GET /list", n, 1);
        works.push(looked_into(before, statement(), 0.02, 1));
        let now = work(Period::Range, "GET /list", 100 + n, 3);
        works.push(looked_into(now, statement(), 2.0, 100));
    }
    let demand = Demand {
        routes: BTreeMap::from([
            ((Period::Range, "GET /list".to_owned()), 6),
            ((Period::Baseline, "GET /list".to_owned()), 24),
        ]),
        ..Demand::default()
    };
    let answer = rank(RANGE, Some(BASELINE), &works, &[], &demand);
    let first = &answer.suspects[0];
    assert_eq!(first.kind, SuspectKind::Statement, "{answer:?}");
    assert!(
        first.evidence.contains("2.0 s, 100 times"),
        "{}",
        first.evidence
    );
    assert!(
        first.evidence.contains("in the baseline 0.02 s, 1.0 times"),
        "{}",
        first.evidence
    );
}

#[test]
fn more_of_the_same_requests_is_who_sends_them() {
    let mut works = Vec::new();
    for n in 0..8 {
        let before = work(Period::Baseline, "GET /list", n, 1);
        works.push(looked_into(before, function(), 0.8, 1));
    }
    for n in 100..140 {
        let now = work(Period::Range, "GET /list", n, 1);
        works.push(looked_into(now, function(), 0.8, 1));
    }
    let crawler = || Sender::Client("203.0.113.9".to_owned());
    let demand = Demand {
        hosts: BTreeMap::new(),
        routes: BTreeMap::from([
            ((Period::Range, "GET /list".to_owned()), 400),
            ((Period::Baseline, "GET /list".to_owned()), 80),
        ]),
        senders: BTreeMap::from([((Period::Range, crawler()), 370)]),
    };
    let answer = rank(RANGE, Some(BASELINE), &works, &[], &demand);
    let first = &answer.suspects[0];
    assert_eq!(
        (first.kind, first.label.as_str()),
        (SuspectKind::Client, "203.0.113.9"),
        "{answer:?}"
    );
    assert!(first.is_new && first.share > 0.9, "{answer:?}");
    assert_eq!(
        first.evidence,
        "370 requests, 37.0 a second and 92 % of all; in the baseline 0.0 a second"
    );
}

/// The machine is full: the crawler's page takes the workers, so others get fewer answers than before.
#[test]
fn a_crawler_is_found_although_fewer_requests_are_answered() {
    let mut works = Vec::new();
    for n in 0..40 {
        works.push(work(Period::Baseline, "GET /product", n, 1));
    }
    for n in 100..120 {
        works.push(work(Period::Range, "GET /search", n, 8));
    }
    let crawler = || Sender::Client("203.0.113.9".to_owned());
    let demand = Demand {
        hosts: BTreeMap::new(),
        routes: BTreeMap::from([
            ((Period::Baseline, "GET /product".to_owned()), 4_000),
            ((Period::Range, "GET /product".to_owned()), 400),
            ((Period::Baseline, "GET /search".to_owned()), 40),
            ((Period::Range, "GET /search".to_owned()), 200),
        ]),
        senders: BTreeMap::from([((Period::Range, crawler()), 180)]),
    };
    let answer = rank(RANGE, Some(BASELINE), &works, &[], &demand);
    let first = &answer.suspects[0];
    assert_eq!(
        (first.kind, first.label.as_str()),
        (SuspectKind::Client, "203.0.113.9"),
        "{answer:?}"
    );
}

#[test]
fn a_crawler_has_all_the_time_of_its_requests_also_what_they_wait_for_each_other() {
    let from = |work: Work, client: &str| Work {
        client: Some(client.to_owned()),
        ..work
    };
    let mut works = Vec::new();
    for n in 0..8 {
        let before = work(Period::Baseline, "GET /search", n, 1);
        works.push(from(looked_into(before, function(), 0.9, 1), "10.0.0.1"));
    }
    // Ten times as many, and each takes five times as long since there are so many.
    for n in 100..120 {
        let client = if n < 118 { "203.0.113.9" } else { "10.0.0.1" };
        let now = work(Period::Range, "GET /search", n, 5);
        works.push(from(looked_into(now, function(), 4.9, 1), client));
    }
    let client = |name: &str| Sender::Client(name.to_owned());
    let demand = Demand {
        hosts: BTreeMap::new(),
        routes: BTreeMap::from([
            ((Period::Range, "GET /search".to_owned()), 20),
            ((Period::Baseline, "GET /search".to_owned()), 8),
        ]),
        senders: BTreeMap::from([
            ((Period::Range, client("203.0.113.9")), 18),
            ((Period::Range, client("10.0.0.1")), 2),
            ((Period::Baseline, client("10.0.0.1")), 8),
        ]),
    };
    let answer = rank(RANGE, Some(BASELINE), &works, &[], &demand);
    let first = &answer.suspects[0];
    assert_eq!(
        (first.kind, first.label.as_str()),
        (SuspectKind::Client, "203.0.113.9"),
        "{answer:?}"
    );
    // 90 s of 98 s that were added, in load.
    assert!((first.share - 9.0 / 9.8).abs() < 1e-9, "{}", first.share);
    let shares: f64 = answer.suspects.iter().map(|it| it.share).sum();
    assert!((shares - 1.0).abs() < 1e-9);
}

#[test]
fn who_always_sends_most_of_the_requests_is_a_proxy_and_no_suspect() {
    let mut works: Vec<Work> = (0..8)
        .map(|n| work(Period::Baseline, "GET /list", n, 1))
        .collect();
    works.extend((100..140).map(|n| work(Period::Range, "GET /list", n, 1)));
    let proxy = || Sender::Client("10.0.0.1".to_owned());
    let demand = Demand {
        hosts: BTreeMap::new(),
        routes: BTreeMap::from([
            ((Period::Range, "GET /list".to_owned()), 400),
            ((Period::Baseline, "GET /list".to_owned()), 80),
        ]),
        senders: BTreeMap::from([
            ((Period::Range, proxy()), 400),
            ((Period::Baseline, proxy()), 79),
        ]),
    };
    let answer = rank(RANGE, Some(BASELINE), &works, &[], &demand);
    assert_eq!(answer.suspects[0].kind, SuspectKind::Route, "{answer:?}");
}

#[test]
fn a_route_that_is_new_is_named_itself_with_what_it_does() {
    let works = [looked_into(
        work(Period::Range, "GET /export", 1, 9),
        function(),
        8.0,
        40,
    )];
    let answer = rank(RANGE, Some(BASELINE), &works, &[], &Demand::default());
    let first = &answer.suspects[0];
    assert_eq!((first.kind, first.is_new), (SuspectKind::Request, true));
    assert_eq!(
        first.confidence,
        Confidence::Low,
        "one request may be chance"
    );
    assert_eq!(first.parts[0].label, "Shop\\Search::rank");
    assert!((first.parts[0].share - 8.0 / 9.0).abs() < 1e-9);
}

#[test]
fn a_route_of_which_nothing_more_is_known_has_no_parts() {
    let unknown = |works: &[Work]| rank(RANGE, Some(BASELINE), works, &[], &Demand::default());
    let looked = Work {
        sample: Some(Sample {
            held_up: Vec::new(),
            total_us: 9_000_000,
            pieces: Vec::new(),
        }),
        ..work(Period::Range, "GET /export", 1, 9)
    };
    assert!(unknown(&[looked]).suspects[0].parts.is_empty());
    assert!(
        unknown(&[work(Period::Range, "GET /export", 1, 9)]).suspects[0]
            .parts
            .is_empty()
    );
}

prop_compose! {
    fn any_demand()(
        routes in prop::collection::vec((any::<bool>(), 0_u8..5, 0_u64..900), 0..9),
        senders in prop::collection::vec((any::<bool>(), 0_u8..3, 0_u64..900), 0..5),
        hosts in prop::collection::vec((any::<bool>(), 0_u8..5, 0_u8..3, 0_u64..900, 0_i64..60_000_000), 0..12),
    ) -> Demand {
        let period = |is_baseline| if is_baseline { Period::Baseline } else { Period::Range };
        Demand {
            routes: routes.into_iter().map(|it| ((period(it.0), format!("GET /{}", it.1)), it.2)).collect(),
            senders: senders
                .into_iter()
                .map(|it| ((period(it.0), Sender::Client(format!("10.0.0.{}", it.1))), it.2))
                .collect(),
            hosts: hosts
                .into_iter()
                .map(|it| {
                    let key = (period(it.0), format!("GET /{}", it.1), format!("web{}", it.2));
                    let served = Served { count: it.3, wall_us: it.4 };
                    (key, served)
                })
                .collect(),
        }
    }
}

prop_compose! {
    fn any_work()(
        is_baseline in any::<bool>(),
        label in prop::option::of(0_u8..5),
        number in 1_u128..12,
        active_us in 0_i64..60_000_000,
        waits in prop::collection::vec((0_usize..3, -5_i64..60_000_000), 0..4),
        pieces in prop::option::of(prop::collection::vec((0_u8..4, -5_i64..60_000_000, 0_u64..9), 0..4)),
        client in prop::option::of(0_u8..3),
    ) -> Work {
        Work {
            period: if is_baseline { Period::Baseline } else { Period::Range },
            request: label.map(|_| RequestCost { count: 1, wall_us: active_us, sql_us: active_us / 2 }),
            label: label.map(|label| format!("GET /{label}")),
            is_session: label.is_none(),
            correlation_id: Some(id(number)),
            active_us,
            waits: waits
                .into_iter()
                .map(|(holder, waited_us)| Waiting { holder, waited_us, statement: None })
                .collect(),
            sample: pieces.map(|pieces| Sample {
                held_up: Vec::new(),
                total_us: active_us,
                pieces: pieces
                    .into_iter()
                    .map(|(name, time_us, calls)| Piece { component: component(name), time_us, calls })
                    .collect(),
            }),
            client: client.map(|it| format!("10.0.0.{it}")),
        }
    }
}

proptest! {
    #[test]
    fn shares_are_never_negative_and_add_up(
        works in prop::collection::vec(any_work(), 0..40),
        has_baseline in any::<bool>(),
        demand in any_demand(),
    ) {
        let holders = [holder("GET /0", 1), holder("GET /1", 2), holder("GET /9", 77)];
        let answer = rank(RANGE, has_baseline.then_some(BASELINE), &works, &holders, &demand);
        let shares: f64 = answer.suspects.iter().map(|it| it.share).sum();
        prop_assert!((shares + answer.unexplained_share - 1.0).abs() < 1e-9);
        prop_assert!(answer.unexplained_share >= 0.0);
        for suspect in &answer.suspects {
            prop_assert!(suspect.share >= 0.0 && suspect.extra_load <= answer.added_load + 1e-9);
            if !suspect.parts.is_empty() {
                let parts: f64 = suspect.parts.iter().map(|part| part.share).sum();
                prop_assert!((parts - suspect.share).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn every_active_microsecond_is_attributed_once(works in prop::collection::vec(any_work(), 0..40)) {
        let holders = [holder("GET /0", 1), holder("GET /1", 2), holder("GET /9", 77)];
        let accounts = attribute(works.iter(), &holders);
        let attributed: i64 = accounts.values().map(|it| it.range_us + it.baseline_us).sum();
        prop_assert_eq!(attributed, works.iter().map(|work| work.active_us).sum::<i64>());
    }

    #[test]
    fn an_unrelated_load_promotes_nobody(
        works in prop::collection::vec(any_work(), 1..30), active_us in 1_000_000_i64..60_000_000,
    ) {
        let holders = [holder("GET /0", 1), holder("GET /1", 2), holder("GET /9", 77)];
        let shares = |works: &[Work]| -> BTreeMap<String, f64> {
            let answer = rank(RANGE, Some(BASELINE), works, &holders, &Demand::default());
            let named = answer.suspects.into_iter();
            named.map(|it| (format!("{:?} {}", it.kind, it.label), it.share)).collect()
        };
        let before = shares(&works);
        let mut more = works;
        more.push(Work { active_us, ..work(Period::Range, "GET /unrelated", 500, 1) });
        for (label, share) in shares(&more) {
            let was = before.get(&label).copied();
            // What had nothing to be told of before is told now that something was added.
            prop_assert!(label.contains("unrelated") || was.is_none_or(|was| share <= was + 1e-9), "{label}");
        }
    }

    #[test]
    fn the_order_of_arrival_changes_no_share(
        works in prop::collection::vec(any_work(), 0..20),
        seed in any::<u64>(),
    ) {
        let holders = [holder("GET /0", 1), holder("GET /1", 2), holder("GET /9", 77)];
        let mut shuffled = works.clone();
        shuffled.sort_by_key(|work| work.active_us.wrapping_mul(i64::from_ne_bytes(seed.to_ne_bytes())));
        let shares = |works: &[Work]| -> Vec<(String, i64)> {
            let answer = rank(RANGE, Some(BASELINE), works, &holders, &Demand::default());
            #[expect(clippy::cast_possible_truncation, reason = "shares are 0 to 1")]
            let mut shares: Vec<_> = answer
                .suspects
                .iter()
                .map(|it| (format!("{:?} {}", it.kind, it.label), (it.share * 1e9).round() as i64))
                .collect();
            shares.sort();
            shares
        };
        prop_assert_eq!(shares(&works), shares(&shuffled));
    }
}
