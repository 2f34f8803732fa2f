//! Sessions that come and go: `log_connections`, `log_disconnections`.

use wire::pg::log::Event;
use wire::time::Micros;

use super::Meaning;
use crate::serverlog::scan::{Scan, find, split_once};

/// What may follow an application's name in `connection authorized`.
const AFTER_NAME: [&str; 2] = [" SSL enabled (", " GSS ("];

pub(super) fn classify(message: &str) -> Option<Meaning<'_>> {
    if message.starts_with("connection received: ") {
        return Some(Meaning::of(Event::ConnectionReceived));
    }
    if message.starts_with("connection authenticated: ") {
        return Some(Meaning::of(Event::ConnectionAuthenticated));
    }
    if let Some(session) = message.strip_prefix("connection authorized: ") {
        return Some(Meaning {
            application_name: application_name(session),
            ..Meaning::of(Event::ConnectionAuthorized)
        });
    }
    if message.starts_with("replication connection authorized: ") {
        return Some(Meaning::of(Event::ConnectionAuthorized));
    }
    if message.starts_with("replication ") {
        return Some(Meaning::of(Event::Replication));
    }
    let time = message.strip_prefix("disconnection: session time: ")?;
    Some(Meaning::of(Event::Disconnection {
        session_us: hours(time)?,
    }))
}

fn application_name(session: &str) -> Option<&str> {
    let (_, name) = split_once(session, " application_name=")?;
    let end = AFTER_NAME
        .into_iter()
        .filter_map(|after| find(name, after))
        .min();
    Some(&name[..end.unwrap_or(name.len())])
}

/// `0:00:01.273 user=…`
fn hours(text: &str) -> Option<Micros> {
    let mut scan = Scan(text);
    let hours: i64 = scan.number()?;
    scan.tag(":")?;
    let minutes: i64 = scan.number()?;
    scan.tag(":")?;
    let millis = scan.thousandths()?;
    let seconds = hours.checked_mul(3_600)?.checked_add(minutes * 60)?;
    Some(Micros::from_seconds(seconds) + Micros::from_millis(millis))
}
