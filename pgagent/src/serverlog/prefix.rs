//! `log_line_prefix`, compiled once and read on every line.
//!
//! A prefix is a row of literal texts and fields. Most fields have a shape (a time, a number, an address)
//! and are read from the left. The names of users, databases and applications have none, and whoever
//! connects may choose them: an application may call itself `x] LOG:  duration: 9 ms`. They are at most
//! [`field::NAME_BYTES_MAX`] long, so of all ways in which the rest of the prefix and a severity can follow
//! within that length, the one with the longest name is taken: a name then can't end before its real
//! end, however it is made up. If there was another way to read it, the line is marked as doubtful: what
//! looks like one may also stand at the beginning of a statement. Only csv and json leave no doubt.
//!
//! Escapes are those of "`log_line_prefix`" in the manual, up to version 18, padding (`%-10u`) included.

mod field;

use wire::time::Instant;

use super::entry::Head;
use super::scan::begins_with;
use super::severity::{Word, word_at};
use super::stamp::Stamps;
use field::{FIELDS, Field, run};

/// How many ways to read a line are tried: far more than an honest line has.
const STEPS_MAX: u32 = 512;

/// A compiled prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefix {
    parts: Vec<Part>,
    /// How many of them stand before `%q`, if it is there.
    before_stop: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Field { field: Field, is_padded: bool },
}

/// Why a text is no prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrefixError {
    #[error("log_line_prefix: an escape of the manual is allowed after %, got {0:?}")]
    Escape(char),
    #[error("log_line_prefix: it needs a time (%m, %t or %n) to be of use")]
    NoTime,
}

/// Where in a line its fields stand. The line itself is not held, so that what was found out about a line
/// while the end of the entry before it was looked for need not be found out again.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    at: Instant,
    spans: Spans,
    pub word: Word,
    /// Where the word begins, and the message behind it.
    pub word_at: usize,
    pub text_at: usize,
    pub is_doubtful: bool,
}

/// A span for each field that is kept; an empty one is one that the line does not have. They are copied with
/// each line, so they are small: a prefix of 64 KiB is none.
type Spans = [(u16, u16); FIELDS];

/// One try to read a line.
struct Reading<'p, 'a> {
    parts: &'p [Part],
    line: &'a str,
    steps_left: u32,
    /// Of the way that is tried: each way sets the same fields in the same order.
    spans: Spans,
    /// The first way that was found.
    found: Option<(Spans, Word, usize, usize)>,
    is_doubtful: bool,
}

// === impl Prefix ===

impl Prefix {
    pub fn compile(text: &str) -> Result<Self, PrefixError> {
        let mut prefix = Self::default();
        let mut literal = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '%' {
                literal.push(c);
                continue;
            }
            let mut is_padded = false;
            while chars.next_if(|c| *c == '-' || c.is_ascii_digit()).is_some() {
                is_padded = true;
            }
            match chars.next() {
                // A % at the very end is left out by the server as well.
                None => {}
                Some('%') => literal.push('%'),
                Some('q') => {
                    prefix.end_literal(&mut literal);
                    prefix.before_stop.get_or_insert(prefix.parts.len());
                }
                Some(escape) => {
                    let field = Field::of(escape).ok_or(PrefixError::Escape(escape))?;
                    prefix.end_literal(&mut literal);
                    prefix.parts.push(Part::Field { field, is_padded });
                }
            }
        }
        prefix.end_literal(&mut literal);
        let has_time = |part: &Part| {
            let Part::Field { field, .. } = part else {
                return false;
            };
            matches!(field, Field::Time | Field::Epoch)
        };
        if !prefix.parts.iter().any(has_time) {
            return Err(PrefixError::NoTime);
        }
        Ok(prefix)
    }

    fn end_literal(&mut self, literal: &mut String) {
        if !literal.is_empty() {
            self.parts.push(Part::Literal(std::mem::take(literal)));
        }
    }

    /// Reads a line's prefix and the word that follows it; none if it has another one.
    pub fn read(&self, line: &str, stamps: &mut Stamps) -> Option<Layout> {
        let whole = self.parts.len();
        // A process without a session stops at %q.
        let lengths = [Some(whole), self.before_stop.filter(|stop| *stop < whole)];
        for length in lengths.into_iter().flatten() {
            let mut reading = Reading {
                parts: &self.parts[..length],
                line,
                steps_left: STEPS_MAX,
                spans: Spans::default(),
                found: None,
                is_doubtful: false,
            };
            reading.from(0, 0);
            if let Some((spans, word, word_at, text_at)) = reading.found {
                let value = |field: Field| value(line, &spans, field);
                let at = match (value(Field::Epoch), value(Field::Time)) {
                    (Some(epoch), _) => epoch_of(epoch)?,
                    // A time that can't be read is none, and so was the prefix.
                    (None, at) => stamps.read(at?)?,
                };
                return Some(Layout {
                    at,
                    spans,
                    word,
                    word_at,
                    text_at,
                    is_doubtful: reading.is_doubtful,
                });
            }
        }
        None
    }
}

// === impl Layout ===

impl Layout {
    /// The fields of the line that this is the layout of.
    pub fn head<'a>(&self, line: &'a str) -> Head<'a> {
        let value = |field: Field| value(line, &self.spans, field);
        let known = |field: Field| value(field).and_then(Head::known);
        let session_id = value(Field::SessionId);
        Head {
            at: Some(self.at),
            // A session's id ends with its process's: `6b03fa4d.5b3a`.
            pid: value(Field::Pid)
                .and_then(|pid| pid.parse().ok())
                .or_else(|| {
                    let (_, pid) = session_id?.split_once('.')?;
                    i32::from_str_radix(pid, 16).ok()
                }),
            leader_pid: value(Field::LeaderPid).and_then(|pid| pid.parse().ok()),
            user: known(Field::User),
            database: known(Field::Database),
            application_name: known(Field::Application),
            client: value(Field::Client).map(without_port).and_then(Head::known),
            backend_type: known(Field::BackendType),
            session_id: session_id.and_then(Head::known),
            sql_state: value(Field::SqlState).and_then(Head::failure),
            query_id: value(Field::QueryId)
                .and_then(|id| id.parse().ok())
                .filter(|id| *id != 0),
        }
    }
}

fn value<'a>(line: &'a str, spans: &Spans, field: Field) -> Option<&'a str> {
    let (begin, end) = spans[field as usize];
    if begin == end {
        return None;
    }
    line.get(begin as usize..end as usize)
}

// === impl Reading ===

impl Reading<'_, '_> {
    /// Reads the parts from one on, from a place in the line on. Ends at once when two ways are known.
    fn from(&mut self, part: usize, mut at: usize) {
        let parts = self.parts;
        for (part, kind) in parts.iter().enumerate().skip(part) {
            if !self.step() {
                return;
            }
            let rest = &self.line[at..];
            match kind {
                Part::Literal(literal) => {
                    if !begins_with(rest.as_bytes(), literal.as_bytes()) {
                        return;
                    }
                    at += literal.len();
                }
                Part::Field { field, is_padded } => {
                    if let Some(longest) = field.longest(rest) {
                        self.name(part, at, *field, longest);
                        return;
                    }
                    let begin = at + if *is_padded { spaces(rest) } else { 0 };
                    let end = begin + field.shape(&self.line[begin..]);
                    self.set(*field, begin, end);
                    at = end;
                    if *is_padded {
                        at += spaces(&self.line[end..]);
                    }
                }
            }
        }
        if self.step() {
            self.end(at);
        }
    }

    /// Whether to go on.
    fn step(&mut self) -> bool {
        let goes_on = self.steps_left > 0 && !self.is_doubtful;
        self.steps_left = self.steps_left.saturating_sub(1);
        goes_on
    }

    /// A name without a shape: the longest first.
    fn name(&mut self, part: usize, at: usize, field: Field, longest: usize) {
        let most = longest.min(self.line.len() - at);
        let window = &self.line.as_bytes()[at..(at + most + 1).min(self.line.len())];
        // What comes next is a text that is known, in the most cases.
        let next = match self.parts.get(part + 1) {
            Some(Part::Literal(literal)) => literal.as_bytes(),
            _ => &[],
        };
        let mut length = most;
        loop {
            if let Some(first) = next.first() {
                match last_of(*first, &window[..(length + 1).min(window.len())]) {
                    Some(step) => length = step,
                    None => return,
                }
            }
            let is_end = begins_with(&self.line.as_bytes()[at + length..], next)
                && self.line.is_char_boundary(at + length);
            if is_end {
                let value = &self.line[at..at + length];
                let begin = spaces(value);
                let after = value[begin..]
                    .bytes()
                    .rev()
                    .take_while(|byte| *byte == b' ');
                self.set(field, at + begin, at + length - after.count());
                self.from(part + 1, at + length);
            }
            if length == 0 || self.steps_left == 0 || self.is_doubtful {
                return;
            }
            length -= 1;
        }
    }

    fn set(&mut self, field: Field, begin: usize, end: usize) {
        let place = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        self.spans[field as usize] = (place(begin), place(end));
    }

    fn end(&mut self, at: usize) {
        let Some((word, begin)) = word_at(&self.line.as_bytes()[at..]) else {
            return;
        };
        if self.found.is_some() {
            self.is_doubtful = true;
        } else {
            self.found = Some((self.spans, word, at, at + begin));
        }
    }
}

/// Where a byte stands last: in a text as short as most names a loop is faster than a call.
fn last_of(byte: u8, bytes: &[u8]) -> Option<usize> {
    if bytes.len() <= 16 {
        return bytes.iter().rposition(|other| *other == byte);
    }
    memchr::memrchr(byte, bytes)
}

fn spaces(text: &str) -> usize {
    run(text.as_bytes(), |byte| byte == b' ')
}

/// `1763886797.635`
fn epoch_of(text: &str) -> Option<Instant> {
    let mut scan = super::scan::Scan(text);
    let thousandths = scan.thousandths()?;
    (scan.0.is_empty() && thousandths > 0).then(|| Instant(thousandths * 1_000))
}

/// `10.0.0.7(5432)` is `10.0.0.7`, in csv also `10.0.0.7:5432`.
fn without_port(client: &str) -> &str {
    last_of(b'(', client.as_bytes()).map_or(client, |at| &client[..at])
}

#[cfg(test)]
mod tests;
