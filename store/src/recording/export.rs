//! Writes records as they came, in the order of their time.

use std::io::Write;
use std::time::Duration;

use daemon::clock::Clock;
use thiserror::Error;
use uuid::Uuid;
use wire::time::Instant;

use crate::db::DbError;
use crate::db::files::Files;
use crate::db::reader::{DayReader, Reader, body_text};

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
    let sql = "SELECT record.kind, record.event_id, record.project, record.host,
               record.given_at_us, body.zstd, record.at_us, record.id
               FROM record JOIN body ON body.record_id = record.id
               WHERE (record.at_us, record.id) > (?1, ?2) AND record.at_us >= ?3
               AND record.at_us < ?4 AND (?5 IS NULL OR record.project = ?5)
               ORDER BY record.at_us, record.id LIMIT ?6";
    let from = selection.from.map_or(i64::MIN, |from| from.0);
    let to = selection.to.map_or(i64::MAX, |to| to.0);
    let project = selection.project.as_deref();
    let rows = day.rows(sql, (place.0, place.1, from, to, project, ROWS_AT_ONCE), |row| {
        let kind: String = row.get(0)?;
        let event_id = Uuid::from_bytes(row.get(1)?);
        let project: String = row.get(2)?;
        let host: String = row.get(3)?;
        let at_us: i64 = row.get(4)?;
        let body: Vec<u8> = row.get(5)?;
        let envelope = format!(
            r#"{{"v":{},"kind":"{kind}","event_id":"{event_id}","project":"{project}","host":{},"at_us":{at_us},"body":"#,
            wire::record::VERSION,
            // Kinds and projects are plain; a host may hold quotes.
            serde_json::Value::String(host),
        );
        Ok((envelope, body, (row.get(6)?, row.get(7)?)))
    })?;
    let last = rows.last().map(|(_, _, place)| *place);
    let lines = rows
        .into_iter()
        .map(|(envelope, body, _)| Ok(format!("{envelope}{}}}", body_text(&body)?)));
    Ok((lines.collect::<Result<_, DbError>>()?, last))
}
