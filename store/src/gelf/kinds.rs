//! What each kind of record tells.

pub(super) mod request;
pub(super) mod traffic;

pub(super) mod fpm;
pub(super) mod host;

pub(super) mod activity;
pub(super) mod database;
pub(super) mod locks;
pub(super) mod server_log;
pub(super) mod statements;

pub(super) mod mark;
pub(super) mod spike;

pub(super) mod agent;
pub(super) mod unknown;

use std::borrow::Cow;

use wire::figure::counted;
use wire::ids::CorrelationId;
use wire::sql::Fingerprint;

use super::field;
use super::message::Fields;

/// Members of a list that the record's own message tells in `full_message`.
const LINES_MAX: usize = 50;

/// A text within one line.
const LINE_BYTES_MAX: usize = 300;

/// A request's id, if there is one.
fn correlation_id(out: &mut Fields<'_>, id: Option<CorrelationId>) {
    if let Some(CorrelationId(id)) = id {
        let mut text = uuid::Uuid::encode_buffer();
        let text = id.hyphenated().encode_lower(&mut text);
        out.word(field::CORRELATION_ID, text);
    }
}

/// A statement's shape, if it is known.
fn fingerprint(out: &mut Fields<'_>, fingerprint: Option<Fingerprint>) {
    if let Some(fingerprint) = fingerprint {
        let digits = fingerprint.digits();
        let text = str::from_utf8(&digits).expect("hex digits are ASCII");
        out.word(field::FINGERPRINT, text);
    }
}

/// A text on one line, not longer than a line is read.
fn line(text: &str) -> Cow<'_, str> {
    let text = wire::text::cut(text, LINE_BYTES_MAX);
    match memchr::memchr(b'\n', text.as_bytes()) {
        Some(_) => Cow::Owned(text.replace('\n', " ")),
        None => Cow::Borrowed(text),
    }
}
