//! Entries of logs, and the requests that they are about.

use rusqlite::types::Value;
use wire::ids::{BackendPid, CorrelationId};
use wire::query::{LogEntry, Logs, RequestRow};
use wire::time::{Instant, Micros, Range};

use super::{Answer, Ask, correlation_id, host, project};
use crate::db::reader::DayReader;
use crate::limits;

/// Which entries.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) range: Range,
    pub(crate) project: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) correlation_id: Option<CorrelationId>,
    pub(crate) limit: usize,
}

const COLUMNS: &str = "at_us, project, host, kind, correlation_id, text, zstd, pid";

const TABLES: &str = "main.log_entry AS entry JOIN main.body ON body.record_id = entry.record_id";

/// An entry, and the process that it is about.
type Row = (LogEntry, Vec<u8>, Option<i64>);

pub(crate) fn ask(ask: &Ask, question: &Question) -> Answer<Logs> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES}
         WHERE at_us >= ?1 AND at_us < ?2 AND (?3 IS NULL OR project = ?3)
         AND (?4 IS NULL OR host = ?4)
         AND (kind = ?5 OR ?5 IS NULL AND kind NOT IN ('pg_database', 'pg_statements'))
         AND (?6 IS NULL OR correlation_id = ?6) ORDER BY at_us DESC LIMIT ?7"
    );
    let id = question.correlation_id.map(|id| id.0.into_bytes());
    let limit = question.limit + 1;
    let mut entries = Vec::new();
    for day in ask.reader.days_since(question.range.from_at_us)? {
        let values: [Value; 7] = [
            question.range.from_at_us.0.into(),
            question.range.to_at_us.0.into(),
            question.project.clone().into(),
            question.host.clone().into(),
            question.kind.clone().into(),
            id.map(|id| id.to_vec()).into(),
            i64::try_from(limit).unwrap_or(i64::MAX).into(),
        ];
        let rows = day.rows(&sql, rusqlite::params_from_iter(values), row_of)?;
        for row in rows {
            entries.push(with_request(ask, &day, row)?);
        }
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at_us));
    let is_more = entries.len() > question.limit;
    entries.truncate(question.limit);
    // Entries of one moment are not told apart by a time; the last one's moment is told again.
    let last = entries.last().filter(|_| is_more);
    let next_to_at_us = last.map(|entry| entry.at_us + Micros(1));
    Ok(Logs {
        entries,
        next_to_at_us,
    })
}

/// Entries that name a request, or its worker on its host while it ran, or a backend that served it then;
/// the oldest first.
pub(super) fn of_request(
    ask: &Ask,
    request: &RequestRow,
    (pid, backends): (Option<i64>, &[BackendPid]),
    during: Range,
) -> Answer<Vec<LogEntry>> {
    let by_id = format!("SELECT {COLUMNS} FROM {TABLES} WHERE correlation_id = ?1 LIMIT ?2");
    let by_pid = format!(
        "SELECT {COLUMNS} FROM {TABLES} WHERE pid = ?1 AND at_us >= ?2 AND at_us < ?3
         AND project = ?4 AND host = ?5 AND kind <> 'pg_log' AND correlation_id IS NULL
         ORDER BY at_us LIMIT ?6"
    );
    let mut entries = Vec::new();
    for day in ask.reader.days_since(during.from_at_us)? {
        let id = (
            request.correlation_id.0.as_bytes(),
            limits::LOGS_OF_REQUEST_MAX,
        );
        let mut rows = day.rows(&by_id, id, row_of)?;
        if let Some(pid) = pid {
            let params = (
                pid,
                during.from_at_us.0,
                during.to_at_us.0,
                request.project.as_str(),
                request.host.as_str(),
                limits::LOGS_OF_REQUEST_MAX,
            );
            rows.extend(day.rows(&by_pid, params, row_of)?);
        }
        for (mut entry, body, _) in rows {
            entry.correlation_id = Some(request.correlation_id);
            entries.push(with_body(&day, entry, &body)?);
        }
        entries.extend(of_backends(ask, &day, request, backends)?);
    }
    entries.sort_by_key(|entry| entry.at_us);
    entries.truncate(limits::LOGS_OF_REQUEST_MAX);
    Ok(entries)
}

/// Entries of the server's log by a backend of the request, while it served no other one.
fn of_backends(
    ask: &Ask,
    day: &DayReader,
    request: &RequestRow,
    backends: &[BackendPid],
) -> Answer<Vec<LogEntry>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES} WHERE pid = ?1 AND at_us >= ?2 AND at_us < ?3
         AND project = ?4 AND kind = 'pg_log' AND correlation_id IS NULL ORDER BY at_us LIMIT ?5"
    );
    let begin = request.at_us - super::backends::CLOCKS_APART;
    let end = request.at_us + request.wall_us + super::backends::CLOCKS_APART;
    let mut entries = Vec::new();
    for pid in backends {
        let project = request.project.as_str();
        let params = (pid, begin.0, end.0, project, limits::LOGS_OF_REQUEST_MAX);
        for (entry, body, _) in day.rows(&sql, params, row_of)? {
            let id = super::backends::of_entry(ask, &entry, *pid)?;
            if id == Some(request.correlation_id) {
                let entry = LogEntry {
                    correlation_id: id,
                    ..entry
                };
                entries.push(with_body(day, entry, &body)?);
            }
        }
    }
    Ok(entries)
}

fn row_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let id: Option<[u8; 16]> = row.get(4)?;
    let entry = LogEntry {
        at_us: Instant(row.get(0)?),
        project: project(row.get(1)?)?,
        host: host(row.get(2)?)?,
        kind: row.get(3)?,
        correlation_id: id.map(correlation_id),
        text: row.get(5)?,
        body: serde_json::Value::Null,
    };
    Ok((entry, row.get(6)?, row.get(7)?))
}

fn with_body(day: &DayReader, entry: LogEntry, body: &[u8]) -> Answer<LogEntry> {
    let text = day.body_text(body)?;
    Ok(LogEntry {
        body: serde_json::from_str(&text).unwrap_or_default(),
        ..entry
    })
}

/// An entry that names no request is that of the one that its worker was in.
fn with_request(ask: &Ask, day: &DayReader, (entry, body, pid): Row) -> Answer<LogEntry> {
    let mut entry = with_body(day, entry, &body)?;
    if entry.correlation_id.is_none()
        && let Some(pid) = pid
    {
        entry.correlation_id = match (entry.kind.as_str(), BackendPid::try_from(pid)) {
            ("pg_log", Ok(pid)) => super::backends::of_entry(ask, &entry, pid)?,
            ("pg_log", Err(_)) => None,
            _ => super::requests::of_worker(ask, &entry, pid)?,
        };
    }
    Ok(entry)
}
