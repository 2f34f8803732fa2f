//! What the store's answer to a batch means for the sender: the table of `docs/protocol.md`.

use std::time::{Duration, UNIX_EPOCH};

use wire::batch::{Problem, Receipt};
use wire::time::Instant;

/// A store that asks for more time than this is asked again nevertheless.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);

/// Enough of an answer to recognise who has answered.
const DETAIL_CHARS_MAX: usize = 300;

/// What to do with a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is on the store's disk: move the cursor.
    Committed(Receipt),
    /// The store can't read it: halve it, put the guilty record aside.
    Refused { status: u16, detail: String },
    /// The token is wrong: keep everything, say so.
    Token { status: u16 },
    /// Not now: try again after that time, or with backoff.
    Later {
        status: u16,
        after: Option<Duration>,
    },
    /// Anything else, also an answer that is none: breaker and backoff.
    Trouble(String),
}

// === impl Verdict ===

impl Verdict {
    /// Judges an answer to a batch of `records` records.
    ///
    /// `now` is the wall clock, for a `Retry-After` that names a date.
    pub fn of(
        status: u16,
        retry_after: Option<&str>,
        body: &[u8],
        records: usize,
        now: Instant,
    ) -> Self {
        match status {
            200 => committed(body, records),
            400 | 413 | 415 | 422 => Self::Refused {
                status,
                detail: detail(body),
            },
            401 | 403 => Self::Token { status },
            429 | 503 => Self::Later {
                status,
                after: retry_after.and_then(|text| parse_retry_after(text, now)),
            },
            _ => Self::Trouble(format!("store answers {status}: {}", detail(body))),
        }
    }
}

/// A receipt that does not account for every record is no acknowledgement: whoever answered (a
/// proxy's login page, an older store) has not taken the batch.
fn committed(body: &[u8], records: usize) -> Verdict {
    let receipt: Receipt = match serde_json::from_slice(body) {
        Ok(receipt) => receipt,
        Err(error) => return Verdict::Trouble(format!("store's receipt can't be read: {error}")),
    };
    let settled = receipt
        .stored
        .saturating_add(receipt.known)
        .saturating_add(receipt.put_aside.len() as u64);
    if settled == records as u64 {
        Verdict::Committed(receipt)
    } else {
        Verdict::Trouble(format!(
            "store's receipt accounts for {settled} of {records} records"
        ))
    }
}

/// What a problem document tells, else the text itself, both cut.
fn detail(body: &[u8]) -> String {
    let text = match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => format!("{}: {}", problem.title, problem.detail),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    let tame = |character: char| {
        if character.is_control() {
            ' '
        } else {
            character
        }
    };
    text.chars().map(tame).take(DETAIL_CHARS_MAX).collect()
}

/// Seconds, or a date (RFC 9110, section 10.2.3); a date that is over asks for no time at all.
fn parse_retry_after(text: &str, now: Instant) -> Option<Duration> {
    let text = text.trim();
    let span = if let Ok(seconds) = text.parse() {
        Duration::from_secs(seconds)
    } else {
        let date = httpdate::parse_http_date(text).ok()?;
        let since_epoch = date.duration_since(UNIX_EPOCH).ok()?;
        let now = Duration::from_micros(u64::try_from(now.0).ok()?);
        since_epoch.saturating_sub(now)
    };
    Some(span.min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests;
