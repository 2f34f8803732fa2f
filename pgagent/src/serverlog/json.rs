//! An entry in the json format: one line, one object, keys without a value left out.
//!
//! Lines as the server writes them are the rule, and there is a fast reader for those; any other one, such as
//! another program may have rewritten, is read by serde.

mod plain;

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use wire::ids::BackendPid;

use super::entry::{Entry, Head};
use super::severity::severity;
use super::stamp::Stamps;

/// A text that is borrowed from its line where it has no escapes. (serde's own `Option<Cow<str>>` is
/// always a copy.)
#[derive(Default)]
#[cfg_attr(test, derive(Debug, PartialEq))]
struct Text<'a>(Cow<'a, str>);

#[derive(serde::Deserialize)]
#[serde(default)]
#[derive(Default)]
#[cfg_attr(test, derive(Debug, PartialEq))]
struct Line<'a> {
    #[serde(borrow)]
    timestamp: Text<'a>,
    #[serde(borrow)]
    user: Text<'a>,
    #[serde(borrow)]
    dbname: Text<'a>,
    pid: Option<BackendPid>,
    #[serde(borrow)]
    remote_host: Text<'a>,
    #[serde(borrow)]
    session_id: Text<'a>,
    #[serde(borrow)]
    error_severity: Text<'a>,
    #[serde(borrow)]
    state_code: Text<'a>,
    #[serde(borrow)]
    message: Text<'a>,
    #[serde(borrow)]
    detail: Text<'a>,
    #[serde(borrow)]
    hint: Text<'a>,
    #[serde(borrow)]
    internal_query: Text<'a>,
    #[serde(borrow)]
    context: Text<'a>,
    #[serde(borrow)]
    statement: Text<'a>,
    #[serde(borrow)]
    application_name: Text<'a>,
    #[serde(borrow)]
    backend_type: Text<'a>,
    leader_pid: Option<BackendPid>,
    query_id: Option<i64>,
}

/// Reads one line.
pub(super) fn read<'a>(line: &'a str, stamps: &mut Stamps) -> Option<Entry<'a>> {
    let line: Line<'a> = plain::read(line).or_else(|| serde_json::from_str(line).ok())?;
    let text = |text: Text<'a>| Some(text.0).filter(|text| !text.is_empty());
    Some(Entry {
        head: Head {
            at: Some(stamps.read(&line.timestamp.0)?),
            pid: line.pid,
            leader_pid: line.leader_pid,
            user: Head::known(line.user.0),
            database: Head::known(line.dbname.0),
            application_name: Head::known(line.application_name.0),
            client: Head::known(line.remote_host.0),
            backend_type: Head::known(line.backend_type.0),
            session_id: Head::known(line.session_id.0),
            sql_state: Head::failure(line.state_code.0),
            query_id: line.query_id.filter(|id| *id != 0),
        },
        severity: severity(&line.error_severity.0)?,
        message: line.message.0,
        detail: text(line.detail),
        hint: text(line.hint),
        context: text(line.context),
        statement: text(line.statement),
        internal_query: text(line.internal_query),
        is_parsed: true,
        ..Entry::default()
    })
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Text::default())
            }
        }

        deserializer.deserialize_any(TextVisitor)
    }
}

#[cfg(test)]
mod tests;
