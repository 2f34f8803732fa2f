//! An entry as the record that leaves the host: understood, and without values.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use wire::ids::{CorrelationId, EventId, Project};
use wire::pg::log::{Event, Log};
use wire::sql::Fingerprint;
use wire::time::Instant;

use super::class::{Meaning, classify};
use super::entry::{Entry, Head};
use super::redact;
use crate::projects::Projects;

/// What of the settings an entry is told by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reporter {
    /// What stands before the correlation id in an application name.
    pub prefix: String,
    pub projects: Projects,
    /// Whether values stay: off unless a site says otherwise.
    pub with_values: bool,
}

/// Where in its log an entry stands: the same entry has the same place, whenever it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Of the file's first line: it stays when the file is renamed, copied or compressed.
    pub file: u64,
    pub offset: u64,
}

// === impl Reporter ===

impl Reporter {
    /// The record's body for an entry.
    pub fn log(&self, entry: &Entry<'_>) -> Log {
        let Meaning {
            event,
            text,
            statement,
            application_name,
        } = classify(entry);
        let head = &entry.head;
        let name = application_name
            .map(Cow::Borrowed)
            .or(head.application_name.clone());
        let statement = statement.as_deref().filter(|sql| !sql.is_empty());
        let statement = statement.map(|sql| self.statement(sql)).unwrap_or_default();
        let own = |text: &Option<Cow<'_, str>>| text.as_deref().map(str::to_owned);
        Log {
            severity: entry.severity,
            sql_state: own(&head.sql_state),
            text: self.message(&text, &event, head),
            detail: self.text(entry.detail.as_deref(), redact::detail),
            hint: self.text(entry.hint.as_deref(), |text| redact::message(text, None)),
            context: self.text(entry.context.as_deref(), redact::context),
            fingerprint: (!statement.text.is_empty())
                .then(|| Fingerprint::of_normalized(&statement.text)),
            statement_is_cut: statement.is_cut,
            statement: Some(statement.text).filter(|text| !text.is_empty()),
            query_id: head
                .query_id
                .filter(|_| has_query_id(&event))
                .map(|id| id.to_string()),
            pid: head.pid,
            leader_pid: head.leader_pid,
            session_id: own(&head.session_id),
            database: own(&head.database),
            user: own(&head.user),
            correlation_id: name
                .as_deref()
                .and_then(|name| CorrelationId::from_application_name(name, &self.prefix)),
            application_name: own(&name),
            client: own(&head.client),
            backend_type: own(&head.backend_type),
            is_doubtful: entry.is_doubtful,
            is_cut: entry.is_cut,
            event,
        }
    }

    /// Whose an entry is, if not the agent's own project's.
    pub fn project(&self, log: &Log) -> Option<&Project> {
        let Log {
            database,
            user,
            application_name,
            ..
        } = log;
        self.projects.of(
            database.as_deref(),
            user.as_deref(),
            application_name.as_deref(),
        )
    }

    fn statement(&self, sql: &str) -> redact::Statement {
        if self.with_values {
            let text = wire::text::cut(sql, redact::STATEMENT_BYTES_MAX).to_owned();
            let is_cut = text.len() < sql.len();
            return redact::Statement { text, is_cut };
        }
        redact::statement(sql)
    }

    fn message(&self, text: &str, event: &Event, head: &Head<'_>) -> String {
        if self.with_values {
            return wire::text::cut(text, redact::TEXT_BYTES_MAX).to_owned();
        }
        match event {
            Event::Unparsed => redact::unparsed(text),
            _ => redact::message(text, head.sql_state.as_deref()),
        }
    }

    fn text(&self, text: Option<&str>, redact: impl Fn(&str) -> String) -> Option<String> {
        let text = text?;
        Some(if self.with_values {
            wire::text::cut(text, redact::TEXT_BYTES_MAX).to_owned()
        } else {
            redact(text)
        })
    }
}

/// What is told of a query's id on lines of a session that has run none yet is what was left in its place
/// by the session before it.
fn has_query_id(event: &Event) -> bool {
    !matches!(
        event,
        Event::ConnectionReceived | Event::ConnectionAuthenticated | Event::ConnectionAuthorized
    )
}

// === impl Place ===

impl Place {
    /// The id of the record of the entry that stands here: a UUID v7 of the entry's own time, whose other
    /// bits are a hash of its place and its bytes. A process that reads the entry again, since the one
    /// before was killed before it had noted how far it was, makes the same record again; and the store
    /// keeps one.
    pub fn event_id(self, at: Instant, entry: &Entry<'_>) -> EventId {
        let hash = Sha256::new()
            .chain_update(self.file.to_le_bytes())
            .chain_update(self.offset.to_le_bytes())
            .chain_update(entry.message.as_bytes())
            .finalize();
        let millis = u64::try_from(at.0 / 1_000).unwrap_or(0);
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&hash[..10]);
        EventId(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
    }
}

/// The identity of a file, by its first line.
pub fn file_identity(first_line: &[u8]) -> u64 {
    let hash = Sha256::digest(first_line);
    let first: [u8; 8] = hash[..8].try_into().expect("a hash has 32 bytes");
    u64::from_le_bytes(first)
}

#[cfg(test)]
mod tests;
