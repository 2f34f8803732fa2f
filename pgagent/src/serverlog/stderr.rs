//! An entry in the stderr format: a line with a prefix, lines that go on with a tab, and lines with
//! prefixes of their own that bring the detail, the hint, the context and the statement.
//!
//! The server puts a tab before every line of a message but its first, so what begins without one begins
//! something new. That is exact: a line in a statement can't look like an entry, whatever stands in it.
//! What an entry consists of is written at once, so its lines stand together.

use std::borrow::Cow;

use memchr::memchr;

use super::buffer::Buffer;
use super::entry::{Entry, Head};
use super::prefix::{Layout, Prefix};
use super::scan::rfind;
use super::severity::{Part, Word, word_at};
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

    fn read(&self, line: &str, stamps: &mut Stamps) -> Option<Layout> {
        self.0.iter().find_map(|prefix| prefix.read(line, stamps))
    }
}

/// What a line brings that has an entry's own prefix, and where its text begins. Most parts repeat that prefix
/// to the letter, which is seen faster than it is read.
fn repeated(line: &[u8], prefix: Option<&[u8]>) -> Option<(Part, usize)> {
    let prefix = prefix?;
    match word_at(line.strip_prefix(prefix)?)? {
        (Word::Part(part), text_at) => Some((part, prefix.len() + text_at)),
        (Word::Message(_), _) => None,
    }
}

/// Where the entry that begins at `begin` ends, its newlines included, counted from there, and the layout of
/// the line that it ends before.
/// `from` is where a line begins up to which the entry is known to go on; it is moved on. With `is_all`
/// nothing follows for now. `first` is the layout of the entry's first line, if that is known.
pub(super) fn end_of_entry(
    buffer: &Buffer,
    begin: usize,
    first: Option<&Layout>,
    from: &mut usize,
    is_all: bool,
    prefixes: &Prefixes,
    stamps: &mut Stamps,
) -> Option<(usize, Option<Layout>)> {
    let bytes = &buffer.as_bytes()[begin..];
    if *from == 0 {
        *from = memchr(b'\n', bytes)? + 1;
    }
    // What can't be read as it is stands elsewhere in what was made of it.
    let prefix = first
        .filter(|first| first.word_at <= bytes.len())
        .map(|first| buffer.text(begin..begin + first.word_at))
        .filter(|prefix| matches!(prefix, Cow::Borrowed(_)));
    let prefix = prefix.as_deref().map(str::as_bytes);
    loop {
        let rest = &bytes[*from..];
        let Some(length) = memchr(b'\n', rest) else {
            return is_all.then_some((*from, None));
        };
        if rest[0] != b'\t' && repeated(&rest[..length], prefix).is_none() {
            // In another encoding the names in it are not readable, and their places are those in what is.
            let line = buffer.text(begin + *from..begin + *from + length);
            match prefixes.read(&line, stamps) {
                Some(layout) if matches!(layout.word, Word::Part(_)) => {}
                begun => return Some((*from, begun)),
            }
        }
        *from += length + 1;
    }
}

/// Reads an entry, all of its lines. One without a prefix is returned as it is. `first` is the layout of
/// its first line, if that is known.
pub(super) fn read<'a>(
    text: &'a str,
    first: Option<&Layout>,
    prefixes: &Prefixes,
    stamps: &mut Stamps,
) -> Entry<'a> {
    let (begin, mut rest) = Lines::split(text);
    let line = begin.first();
    let own = match first {
        Some(_) => None,
        None => prefixes.read(line, stamps),
    };
    let Some(layout) = first.or(own.as_ref()) else {
        return Entry {
            message: begin.unfold_from(0),
            ..Entry::default()
        };
    };
    let message = begin.unfold_from(layout.text_at);
    let mut entry = Entry {
        is_doubtful: layout.is_doubtful,
        is_parsed: true,
        head: layout.head(line),
        ..Entry::default()
    };
    match layout.word {
        Word::Message(severity) => {
            entry.severity = severity;
            entry.message = message;
        }
        // Its message was read before, or is lost.
        Word::Part(part) => entry.is_parsed = entry.set(part, message).is_none(),
    }
    while !rest.is_empty() {
        let (lines, after) = Lines::split(rest);
        let prefix = text.get(..layout.word_at).map(str::as_bytes);
        let part = repeated(lines.first().as_bytes(), prefix).or_else(|| {
            let layout = prefixes.read(lines.first(), stamps)?;
            match layout.word {
                Word::Part(part) => Some((part, layout.text_at)),
                Word::Message(_) => None,
            }
        });
        if let Some((word, text_at)) = part {
            entry.set(word, lines.unfold_from(text_at));
        }
        rest = after;
    }
    entry.read_verbose();
    entry.without_position();
    entry
}

/// A line, and those that go on with a tab.
#[derive(Clone, Copy)]
struct Lines<'a> {
    text: &'a str,
    /// Where the first one ends.
    first_bytes: usize,
}

// === impl Lines ===

impl<'a> Lines<'a> {
    /// The first line with those that go on, and the rest.
    fn split(text: &'a str) -> (Self, &'a str) {
        let bytes = text.as_bytes();
        let first_bytes = memchr(b'\n', bytes).unwrap_or(bytes.len());
        let mut end = first_bytes;
        while end < bytes.len() && bytes.get(end + 1) == Some(&b'\t') {
            end = memchr(b'\n', &bytes[end + 1..]).map_or(bytes.len(), |step| end + 1 + step);
        }
        let lines = Self {
            text: &text[..end],
            first_bytes,
        };
        (lines, text.get(end + 1..).unwrap_or_default())
    }

    fn first(self) -> &'a str {
        &self.text[..self.first_bytes]
    }

    /// All from there on, without the tabs that the server put in.
    fn unfold_from(self, begin: usize) -> Cow<'a, str> {
        let text = self.text.get(begin..).unwrap_or_default();
        if self.first_bytes == self.text.len() {
            return Cow::Borrowed(text);
        }
        let mut plain = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(end) = memchr(b'\n', rest.as_bytes()) {
            plain.push_str(&rest[..=end]);
            rest = &rest[end + 1..];
            rest = rest.strip_prefix('\t').unwrap_or(rest);
        }
        plain.push_str(rest);
        Cow::Owned(plain)
    }
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
        if !self.message.ends_with(|c: char| c.is_ascii_digit()) {
            return;
        }
        let Some(begin) = rfind(&self.message, " at character ") else {
            return;
        };
        let digits = &self.message[begin + " at character ".len()..];
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return;
        }
        match &mut self.message {
            Cow::Borrowed(text) => *text = &text[..begin],
            Cow::Owned(text) => text.truncate(begin),
        }
    }
}
