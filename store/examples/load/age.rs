//! A day's file once more, some days older: what a store looks like that has run for a week.

use rusqlite::Connection;

const DAY_US: i64 = 86_400_000_000;

/// Every time in the tables that requests fill.
const TIMES: [(&str, &str); 4] = [
    ("record", "at_us"),
    ("record", "received_at_us"),
    ("request", "at_us"),
    ("rollup", "at_us"),
];

pub(crate) fn run(source: &str, target: &str, days: i64) -> anyhow::Result<()> {
    std::fs::copy(source, target)?;
    let connection = Connection::open(target)?;
    // Nobody needs what a kill would leave.
    connection.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;",
    )?;
    for (table, column) in TIMES {
        let sql = format!("UPDATE {table} SET {column} = {column} - ?1");
        connection.execute(&sql, [days * DAY_US])?;
    }
    Ok(())
}
