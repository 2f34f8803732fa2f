use wire::query::{BaselineKind, SuspectKind};

use super::*;
use crate::calendar::Day;
use crate::query::bench::{Bench, NOON, request};
use crate::query::{lock_tree, suspects};

const EXPORT: &str = "UPDATE orders SET exported = true WHERE id = 7";
const SHARED: &str = "SELECT * FROM customer WHERE id = 7";

/// Two routes, each with statements; one statement is issued by both.
fn bench() -> Bench {
    let mut bench = Bench::new();
    let sql = |texts: &[&str]| {
        let queries: Vec<_> = texts
            .iter()
            .map(|sql| serde_json::json!({"start_us": 0, "duration_us": 100, "sql": sql}))
            .collect();
        let (count, total_us) = (queries.len(), 100 * queries.len());
        let sql = serde_json::json!({"count": count, "total_us": total_us, "queries": queries});
        format!(r#","sql":{sql}"#)
    };
    let hour_ago = NOON - Micros::from_seconds(3_600);
    let records = [
        (
            "request",
            hour_ago,
            request(1, "/cron/export", 9_000, &sql(&[EXPORT, SHARED])),
        ),
        (
            "request",
            hour_ago,
            request(2, "/account", 9_000, &sql(&[SHARED])),
        ),
    ];
    bench.store(Day::of(NOON), &records);
    bench
}

fn id(number: u128) -> CorrelationId {
    CorrelationId(uuid::Uuid::from_u128(number))
}

fn seat(query: &str) -> Seat {
    Seat {
        query: Some(query.into()),
        ..Seat::default()
    }
}

/// The routes of sessions, by their number.
fn issuers(sessions: &[(u128, Seat)], until: Instant) -> Vec<(CorrelationId, String)> {
    let sessions = sessions.iter().map(|(number, seat)| (id(*number), seat));
    let mut found: Vec<_> = of_sessions(&bench().ask(), sessions, until)
        .unwrap()
        .into_iter()
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn a_session_is_the_routes_that_alone_issues_its_statement() {
    let cut = Seat {
        is_truncated: true,
        ..seat(EXPORT)
    };
    let sessions = [
        (1, seat("update orders set exported = $1 where id = $2")),
        (2, seat(SHARED)),
        (3, seat("SELECT 1")),
        (4, cut),
        (5, Seat::default()),
        // It is known by one of its two.
        (6, seat(SHARED)),
        (6, seat(EXPORT)),
    ];
    let label = "GET /cron/export".to_owned();
    let expected = [(id(1), label.clone()), (id(6), label)];
    assert_eq!(issuers(&sessions, NOON), expected);
}

#[test]
fn what_was_issued_more_than_a_day_before_or_later_tells_nothing() {
    let sessions = [(1, seat(EXPORT))];
    assert_eq!(
        issuers(&sessions, NOON + Micros::from_seconds(26 * 3_600)),
        []
    );
    assert_eq!(issuers(&sessions, NOON - Micros::from_seconds(7_200)), []);
}

/// A session that holds a lock for a minute, and one that waits for it; neither request has ended.
fn pile_up(bench: &mut Bench) -> Range {
    let session = |pid: i32, number: u128, state: &str, query: &str| {
        serde_json::json!({"pid": pid, "user": "shop", "application_name": "shop", "state": state,
            "correlation_id": id(number).0, "query": query, "query_truncated": false})
    };
    let records: Vec<(&str, Instant, String)> = (1..=60)
        .flat_map(|second| {
            let at = NOON + Micros::from_seconds(second);
            let holder = session(10, 100, "idle in transaction", EXPORT);
            let waiter = session(11, 101, "active", "UPDATE orders SET paid = true WHERE id = 8");
            let locks = serde_json::json!({"interval_us": 1_000_000, "sessions": [holder, waiter],
                "waits": [{"pid": 11, "blockers": [10], "lock_type": "transactionid", "mode": "ShareLock",
                "relation": "orders"}]});
            let active = serde_json::json!({"cpu": 1, "io": 0, "lock": 0, "client": 0, "other": 0,
                "idle_in_transaction": 0});
            let busy = session(12, 102, "active", EXPORT);
            let activity = serde_json::json!({"interval_us": 1_000_000, "backends": 3, "self_us": 5,
                "max_connections": 100, "active": active, "sessions": [busy]});
            [("pg_locks", at, locks.to_string()), ("pg_activity", at, activity.to_string())]
        })
        .collect();
    bench.store(Day::of(NOON), &records);
    Range {
        from_at_us: NOON,
        to_at_us: NOON + Micros::from_seconds(61),
    }
}

#[test]
fn a_lock_holder_that_runs_is_named_by_its_statement() {
    let mut bench = bench();
    let range = pile_up(&mut bench);
    let told = suspects::of_range(&bench.ask(), range, None, BaselineKind::Before).unwrap();
    let first = &told.suspects[0];
    assert_eq!(
        (first.kind, first.label.as_str()),
        (SuspectKind::LockHolder, "GET /cron/export"),
        "{told:?}"
    );
    assert!(
        first.evidence.contains("not recorded yet"),
        "{}",
        first.evidence
    );
    // The one that is active, too.
    let second = &told.suspects[1];
    assert_eq!(
        (second.kind, second.label.as_str()),
        (SuspectKind::Route, "GET /cron/export"),
        "{told:?}"
    );

    let tree = lock_tree::ask(&bench.ask(), range, None, None).unwrap();
    let labels: Vec<(u16, &str)> = tree
        .nodes
        .iter()
        .map(|node| (node.depth, node.party.label.as_str()))
        .collect();
    assert_eq!(
        labels,
        [(0, "GET /cron/export"), (1, "shop, request not recorded")]
    );
    let wait = tree.nodes[1].wait.as_ref().unwrap();
    assert_eq!(wait.relation.as_deref(), Some("orders"));
    assert_eq!(tree.moments.len(), 60);
}
