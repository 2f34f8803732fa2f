//! The envelope that every record travels in, whatever it describes.
//!
//! ```json
//! {"v":1,"kind":"request","event_id":"019a…","project":"shop","host":"web1","at_us":1763892202000000,"body":{}}
//! ```
//!
//! The envelope is checked at every hop; the body is carried as the text it came as, so a daemon
//! hands on kinds and fields that it has never heard of. [`Body::parse`] is for who looks inside.

use memchr::memchr2;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;

use crate::agent::{AgentHealth, Gap};
use crate::fpm::{FpmSlow, FpmStatus};
use crate::host::HostMetrics;
use crate::ids::{EventId, Host, Kind, Project};
use crate::limits;
use crate::mark::Mark;
use crate::pg::database::Database;
use crate::pg::log::Log;
use crate::pg::statements::Statements;
use crate::pg::{Activity, Locks};
use crate::request::Request;
use crate::spike::SpikeFound;
use crate::time::Instant;
use crate::traffic::Traffic;

/// The version of the envelope that this crate writes and reads.
pub const VERSION: u32 = 1;

/// A record with its body as it came.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    v: u32,
    pub kind: Kind,
    pub event_id: EventId,
    pub project: Project,
    pub host: Host,
    /// When what the record describes began.
    pub at_us: Instant,
    body: Box<RawValue>,
}

/// A record's body, for the kinds that this version knows.
#[derive(Clone, Debug)]
pub enum Body {
    Request(Box<Request>),
    HostMetrics(Box<HostMetrics>),
    PgActivity(Activity),
    PgLocks(Locks),
    PgLog(Box<Log>),
    PgStatements(Box<Statements>),
    PgDatabase(Box<Database>),
    AgentHealth(AgentHealth),
    Gap(Gap),
    Traffic(Box<Traffic>),
    FpmStatus(Box<FpmStatus>),
    FpmSlow(FpmSlow),
    Spike(Box<SpikeFound>),
    Mark(Mark),
    /// A kind from another version: kept and counted.
    Unknown,
}

/// Why a line is no record.
#[derive(Debug, Error)]
pub enum RecordError {
    #[error(
        "record: at most {} bytes are allowed, got {given}",
        limits::LINE_BYTES_MAX
    )]
    Length { given: usize },
    #[error(
        "record: nests deeper than {} levels at byte {at}",
        limits::JSON_DEPTH_MAX
    )]
    Depth { at: usize },
    #[error("record: not a record as JSON: {0}")]
    Json(String),
    #[error("record version: {VERSION} is allowed, got {given}")]
    Version { given: u32 },
    #[error("body: a JSON object is allowed, got {0}")]
    BodyType(String),
    #[error("body of kind {kind}: {detail}")]
    Body { kind: String, detail: String },
}

// === impl Record ===

impl Record {
    /// Makes a record of a body that serializes to a JSON object.
    pub fn try_new<B: Serialize>(
        kind: Kind,
        event_id: EventId,
        project: Project,
        host: Host,
        at_us: Instant,
        body: &B,
    ) -> Result<Self, RecordError> {
        let body = serde_json::value::to_raw_value(body).map_err(|e| json_error(&e))?;
        let record = Self {
            v: VERSION,
            kind,
            event_id,
            project,
            host,
            at_us,
            body,
        };
        record.check()?;
        Ok(record)
    }

    /// Reads one line. Checks length, nesting and the envelope, never the body's fields.
    pub fn try_from_line(line: &[u8]) -> Result<Self, RecordError> {
        if line.len() > limits::LINE_BYTES_MAX {
            return Err(RecordError::Length { given: line.len() });
        }
        check_depth(line)?;
        let record: Self = serde_json::from_slice(line).map_err(|e| json_error(&e))?;
        record.check()?;
        Ok(record)
    }

    fn check(&self) -> Result<(), RecordError> {
        if self.v != VERSION {
            return Err(RecordError::Version { given: self.v });
        }
        if !self.body.get().starts_with('{') {
            return Err(RecordError::BodyType(
                self.body.get().chars().take(40).collect(),
            ));
        }
        Ok(())
    }

    /// The record as one line of JSON, without the newline.
    pub fn to_line(&self) -> Vec<u8> {
        // A value made of strings, integers and checked JSON always encodes.
        let mut line = serde_json::to_vec(self).expect("a record is plain JSON");
        // JSON allows raw newlines between tokens of the body; a line does not.
        flatten(&mut line);
        line
    }

    /// The body's JSON text.
    pub fn body_text(&self) -> &str {
        self.body.get()
    }

    /// Reads the body by its kind.
    pub fn body(&self) -> Result<Body, RecordError> {
        Body::parse(self.kind.as_str(), self.body.get())
    }
}

// === impl Body ===

impl Body {
    /// Reads a body's text as what its kind says it is.
    pub fn parse(kind: &str, text: &str) -> Result<Self, RecordError> {
        let parsed = match kind {
            Request::KIND => serde_json::from_str(text).map(Self::Request),
            HostMetrics::KIND => serde_json::from_str(text).map(Self::HostMetrics),
            Activity::KIND => serde_json::from_str(text).map(Self::PgActivity),
            Locks::KIND => serde_json::from_str(text).map(Self::PgLocks),
            Log::KIND => serde_json::from_str(text).map(Self::PgLog),
            Statements::KIND => serde_json::from_str(text).map(Self::PgStatements),
            Database::KIND => serde_json::from_str(text).map(Self::PgDatabase),
            AgentHealth::KIND => serde_json::from_str(text).map(Self::AgentHealth),
            Gap::KIND => serde_json::from_str(text).map(Self::Gap),
            Traffic::KIND => serde_json::from_str(text).map(Self::Traffic),
            FpmStatus::KIND => serde_json::from_str(text).map(Self::FpmStatus),
            FpmSlow::KIND => serde_json::from_str(text).map(Self::FpmSlow),
            Mark::KIND => serde_json::from_str(text).map(Self::Mark),
            SpikeFound::KIND => serde_json::from_str(text).map(Self::Spike),
            _ => Ok(Self::Unknown),
        };
        parsed.map_err(|error| RecordError::Body {
            kind: kind.to_owned(),
            detail: error.to_string(),
        })
    }
}

/// Makes one line of a JSON text: newlines may stand between its tokens, and nowhere else.
pub fn flatten(text: &mut [u8]) {
    let mut at = 0;
    while let Some(step) = text.get(at..).and_then(|rest| memchr2(b'\n', b'\r', rest)) {
        at += step;
        text[at] = b' ';
    }
}

fn json_error(error: &serde_json::Error) -> RecordError {
    RecordError::Json(error.to_string())
}

/// Bounds nesting before any parser recurses. Brackets inside strings do not count.
fn check_depth(line: &[u8]) -> Result<(), RecordError> {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = line.get(at) {
        match byte {
            // Most of a record is inside of strings, which are passed by at many bytes a step.
            b'"' => at = string_end(line, at + 1),
            b'{' | b'[' => {
                depth += 1;
                if depth > limits::JSON_DEPTH_MAX {
                    return Err(RecordError::Depth { at });
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

/// Where the quote is that ends a string which begins at `at`; the line's end if it never ends.
fn string_end(line: &[u8], mut at: usize) -> usize {
    while let Some(step) = line.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += step;
        if line[at] == b'"' {
            return at;
        }
        at += 2;
    }
    line.len()
}

#[cfg(test)]
mod tests;
