use super::*;
use crate::calendar::Day;
use crate::query::bench::{Bench, NOON, request};

const ITEM: &str = "SELECT * FROM item WHERE id = ?";

fn records() -> Vec<(&'static str, wire::time::Instant, String)> {
    let query = |sql: &str, caller: &str, us: i64| {
        serde_json::json!({"start_us": 0, "duration_us": us, "sql": sql, "caller": caller,
            "caller_at": "src/List.php:7"})
    };
    let sql = serde_json::json!({"count": 7, "total_us": 900, "queries": [
            query("SELECT * FROM item WHERE id = 1", "List::rows", 300),
            query("SELECT * FROM item WHERE id = 2", "List::rows", 200),
            query("SELECT * FROM item WHERE id = 3", "Cart::items", 100),
            query("SELECT 1", "Ping::now", 900),
        ], "repeated": [{"sql": ITEM, "count": 4, "total_us": 50, "longest_us": 20,
            "first_start_us": 1, "last_end_us": 90}]});
    let fingerprint = sql::fingerprint(ITEM);
    let counted = |calls: u64| {
        serde_json::json!({"interval_us": 60_000_000, "version": "1.10", "others_count": 0, "known": 2,
            "statements": [{"query_id": "7", "fingerprint": fingerprint, "calls": calls, "rows": 3 * calls,
                "execution_us": 500}, {"query_id": "8", "calls": 99, "rows": 1}]})
        .to_string()
    };
    let plan = serde_json::json!({"severity": "LOG", "text": "duration: 12 ms  plan", "fingerprint": fingerprint,
        "event": {"class": "plan", "duration_us": 12_000, "plan": {"format": "text", "nodes": [
            {"depth": 0, "node_type": "Limit", "rows_planned": 1.0, "cost": 9.0},
            {"depth": 1, "node_type": "Seq Scan", "relation": "item", "rows_planned": 1.0, "cost": 8.0,
             "rows": 250.0, "loops": 3.0, "time_us": 4_000, "details": [["Filter", "(id = ?)"]]}]}}});
    let more = format!(r#","sql":{sql}"#);
    vec![
        ("request", NOON, request(1, "/list", 9_000, &more)),
        ("request", NOON, request(2, "/item", 9_000, "")),
        ("pg_statements", NOON, counted(5)),
        ("pg_statements", NOON + Micros::from_seconds(60), counted(2)),
        ("pg_log", NOON + Micros::from_seconds(1), plan.to_string()),
    ]
}

fn detail(statement: &str) -> StatementDetail {
    let mut bench = Bench::new();
    bench.store(Day::of(NOON), &records());
    let fingerprint = sql::fingerprint(statement);
    let mut filter = Filter::default();
    filter.and_fingerprint(fingerprint);
    let question = Question {
        range: Range {
            from_at_us: NOON,
            to_at_us: NOON + Micros::from_seconds(600),
        },
        project: None,
        fingerprint,
        filter,
    };
    ask(&bench.ask(), &question).unwrap()
}

#[test]
fn its_callers_are_told_and_repeats_have_none() {
    let detail = detail(ITEM);
    let callers: Vec<_> = detail
        .callers
        .iter()
        .map(|caller| (caller.name.as_deref(), caller.count, caller.total_us.0))
        .collect();
    assert_eq!(
        callers,
        [
            (Some("List::rows"), 2, 500),
            (Some("Cart::items"), 1, 100),
            (None, 4, 50)
        ]
    );
    assert_eq!(detail.requests_read, 1);
}

#[test]
fn what_the_server_counted_is_added_up() {
    let counts = detail(ITEM).database.unwrap();
    assert_eq!((counts.calls, counts.rows), (7, 21));
    assert_eq!(counts.interval_us, Micros::from_seconds(120));
    assert_eq!(detail("SELECT 1").database, None);
}

#[test]
fn a_plan_out_of_the_log_is_told_line_by_line() {
    let plans = detail(ITEM).plans;
    assert_eq!(plans.len(), 1);
    assert_eq!(
        plans[0].steps,
        [
            "Limit  rows 1 planned",
            "  Seq Scan on item  rows 250 (planned 1), 4.0 ms × 3  Filter (id = ?)"
        ]
    );
    assert_eq!(detail("SELECT 1").plans, []);
}
