//! A record of a kind from another version: as it came.

use crate::gelf::level::Level;
use crate::gelf::map::Messages;

/// The types of its fields are not known, so it has none: its text is searched as text.
pub(in crate::gelf) fn write(messages: &mut Messages<'_>, body: &str) {
    let short = format!("{} {}", messages.envelope().kind, super::line(body));
    messages.record(Level::Informational, &short, body, |_| {});
}
