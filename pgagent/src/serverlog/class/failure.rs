//! What ends a statement, a session or the server: errors, limits of time, full servers.

use std::borrow::Cow;

use wire::pg::log::{Event, Limit, Reason, Scope, ServerState};

use super::{Meaning, lock};
use crate::serverlog::entry::Entry;
use crate::serverlog::scan::{Scan, find};

/// How a message begins, and what it tells. The order is that of how often they are met.
static TEXTS: [(&str, Event); 36] = {
    use Event::{
        AuthenticationFailed, Cancelled, Corruption, DiskFull, Protocol, Replication, Saturation,
        Terminated, Timeout,
    };
    const fn state(state: ServerState) -> Event {
        Event::ServerState { state }
    }
    [
        (
            "canceling statement due to statement timeout",
            Timeout {
                limit: Limit::Statement,
            },
        ),
        (
            "canceling statement due to lock timeout",
            Timeout { limit: Limit::Lock },
        ),
        (
            "canceling statement due to user request",
            Cancelled {
                reason: Reason::User,
            },
        ),
        (
            "canceling statement due to conflict with recovery",
            Cancelled {
                reason: Reason::RecoveryConflict,
            },
        ),
        (
            "terminating connection due to conflict with recovery",
            Cancelled {
                reason: Reason::RecoveryConflict,
            },
        ),
        (
            "canceling autovacuum task",
            Cancelled {
                reason: Reason::Autovacuum,
            },
        ),
        (
            "canceling authentication due to timeout",
            Timeout {
                limit: Limit::Authentication,
            },
        ),
        (
            "terminating connection due to idle-in-transaction timeout",
            Timeout {
                limit: Limit::IdleInTransaction,
            },
        ),
        (
            "terminating connection due to idle-session timeout",
            Timeout {
                limit: Limit::IdleSession,
            },
        ),
        (
            "terminating connection due to transaction timeout",
            Timeout {
                limit: Limit::Transaction,
            },
        ),
        ("terminating ", Terminated),
        (
            "sorry, too many clients already",
            Saturation {
                scope: Scope::Server,
            },
        ),
        (
            "remaining connection slots are reserved for ",
            Saturation {
                scope: Scope::Reserved,
            },
        ),
        (
            "too many connections for role ",
            Saturation { scope: Scope::Role },
        ),
        (
            "too many connections for database ",
            Saturation {
                scope: Scope::Database,
            },
        ),
        ("password authentication failed ", AuthenticationFailed),
        ("no pg_hba.conf entry for ", AuthenticationFailed),
        ("pg_hba.conf rejects connection ", AuthenticationFailed),
        ("Peer authentication failed ", AuthenticationFailed),
        ("peer authentication failed ", AuthenticationFailed),
        (
            "the database system is starting up",
            state(ServerState::Starting),
        ),
        (
            "the database system is not yet accepting connections",
            state(ServerState::Starting),
        ),
        (
            "the database system is shutting down",
            state(ServerState::ShuttingDown),
        ),
        (
            "the database system is in recovery mode",
            state(ServerState::Recovering),
        ),
        ("incomplete startup packet", Protocol),
        ("invalid length of startup packet", Protocol),
        ("could not receive data from client", Protocol),
        ("could not send data to client", Protocol),
        ("unexpected EOF on client connection", Protocol),
        ("unexpected EOF on standby connection", Replication),
        ("connection to client lost", Protocol),
        ("could not accept SSL connection", Protocol),
        ("could not receive data from WAL stream", Replication),
        ("invalid page in block ", Corruption),
        ("page verification failed", Corruption),
        ("could not extend file ", DiskFull),
    ]
};

/// An entry of severity ERROR, FATAL or PANIC.
pub(super) fn classify<'a>(entry: &'a Entry<'_>) -> Meaning<'a> {
    let message: &'a str = &entry.message;
    let event =
        if message == "deadlock detected" || entry.head.sql_state.as_deref() == Some("40P01") {
            lock::deadlock(entry)
        } else {
            let found = of_text(message).or_else(|| state_of(entry));
            found.unwrap_or(Event::Error)
        };
    Meaning {
        event: with_bytes(event, entry),
        text: Cow::Borrowed(message),
        statement: entry.statement.as_deref().map(Cow::Borrowed),
        application_name: None,
    }
}

/// By how the message begins.
pub(super) fn of_text(message: &str) -> Option<Event> {
    if find(message, "No space left on device").is_some() {
        return Some(Event::DiskFull);
    }
    if message == "out of memory" {
        return Some(Event::OutOfMemory { bytes: None });
    }
    let found = TEXTS.iter().find(|(begin, _)| message.starts_with(begin));
    found.map(|(_, event)| event.clone())
}

/// By its SQLSTATE, where that alone says it (appendix "PostgreSQL Error Codes" of the manual).
pub(super) fn state_of(entry: &Entry<'_>) -> Option<Event> {
    let state = entry.head.sql_state.as_deref()?;
    Some(match state {
        "53300" => Event::Saturation {
            scope: Scope::Server,
        },
        "53200" => Event::OutOfMemory { bytes: None },
        "53100" => Event::DiskFull,
        "57014" => Event::Cancelled {
            reason: Reason::User,
        },
        "57P01" | "57P02" => Event::Terminated,
        "57P05" => Event::Timeout {
            limit: Limit::IdleSession,
        },
        "25P03" => Event::Timeout {
            limit: Limit::IdleInTransaction,
        },
        "25P04" => Event::Timeout {
            limit: Limit::Transaction,
        },
        "XX001" | "XX002" => Event::Corruption,
        _ if state.starts_with("28") => Event::AuthenticationFailed,
        _ if state.starts_with("08") => Event::Protocol,
        _ => return None,
    })
}

/// `Failed on request of size 8192 in memory context "…".`
fn with_bytes(event: Event, entry: &Entry<'_>) -> Event {
    let Event::OutOfMemory { .. } = event else {
        return event;
    };
    let detail = entry.detail.as_deref().unwrap_or_default();
    let mut scan = Scan(detail);
    let bytes = scan
        .tag("Failed on request of size ")
        .and_then(|()| scan.number());
    Event::OutOfMemory { bytes }
}
