//! Records as the agents make them.

use serde_json::{Value, json};
use uuid::Uuid;

/// A second.
pub(crate) const S: i64 = 1_000_000;

/// Now, to the second: what tests send must lie in the time that the store keeps.
pub(crate) fn now_us() -> i64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    i64::try_from(since.as_secs()).unwrap() * S
}

/// One line.
pub(crate) fn record(kind: &str, host: &str, at_us: i64, body: &Value) -> String {
    let event_id = Uuid::now_v7();
    json!({
        "v": 1, "kind": kind, "event_id": event_id, "project": "shop", "host": host,
        "at_us": at_us, "body": body,
    })
    .to_string()
}

/// A captured request. `sql` is one statement and its caller.
pub(crate) fn request(
    id: Uuid,
    label: (&str, &str),
    at_us: i64,
    wall_us: i64,
    sql: (&str, &str),
) -> String {
    let body = json!({
        "correlation_id": id, "reason": "slow", "method": label.0, "url": label.1,
        "route": label.1, "status": 200, "wall_us": wall_us,
        "memory": {"peak_used_bytes": wall_us, "peak_allocated_bytes": wall_us},
        "sql": {
            "count": 1, "failed": 0, "total_us": wall_us / 2,
            "queries": [{"start_us": 0, "duration_us": wall_us / 2, "sql": sql.0, "caller": sql.1}],
        },
    });
    record("request", "web1", at_us, &body)
}

/// A session of a request.
pub(crate) fn session(pid: i32, id: Uuid, state: &str, query: &str) -> Value {
    let wait_event_type = if state == "active" { "Lock" } else { "Client" };
    json!({
        "pid": pid, "user": "shop", "application_name": format!("bv:{id}"), "correlation_id": id,
        "state": state, "wait_event_type": wait_event_type, "query": query,
    })
}

/// A sample of sessions.
pub(crate) fn activity(at_us: i64, cpu: usize, sessions: &[Value]) -> String {
    let lock = sessions
        .iter()
        .filter(|session| session["state"] == "active")
        .count();
    let body = json!({
        "interval_us": S, "backends": 30, "max_connections": 100, "self_us": 900,
        "active": {
            "cpu": cpu, "io": 0, "lock": lock, "client": 0, "other": 0, "idle_in_transaction": 0,
        },
        "sessions": sessions,
    });
    record("pg_activity", "db1", at_us, &body)
}

/// A sample of locks in which everybody waits for the first session.
pub(crate) fn locks(at_us: i64, sessions: &[Value]) -> String {
    let root = &sessions[0]["pid"];
    let waits: Vec<Value> = sessions[1..]
        .iter()
        .map(|session| {
            json!({
                "pid": session["pid"], "blockers": [root], "lock_type": "transactionid",
                "mode": "ShareLock", "relation": "stock",
            })
        })
        .collect();
    let body = json!({"interval_us": S, "waits": waits, "sessions": sessions});
    record("pg_locks", "db1", at_us, &body)
}
