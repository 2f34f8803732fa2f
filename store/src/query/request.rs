//! One request with everything: its body, its sessions' samples, its locks, and what is usual.

use wire::ids::{CorrelationId, EventId};
use wire::query::{LockWait, RequestDetail, RequestRow, SessionSample};
use wire::time::{Instant, Micros};

use super::party::Directory;
use super::waits::{self, Wait};
use super::{Answer, Ask, baseline, locks, requests};
use crate::calendar::DAY_US;
use crate::db::DbError;
use crate::db::reader::{DayReader, body_text};
use crate::limits;

/// Its samples may have arrived on an earlier day than the request, which comes last.
const SAMPLES_BEFORE: Micros = Micros(DAY_US);

pub(crate) fn ask(ask: &Ask, id: CorrelationId) -> Answer<Option<RequestDetail>> {
    // The newest day first: what is looked at is mostly new.
    for day in ask.reader.days()?.iter().rev() {
        if let Some((record_id, row)) = requests::find(ask, day, id)? {
            return detail(ask, day, record_id, row).map(Some);
        }
    }
    Ok(None)
}

fn detail(ask: &Ask, day: &DayReader, record_id: i64, row: RequestRow) -> Answer<RequestDetail> {
    let sql = "SELECT record.event_id, body.zstd FROM record
               JOIN body ON body.record_id = record.id WHERE record.id = ?1";
    let (event_id, body): ([u8; 16], Vec<u8>) = day
        .row(sql, [record_id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .ok_or_else(|| DbError::Body {
            detail: "its record is missing".to_owned(),
        })?;
    let request = serde_json::from_str(&body_text(&body)?).map_err(|error| DbError::Body {
        detail: error.to_string(),
    })?;
    let since = row.at_us - SAMPLES_BEFORE;
    let moments = waits::of_request(ask, row.correlation_id, since)?;
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
    Ok(RequestDetail {
        samples: samples(ask, row.correlation_id, since)?,
        baseline: baseline::of_route(ask, &row)?,
        event_id: EventId(uuid::Uuid::from_bytes(event_id)),
        request,
        waited_for,
        blocked,
        row,
    })
}

fn samples(ask: &Ask, id: CorrelationId, since: Instant) -> Answer<Vec<SessionSample>> {
    let sql = "SELECT at_us, pid, state, wait_class, wait_event, statement.text
               FROM pg_session LEFT JOIN statement ON statement.id = statement_id
               WHERE correlation_id = ?1 ORDER BY at_us, pid LIMIT ?2";
    let mut samples = Vec::new();
    for day in ask.reader.days_since(since)? {
        samples.extend(
            day.rows(sql, (id.0.as_bytes(), limits::SAMPLES_MAX), |row| {
                Ok(SessionSample {
                    at_us: Instant(row.get(0)?),
                    pid: row.get(1)?,
                    state: row.get(2)?,
                    wait_class: row.get(3)?,
                    wait_event: row.get(4)?,
                    query: row.get(5)?,
                })
            })?,
        );
    }
    samples.sort_by_key(|sample| (sample.at_us, sample.pid));
    samples.truncate(limits::SAMPLES_MAX);
    Ok(samples)
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
