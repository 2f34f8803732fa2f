//! From a stored record to its messages: what all kinds have in common.

use uuid::Uuid;
use wire::pg::log::Log;
use wire::record::Body;
use wire::time::Instant;

use super::field;
use super::kinds;
use super::kinds::server_log::Entry;
use super::level::Level;
use super::message::{self, Fields, Head};

/// A record as it is stored, but for its body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Envelope<'a> {
    pub(crate) kind: &'a str,
    pub(crate) event_id: Uuid,
    pub(crate) project: &'a str,
    pub(crate) host: &'a str,
    pub(crate) at_us: Instant,
    /// The time as it came, of a clock so wrong that `at_us` had to be moved.
    pub(crate) given_at_us: Option<Instant>,
}

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    /// A frame with its delimiter is never longer.
    pub(crate) frame_bytes_max: usize,
    /// Whether the members of lists become messages of their own.
    pub(crate) has_lists: bool,
}

/// Writes the messages of one record.
#[derive(Debug)]
pub(crate) struct Messages<'a> {
    envelope: Envelope<'a>,
    style: Style,
    out: &'a mut Vec<u8>,
    written: u32,
}

/// Of one record: a list of more is a mistake, and the first of it are the greatest.
const MEMBERS_MAX: u32 = 1_000;

/// Appends a record's messages, each with its delimiter, and says how many they are: one at least.
pub(crate) fn write(out: &mut Vec<u8>, envelope: Envelope<'_>, body: &str, style: Style) -> u32 {
    let mut messages = Messages {
        envelope,
        style,
        out,
        written: 0,
    };
    if envelope.kind == Log::KIND
        && let Ok((entry, event)) = Entry::read(body)
    {
        kinds::server_log::write(&mut messages, &entry, &event);
        return messages.written;
    }
    // A body was read when it came; one that this version can't read is forwarded as it is.
    match Body::parse(envelope.kind, body).unwrap_or(Body::Unknown) {
        Body::Request(it) => kinds::request::write(&mut messages, &it),
        Body::Traffic(it) => kinds::traffic::write(&mut messages, &it),
        Body::HostMetrics(it) => kinds::host::write(&mut messages, &it),
        Body::FpmStatus(it) => kinds::fpm::status(&mut messages, &it),
        Body::FpmSlow(it) => kinds::fpm::slow(&mut messages, &it),
        Body::PgActivity(it) => kinds::activity::write(&mut messages, &it),
        Body::PgLocks(it) => kinds::locks::write(&mut messages, &it),
        Body::PgLog(it) => kinds::server_log::write(&mut messages, &Entry::of(&it), &it.event),
        Body::PgStatements(it) => kinds::statements::write(&mut messages, &it),
        Body::PgDatabase(it) => kinds::database::write(&mut messages, &it),
        Body::AgentHealth(it) => kinds::agent::health(&mut messages, &it),
        Body::Gap(it) => kinds::agent::gap(&mut messages, &it),
        Body::Mark(it) => kinds::mark::write(&mut messages, &it),
        Body::Spike(it) => kinds::spike::write(&mut messages, &it),
        Body::Unknown => kinds::unknown::write(&mut messages, body),
    }
    messages.written
}

// === impl Messages ===

impl<'a> Messages<'a> {
    pub(crate) fn envelope(&self) -> Envelope<'a> {
        self.envelope
    }

    /// The record's own message.
    pub(crate) fn record(
        &mut self,
        level: Level,
        short: &str,
        full: &str,
        fields: impl Fn(&mut Fields<'_>),
    ) {
        self.message(level, self.envelope.at_us, short, full, None, fields);
    }

    /// Whether members of lists are wanted. There are so many at most.
    pub(crate) fn has_lists(&self) -> bool {
        self.style.has_lists && self.written <= MEMBERS_MAX
    }

    /// A message of its own for a member of the record's list of that name.
    pub(crate) fn member(
        &mut self,
        list: &'static str,
        level: Level,
        at_us: Instant,
        (short, full): (&str, &str),
        fields: impl Fn(&mut Fields<'_>),
    ) {
        self.message(level, at_us, short, full, Some(list), fields);
    }

    fn message(
        &mut self,
        level: Level,
        at_us: Instant,
        short: &str,
        full: &str,
        list: Option<&'static str>,
        fields: impl Fn(&mut Fields<'_>),
    ) {
        let Envelope { host, kind, .. } = self.envelope;
        let head = Head {
            host,
            at_us,
            level,
            // Graylog refuses a message without one.
            short: if short.trim().is_empty() { kind } else { short },
            full,
        };
        let (envelope, part) = (self.envelope, self.written);
        message::write(self.out, self.style.frame_bytes_max, &head, |out| {
            common(out, &envelope, part, at_us);
            out.text(field::LIST, list);
            fields(out);
        });
        self.written += 1;
    }
}

fn common(out: &mut Fields<'_>, envelope: &Envelope<'_>, part: u32, at_us: Instant) {
    let mut id = Uuid::encode_buffer();
    out.text(field::PROJECT, envelope.project);
    out.text(field::KIND, envelope.kind);
    let id = envelope.event_id.hyphenated().encode_lower(&mut id);
    out.word(field::EVENT_ID, id);
    out.int(field::PART, part);
    out.int(field::AT_US, at_us.0);
    out.int(
        field::GIVEN_AT_US,
        envelope.given_at_us.map(|at_us| at_us.0),
    );
}

#[cfg(test)]
mod tests;
