//! One request: what it cost beside its usual, its statements, functions and locks.

use serde::Serialize;
use wire::query::{ComparedFigure, FigureKind, LockWait, RequestComparison, RequestDetail};
use wire::request::Query;
use wire::time::Micros;

use super::page::{Cell, Column, Page, Table};
use super::write;
use crate::ask::Trouble;
use crate::cli::commands::RequestArgs;
use crate::client::Client;
use crate::format;

/// Functions that are listed; the profile export has all of them.
const FUNCTIONS_MAX: usize = 30;

pub(super) async fn answer(client: &Client, args: &RequestArgs) -> Result<String, Trouble> {
    let path = format!("/v1/requests/{}", args.id);
    let detail: RequestDetail = client.question(&path, &[]).await?;
    let path = format!("{path}/comparison");
    let comparison: RequestComparison = client.question(&path, &[]).await?;
    let told = Told {
        request: &detail,
        comparison: Some(&comparison),
    };
    Ok(write(&told, args.printing.format, Told::page))
}

/// What is printed as JSON.
#[derive(Serialize)]
pub(crate) struct Told<'a> {
    #[serde(flatten)]
    pub(crate) request: &'a RequestDetail,
    /// A screen may be without.
    pub(crate) comparison: Option<&'a RequestComparison>,
}

// === impl Told ===

impl Told<'_> {
    pub(crate) fn page(&self) -> Page {
        let mut page = page(self.request);
        page.tables.extend(self.comparison.and_then(unusual));
        page
    }
}

/// Figures that are out of the usual of the route, the most unusual first.
fn unusual(comparison: &RequestComparison) -> Option<Table> {
    let figures = comparison.figures.iter().filter(|it| it.unusual >= 1.0);
    let rows: Vec<Vec<Cell>> = figures.take(UNUSUAL_MAX).map(figure).collect();
    let others = format::count(comparison.requests);
    (comparison.requests > 0).then(|| Table {
        title: format!(
            "Out of the usual, beside {others} captured {}",
            comparison.label
        ),
        columns: vec![
            Column::words("what", "kind"),
            Column::words("here", "value"),
            Column::words("median", "p50"),
            Column::words("p95", "p95"),
            Column::words("", "label"),
        ],
        rows,
        empty: "Nothing: it is like the others.",
    })
}

fn figure(figure: &ComparedFigure) -> Vec<Cell> {
    let told = |value: i64| match figure.kind {
        FigureKind::Memory => format::bytes(value.unsigned_abs()),
        FigureKind::SqlCount => format::count(value.unsigned_abs()),
        _ => format::duration(Micros(value)),
    };
    vec![
        Cell::words(figure.kind.words()),
        Cell::words(&told(figure.value)),
        Cell::words(&told(figure.p50)),
        Cell::words(&told(figure.p95)),
        Cell::words(&figure.label),
    ]
}

/// Of more, the rest says little.
const UNUSUAL_MAX: usize = 15;

/// The statements come first, as the main table: they are what a request is mostly looked at for.
fn page(detail: &RequestDetail) -> Page {
    let row = &detail.row;
    let mut page = Page {
        title: format!("{} {}", row.method, row.url),
        ..Page::default()
    };
    origin(&mut page, detail);
    cost(&mut page, detail);
    page.tables.push(statements(detail));
    page.tables.extend(functions(&mut page.notes, detail));
    page.tables
        .extend(waits("Locks that it waited for", &detail.waited_for));
    page.tables
        .extend(waits("Who waited for its locks", &detail.blocked));
    page
}

fn origin(page: &mut Page, detail: &RequestDetail) {
    let row = &detail.row;
    page.fact("id", row.correlation_id.to_string());
    page.fact("route", row.label.clone());
    if let Some(action) = &detail.request.action {
        page.fact("action", action.clone());
    }
    page.fact(
        "when",
        format!(
            "{} {} UTC on {}, project {}",
            format::date(row.at_us),
            format::clock(row.at_us),
            row.host,
            row.project
        ),
    );
    if let Some(client) = &detail.request.client {
        page.fact("client", client.clone());
    }
    let status = row
        .status
        .map_or("no status".to_owned(), |status| status.to_string());
    page.fact(
        "outcome",
        format!("{status}, captured because {}", row.reason),
    );
    if let Some(error) = &detail.request.error {
        let line = error
            .line
            .map(|line| format!(":{line}"))
            .unwrap_or_default();
        let file = error.file.as_deref().unwrap_or("");
        page.fact(
            "error",
            format!("{}: {} {file}{line}", error.kind, error.message),
        );
    }
}

fn cost(page: &mut Page, detail: &RequestDetail) {
    let row = &detail.row;
    let usual = detail.baseline.as_ref();
    let beside = usual.map_or(String::new(), |usual| {
        let ratio = format::times(row.wall_us.0 as f64, usual.wall_avg_us.0 as f64);
        format!(
            "; usually {}, p95 {} over {} captured{}",
            format::duration(usual.wall_avg_us),
            format::duration(usual.wall_p95_us),
            format::count(usual.count),
            ratio.map(|ratio| format!(": {ratio}")).unwrap_or_default()
        )
    });
    page.fact("wall", format!("{}{beside}", format::duration(row.wall_us)));
    page.fact(
        "SQL",
        format!(
            "{} in {} statements",
            format::duration(row.sql_us),
            format::count(u64::from(row.sql_count))
        ),
    );
    page.fact(
        "locks",
        format!(
            "waited {}, others waited {} for it",
            format::duration(row.lock_us),
            format::duration(row.blocked_us)
        ),
    );
    let cpu = detail.request.cpu_user_us.zip(detail.request.cpu_system_us);
    if let Some((user, system)) = cpu {
        page.fact(
            "cpu",
            format!(
                "{} user, {} system",
                format::duration(user),
                format::duration(system)
            ),
        );
    }
    if let Some(bytes) = row.memory_peak_bytes {
        page.fact("memory", format!("{} at its peak", format::bytes(bytes)));
    }
}

fn statements(detail: &RequestDetail) -> Table {
    let queries = detail
        .request
        .sql
        .as_ref()
        .map_or(&[][..], |sql| &sql.queries);
    Table {
        title: "Statements in order".to_owned(),
        columns: vec![
            Column::figure("at", "start_us"),
            Column::figure("took", "duration_us"),
            Column::words("", "failed"),
            Column::words("issued by", "caller"),
            Column::words("at", "caller_at"),
            Column::words("statement", "sql"),
        ],
        rows: queries.iter().map(statement).collect(),
        empty: "No statement was captured.",
    }
}

fn statement(query: &Query) -> Vec<Cell> {
    vec![
        Cell::duration(query.start_us),
        Cell::duration(query.duration_us),
        Cell::words(if query.failed { "failed" } else { "" }),
        Cell::maybe(query.caller.as_deref()),
        Cell::maybe(query.caller_at.as_deref()),
        Cell::words(&query.sql),
    ]
}

fn functions(notes: &mut Vec<String>, detail: &RequestDetail) -> Option<Table> {
    let functions = detail.request.profile.as_ref()?.functions();
    let rest = functions.len().saturating_sub(FUNCTIONS_MAX) as u64;
    if rest > 0 {
        notes.push(format!(
            "{} more functions; `bitville-tui profile` has them all.",
            format::count(rest)
        ));
    }
    let listed = functions.iter().take(FUNCTIONS_MAX);
    Some(Table {
        title: "Functions by self time".to_owned(),
        columns: vec![
            Column::figure("self", "exclusive_us"),
            Column::figure("incl", "inclusive_us"),
            Column::figure("calls", "calls"),
            Column::words("function", "name"),
        ],
        rows: listed
            .map(|function| {
                vec![
                    Cell::duration(function.exclusive_us),
                    Cell::duration(function.inclusive_us),
                    Cell::calls(function.calls),
                    Cell::words(&function.name),
                ]
            })
            .collect(),
        empty: "The profile is empty.",
    })
}

fn waits(title: &str, waits: &[LockWait]) -> Option<Table> {
    (!waits.is_empty()).then(|| Table {
        title: title.to_owned(),
        columns: vec![
            Column::figure("waited", "waited_us"),
            Column::words("on", "relation"),
            Column::words("waiter", "waiter"),
            Column::words("its request", "waiter_correlation_id"),
            Column::words("root", "root"),
            Column::words("its request", "root_correlation_id"),
            Column::words("the root's statement", "root_query"),
        ],
        rows: waits.iter().map(wait).collect(),
        empty: "",
    })
}

fn wait(wait: &LockWait) -> Vec<Cell> {
    let id = |id: Option<wire::ids::CorrelationId>| id.map(|id| id.to_string());
    vec![
        Cell::duration(wait.waited_us),
        Cell::maybe(wait.relation.as_deref()),
        Cell::words(&format!("pid {} = {}", wait.waiter.pid, wait.waiter.label)),
        Cell::maybe(id(wait.waiter.correlation_id).as_deref()),
        Cell::words(&format!("pid {} = {}", wait.root.pid, wait.root.label)),
        Cell::maybe(id(wait.root.correlation_id).as_deref()),
        Cell::maybe(wait.root.lock_query()),
    ]
}
