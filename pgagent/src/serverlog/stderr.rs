//! An entry in the stderr format: a line with a prefix, lines that go on with a tab, and lines with
//! prefixes of their own that bring the detail, the hint, the context and the statement.
//!
//! The server puts a tab before every line of a message but its first, so what begins without one begins
//! something new. That is exact: a line in a statement can't look like an entry, whatever stands in it.
//! What an entry consists of is written at once, so its lines stand together.

use std::borrow::Cow;

use memchr::memchr;

use super::entry::{Entry, Head};
use super::prefix::{Line, Prefix};
use super::severity::{Part, Word};
use super::stamp::Stamps;
use wire::pg::log::Severity;

/// Prefixes that are tried, in this order.
#[derive(Clone, Debug)]
pub(super) struct Prefixes(Vec<Prefix>);

/// What the packagers and the manuals of log analyzers set, for lines from before a change of the setting,
/// and for when the server can't be asked.
const COMMON: [&str; 5] = [
    "%m [%p] %q%u@%d ",
    "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "%t [%p]: user=%u,db=%d,app=%a,client=%h ",
    "%t:%r:%u@%d:[%p]:",
    "%m [%p] ",
];

// === impl Prefixes ===

impl Prefixes {
    pub(super) fn new(first: Option<Prefix>) -> Self {
        let common = COMMON
            .iter()
            .map(|text| Prefix::compile(text).expect("a prefix of the list above"));
        Self(first.into_iter().chain(common).collect())
    }

    fn read<'a>(&self, line: &'a str, stamps: &mut Stamps) -> Option<Line<'a>> {
        self.0.iter().find_map(|prefix| prefix.read(line, stamps))
    }
}

/// Where the first entry ends, its newlines included. `from` is where a line begins up to which it is
/// known to go on; it is moved on. With `is_all` nothing follows for now.
pub(super) fn end_of_entry(
    bytes: &[u8],
    from: &mut usize,
    is_all: bool,
    prefixes: &Prefixes,
    stamps: &mut Stamps,
) -> Option<usize> {
    if *from == 0 {
        *from = memchr(b'\n', bytes)? + 1;
    }
    loop {
        let rest = &bytes[*from..];
        let Some(length) = memchr(b'\n', rest) else {
            return is_all.then_some(*from);
        };
        if !goes_on(&rest[..length], prefixes, stamps) {
            return Some(*from);
        }
        *from += length + 1;
    }
}

/// Whether a line belongs to the entry before it.
fn goes_on(line: &[u8], prefixes: &Prefixes, stamps: &mut Stamps) -> bool {
    if line.first() == Some(&b'\t') {
        return true;
    }
    let line = String::from_utf8_lossy(line);
    prefixes
        .read(&line, stamps)
        .is_some_and(|line| matches!(line.word, Word::Part(_)))
}

/// Reads an entry, all of its lines. One without a prefix is returned as it is.
pub(super) fn read<'a>(text: &'a str, prefixes: &Prefixes, stamps: &mut Stamps) -> Entry<'a> {
    let (first, mut rest) = split_part(text);
    let first_line = first.split('\n').next().unwrap_or_default();
    let Some(line) = prefixes.read(first_line, stamps) else {
        return Entry {
            message: unfold(first),
            ..Entry::default()
        };
    };
    let begin = first_line.len() - line.text.len();
    let mut entry = Entry {
        is_doubtful: line.is_doubtful,
        is_parsed: true,
        head: line.head,
        ..Entry::default()
    };
    match line.word {
        Word::Message(severity) => {
            entry.severity = severity;
            entry.message = unfold(&first[begin..]);
        }
        // Its message was read before, or is lost.
        Word::Part(part) => entry.is_parsed = entry.set(part, unfold(&first[begin..])).is_none(),
    }
    while !rest.is_empty() {
        let (part, after) = split_part(rest);
        let line = part.split('\n').next().unwrap_or_default();
        if let Some(Line {
            word: Word::Part(word),
            text,
            ..
        }) = prefixes.read(line, stamps)
        {
            entry.set(word, unfold(&part[line.len() - text.len()..]));
        }
        rest = after;
    }
    entry.read_verbose();
    entry.without_position();
    entry
}

/// The first line with those that go on with a tab, and the rest.
fn split_part(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(step) = memchr(b'\n', &bytes[at..]) {
        at += step + 1;
        if bytes.get(at) != Some(&b'\t') {
            return (&text[..at - 1], &text[at..]);
        }
    }
    (text, "")
}

/// Takes out the tabs that the server put in.
fn unfold(text: &str) -> Cow<'_, str> {
    if memchr(b'\n', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\n\t", "\n"))
}

// === impl Entry ===

impl<'a> Entry<'a> {
    /// Gives the text back if there is no place for it.
    fn set(&mut self, part: Part, text: Cow<'a, str>) -> Option<Cow<'a, str>> {
        let place = match part {
            Part::Detail => &mut self.detail,
            Part::Hint => &mut self.hint,
            Part::Context => &mut self.context,
            Part::Statement => &mut self.statement,
            Part::Query => &mut self.internal_query,
            Part::Location | Part::Backtrace => return None,
        };
        *place = Some(text);
        None
    }

    /// `22012: division by zero`, with `log_error_verbosity = verbose`.
    fn read_verbose(&mut self) {
        let is_state = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let message = &self.message;
        let is_verbose = message.get(5..7) == Some(": ")
            && message.as_bytes()[..5].iter().all(|byte| is_state(*byte))
            && message.as_bytes()[0].is_ascii_digit() | message.starts_with(['F', 'H', 'P', 'X']);
        if is_verbose {
            let state = message[..5].to_owned();
            self.head.sql_state = Head::failure(state);
            self.message = match std::mem::take(&mut self.message) {
                Cow::Borrowed(text) => Cow::Borrowed(&text[7..]),
                Cow::Owned(text) => Cow::Owned(text[7..].to_owned()),
            };
        }
    }

    /// Takes the ` at character 22` off that the other formats have in a field.
    fn without_position(&mut self) {
        if self.severity < Severity::Info && !self.message.starts_with("process ") {
            return;
        }
        let Some(begin) = self.message.rfind(" at character ") else {
            return;
        };
        let digits = &self.message[begin + " at character ".len()..];
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return;
        }
        match &mut self.message {
            Cow::Borrowed(text) => *text = &text[..begin],
            Cow::Owned(text) => text.truncate(begin),
        }
    }
}
