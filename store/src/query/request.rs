//! One request with everything: its body, its sessions' samples, its locks, its log entries, and what is
//! usual.

use wire::ids::{BackendPid, CorrelationId, EventId};
use wire::query::{DatabaseTime, LockWait, LogEntry, RequestDetail, RequestRow, SessionSample};
use wire::request::Request;
use wire::time::{Instant, Micros, Range};

use super::backends::CLOCKS_APART;
use super::party::Directory;
use super::waits::{self, Wait};
use super::{Answer, Ask, baseline, locks, logs, requests, sites};
use crate::calendar::DAY_US;
use crate::db::DbError;
use crate::db::reader::DayReader;
use crate::limits;

/// Its samples may have arrived on an earlier day than the request, which comes last.
const SAMPLES_BEFORE: Micros = Micros(DAY_US);

/// A record as it stands in its file.
struct Stored {
    event_id: EventId,
    given_at_us: Option<Instant>,
    request: Request,
}

pub(crate) fn ask(ask: &Ask, id: CorrelationId) -> Answer<Option<RequestDetail>> {
    let days = ask.reader.days()?;
    match requests::find(&days, id)? {
        Some((day, record_id, row)) => detail(ask, day, record_id, row).map(Some),
        None => Ok(None),
    }
}

fn detail(ask: &Ask, day: &DayReader, record_id: i64, row: RequestRow) -> Answer<RequestDetail> {
    let stored = stored(day, record_id)?;
    let since = row.at_us - SAMPLES_BEFORE;
    let during = Range {
        from_at_us: row.at_us,
        to_at_us: row.at_us + row.wall_us,
    };
    let pids = backend_pids(&stored.request);
    let moments = waits::of_request(ask, (row.correlation_id, during), &pids, since)?;
    let mut directory = locks::directory_of(ask, &moments, since)?;
    let (mut waited_for, mut blocked) = (Vec::new(), Vec::new());
    for wait in waits::merge(&moments) {
        let told = tell(ask, &wait, &mut directory)?;
        if wait.last.waiter.correlation_id == Some(row.correlation_id) {
            waited_for.push(told);
        } else {
            blocked.push(told);
        }
    }
    blocked.sort_by_key(|wait| std::cmp::Reverse(wait.waited_us));
    blocked.truncate(wire::limits::ANSWER_ROWS_MAX);
    let samples = samples(ask, &row, &stored.request)?;
    Ok(RequestDetail {
        database: database_time(&samples),
        logs: entries(ask, &row, &stored.request)?,
        baseline: baseline::of_route(ask, &row)?,
        overall: baseline::of_project(ask, &row)?,
        event_id: stored.event_id,
        given_at_us: stored.given_at_us,
        request: stored.request,
        samples,
        waited_for,
        blocked,
        row,
    })
}

fn stored(day: &DayReader, record_id: i64) -> Answer<Stored> {
    let sql = "SELECT record.event_id, record.given_at_us, body.zstd FROM main.record
               JOIN main.body ON body.record_id = record.id WHERE record.id = ?1";
    let (event_id, given_at_us, body): ([u8; 16], Option<i64>, Vec<u8>) = day
        .row(sql, [record_id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .ok_or_else(|| DbError::Body {
            detail: "its record is missing".to_owned(),
        })?;
    let request = serde_json::from_str(&day.body_text(&body)?).map_err(|error| DbError::Body {
        detail: error.to_string(),
    })?;
    Ok(Stored {
        event_id: EventId(uuid::Uuid::from_bytes(event_id)),
        given_at_us: given_at_us.map(Instant),
        request,
    })
}

const SAMPLE_COLUMNS: &str = "at_us, pid, state, wait_class, wait_event, statement.text, \
                              interval_us, project, host";

/// What its sessions did, by its id; and where a backend did not carry that, by the backend's pid while
/// the request ran. Times are the request's host's: clocks that differ are put right.
fn samples(ask: &Ask, row: &RequestRow, request: &Request) -> Answer<Vec<SessionSample>> {
    let by_id = format!(
        "SELECT {SAMPLE_COLUMNS} FROM main.pg_session
         LEFT JOIN main.statement ON statement.id = statement_id
         WHERE correlation_id = ?1 ORDER BY at_us, pid LIMIT ?2"
    );
    let by_pid = format!(
        "SELECT {SAMPLE_COLUMNS} FROM main.pg_session
         LEFT JOIN main.statement ON statement.id = statement_id
         WHERE pid = ?1 AND at_us >= ?2 AND at_us <= ?3 AND project = ?4
         AND correlation_id IS NULL AND wait_class <> 'idle' ORDER BY at_us LIMIT ?5"
    );
    let mut clocks = sites::Corrections::new(ask, row.at_us);
    let ours = clocks.of(row.project.as_str(), row.host.as_str())?;
    let mut samples = Vec::new();
    for day in ask.reader.days_since(row.at_us - SAMPLES_BEFORE)? {
        let id = (row.correlation_id.0.as_bytes(), limits::SAMPLES_MAX);
        for (mut sample, host) in day.rows(&by_id, id, |row| sample_of(row, false))? {
            let theirs = clocks.of(row.project.as_str(), &host)?;
            sample.at_us = sample.at_us + Micros(theirs.0 - ours.0);
            samples.push(sample);
        }
        let begin = row.at_us - CLOCKS_APART;
        let end = row.at_us + row.wall_us + CLOCKS_APART;
        for pid in backend_pids(request) {
            let project = row.project.as_str();
            let params = (pid, begin.0, end.0, project, limits::SAMPLES_MAX);
            for (mut sample, host) in day.rows(&by_pid, params, |row| sample_of(row, true))? {
                let theirs = clocks.of(project, &host)?;
                sample.at_us = sample.at_us + Micros(theirs.0 - ours.0);
                let is_within =
                    sample.at_us >= row.at_us && sample.at_us <= row.at_us + row.wall_us;
                if is_within {
                    samples.push(sample);
                }
            }
        }
    }
    samples.sort_by_key(|sample| (sample.at_us, sample.pid));
    samples.truncate(limits::SAMPLES_MAX);
    Ok(samples)
}

fn sample_of(
    row: &rusqlite::Row<'_>,
    is_by_pid: bool,
) -> rusqlite::Result<(SessionSample, String)> {
    let sample = SessionSample {
        at_us: Instant(row.get(0)?),
        pid: row.get(1)?,
        state: row.get(2)?,
        wait_class: row.get(3)?,
        wait_event: row.get(4)?,
        query: row.get(5)?,
        interval_us: Micros(row.get(6)?),
        is_by_pid,
    };
    Ok((sample, row.get(8)?))
}

/// The backends that served it, as PHP saw them.
fn backend_pids(request: &Request) -> Vec<BackendPid> {
    let sql = request.sql.iter();
    let mut pids: Vec<BackendPid> = sql
        .flat_map(|sql| {
            let connections = sql.connections.iter().filter_map(|it| it.backend_pid);
            connections.chain(sql.queries.iter().filter_map(|it| it.backend_pid))
        })
        .collect();
    pids.sort_unstable();
    pids.dedup();
    pids.truncate(limits::BACKENDS_OF_REQUEST_MAX);
    pids
}

fn database_time(samples: &[SessionSample]) -> DatabaseTime {
    let mut time = DatabaseTime::default();
    for sample in samples {
        let class = match sample.wait_class.as_str() {
            "cpu" => &mut time.cpu_us,
            "io" => &mut time.io_us,
            "lock" => &mut time.lock_us,
            "client" => &mut time.client_us,
            "idle_in_transaction" => &mut time.idle_in_transaction_us,
            "idle" => continue,
            _ => &mut time.other_us,
        };
        let interval_us = sample.interval_us.0.min(limits::READING_SPAN_MAX_US);
        class.0 = class.0.saturating_add(interval_us);
    }
    time
}

/// Log entries that name it, or its worker while it ran.
fn entries(ask: &Ask, row: &RequestRow, request: &Request) -> Answer<Vec<LogEntry>> {
    let during = Range {
        from_at_us: row.at_us,
        to_at_us: row.at_us + row.wall_us + requests::LOG_AFTER,
    };
    let backends = backend_pids(request);
    let pids = (request.pid.map(i64::from), backends.as_slice());
    logs::of_request(ask, row, pids, during)
}

fn tell(ask: &Ask, wait: &Wait, directory: &mut Directory) -> Answer<LockWait> {
    let last = &wait.last;
    let relation = last.relation.as_deref();
    let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().map(str::to_owned);
    Ok(LockWait {
        waiter: directory.waiter(ask, &last.waiter)?,
        blocker: directory.holder(ask, &last.blocker, relation)?,
        root: directory.holder(ask, &last.root, relation)?,
        lock_type: text(&last.lock_type),
        mode: text(&last.mode),
        relation: text(&last.relation),
        begin_at_us: wait.begin_at_us,
        end_at_us: wait.end_at_us,
        waited_us: Micros(wait.waited_us),
    })
}
