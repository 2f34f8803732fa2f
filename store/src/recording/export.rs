//! Writes records as they came, in the order of their time.

use std::io::Write;
use std::time::Duration;

use daemon::clock::Clock;
use thiserror::Error;
use uuid::Uuid;
use wire::time::Instant;

use crate::db::DbError;
use crate::db::files::Files;
use crate::db::reader::{DayReader, Reader};

/// Which records.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    pub(crate) from: Option<Instant>,
    pub(crate) to: Option<Instant>,
    pub(crate) project: Option<String>,
}

/// Why a recording can't be written.
#[derive(Debug, Error)]
pub(crate) enum ExportError {
    #[error("the records can't be read")]
    Read(#[from] DbError),
    #[error("the recording can't be written")]
    Write(#[from] std::io::Error),
}

/// A recording is kept in repositories and sent around, so it is worth a slow level.
const ZSTD_LEVEL: i32 = 12;

/// Rows read by one question. Between two, the file's WAL can be reset.
const ROWS_AT_ONCE: usize = 500;

/// An export may take its time; it reads in short questions.
const DEADLINE: Duration = Duration::from_secs(86_400);

/// Where the next question goes on: time and place of the last row.
type Place = (i64, i64);

/// Writes a recording and says how many records it has. Days follow each other by receipt; within
/// a day, records follow each other by time.
pub(crate) fn export(
    files: &Files,
    clock: &Clock,
    selection: &Selection,
    out: impl Write,
) -> Result<u64, ExportError> {
    let reader = Reader::with_deadline(files.clone(), clock.clone(), DEADLINE);
    let mut out = zstd::stream::write::Encoder::new(out, ZSTD_LEVEL)?;
    // Whoever reads it learns that it is whole.
    out.include_checksum(true)?;
    let days = match selection.from {
        Some(from) => reader.days_since(from)?,
        None => reader.days()?,
    };
    let mut records = 0;
    for day in days {
        let mut place = (i64::MIN, 0);
        loop {
            let (lines, last) = lines_after(&day, selection, place)?;
            let Some(last) = last else { break };
            for line in &lines {
                out.write_all(line.as_bytes())?;
                out.write_all(b"\n")?;
            }
            records += lines.len() as u64;
            place = last;
        }
    }
    out.finish()?.flush()?;
    Ok(records)
}

fn lines_after(
    day: &DayReader,
    selection: &Selection,
    place: Place,
) -> Result<(Vec<String>, Option<Place>), DbError> {
    let sql = "SELECT kind.name, record.event_id, source.project, source.host,
               coalesce(record.given_at_us, record.at_us), body.zstd, record.at_us, record.id
               FROM record JOIN body ON body.record_id = record.id
               JOIN kind ON kind.id = record.kind_id JOIN source ON source.id = record.source_id
               WHERE (record.at_us, record.id) > (?1, ?2) AND record.at_us >= ?3
               AND record.at_us < ?4 AND (?5 IS NULL OR source.project = ?5)
               ORDER BY record.at_us, record.id LIMIT ?6";
    let from = selection.from.map_or(i64::MIN, |from| from.0);
    let to = selection.to.map_or(i64::MAX, |to| to.0);
    let project = selection.project.as_deref();
    let params = (place.0, place.1, from, to, project, ROWS_AT_ONCE);
    let rows = day.rows(sql, params, |row| {
        let names: (String, String, String) = (row.get(0)?, row.get(2)?, row.get(3)?);
        let (event_id, body): ([u8; 16], Vec<u8>) = (row.get(1)?, row.get(5)?);
        let place: Place = (row.get(6)?, row.get(7)?);
        Ok((names, Uuid::from_bytes(event_id), row.get(4)?, body, place))
    })?;
    let last = rows.last().map(|row| row.4);
    let lines = rows.into_iter().map(|(names, event_id, at_us, body, _)| {
        let (kind, project, host) = names;
        let body = day.body_text(&body)?;
        Ok(line(&kind, event_id, (&project, &host), at_us, &body))
    });
    Ok((lines.collect::<Result<_, DbError>>()?, last))
}

/// A record as it came. `source` is its project and host.
pub(crate) fn line(
    kind: &str,
    event_id: Uuid,
    source: (&str, &str),
    at_us: i64,
    body: &str,
) -> String {
    format!(
        r#"{{"v":{},"kind":"{kind}","event_id":"{event_id}","project":"{}","host":{},"at_us":{at_us},"body":{body}}}"#,
        wire::record::VERSION,
        source.0,
        // Kinds and projects are plain; a host may hold quotes.
        serde_json::Value::from(source.1),
    )
}
