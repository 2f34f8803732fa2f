//! Entries of a database server's log: the small records that there are most of.

use serde_json::json;
use uuid::Uuid;

use crate::site::Random;

/// Statements of a site.
const STATEMENTS: [&str; 4] = [
    "SELECT p.id, p.name, s.price_cents FROM product p JOIN stock s ON s.sku = p.sku WHERE p.category = ? ORDER BY p.name LIMIT ?",
    "UPDATE stock SET qty = qty - ? WHERE sku = ?",
    "INSERT INTO orders (session, sku, qty, placed_at) VALUES (?, ?, ?, now())",
    "SELECT count(*) FROM cart WHERE session = ?",
];

/// A line: a statement that took long.
pub(crate) fn record(at_us: i64, event_id: Uuid, random: &mut Random) -> String {
    let statement = STATEMENTS[random.below(STATEMENTS.len())];
    let id = Uuid::from_u64_pair(random.next(), random.next());
    let body = json!({
        "severity": "LOG", "text": "duration: ? ms",
        "event": {"class": "duration", "duration_us": random.below(9_000_000), "phase": "execute"},
        "statement": statement, "fingerprint": wire::sql::fingerprint(statement),
        "query_id": random.below(1 << 60).to_string(), "pid": random.below(40_000),
        "session_id": format!("{:x}.{:x}", random.below(1 << 30), random.below(1 << 16)),
        "database": "shop", "user": "shop", "application_name": format!("bv:{id}"),
        "correlation_id": id, "client": format!("10.0.0.{}", random.below(250)),
        "backend_type": "client backend",
    });
    let record = json!({
        "v": 1, "kind": "pg_log", "event_id": event_id, "project": "shop", "host": "db1",
        "at_us": at_us, "body": body,
    });
    record.to_string()
}
