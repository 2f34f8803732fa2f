//! What an entry means: its class, the figures in it, and the statement that it is about.
//!
//! The first word of a message decides what is looked for, and what is looked for is anchored: no
//! expression may run over a statement that happens to hold the right words. Where the message is in another
//! language the SQLSTATE alone decides.

mod connection;
mod duration;
mod failure;
mod lock;
mod server;
mod upkeep;

use std::borrow::Cow;

use wire::pg::log::Event;

use super::entry::Entry;

/// An entry, understood. Texts have their values still.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meaning<'a> {
    pub event: Event,
    /// The message without the statement that it may hold.
    pub text: Cow<'a, str>,
    pub statement: Option<Cow<'a, str>>,
    /// Of a session whose prefix did not know it yet.
    pub application_name: Option<&'a str>,
}

/// Finds out what an entry means.
pub fn classify<'a>(entry: &'a Entry<'_>) -> Meaning<'a> {
    let message: &'a str = &entry.message;
    if !entry.is_parsed {
        return Meaning {
            event: Event::Unparsed,
            text: message.into(),
            ..Meaning::default()
        };
    }
    if entry.severity.is_failure() {
        return failure::classify(entry);
    }
    let first_word = message
        .bytes()
        .position(|byte| byte == b' ' || byte == b':');
    let found = match &message[..first_word.unwrap_or(message.len())] {
        "duration" => duration::classify(entry),
        "statement" | "execute" | "fastpath" => duration::statement(entry),
        "process" => lock::wait(entry).map(Meaning::of),
        "temporary" | "checkpoint" | "restartpoint" | "checkpoints" | "automatic" => {
            upkeep::classify(message).map(Meaning::of)
        }
        "connection" | "disconnection" | "replication" => connection::classify(message),
        _ => server::classify(entry),
    };
    let mut meaning = found
        .or_else(|| failure::state_of(entry).map(Meaning::of))
        .unwrap_or_default();
    if meaning.text.is_empty() {
        meaning.text = message.into();
    }
    if meaning.statement.is_none() {
        meaning.statement = entry.statement.as_deref().map(Cow::Borrowed);
    }
    meaning
}

// === impl Meaning ===

impl Meaning<'_> {
    /// The event is all there is to it.
    fn of(event: Event) -> Self {
        Self {
            event,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests;
