//! Every kind, judged by the strict stand-in for Graylog.

#[path = "../../../examples/graylog/strict.rs"]
mod strict;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use wire::agent::{AgentHealth, Gap};
use wire::fpm::{FpmSlow, FpmStatus, Pool};
use wire::pg::database::Database;
use wire::pg::log::Log;
use wire::pg::statements::{Statement, Statements};
use wire::pg::{Activity, Locks};
use wire::traffic::{RouteTraffic, Traffic};

use super::*;
use crate::gelf::message::DELIMITER;

const STYLE: Style = Style {
    frame_bytes_max: 1 << 20,
    has_lists: true,
};

fn envelope(kind: &str) -> Envelope<'_> {
    Envelope {
        kind,
        event_id: Uuid::from_u128(7),
        project: "shop",
        host: "web1",
        at_us: Instant(1_795_431_822_643_859),
        given_at_us: None,
    }
}

/// A record's messages, none of which the stand-in objects to.
fn messages(kind: &str, body: &Value, style: Style) -> Vec<Map<String, Value>> {
    let mut out = Vec::new();
    let count = write(&mut out, envelope(kind), &body.to_string(), style);
    let mut mapping = strict::Mapping::default();
    let frames = out
        .split(|byte| *byte == DELIMITER)
        .filter(|it| !it.is_empty());
    let messages: Vec<Map<String, Value>> = frames
        .map(|frame| {
            let (message, violations) = strict::check(frame, &mut mapping);
            let message = message.unwrap();
            assert!(
                violations.is_empty(),
                "{kind}: {violations:?} in {message:?}"
            );
            message
        })
        .collect();
    assert_eq!(messages.len(), count as usize);
    let parts: Vec<u64> = messages
        .iter()
        .filter_map(|it| it["_part"].as_u64())
        .collect();
    assert!(parts.into_iter().eq(0..u64::from(count)));
    messages
}

fn record(kind: &str, body: &Value) -> Map<String, Value> {
    let style = Style {
        has_lists: false,
        ..STYLE
    };
    let mut messages = messages(kind, body, style);
    assert_eq!(messages.len(), 1, "lists are off");
    messages.remove(0)
}

fn request() -> Value {
    json!({
        "correlation_id": "6fd07b7e-3e5f-4a3c-9a0b-2f7c5e1d0a11", "reason": "slow", "method": "POST",
        "url": "/checkout?coupon=[redacted]", "route": "/checkout", "status": 502, "pid": 77,
        "wall_us": 4_210_000, "headers": {"User-Agent": "curl"},
        "error": {"type": "PDOException", "message": "deadlock\ndetected", "file": "a.php", "line": 3},
        "memory": {"peak_used_bytes": 67_108_864, "peak_allocated_bytes": 70_000_000, "limit_bytes": -1},
        "sql": {
            "count": 41, "failed": 1, "total_us": 3_900_000,
            "queries": [{"start_us": 10, "duration_us": 1_000, "sql": "SELECT 1", "failed": true}],
            "repeated": [{"sql": "UPDATE stock SET qty = ?", "count": 40, "total_us": 3_899_000}],
            "connections": [{"connection": 1, "backend_pid": 4711}],
        },
        "profile": {
            "engine": "tideways_xhprof", "shape": "call_pairs", "metrics": ["calls", "wall_us"],
            "names": ["main()", "PDO::query"], "edges": [[-1, 0, 1, 4_200_000], [0, 1, 41, 3_900_000]],
        },
    })
}

#[test]
fn a_request_reads_well_in_a_list_and_has_its_figures_as_fields() {
    let message = record("request", &request());
    assert_eq!(
        message["short_message"],
        "POST /checkout 502 in 4.21 s, SQL 3.90 s in 41, 64.0 MiB: PDOException: deadlock detected"
    );
    assert_eq!(message["level"], 3);
    for (name, value) in [
        ("_project", json!("shop")),
        ("_kind", json!("request")),
        (
            "_correlation_id",
            json!("6fd07b7e-3e5f-4a3c-9a0b-2f7c5e1d0a11"),
        ),
        ("_event_id", json!("00000000-0000-0000-0000-000000000007")),
        ("_duration_us", json!(4_210_000)),
        ("_route", json!("POST /checkout")),
        ("_is_error", json!(1)),
        ("_error_at", json!("a.php:3")),
        ("_backend_pid", json!(4711)),
        ("_memory_limit_bytes", json!(-1)),
        ("_top_function", json!("PDO::query")),
        ("_top_function_us", json!(3_900_000)),
        ("_profile_us", json!(4_200_000)),
        ("_slowest_statement", json!("UPDATE stock SET qty = ?")),
    ] {
        assert_eq!(message[name], value, "{name}");
    }
    let full = message["full_message"].as_str().unwrap();
    for part in [
        "PDO::query",
        "UPDATE stock",
        "User-Agent: curl",
        "coupon=[redacted]",
    ] {
        assert!(full.contains(part), "{part} is not in {full}");
    }
}

#[test]
fn its_statements_are_messages_of_their_own_where_that_is_wanted() {
    let messages = messages("request", &request(), STYLE);
    assert_eq!(messages.len(), 3);
    assert_eq!(messages[1]["_list"], "sql");
    assert_eq!(messages[1]["_is_error"], 1);
    assert_eq!(messages[2]["_count"], 40);
    assert_eq!(
        messages[2]["_correlation_id"],
        messages[0]["_correlation_id"]
    );
    assert_eq!(messages[2]["_fingerprint"], messages[0]["_fingerprint"]);
}

#[test]
fn who_waits_names_the_root_of_the_chain() {
    let session = |pid: i32, id: u128| {
        let id = Uuid::from_u128(id);
        json!({"pid": pid, "correlation_id": id, "application_name": format!("bv:{id}"), "query": "UPDATE t"})
    };
    let body = json!({
        "interval_us": 1_000_000,
        "waits": [
            {"pid": 3, "blockers": [2], "waited_us": 900_000, "relation": "stock", "lock_type": "tuple"},
            {"pid": 2, "blockers": [1], "waited_us": 1_500_000},
        ],
        "sessions": [session(1, 1), session(2, 2), session(3, 3)],
    });
    let messages = messages("pg_locks", &body, STYLE);
    assert_eq!(messages.len(), 3);
    assert_eq!(messages[0]["_waiters"], 2);
    assert_eq!(messages[0]["_root_pid"], 1);
    assert_eq!(
        messages[0]["_root_correlation_id"],
        Uuid::from_u128(1).to_string()
    );
    assert_eq!(messages[0]["level"], 4);
    let third = messages
        .iter()
        .find(|it| it.get("_backend_pid") == Some(&json!(3)))
        .unwrap();
    assert_eq!(
        (&third["_blocker_pid"], &third["_root_pid"]),
        (&json!(2), &json!(1))
    );
}

#[test]
fn levels_tell_what_it_means() {
    let level = |kind: &str, body: Value| record(kind, &body)["level"].as_i64().unwrap();
    let entry = |severity: &str, event: Value| {
        level(
            "pg_log",
            json!({"severity": severity, "text": "text", "event": event}),
        )
    };
    assert_eq!(entry("PANIC", json!({"class": "error"})), 0);
    assert_eq!(entry("LOG", json!({"class": "disk_full"})), 1);
    assert_eq!(entry("ERROR", json!({"class": "error"})), 3);
    assert_eq!(entry("LOG", json!({"class": "connection_received"})), 6);
    assert_eq!(entry("DEBUG", json!({"class": "other"})), 7);
    assert_eq!(
        level("gap", json!({"reason": "full", "records": 3, "bytes": 9})),
        3
    );
    let load = |load1: f64| {
        let body = json!({"role": "web", "cores": 4, "interval_us": 1, "load1": load1, "load5": 1.0, "load15": 1.0});
        level("host_metrics", body)
    };
    assert_eq!((load(1.0), load(187.0)), (6, 4));
}

/// The body of a record of which only something is told.
fn told<B: serde::Serialize + Default>(kind: &'static str, some: &Value) -> (&'static str, Value) {
    let mut body = serde_json::to_value(B::default()).unwrap();
    merge(&mut body, some);
    (kind, body)
}

fn merge(body: &mut Value, some: &Value) {
    match (body, some) {
        (Value::Object(body), Value::Object(some)) => {
            for (name, value) in some {
                merge(body.entry(name).or_insert(Value::Null), value);
            }
        }
        (body, some) => some.clone_into(body),
    }
}

/// One body of each kind, and one that this version does not know.
fn bodies() -> Vec<(&'static str, Value)> {
    let route = told::<RouteTraffic>(
        "",
        &json!({"method": "GET", "route": "/", "count": 9, "errors": 1}),
    )
    .1;
    let statement = told::<Statement>(
        "",
        &json!({"query_id": "-5", "calls": 3, "execution_us": 900}),
    )
    .1;
    let plan = json!({"class": "plan", "duration_us": 9, "plan": {"format": "text", "nodes": [
        {"depth": 0, "node_type": "Seq Scan", "relation": "stock", "rows_planned": 1.0, "cost": 2.0}]}});
    let pool = told::<Pool>("", &json!({"pool": "www", "active": 5, "total": 5})).1;
    let session = json!({"pid": 5, "query": "SELECT 1", "state": "active"});
    vec![
        ("request", request()),
        told::<Traffic>(
            "traffic",
            &json!({"interval_us": 10_000_000, "routes": [route]}),
        ),
        (
            "host_metrics",
            json!({"role": "db", "cores": 4, "interval_us": 1, "load1": 3, "load5": 1.5,
            "load15": 1, "top_cpu": [
                {"pid": 1, "name": "php", "user_id": 0, "state": "R", "resident_bytes": 1}]}),
        ),
        told::<FpmStatus>(
            "fpm_status",
            &json!({"address": "a", "error": "connection refused"}),
        ),
        told::<FpmStatus>("fpm_status", &json!({"address": "a", "pool": pool})),
        told::<FpmSlow>(
            "fpm_slow",
            &json!({"pool": "www", "pid": 9, "script": "/index.php",
            "stack": [{"function": "sleep", "file": "a.php", "line": 3}]}),
        ),
        told::<Activity>(
            "pg_activity",
            &json!({"active": {"lock": 1}, "sessions": [session]}),
        ),
        told::<Locks>("pg_locks", &json!({"waits": [{"pid": 1, "blockers": [2]}]})),
        told::<Log>(
            "pg_log",
            &json!({"text": "plan", "statement": "SELECT 1", "event": plan}),
        ),
        told::<Statements>(
            "pg_statements",
            &json!({"version": "1.10", "statements": [statement]}),
        ),
        told::<Database>(
            "pg_database",
            &json!({"version": "15.6", "hints": ["track_io_timing is off"]}),
        ),
        ("mark", json!({"what": "deployment", "text": "2.4.1"})),
        (
            "spike",
            json!({"text": "Spike 3\n1. 93 %", "unexplained_share": 0.07, "spike": {"id": 3,
            "project": "shop", "host": "db1", "measure": "sessions", "begin_at_us": 1, "peak_at_us": 2,
            "end_at_us": null, "peak": 21.0, "baseline": 1.0, "wait_class": "lock", "reason": "21 sessions"},
            "suspects": [{"kind": "lock_holder", "label": "POST /cron", "share": 0.93, "extra_load": 18.0,
            "is_new": true, "evidence": "pid 5", "parts": [], "route": null,
            "correlation_id": "6fd07b7e-3e5f-4a3c-9a0b-2f7c5e1d0a11"}]}),
        ),
        told::<AgentHealth>(
            "agent_health",
            &json!({"agent": "collector", "version": "0.1.0",
            "gauges": {"breaker_open": 1}, "last_error": "refused"}),
        ),
        told::<Gap>(
            "gap",
            &json!({"reason": "journal full", "records": 3, "bytes": 900}),
        ),
        (
            "weather",
            json!({"text": "rain", "null": null, "list": [true]}),
        ),
    ]
}

#[test]
fn graylog_objects_to_nothing_of_any_kind() {
    for (kind, body) in bodies() {
        if let Err(error) = Body::parse(kind, &body.to_string()) {
            panic!("{error}");
        }
        messages(kind, &body, STYLE);
        messages(kind, &json!({}), STYLE);
    }
}

proptest! {
    // Each case is every kind, with megabytes of text.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn nor_with_any_text_in_it(
        text in "(\\PC|[\u{0}-\u{1f}\"\\\\ ]){0,60}", repeat in 1_usize..1_500, small in any::<bool>(),
    ) {
        let text = text.repeat(repeat);
        let style = Style {
            frame_bytes_max: if small { 16 * 1024 } else { 1 << 20 },
            ..STYLE
        };
        for (kind, mut body) in bodies() {
            fill(&mut body, &text);
            let mut out = Vec::new();
            write(&mut out, envelope(kind), &body.to_string(), style);
            let longest = out.split(|byte| *byte == DELIMITER).map(<[u8]>::len).max();
            prop_assert!(longest.unwrap_or(0) < style.frame_bytes_max);
            messages(kind, &body, style);
        }
    }
}

/// Puts a text in the place of all texts that may be any.
fn fill(value: &mut Value, text: &str) {
    const FIXED: &[&str] = &[
        "correlation_id",
        "class",
        "severity",
        "role",
        "state",
        "fingerprint",
    ];
    match value {
        Value::Object(members) => {
            let free = members
                .iter_mut()
                .filter(|(name, _)| !FIXED.contains(&name.as_str()));
            free.for_each(|(_, value)| fill(value, text));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| fill(value, text)),
        Value::String(given) => text.clone_into(given),
        _ => {}
    }
}
