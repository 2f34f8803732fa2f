//! The figures of a PHP request: its own, its functions' and its statements'.

use std::collections::BTreeMap;

use wire::ids::{BackendPid, CorrelationId};
use wire::profile::{FunctionSums, Graph, Profile};
use wire::request::{Request, Sql};

use crate::db::names::{NameId, Names};
use crate::limits;

#[derive(Debug)]
pub(crate) struct RequestRow {
    pub(crate) correlation_id: CorrelationId,
    pub(crate) wall_us: i64,
    pub(crate) url: String,
    pub(crate) route: NameId,
    pub(crate) status: Option<u16>,
    pub(crate) reason: String,
    pub(crate) is_error: bool,
    pub(crate) sql_count: u32,
    pub(crate) sql_us: i64,
    pub(crate) memory_peak_bytes: Option<i64>,
    pub(crate) pid: Option<i32>,
    pub(crate) backend_pid: Option<BackendPid>,
    pub(crate) client: Option<String>,
    pub(crate) calls: CallRows,
    pub(crate) statements: Vec<StatementRow>,
}

/// A function profile.
#[derive(Debug, Default)]
pub(crate) struct CallRows {
    pub(crate) total_us: i64,
    pub(crate) functions: Vec<(NameId, FunctionSums)>,
    /// Caller and callee, calls, inclusive time.
    pub(crate) pairs: Vec<(NameId, NameId, i64, i64)>,
}

/// What a request issued of one shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StatementRow {
    pub(crate) statement: NameId,
    pub(crate) count: u32,
    pub(crate) failed: u32,
    pub(crate) total_us: i64,
    pub(crate) longest_us: i64,
}

// === impl RequestRow ===

impl RequestRow {
    pub(crate) fn of(request: &Request, names: &Names) -> Self {
        let sql = request.sql.as_ref();
        let memory = request.memory.as_ref();
        let profile = request.profile.as_ref();
        Self {
            correlation_id: request.correlation_id,
            wall_us: bounded_us(request.wall_us.0),
            url: request.url.clone(),
            route: names.routes.id(&request.label()),
            status: request.status,
            reason: request.reason.clone(),
            is_error: request.error.is_some() || request.status.is_some_and(|status| status >= 500),
            sql_count: sql.map_or(0, |sql| sql.count),
            sql_us: sql.map_or(0, |sql| bounded_us(sql.total_us.0)),
            memory_peak_bytes: memory.and_then(|memory| i64::try_from(memory.peak_used_bytes).ok()),
            pid: request.pid,
            backend_pid: sql.and_then(backend_pid),
            client: request.client.clone(),
            calls: profile
                .map(|it| CallRows::of(it, names))
                .unwrap_or_default(),
            statements: sql.map(|it| statements(it, names)).unwrap_or_default(),
        }
    }

    /// What it takes in memory beside itself.
    pub(crate) fn bytes(&self) -> usize {
        let client = self.client.as_ref().map_or(0, String::len);
        self.url.len()
            + self.reason.len()
            + client
            + size_of_val(self.calls.functions.as_slice())
            + size_of_val(self.calls.pairs.as_slice())
            + size_of_val(self.statements.as_slice())
    }
}

// === impl CallRows ===

impl CallRows {
    fn of(profile: &Profile, names: &Names) -> Self {
        let graph = Graph::of(profile);
        let ids = names.functions.ids(&graph.names);
        let pairs = graph.pairs.iter().map(|pair| {
            let inclusive_us = bounded_us(pair.inclusive_us);
            (ids[pair.caller], ids[pair.callee], pair.calls, inclusive_us)
        });
        Self {
            total_us: bounded_us(graph.total_us),
            pairs: pairs.collect(),
            functions: ids.into_iter().zip(graph.functions).collect(),
        }
    }

    /// The functions that had a part of the request worth finding it by: one in a hundred.
    pub(crate) fn notable(&self) -> impl Iterator<Item = NameId> {
        let least_us = (self.total_us / 100).max(1);
        let notable = move |sums: &FunctionSums| {
            sums.inclusive_us >= least_us || sums.exclusive_us >= least_us
        };
        let functions = self.functions.iter();
        functions
            .filter(move |(_, sums)| notable(sums))
            .map(|(id, _)| *id)
    }
}

/// The first backend that it knew of.
fn backend_pid(sql: &Sql) -> Option<BackendPid> {
    let connections = sql.connections.iter().filter_map(|it| it.backend_pid);
    let queries = sql.queries.iter().filter_map(|it| it.backend_pid);
    connections.chain(queries).next()
}

/// A request's statements by their shape. What is beyond the bound is in the body alone.
fn statements(sql: &Sql, names: &Names) -> Vec<StatementRow> {
    let mut rows: BTreeMap<NameId, StatementRow> = BTreeMap::new();
    let mut add = |text: &str, count: u32, failed: u32, total_us: i64, longest_us: i64| {
        let statement = names.statement(text);
        let row = rows.entry(statement).or_insert(StatementRow {
            statement,
            count: 0,
            failed: 0,
            total_us: 0,
            longest_us: 0,
        });
        row.count = row.count.saturating_add(count);
        row.failed = row.failed.saturating_add(failed);
        row.total_us = row.total_us.saturating_add(bounded_us(total_us));
        row.longest_us = row.longest_us.max(bounded_us(longest_us));
    };
    for query in sql.queries.iter().take(limits::STATEMENTS_OF_REQUEST_MAX) {
        let duration_us = query.duration_us.0;
        add(
            &query.sql,
            1,
            u32::from(query.failed),
            duration_us,
            duration_us,
        );
    }
    for group in sql.repeated.iter().take(limits::STATEMENTS_OF_REQUEST_MAX) {
        let (total_us, longest_us) = (group.total_us.0, group.longest_us.0);
        add(&group.sql, group.count, group.failed, total_us, longest_us);
    }
    rows.into_values().collect()
}

/// A time that adds up to what a column holds, however many there are.
fn bounded_us(us: i64) -> i64 {
    us.clamp(0, limits::REQUEST_US_MAX)
}
