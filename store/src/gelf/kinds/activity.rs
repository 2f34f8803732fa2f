//! All sessions of a database at one moment.

use std::fmt::Write as _;

use wire::pg::{Activity, Group, Session};

use super::{LINES_MAX, correlation_id, counted, fingerprint, line};
use crate::correlate;
use crate::gelf::field;
use crate::gelf::level::Level;
use crate::gelf::map::Messages;
use crate::gelf::message::Fields;

pub(in crate::gelf) fn write(messages: &mut Messages<'_>, activity: &Activity) {
    let active = activity.active;
    let level = if active.lock > 0 {
        Level::Warning
    } else {
        Level::Informational
    };
    let sessions = counted(u64::from(active.sum()), "active session");
    let mut short = format!("{sessions} of {} connected", activity.backends);
    for (count, what) in [
        (active.lock, "waiting for locks"),
        (active.io, "waiting for I/O"),
        (active.idle_in_transaction, "idle in transaction"),
    ] {
        if count > 0 {
            let _ = write!(short, ", {count} {what}");
        }
    }
    messages.record(level, &short, &full(activity), |out| {
        out.int(field::INTERVAL_US, activity.interval_us);
        out.int(field::BACKENDS, activity.backends);
        out.int(field::CONNECTIONS_MAX, activity.max_connections);
        out.int(field::SESSIONS_CPU, active.cpu);
        out.int(field::SESSIONS_IO, active.io);
        out.int(field::SESSIONS_LOCK, active.lock);
        out.int(field::SESSIONS_CLIENT, active.client);
        out.int(field::SESSIONS_OTHER, active.other);
        out.int(field::IDLE_IN_TRANSACTION, active.idle_in_transaction);
    });
    let at_us = messages.envelope().at_us;
    for session in &activity.sessions {
        if messages.has_lists() {
            member(messages, at_us, session);
        }
    }
}

fn full(activity: &Activity) -> String {
    let mut text = String::new();
    for Group {
        count,
        class,
        wait_event,
        fingerprint,
        application,
        user,
        database,
    } in activity.groups.iter().take(LINES_MAX)
    {
        let _ = write!(text, "{count:>5}x {class}");
        let shape = fingerprint.as_ref().map(ToString::to_string);
        for value in [wait_event, &shape, application, user, database]
            .into_iter()
            .flatten()
        {
            let _ = write!(text, " {value}");
        }
        text.push('\n');
    }
    for session in activity.sessions.iter().take(LINES_MAX) {
        let _ = writeln!(text, "{}", told(session));
    }
    if activity.sessions.len() > LINES_MAX {
        let _ = writeln!(text, "and {} more", activity.sessions.len() - LINES_MAX);
    }
    text
}

/// A session on one line.
pub(super) fn told(session: &Session) -> String {
    let mut text = format!("pid {}", session.pid);
    if let Some(state) = &session.state {
        let _ = write!(text, " {state}");
    }
    if let Some(event) = wait_event(session) {
        let _ = write!(text, " {event}");
    }
    if let Some(application) = &session.application_name {
        let _ = write!(text, " {application}");
    }
    if let Some(query) = &session.query {
        let _ = write!(text, ": {}", line(query));
    }
    text
}

/// `Lock:transactionid`
fn wait_event(session: &Session) -> Option<String> {
    let (class, event) = (
        session.wait_event_type.as_ref()?,
        session.wait_event.as_ref()?,
    );
    Some(format!("{class}:{event}"))
}

/// A session as a message of its own.
fn member(messages: &mut Messages<'_>, at_us: wire::time::Instant, session: &Session) {
    let class = correlate::wait_class(session);
    let level = if class == "lock" {
        Level::Warning
    } else {
        Level::Informational
    };
    let short = told(session);
    let texts = (short.as_str(), session.query.as_deref().unwrap_or_default());
    messages.member("sessions", level, at_us, texts, |out| {
        fields(out, session);
        out.text(field::WAIT_CLASS, class);
    });
}

/// What is known of a session.
pub(super) fn fields(out: &mut Fields<'_>, session: &Session) {
    correlation_id(out, session.correlation_id);
    out.int(field::BACKEND_PID, session.pid);
    out.text(field::DATABASE, session.database.as_deref());
    out.text(field::DB_USER, session.user.as_deref());
    out.text(field::APPLICATION, session.application_name.as_deref());
    out.text(field::CLIENT, session.client.as_deref());
    out.text(field::STATE, session.state.as_deref());
    out.text(field::WAIT_EVENT, wait_event(session).as_deref());
    out.text(field::QUERY_ID, session.query_id.as_deref());
    out.text(field::BACKEND_TYPE, session.backend_type.as_deref());
    out.text(field::STATEMENT, session.query.as_deref());
    let shape = session.query.as_deref().map(wire::sql::fingerprint);
    fingerprint(out, shape);
}
