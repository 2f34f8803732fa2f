//! What the server says of itself: that it starts, ends, breaks and reads its settings.

use std::borrow::Cow;

use wire::pg::log::{Event, ServerState};

use super::{Meaning, failure};
use crate::serverlog::entry::Entry;
use crate::serverlog::scan::Scan;

/// How a message begins, and what it tells.
const STATES: [(&str, ServerState); 17] = [
    ("starting PostgreSQL ", ServerState::Starting),
    ("database system was shut down at ", ServerState::Starting),
    ("database system is ready to accept", ServerState::Ready),
    ("received fast shutdown request", ServerState::ShuttingDown),
    ("received smart shutdown request", ServerState::ShuttingDown),
    (
        "received immediate shutdown request",
        ServerState::ShuttingDown,
    ),
    ("shutting down", ServerState::ShuttingDown),
    ("database system is shut down", ServerState::ShutDown),
    ("database system was interrupted", ServerState::Recovering),
    (
        "database system was not properly shut down",
        ServerState::Recovering,
    ),
    (
        "database system shutdown was interrupted",
        ServerState::Recovering,
    ),
    ("redo starts at ", ServerState::Recovering),
    ("redo done at ", ServerState::Recovered),
    ("redo is not required", ServerState::Recovered),
    ("archive recovery complete", ServerState::Recovered),
    (
        "terminating any other active server processes",
        ServerState::Restarting,
    ),
    (
        "all server processes terminated; reinitializing",
        ServerState::Restarting,
    ),
];

const REPLICATION: [&str; 6] = [
    "started streaming WAL ",
    "entering standby mode",
    "consistent recovery state reached",
    "restored log file ",
    "standby \"",
    "received promote request",
];

pub(super) fn classify<'a>(entry: &'a Entry<'_>) -> Option<Meaning<'a>> {
    let message: &'a str = &entry.message;
    if let Some((_, state)) = STATES.iter().find(|(begin, _)| message.starts_with(begin)) {
        return Some(Meaning::of(Event::ServerState { state: *state }));
    }
    if message.starts_with("received SIGHUP") {
        return Some(Meaning::of(Event::ConfigReload));
    }
    if let Some(parameter) = message.strip_prefix("parameter \"") {
        let (parameter, _) = parameter.split_once('"')?;
        return Some(Meaning::of(Event::ConfigChange {
            parameter: parameter.to_owned(),
        }));
    }
    if REPLICATION.iter().any(|begin| message.starts_with(begin)) {
        return Some(Meaning::of(Event::Replication));
    }
    crash(entry).or_else(|| failure::of_text(message).map(Meaning::of))
}

/// `server process (PID 14835) was terminated by signal 9: Killed`; the detail has what it ran.
fn crash<'a>(entry: &'a Entry<'_>) -> Option<Meaning<'a>> {
    let mut scan = Scan(&entry.message);
    let process = scan.until(" (PID ")?;
    scan.until(") ")?;
    let (signal, exit_code) = if scan.tag("was terminated by signal ").is_some() {
        (Some(scan.number()?), None)
    } else {
        scan.tag("exited with exit code ")?;
        (None, Some(scan.number()?))
    };
    // A worker ends so when it is told to; with anything else the whole server starts over.
    if matches!(exit_code, Some(0 | 1)) {
        return None;
    }
    let detail = entry.detail.as_deref().unwrap_or_default();
    let statement = detail.strip_prefix("Failed process was running: ");
    Some(Meaning {
        statement: statement.map(Cow::Borrowed),
        ..Meaning::of(Event::Crash {
            process: process.to_owned(),
            signal,
            exit_code,
        })
    })
}
