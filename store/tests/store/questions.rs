//! Requests, correlation in both orders, paging, errors.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use crate::harness::{Site, Store, exchange};
use crate::records::{S, activity, locks, now_us, request, session};

const REPRICE: &str = "UPDATE stock SET price = $1 WHERE category = $2";
const CHECKOUT: &str = "UPDATE stock SET qty = qty - $1 WHERE sku = $2";

/// A job that holds a lock for five seconds, and a request that waits for it: its requests and its
/// samples.
fn lock_wait(job: Uuid, victim: Uuid) -> (Vec<String>, Vec<String>) {
    let begin = now_us() - 60 * S;
    let sql = (
        "UPDATE stock SET price = :p WHERE category = :c",
        "RepriceTask::run",
    );
    let requests = vec![
        request(job, ("POST", "/cron/reprice"), begin, 8 * S, sql),
        request(
            victim,
            ("POST", "/checkout"),
            begin + S,
            6 * S,
            (
                "update stock set qty = qty - :n where sku = :s",
                "Checkout::submit",
            ),
        ),
    ];
    let samples = (2..7).flat_map(|second| {
        let sessions = [
            session(101, job, "idle in transaction", REPRICE),
            session(202, victim, "active", CHECKOUT),
        ];
        let at = begin + second * S;
        [activity(at, 0, &sessions), locks(at, &sessions)]
    });
    (requests, samples.collect())
}

fn check_both_sides(store: &Store, job: Uuid, victim: Uuid) {
    let holder = store.ask(&format!("/v1/requests/{job}"));
    assert_eq!(holder["row"]["blocked_us"], 5 * S);
    assert_eq!(holder["samples"].as_array().unwrap().len(), 5);
    assert_eq!(holder["samples"][0]["wait_class"], "idle_in_transaction");
    let blocked = &holder["blocked"][0];
    assert_eq!(blocked["waiter"]["label"], "POST /checkout");
    assert_eq!(blocked["waiter"]["caller"], "Checkout::submit");
    assert_eq!(blocked["waited_us"], 5 * S);

    let waiter = store.ask(&format!("/v1/requests/{victim}"));
    assert_eq!(waiter["row"]["lock_us"], 5 * S);
    let wait = &waiter["waited_for"][0];
    assert_eq!(wait["root"]["correlation_id"], job.to_string());
    assert_eq!(wait["root"]["url"], "/cron/reprice");
    assert_eq!(wait["root"]["caller"], "RepriceTask::run");
    assert_eq!(wait["relation"], "stock");

    let locks = store.ask("/v1/locks");
    let episode = &locks["episodes"][0];
    assert_eq!(episode["root"]["label"], "POST /cron/reprice");
    assert_eq!(episode["victims"][0]["count"], 1);
    assert_eq!(episode["victims"][0]["correlation_id"], victim.to_string());
}

#[test]
fn requests_and_sessions_find_each_other_whichever_arrives_first() {
    for requests_first in [true, false] {
        let site = Site::new();
        let store = site.start();
        let (job, victim) = (Uuid::new_v4(), Uuid::new_v4());
        let (requests, samples) = lock_wait(job, victim);
        let order = if requests_first {
            [requests, samples]
        } else {
            [samples, requests]
        };
        for lines in &order {
            store.store(lines);
        }
        check_both_sides(&store, job, victim);
    }
}

#[test]
fn a_session_whose_request_has_not_arrived_is_told_by_its_user() {
    let site = Site::new();
    let store = site.start();
    let (_, samples) = lock_wait(Uuid::new_v4(), Uuid::new_v4());
    store.store(&samples);
    let locks = store.ask("/v1/locks");
    assert_eq!(
        locks["episodes"][0]["root"]["label"],
        "shop, request not recorded"
    );
    assert_eq!(locks["episodes"][0]["root"]["url"], Value::Null);
}

/// All pages of a list, each request's `field`.
fn pages(store: &Store, query: &str, field: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = store.ask(&format!("/v1/requests?{query}&limit=7{cursor}"));
        assert_eq!(page["total"], 40);
        all.extend(
            page["requests"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row[field].clone()),
        );
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[test]
fn pages_hold_every_request_once_and_in_order_for_every_sort() {
    let site = Site::new();
    let store = site.start();
    let begin = now_us() - 600 * S;
    let lines: Vec<String> = (0..40)
        // Equal values, so that the order among them matters too.
        .map(|n| {
            request(
                Uuid::new_v4(),
                ("GET", "/"),
                begin + n % 10 * S,
                (n % 4 + 1) * S,
                ("", ""),
            )
        })
        .collect();
    store.store(&lines);
    let sorts = [
        ("-wall_us", "wall_us", true),
        ("wall_us", "wall_us", false),
        ("-at_us", "at_us", true),
        ("at_us", "at_us", false),
        ("-sql_us", "sql_us", true),
        ("-lock_us", "lock_us", true),
        ("-blocked_us", "blocked_us", true),
        ("-memory", "memory_peak_bytes", true),
    ];
    for (sort, field, is_descending) in sorts {
        let ids = pages(&store, &format!("sort={sort}"), "correlation_id");
        let distinct: BTreeSet<String> = ids.iter().map(ToString::to_string).collect();
        assert_eq!((ids.len(), distinct.len()), (40, 40), "{sort}");
        let values: Vec<i64> = pages(&store, &format!("sort={sort}"), field)
            .iter()
            .map(|value| value.as_i64().unwrap())
            .collect();
        let is_sorted = |pair: &[i64]| {
            if is_descending {
                pair[0] >= pair[1]
            } else {
                pair[0] <= pair[1]
            }
        };
        assert!(values.windows(2).all(is_sorted), "{sort}: {values:?}");
    }
}

#[test]
fn a_range_has_the_requests_that_were_in_flight_in_it() {
    let site = Site::new();
    let store = site.start();
    let from = now_us() - 1_800 * S;
    let to = from + 60 * S;
    let cases = [
        ("/before", from - 100 * S, 100 * S),
        ("/into", from - 100 * S, 101 * S),
        ("/long", from - 1_200 * S, 1_201 * S),
        ("/within", from + S, S),
        ("/out-of", to - 1, 500 * S),
        ("/after", to, S),
    ];
    let lines: Vec<String> = cases
        .iter()
        .map(|(path, at, wall)| request(Uuid::new_v4(), ("GET", path), *at, *wall, ("", "")))
        .collect();
    store.store(&lines);
    let answer = store.ask(&format!(
        "/v1/requests?from_at_us={from}&to_at_us={to}&sort=at_us"
    ));
    let urls: Vec<&str> = answer["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["url"].as_str().unwrap())
        .collect();
    assert_eq!(urls, ["/long", "/into", "/within", "/out-of"]);
    let timeline = store.ask(&format!(
        "/v1/timeline?from_at_us={from}&to_at_us={to}&buckets=1"
    ));
    assert_eq!(timeline["requests"]["count"], serde_json::json!([2]));
    let in_flight = timeline["requests"]["in_flight"][0].as_f64().unwrap();
    assert!((in_flight - 3.000_001 / 60.0).abs() < 1e-9, "{in_flight}");
    let filtered = store.ask(&format!(
        "/v1/requests?from_at_us={from}&to_at_us={to}&route=GET%20/within&min_wall_us=1000"
    ));
    assert_eq!(filtered["total"], 1);
}

#[test]
fn a_bad_question_is_answered_with_the_parameter_and_what_is_allowed() {
    let site = Site::new();
    let store = site.start();
    let cases = [
        ("/v1/requests?limt=2", 400, "limt", "min_wall_us"),
        ("/v1/requests?sort=name", 400, "sort", "-blocked_us"),
        ("/v1/requests?limit=0", 400, "limit", "1 to 1000"),
        ("/v1/requests?limit=1&limit=2", 400, "limit", "once"),
        ("/v1/requests?cursor=x", 400, "cursor", "next"),
        ("/v1/requests/x", 400, "id", "UUID"),
        ("/v1/timeline?buckets=2001", 400, "buckets", "1 to 2000"),
        (
            "/v1/timeline?from_at_us=later",
            400,
            "from_at_us",
            "2026-03-01T12:30:00Z",
        ),
        (
            "/v1/timeline?from_at_us=now&to_at_us=-1h",
            400,
            "from_at_us",
            "before to_at_us",
        ),
        ("/v1/overview?project=shop", 400, "project", "no parameters"),
        ("/v1/spikes/first", 400, "id", "number"),
        (
            "/v1/suspects?spike=1&from_at_us=-1h",
            400,
            "from_at_us",
            "beside spike",
        ),
    ];
    for (path, status, parameter, part) in cases {
        let answer = store.get(path);
        let problem = answer.json();
        assert_eq!(
            (answer.status, problem["status"].as_u64()),
            (status, Some(400)),
            "{path}"
        );
        assert_eq!(problem["parameter"], parameter, "{path}");
        assert!(
            problem["detail"].as_str().unwrap().contains(part),
            "{path}: {problem}"
        );
    }
    for path in [
        "/v1/spikes/7",
        "/v1/suspects?spike=7",
        "/nowhere",
        &format!("/v1/requests/{}", Uuid::new_v4()),
    ] {
        assert_eq!(store.get(path).status, 404, "{path}");
    }
}

#[test]
fn questions_need_a_read_token_and_the_probes_need_none() {
    let site = Site::new();
    let store = site.start();
    let get =
        |path: &str, headers: &[&str]| exchange(store.query, "GET", path, headers, &[]).unwrap();
    assert_eq!(get("/v1/overview", &[]).status, 401);
    let ingest = format!("Authorization: Bearer {}", site.ingest_token);
    assert_eq!(get("/v1/overview", &[&ingest]).status, 403);
    assert_eq!(get("/health", &[]).status, 200);
    assert_eq!(get("/ready", &[]).status, 200);
    let metrics = get("/metrics", &[]);
    let text = String::from_utf8(metrics.body).unwrap();
    assert!(metrics.head.contains("version=0.0.4"), "{}", metrics.head);
    for part in [
        "bitville_store_records_stored_total ",
        "bitville_store_wal_bytes ",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(
        exchange(store.query, "POST", "/v1/overview", &[], &[])
            .unwrap()
            .status,
        405
    );
}
