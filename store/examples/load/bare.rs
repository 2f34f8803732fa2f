//! The rows of requests that a store has written, inserted again by nothing but a loop.

use std::time::Instant;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

/// What a request is in the database.
const TABLES: [&str; 3] = ["record", "body", "request"];

/// As many as the store commits at once under this load.
const ROWS_AT_ONCE: usize = 1_000;

/// A request's rows, by table.
pub(crate) struct Row([Vec<Value>; 3]);

pub(crate) fn run(source: &str, target: &str, records: usize) -> anyhow::Result<()> {
    let source = open(source)?;
    let rows = read(&source, records)?;
    let target = create(&source, target)?;
    let begun = Instant::now();
    for chunk in rows.chunks(ROWS_AT_ONCE) {
        let transaction = target.unchecked_transaction()?;
        for row in chunk {
            row.insert(&target)?;
        }
        transaction.commit()?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("records {}", rows.len());
    println!("records_per_s {:.0}", rows.len() as f64 / seconds);
    Ok(())
}

pub(crate) fn open(source: &str) -> anyhow::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    Ok(Connection::open_with_flags(source, flags)?)
}

/// A database with the pragmas and the tables of a day's file, and nothing in it.
pub(crate) fn create(source: &Connection, target: &str) -> anyhow::Result<Connection> {
    let target = Connection::open(target)?;
    target.execute_batch(
        "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 2000; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY;",
    )?;
    for sql in schema(source)? {
        target.execute_batch(&sql)?;
    }
    Ok(target)
}

fn schema(source: &Connection) -> anyhow::Result<Vec<String>> {
    let names = TABLES.map(|table| format!("'{table}'")).join(", ");
    let sql = format!(
        "SELECT sql FROM sqlite_schema WHERE tbl_name IN ({names}) AND sql IS NOT NULL ORDER BY rowid"
    );
    let mut statement = source.prepare(&sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Each request's rows.
pub(crate) fn read(source: &Connection, records: usize) -> anyhow::Result<Vec<Row>> {
    let sql = "SELECT record_id FROM request ORDER BY record_id LIMIT ?1";
    let mut statement = source.prepare(sql)?;
    let ids = statement.query_map([records as u64], |row| row.get::<_, i64>(0))?;
    let mut rows = Vec::with_capacity(records);
    for id in ids {
        let id = id?;
        let row = |table: &str, key: &str| -> anyhow::Result<Vec<Value>> {
            let sql = format!("SELECT * FROM {table} WHERE {key} = ?1");
            let mut statement = source.prepare_cached(&sql)?;
            let columns = statement.column_count();
            let read = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at)).collect();
            Ok(statement.query_row([id], read)?)
        };
        rows.push(Row([
            row("record", "id")?,
            row("body", "record_id")?,
            row("request", "record_id")?,
        ]));
    }
    Ok(rows)
}

// === impl Row ===

impl Row {
    pub(crate) fn insert(&self, target: &Connection) -> rusqlite::Result<()> {
        for (table, row) in TABLES.iter().zip(&self.0) {
            let places = vec!["?"; row.len()].join(", ");
            let sql = format!("INSERT INTO {table} VALUES ({places})");
            let mut statement = target.prepare_cached(&sql)?;
            statement.execute(rusqlite::params_from_iter(row))?;
        }
        Ok(())
    }

    pub(crate) fn body(&self) -> anyhow::Result<&[u8]> {
        match self.0[1].last() {
            Some(Value::Blob(body)) => Ok(body),
            other => anyhow::bail!("a body is a blob, got {other:?}"),
        }
    }

    /// Has another body in the place of its own.
    pub(crate) fn set_body(&mut self, body: Value) {
        if let Some(of_body) = self.0[1].last_mut() {
            *of_body = body;
        }
    }
}
