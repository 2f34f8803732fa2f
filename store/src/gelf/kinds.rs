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

use wire::figure::counted;
use wire::ids::CorrelationId;

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
        out.text(
            field::CORRELATION_ID,
            &*id.hyphenated().encode_lower(&mut text),
        );
    }
}

/// A text on one line, not longer than a line is read.
fn line(text: &str) -> String {
    wire::text::cut(text, LINE_BYTES_MAX).replace('\n', " ")
}
