//! A page of captured requests that were in flight in a range.
//!
//! Each day's file is asked hour by hour, by an index that has the sort's values in order, and no hour
//! is asked for more than could still come onto the page: so the slowest of a week are found without
//! reading the week. A cursor names the last row that was given, by its sort value, day and place, so
//! that a page neither repeats nor skips rows while new ones arrive.

mod condition;
mod count;
mod lock_times;
mod page;
mod sort;

use rusqlite::types::Value;
use wire::ids::CorrelationId;
use wire::query::{LogEntry, RequestRow, Requests};
use wire::time::{Instant, Micros, Range};

use self::lock_times::LockTimes;
pub(crate) use self::sort::{Cursor, SORTS, Sort};
use super::filter::Filter;
use super::{Answer, Ask, correlation_id, host, project};
use crate::db::reader::DayReader;

/// What a page is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) range: Range,
    pub(crate) filter: Filter,
    pub(crate) sort: Sort,
    pub(crate) limit: usize,
    pub(crate) cursor: Option<Cursor>,
}

/// A log may be read that much later than its entry was written.
pub(crate) const LOG_AFTER: Micros = Micros::from_seconds(15);

/// The columns that [`row_of`] reads; the two lock times come behind them.
const COLUMNS: &str = "r.record_id, r.correlation_id, r.at_us, s.project, s.host, t.label, r.url, \
                       r.status, r.reason, r.is_error, r.wall_us, r.sql_count, r.sql_us, \
                       r.memory_peak_bytes, r.client";

/// Names are looked up for the rows that are wanted, never the other way round.
const NAMES: &str = "CROSS JOIN main.source AS s ON s.id = r.source_id \
                     CROSS JOIN main.route AS t ON t.id = r.route_id";

pub(crate) fn ask(ask: &Ask, question: &Question) -> Answer<Requests> {
    let days = ask.reader.days_since(question.range.from_at_us)?;
    let estimate = count::estimate(&days, question)?;
    let mut page = page::Page::new(question, &days, estimate.is_many())?;
    page.add_days(ask, days)?;
    let (requests, next) = page.finish(ask)?;
    let days = ask.reader.days_since(question.range.from_at_us)?;
    let count = count::of(ask, &days, question, estimate, requests.len())?;
    Ok(Requests {
        requests,
        total: count.total,
        total_is_exact: count.is_exact,
        next,
    })
}

/// A request by its id, with the day and place of its record; the newest if there are several.
pub(crate) fn find(
    days: &[DayReader],
    id: CorrelationId,
) -> Answer<Option<(&DayReader, i64, RequestRow)>> {
    // The newest day first: what is looked at is mostly new.
    for day in days.iter().rev() {
        let sql = format!(
            "SELECT {COLUMNS}, 0, 0 FROM main.request AS r {NAMES}
             WHERE r.at_us / 3600000000 IN ({}) AND r.correlation_id = ?1
             ORDER BY r.at_us DESC LIMIT 1",
            day.hours()?
        );
        let found = day.row(&sql, [id.0.as_bytes()], |row| {
            Ok((row.get(0)?, row_of(row)?))
        })?;
        if let Some((record_id, mut row)) = found {
            lock_times::look_up(days, day.day, &mut row)?;
            return Ok(Some((day, record_id, row)));
        }
    }
    Ok(None)
}

/// The request that a worker was in when it wrote an entry of a log, or shortly before.
pub(crate) fn of_worker(ask: &Ask, entry: &LogEntry, pid: i64) -> Answer<Option<CorrelationId>> {
    let sql = "SELECT correlation_id FROM main.request INDEXED BY request_by_pid
               WHERE at_us / 3600000000 BETWEEN ?1 / 3600000000 - 1 AND ?1 / 3600000000
               AND pid = ?2 AND at_us <= ?1 AND at_us + wall_us >= ?1 - ?3
               AND source_id = (SELECT id FROM main.source WHERE project = ?4 AND host = ?5)
               ORDER BY at_us DESC LIMIT 1";
    let (project, host) = (entry.project.as_str(), entry.host.as_str());
    let params = (entry.at_us.0, pid, LOG_AFTER.0, project, host);
    for day in ask.reader.days_since(entry.at_us)? {
        if let Some(id) = day.row(sql, params, |row| row.get(0))? {
            return Ok(Some(correlation_id(id)));
        }
    }
    Ok(None)
}

/// Rows of one day by any condition, for who looks at bodies.
pub(crate) fn matching(
    ask: &Ask,
    day: &DayReader,
    range: Range,
    filter: &Filter,
    limit: usize,
) -> Answer<Vec<(i64, Instant)>> {
    let locks = LockTimes::if_asked(ask, day, lock_times::are_asked(filter, None))?;
    let condition = condition::Condition::of(filter, day, locks.both(), 4)?;
    let sql = format!(
        "SELECT r.record_id, r.at_us FROM main.request AS r {NAMES}
         WHERE r.at_us >= ?1 AND r.at_us < ?2 AND {} ORDER BY r.at_us DESC LIMIT ?3",
        condition.sql
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut values: Vec<Value> = [range.from_at_us.0, range.to_at_us.0, limit]
        .map(Value::Integer)
        .into();
    values.extend(condition.values);
    day.rows(&sql, rusqlite::params_from_iter(values), |row| {
        Ok((row.get(0)?, Instant(row.get(1)?)))
    })
}

fn row_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<RequestRow> {
    let label: String = row.get(5)?;
    let method = label.split(' ').next().unwrap_or_default().to_owned();
    Ok(RequestRow {
        correlation_id: correlation_id(row.get(1)?),
        at_us: Instant(row.get(2)?),
        project: project(row.get(3)?)?,
        host: host(row.get(4)?)?,
        method,
        label,
        url: row.get(6)?,
        status: row.get(7)?,
        reason: row.get(8)?,
        is_error: row.get(9)?,
        wall_us: Micros(row.get(10)?),
        sql_count: row.get(11)?,
        sql_us: Micros(row.get(12)?),
        memory_peak_bytes: row.get(13)?,
        client: row.get(14)?,
        lock_us: Micros(row.get(15)?),
        blocked_us: Micros(row.get(16)?),
    })
}

#[cfg(test)]
mod tests;
