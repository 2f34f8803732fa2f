//! A moment that somebody marked.

use wire::mark::Mark;

use super::line;
use crate::gelf::field;
use crate::gelf::level::Level;
use crate::gelf::map::Messages;

pub(in crate::gelf) fn write(messages: &mut Messages<'_>, mark: &Mark) {
    let short = format!("{}: {}", line(&mark.what), line(&mark.text));
    messages.record(Level::Notice, &short, &mark.text, |out| {
        out.text(field::CLASS, mark.what.as_str());
    });
}
