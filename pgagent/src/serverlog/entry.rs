//! One entry of the log, whichever format it was written in.

use std::borrow::Cow;

use wire::ids::BackendPid;
use wire::pg::log::Severity;
use wire::time::Instant;

/// An entry with its texts as they were written: values and all. Nothing of it leaves the host before
/// [`super::report`] has gone over it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Who wrote it, and when.
    pub head: Head<'a>,
    pub severity: Severity,
    pub message: Cow<'a, str>,
    pub detail: Option<Cow<'a, str>>,
    pub hint: Option<Cow<'a, str>>,
    pub context: Option<Cow<'a, str>>,
    /// What the session ran.
    pub statement: Option<Cow<'a, str>>,
    /// The statement that the server ran within it.
    pub internal_query: Option<Cow<'a, str>>,
    /// Whether the line is one that the format allows. If not, `message` is all of it.
    pub is_parsed: bool,
    /// Whether the line can be read in more than one way.
    pub is_doubtful: bool,
    /// Whether it was longer than is kept.
    pub is_cut: bool,
}

/// What stands around a message. A field is empty where the log does not tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head<'a> {
    pub at: Option<Instant>,
    pub pid: Option<BackendPid>,
    pub leader_pid: Option<BackendPid>,
    pub user: Option<Cow<'a, str>>,
    pub database: Option<Cow<'a, str>>,
    pub application_name: Option<Cow<'a, str>>,
    /// An address, a name, or `[local]`, without the port.
    pub client: Option<Cow<'a, str>>,
    pub backend_type: Option<Cow<'a, str>>,
    /// The time at which the session began and its pid: one of its kind.
    pub session_id: Option<Cow<'a, str>>,
    pub sql_state: Option<Cow<'a, str>>,
    pub query_id: Option<i64>,
}

// === impl Head ===

impl<'a> Head<'a> {
    /// What the server writes where it does not know, yet or any more, is left out.
    pub(super) fn known(text: impl Into<Cow<'a, str>>) -> Option<Cow<'a, str>> {
        let text = text.into();
        (!text.is_empty() && text != "[unknown]").then_some(text)
    }

    /// Success is not worth a word.
    pub(super) fn failure(sql_state: impl Into<Cow<'a, str>>) -> Option<Cow<'a, str>> {
        Self::known(sql_state).filter(|state| state != "00000")
    }
}
