//! The rows that names have in today's file.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use wire::sql::Fingerprint;

use super::Result;
use crate::db::dictionary::Dictionary;
use crate::db::names::{NameId, Names};
use crate::limits;

/// What further names are counted as, once a day has too many.
const OTHER: &str = wire::profile::OTHER;

/// What is remembered of today's file.
#[derive(Debug, Default)]
pub(crate) struct Places {
    sources: HashMap<String, HashMap<String, i64>>,
    kinds: HashMap<String, i64>,
    wait_events: HashMap<String, i64>,
    dictionaries: HashSet<u32>,
    /// Whose numbers the lists below go by.
    names: Arc<Names>,
    functions: Vec<i64>,
    routes: Vec<i64>,
    fingerprints: Vec<i64>,
}

/// A table of names.
struct Table {
    find: &'static str,
    insert: &'static str,
    count: &'static str,
}

const KIND: Table = Table {
    find: "SELECT id FROM kind WHERE name = ?1",
    insert: "INSERT INTO kind (name, records) VALUES (?1, 0)",
    count: "SELECT max(id) FROM kind",
};

const ROUTE: Table = Table {
    find: "SELECT id FROM route WHERE label = ?1",
    insert: "INSERT INTO route (label) VALUES (?1)",
    count: "SELECT max(id) FROM route",
};

const FUNCTION: Table = Table {
    find: "SELECT id FROM function WHERE name = ?1",
    insert: "INSERT INTO function (name) VALUES (?1)",
    count: "SELECT max(id) FROM function",
};

const WAIT_EVENT: Table = Table {
    find: "SELECT id FROM wait_event WHERE name = ?1",
    insert: "INSERT INTO wait_event (name) VALUES (?1)",
    count: "SELECT max(id) FROM wait_event",
};

// === impl Places ===

impl Places {
    /// Has the names of the records that come next. Their numbers mean nothing to another generation.
    pub(crate) fn use_names(&mut self, names: &Arc<Names>) {
        if !Arc::ptr_eq(&self.names, names) {
            self.names = Arc::clone(names);
            self.functions.clear();
            self.routes.clear();
            self.fingerprints.clear();
        }
    }

    pub(super) fn source(
        &mut self,
        connection: &Connection,
        project: &str,
        host: &str,
    ) -> Result<i64> {
        let known = self.sources.get(project).and_then(|hosts| hosts.get(host));
        if let Some(id) = known {
            return Ok(*id);
        }
        let find = "SELECT id FROM source WHERE project = ?1 AND host = ?2";
        let found = connection
            .prepare_cached(find)?
            .query_row([project, host], |row| row.get(0))
            .optional()?;
        let id = match found {
            Some(id) => id,
            None => connection
                .prepare_cached("INSERT INTO source (project, host) VALUES (?1, ?2)")?
                .insert([project, host])?,
        };
        if self.sources.values().map(HashMap::len).sum::<usize>() >= limits::SOURCES_REMEMBERED_MAX
        {
            self.sources.clear();
        }
        let hosts = self.sources.entry(project.to_owned()).or_default();
        hosts.insert(host.to_owned(), id);
        Ok(id)
    }

    pub(super) fn kind(&mut self, connection: &Connection, name: &str) -> Result<i64> {
        remembered(&mut self.kinds, connection, &KIND, name)
    }

    pub(super) fn wait_event(&mut self, connection: &Connection, name: &str) -> Result<i64> {
        remembered(&mut self.wait_events, connection, &WAIT_EVENT, name)
    }

    pub(super) fn route(&mut self, connection: &Connection, id: NameId) -> Result<i64> {
        let names = &self.names.routes;
        place(&mut self.routes, id, || {
            row_of(connection, &ROUTE, &names.text(id))
        })
    }

    pub(super) fn function(&mut self, connection: &Connection, id: NameId) -> Result<i64> {
        let names = &self.names.functions;
        place(&mut self.functions, id, || {
            row_of(connection, &FUNCTION, &names.text(id))
        })
    }

    pub(super) fn fingerprint(&mut self, connection: &Connection, id: NameId) -> Result<i64> {
        let names = &self.names.statements;
        place(&mut self.fingerprints, id, || {
            fingerprint_row(connection, &names.text(id))
        })
    }

    /// Sees to it that the file has what a body is read with.
    pub(super) fn dictionary(
        &mut self,
        connection: &Connection,
        dictionary: &Dictionary,
    ) -> Result<()> {
        if self.dictionaries.contains(&dictionary.id) {
            return Ok(());
        }
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO dictionary (id, kind, bytes) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![dictionary.id, dictionary.kind, dictionary.bytes])?;
        self.dictionaries.insert(dictionary.id);
        Ok(())
    }
}

/// A row that is looked up once. Rows count from 1, so 0 is "not asked yet".
fn place(places: &mut Vec<i64>, id: NameId, find: impl FnOnce() -> Result<i64>) -> Result<i64> {
    let at = id.0 as usize;
    if at >= places.len() {
        places.resize(at + 1, 0);
    }
    if places[at] == 0 {
        places[at] = find()?;
    }
    Ok(places[at])
}

fn remembered(
    known: &mut HashMap<String, i64>,
    connection: &Connection,
    table: &Table,
    name: &str,
) -> Result<i64> {
    if let Some(id) = known.get(name) {
        return Ok(*id);
    }
    let id = row_of(connection, table, name)?;
    if known.len() >= limits::SOURCES_REMEMBERED_MAX {
        known.clear();
    }
    known.insert(name.to_owned(), id);
    Ok(id)
}

fn row_of(connection: &Connection, table: &Table, name: &str) -> Result<i64> {
    if let Some(id) = find(connection, table, name)? {
        return Ok(id);
    }
    if is_full(connection, table.count)? && name != OTHER {
        return row_of(connection, table, OTHER);
    }
    connection.prepare_cached(table.insert)?.insert([name])
}

fn find(connection: &Connection, table: &Table, name: &str) -> Result<Option<i64>> {
    connection
        .prepare_cached(table.find)?
        .query_row([name], |row| row.get(0))
        .optional()
}

fn fingerprint_row(connection: &Connection, sql: &str) -> Result<i64> {
    let raw = Fingerprint::of_normalized(sql).raw().cast_signed();
    let found = connection
        .prepare_cached("SELECT id FROM fingerprint WHERE raw = ?1")?
        .query_row([raw], |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    if is_full(connection, "SELECT max(id) FROM fingerprint")? && sql != OTHER {
        return fingerprint_row(connection, OTHER);
    }
    connection
        .prepare_cached("INSERT INTO fingerprint (raw, sql) VALUES (?1, ?2)")?
        .insert(params![raw, sql])
}

fn is_full(connection: &Connection, count: &str) -> Result<bool> {
    let rows: Option<i64> = connection
        .prepare_cached(count)?
        .query_row([], |row| row.get(0))?;
    Ok(rows.unwrap_or(0) >= limits::NAMES_OF_DAY_MAX)
}
