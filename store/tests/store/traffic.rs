//! All requests, captured or not: from the collectors' sums to the timeline.

use serde_json::{Value, json};

use crate::harness::Site;
use crate::records::{now_us, record};

/// Ten seconds of one route on one host; all of them took `wall_us`.
pub(crate) fn traffic(host: &str, at_us: i64, count: u64, errors: u64, wall_us: u64) -> String {
    let route = |method: &str, count: u64, errors: u64| {
        json!({
            "method": method, "route": "/cart/{id}", "count": count, "errors": errors, "captured": 0,
            "wall_us": count * wall_us, "longest_us": wall_us, "queue_us": 0, "cpu_us": 0,
            "sql_count": count, "sql_us": 0, "memory_peak_bytes": 0,
            // 100 ms lies in bucket 116, from 98304 on; see the protocol.
            "wall": [[bucket(wall_us), count]],
        })
    };
    let body = json!({
        "interval_us": 10_000_000, "clients": [], "user_agents": [],
        "routes": [route("GET", count - errors, 0), route("POST", errors, errors)],
    });
    record("traffic", host, at_us, &body)
}

fn bucket(value: u64) -> u64 {
    let e = u64::from(value.ilog2());
    (e - 2) * 8 + (value >> (e - 3) & 7)
}

fn numbers(series: &Value) -> Vec<Option<f64>> {
    let values = series.as_array().unwrap().iter();
    values.map(Value::as_f64).collect()
}

#[test]
fn requests_of_all_web_servers_add_up_on_the_timeline() {
    let site = Site::new();
    let store = site.start();
    let begin = now_us() - 120_000_000;
    store.store(&[
        traffic("web1", begin, 300, 10, 100_000),
        traffic("web1", begin + 10_000_000, 100, 0, 100_000),
        traffic("web2", begin, 200, 0, 100_000),
    ]);
    let path = format!(
        "/v1/timeline?from_at_us={begin}&to_at_us={}&buckets=3",
        begin + 30_000_000
    );
    let traffic = &store.ask(&path)["traffic"];
    assert_eq!(numbers(&traffic["per_s"]), [Some(50.0), Some(10.0), None]);
    assert_eq!(
        numbers(&traffic["errors_per_s"]),
        [Some(1.0), Some(0.0), None]
    );
    assert_eq!(numbers(&traffic["in_flight"]), [Some(5.0), Some(1.0), None]);
    assert_eq!(
        numbers(&traffic["p95_us"]),
        [Some(98_304.0), Some(98_304.0), None]
    );
    let of_one = &store.ask(&format!("{path}&host=web2"))["traffic"];
    assert_eq!(numbers(&of_one["per_s"]), [Some(20.0), None, None]);
}

#[test]
fn kinds_of_the_web_server_are_checked_as_others_are() {
    let site = Site::new();
    let store = site.start();
    let now = now_us();
    let lines = [
        record(
            "fpm_status",
            "web1",
            now,
            &json!({"address": "/run/www.sock", "error": "no answer"}),
        ),
        record(
            "fpm_slow",
            "web1",
            now,
            &json!({"pool": "www", "pid": 1, "logged": "", "script": "", "stack": []}),
        ),
        record("traffic", "web1", now, &json!({"interval_us": "ten"})),
        record("fpm_slow", "web1", now, &json!({"pool": 7})),
    ];
    let answer = store.send(&lines).json();
    assert_eq!(answer["stored"], 2, "{answer}");
    assert_eq!(answer["put_aside"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_host_is_told_with_its_newest_reading_and_the_requests_in_flight() {
    let site = Site::new();
    let store = site.start();
    let now = now_us();
    let reading = |at_us: i64, iowait: f64| {
        let cpu = json!({"user_percent": 5.0, "system_percent": 5.0, "iowait_percent": iowait,
            "steal_percent": 0.0, "idle_percent": 90.0 - iowait});
        let body = json!({"role": "web", "cores": 4, "interval_us": 10_000_000, "load1": 9.0,
            "load5": 1.0, "load15": 1.0, "cpu": cpu});
        record("host_metrics", "web1", at_us, &body)
    };
    let in_flight = json!({"pid": 7, "method": "POST", "uri": "/cron/reprice", "script": "index.php",
        "age_us": 39_000_000, "content_bytes": 0, "served": 1});
    let pool = json!({"address": "/run/www.sock", "pool": "www", "manager": "static", "uptime_us": 1,
        "accepted": 9, "children_max_reached": 0, "slow_requests": 0, "idle": 0, "active": 1,
        "total": 1, "active_peak": 1, "requests": [in_flight], "requests_more": 2});
    store.store(&[
        reading(now - 20_000_000, 1.0),
        reading(now - 10_000_000, 60.0),
        record("fpm_status", "web1", now - 10_000_000, &pool),
    ]);
    let host = &store.ask("/v1/hosts")["hosts"][0];
    assert_eq!(
        host["metrics"]["reading"]["cpu"]["iowait_percent"], 60.0,
        "{host}"
    );
    let pool = &host["pools"][0];
    assert_eq!(pool["requests"][0]["uri"], "/cron/reprice", "{pool}");
    assert_eq!(pool["requests_more"], 2);
}
