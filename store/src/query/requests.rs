//! A page of captured requests that were in flight in a range.
//!
//! Each day's file sorts and cuts its own rows; the pages are merged here. A cursor names the last
//! row that was given, by its sort value, day and place, so that a page neither repeats nor skips
//! rows while new ones arrive.

use std::cmp::Ordering;

use wire::ids::{CorrelationId, Project};
use wire::query::{RequestRow, Requests};
use wire::time::{Instant, Micros, Range};

use super::timeline::LONG_REQUEST_US;
use super::{Answer, Ask, correlation_id, host, project};
use crate::calendar::Day;
use crate::db::reader::DayReader;

/// What a page is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) range: Range,
    pub(crate) project: Option<Project>,
    pub(crate) label: Option<String>,
    pub(crate) min_wall_us: Option<Micros>,
    pub(crate) sort: Sort,
    pub(crate) limit: usize,
    pub(crate) cursor: Option<Cursor>,
}

/// By what a page is sorted: a column and whether the greatest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sort {
    column: &'static str,
    is_descending: bool,
}

/// The last row of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    key: i64,
    day: Day,
    record_id: i64,
}

/// Every sort that is allowed, as it stands in the query string.
pub(crate) const SORTS: &[(&str, &str, bool)] = &[
    ("-wall_us", "wall_us", true),
    ("wall_us", "wall_us", false),
    ("-at_us", "at_us", true),
    ("at_us", "at_us", false),
    ("-sql_us", "sql_us", true),
    ("-lock_us", "lock_us", true),
    ("-blocked_us", "blocked_us", true),
    ("-memory", "coalesce(memory_peak_bytes, -1)", true),
];

/// The columns that [`row_of`] reads; `lock_us` and `blocked_us` are added by [`source`].
const COLUMNS: &str = "record_id, correlation_id, at_us, project, host, method, url, label, status, \
                       reason, is_error, wall_us, sql_count, sql_us, memory_peak_bytes, lock_us, \
                       blocked_us";

pub(crate) fn ask(ask: &Ask, question: &Question) -> Answer<Requests> {
    let mut rows: Vec<(Cursor, RequestRow)> = Vec::new();
    let mut total = 0;
    for day in ask.reader.days_since(question.range.from_at_us)? {
        let (day_total, day_rows) = page_of_day(ask, &day, question)?;
        total += day_total;
        rows.extend(day_rows);
    }
    rows.sort_by(|(a, _), (b, _)| question.sort.order(a, b));
    let is_more = rows.len() > question.limit;
    rows.truncate(question.limit);
    let next = rows
        .last()
        .filter(|_| is_more)
        .map(|(cursor, _)| cursor.to_string());
    Ok(Requests {
        requests: rows.into_iter().map(|(_, row)| row).collect(),
        total,
        next,
    })
}

/// A request by its id, with the day and place of its record; the newest if there are several.
pub(crate) fn find(
    ask: &Ask,
    day: &DayReader,
    id: CorrelationId,
) -> Answer<Option<(i64, RequestRow)>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ({}) ORDER BY at_us DESC LIMIT 1",
        source(ask, day, "correlation_id = ?1")?
    );
    day.row(&sql, [id.0.as_bytes()], |row| {
        Ok((row.get(0)?, row_of(row)?))
    })
}

fn page_of_day(
    ask: &Ask,
    day: &DayReader,
    question: &Question,
) -> Answer<(u64, Vec<(Cursor, RequestRow)>)> {
    let filter = format!(
        "((at_us >= ?1 - {LONG_REQUEST_US} AND at_us < ?2 AND at_us + wall_us > ?1)
          OR (wall_us > {LONG_REQUEST_US} AND end_at_us > ?1 AND at_us < ?1 - {LONG_REQUEST_US}))
         AND (?3 IS NULL OR project = ?3) AND (?4 IS NULL OR label = ?4)
         AND (?5 IS NULL OR wall_us >= ?5)"
    );
    let filters = (
        question.range.from_at_us.0,
        question.range.to_at_us.0,
        question.project.as_ref().map(Project::as_str),
        question.label.as_deref(),
        question.min_wall_us.map(|wall| wall.0),
    );
    let count = format!("SELECT count(*) FROM request WHERE {filter}");
    let total = day.row(&count, filters, |row| row.get(0))?.unwrap_or(0);
    let (column, direction, beyond) = match question.sort {
        Sort {
            column,
            is_descending: true,
            ..
        } => (column, "DESC", "<"),
        Sort {
            column,
            is_descending: false,
            ..
        } => (column, "ASC", ">"),
    };
    let sql = format!(
        "SELECT {COLUMNS}, {column} AS sort_key FROM ({})
         WHERE ?6 IS NULL OR sort_key {beyond} ?6 OR (sort_key = ?6 AND record_id > ?7)
         ORDER BY sort_key {direction}, record_id LIMIT ?8",
        source(ask, day, &filter)?
    );
    let (key, record_id) = question.cursor.map_or((None, 0), |cursor| {
        let place = match day.day.cmp(&cursor.day) {
            Ordering::Less => i64::MAX,
            Ordering::Equal => cursor.record_id,
            Ordering::Greater => -1,
        };
        (Some(cursor.key), place)
    });
    let (from, to, project, label, min_wall_us) = filters;
    // One more than asked for tells whether there is a next page.
    let limit = question.limit + 1;
    let params = (from, to, project, label, min_wall_us, key, record_id, limit);
    let rows = day.rows(&sql, params, |row| {
        let cursor = Cursor {
            key: row.get("sort_key")?,
            day: day.day,
            record_id: row.get(0)?,
        };
        Ok((cursor, row_of(row)?))
    })?;
    Ok((total, rows))
}

/// Requests with their lock times. The samples of a request that ran over midnight are in the file
/// of another day than the request, so the neighbours' sums are added.
fn source(ask: &Ask, day: &DayReader, filter: &str) -> Answer<String> {
    let neighbours = day.attach_neighbours(ask.reader.files())?;
    let sum = |column: &str| {
        let schemas = ["main"].into_iter().chain(neighbours.iter().copied());
        let sums = schemas.map(|schema| {
            format!(
                "coalesce((SELECT {column} FROM {schema}.lock_time AS times
                 WHERE times.correlation_id = request.correlation_id), 0)"
            )
        });
        sums.collect::<Vec<_>>().join(" + ")
    };
    Ok(format!(
        "SELECT *, {} AS lock_us, {} AS blocked_us FROM main.request WHERE {filter}",
        sum("waited_us"),
        sum("blocked_us")
    ))
}

fn row_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<RequestRow> {
    Ok(RequestRow {
        correlation_id: correlation_id(row.get(1)?),
        at_us: Instant(row.get(2)?),
        project: project(row.get(3)?)?,
        host: host(row.get(4)?)?,
        method: row.get(5)?,
        url: row.get(6)?,
        label: row.get(7)?,
        status: row.get(8)?,
        reason: row.get(9)?,
        is_error: row.get(10)?,
        wall_us: Micros(row.get(11)?),
        sql_count: row.get(12)?,
        sql_us: Micros(row.get(13)?),
        memory_peak_bytes: row.get(14)?,
        lock_us: Micros(row.get(15)?),
        blocked_us: Micros(row.get(16)?),
    })
}

// === impl Sort ===

impl Sort {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (_, column, is_descending) = *SORTS.iter().find(|(name, _, _)| *name == text)?;
        Some(Self {
            column,
            is_descending,
        })
    }

    fn order(self, a: &Cursor, b: &Cursor) -> Ordering {
        let by_key = a.key.cmp(&b.key);
        let by_key = if self.is_descending {
            by_key.reverse()
        } else {
            by_key
        };
        by_key.then((a.day, a.record_id).cmp(&(b.day, b.record_id)))
    }
}

// === impl Cursor ===

impl Cursor {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('~');
        let cursor = Self {
            key: parts.next()?.parse().ok()?,
            day: Day::parse(parts.next()?)?,
            record_id: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(cursor)
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}~{}~{}", self.key, self.day, self.record_id)
    }
}

#[cfg(test)]
mod tests;
