//! `log_line_prefix`, compiled once and read on every line.
//!
//! A prefix is a row of literal texts and fields. Most fields have a shape (a time, a number, an address)
//! and are read from the left. The names of users, databases and applications have none, and whoever
//! connects may choose them: an application may call itself `x] LOG:  duration: 9 ms`. They are at most
//! [`NAME_BYTES_MAX`] long, so of all ways in which the rest of the prefix and a severity can follow
//! within that length, the one with the longest name is taken: a name then can't end before its real
//! end, however it is made up. If there was another way to read it, the line is marked as doubtful: what
//! looks like one may also stand at the beginning of a statement. Only csv and json leave no doubt.
//!
//! Escapes are those of "`log_line_prefix`" in the manual, up to version 18, padding (`%-10u`) included.

use std::borrow::Cow;

use super::entry::Head;
use super::severity::{Word, word_at};
use super::stamp::Stamps;

/// What the server cuts names to (`NAMEDATALEN` less one).
const NAME_BYTES_MAX: usize = 63;
/// The title of a process, and the name of a host.
const TITLE_BYTES_MAX: usize = 255;
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Application,
    User,
    Database,
    /// `%r`: with the port. `%h`: without.
    Client,
    BackendType,
    Pid,
    LeaderPid,
    /// `%t` or `%m`.
    Time,
    /// `%n`
    Epoch,
    /// `%i`: the command, or the process's title.
    Title,
    SqlState,
    SessionId,
    SessionStart,
    QueryId,
    /// `%l`, `%x`, `%v`: read and left.
    Number,
    LocalAddress,
}

/// Why a text is no prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrefixError {
    #[error("log_line_prefix: an escape of the manual is allowed after %, got {0:?}")]
    Escape(char),
    #[error("log_line_prefix: it needs a time (%m, %t or %n) to be of use")]
    NoTime,
}

/// What the prefix of one line said, in the line's own words.
#[derive(Clone, Copy, Debug, Default)]
struct Found<'a> {
    at: Option<&'a str>,
    epoch: Option<&'a str>,
    pid: Option<&'a str>,
    leader_pid: Option<&'a str>,
    user: Option<&'a str>,
    database: Option<&'a str>,
    application_name: Option<&'a str>,
    client: Option<&'a str>,
    backend_type: Option<&'a str>,
    session_id: Option<&'a str>,
    sql_state: Option<&'a str>,
    query_id: Option<&'a str>,
}

/// A line whose prefix was read.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    pub head: Head<'a>,
    pub word: Word,
    pub text: &'a str,
    pub is_doubtful: bool,
}

/// One try to read a line.
struct Reading<'p, 'a> {
    parts: &'p [Part],
    line: &'a str,
    steps_left: u32,
    /// The first way that was found.
    found: Option<(Found<'a>, Word, usize)>,
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
    pub fn read<'a>(&self, line: &'a str, stamps: &mut Stamps) -> Option<Line<'a>> {
        let whole = self.parts.len();
        // A process without a session stops at %q.
        let lengths = [Some(whole), self.before_stop.filter(|stop| *stop < whole)];
        for length in lengths.into_iter().flatten() {
            let mut reading = Reading {
                parts: &self.parts[..length],
                line,
                steps_left: STEPS_MAX,
                found: None,
                is_doubtful: false,
            };
            reading.from(0, 0, Found::default());
            if let Some((found, word, text_at)) = reading.found {
                return Some(Line {
                    head: found.head(stamps)?,
                    word,
                    text: &line[text_at..],
                    is_doubtful: reading.is_doubtful,
                });
            }
        }
        None
    }
}

// === impl Reading ===

impl<'a> Reading<'_, 'a> {
    /// Reads the parts from one on, from a place in the line on. Ends at once when two ways are known.
    fn from(&mut self, part: usize, at: usize, found: Found<'a>) {
        if self.steps_left == 0 || self.is_doubtful {
            return;
        }
        self.steps_left -= 1;
        let rest = &self.line[at..];
        match self.parts.get(part) {
            None => self.end(at, found),
            Some(Part::Literal(literal)) => {
                if rest.starts_with(literal.as_str()) {
                    self.from(part + 1, at + literal.len(), found);
                }
            }
            Some(Part::Field { field, is_padded }) => {
                let (field, is_padded) = (*field, *is_padded);
                let lead = if is_padded { spaces(rest) } else { 0 };
                if let Some(longest) = field.longest() {
                    self.name(part, at, field, longest, found);
                } else {
                    let value = &rest[lead..lead + field.shape(&rest[lead..])];
                    let end = lead + value.len();
                    let tail = if is_padded { spaces(&rest[end..]) } else { 0 };
                    self.from(part + 1, at + end + tail, found.with(field, value));
                }
            }
        }
    }

    /// A name without a shape: the longest first.
    fn name(&mut self, part: usize, at: usize, field: Field, longest: usize, found: Found<'a>) {
        let most = longest.min(self.line.len() - at);
        let window = &self.line.as_bytes()[at..(at + most + 1).min(self.line.len())];
        // What comes next begins with a byte that is known, in the most cases.
        let next = match self.parts.get(part + 1) {
            Some(Part::Literal(literal)) => Some(literal.as_bytes()[0]),
            _ => None,
        };
        let mut length = most;
        loop {
            if let Some(next) = next {
                match memchr::memrchr(next, &window[..(length + 1).min(window.len())]) {
                    Some(step) => length = step,
                    None => return,
                }
            }
            if self.line.is_char_boundary(at + length) {
                let value = self.line[at..at + length].trim_matches(' ');
                self.from(part + 1, at + length, found.with(field, value));
            }
            if length == 0 || self.steps_left == 0 || self.is_doubtful {
                return;
            }
            length -= 1;
        }
    }

    fn end(&mut self, at: usize, found: Found<'a>) {
        let Some((word, begin)) = word_at(&self.line[at..]) else {
            return;
        };
        if self.found.is_some() {
            self.is_doubtful = true;
        } else {
            self.found = Some((found, word, at + begin));
        }
    }
}

// === impl Found ===

impl<'a> Found<'a> {
    fn with(mut self, field: Field, value: &'a str) -> Self {
        let place = match field {
            Field::Application => &mut self.application_name,
            Field::User => &mut self.user,
            Field::Database => &mut self.database,
            Field::Client => &mut self.client,
            Field::BackendType => &mut self.backend_type,
            Field::Pid => &mut self.pid,
            Field::LeaderPid => &mut self.leader_pid,
            Field::Time => &mut self.at,
            Field::Epoch => &mut self.epoch,
            Field::SqlState => &mut self.sql_state,
            Field::SessionId => &mut self.session_id,
            Field::QueryId => &mut self.query_id,
            Field::Title | Field::SessionStart | Field::Number | Field::LocalAddress => {
                return self;
            }
        };
        *place = Some(value);
        self
    }

    /// None if the time can't be read: then it was no prefix.
    fn head(self, stamps: &mut Stamps) -> Option<Head<'a>> {
        let at = match (self.epoch, self.at) {
            (Some(epoch), _) => epoch_of(epoch)?,
            (None, at) => stamps.read(at?)?,
        };
        let known = |text: Option<&'a str>| text.and_then(Head::known);
        Some(Head {
            at: Some(at),
            // A session's id ends with its process's: `6b03fa4d.5b3a`.
            pid: self.pid.and_then(|pid| pid.parse().ok()).or_else(|| {
                let (_, pid) = self.session_id?.split_once('.')?;
                i32::from_str_radix(pid, 16).ok()
            }),
            leader_pid: self.leader_pid.and_then(|pid| pid.parse().ok()),
            user: known(self.user),
            database: known(self.database),
            application_name: known(self.application_name),
            client: known(self.client.map(without_port)),
            backend_type: known(self.backend_type),
            session_id: known(self.session_id),
            sql_state: self
                .sql_state
                .and_then(|state| Head::failure(Cow::from(state))),
            query_id: self
                .query_id
                .and_then(|id| id.parse().ok())
                .filter(|id| *id != 0),
        })
    }
}

// === impl Field ===

impl Field {
    fn of(escape: char) -> Option<Self> {
        Some(match escape {
            'a' => Self::Application,
            'u' => Self::User,
            'd' => Self::Database,
            'r' | 'h' => Self::Client,
            'b' => Self::BackendType,
            'p' => Self::Pid,
            'P' => Self::LeaderPid,
            't' | 'm' => Self::Time,
            'n' => Self::Epoch,
            'i' => Self::Title,
            'e' => Self::SqlState,
            'c' => Self::SessionId,
            's' => Self::SessionStart,
            'l' | 'x' | 'v' => Self::Number,
            'Q' => Self::QueryId,
            'L' => Self::LocalAddress,
            _ => return None,
        })
    }

    /// For a field that may hold anything, how much of it.
    fn longest(self) -> Option<usize> {
        match self {
            Self::Application | Self::User | Self::Database => Some(NAME_BYTES_MAX),
            Self::Client | Self::BackendType | Self::Title | Self::LocalAddress => {
                Some(TITLE_BYTES_MAX)
            }
            _ => None,
        }
    }

    /// For a field that has a shape, how many bytes of the text are of it; each may be empty.
    fn shape(self, text: &str) -> usize {
        let run = |is_one: fn(u8) -> bool| text.bytes().take_while(|byte| is_one(*byte)).count();
        match self {
            Self::Time | Self::SessionStart => time_bytes(text),
            Self::Epoch => run(|byte| byte.is_ascii_digit() || byte == b'.'),
            Self::Pid | Self::LeaderPid => run(|byte| byte.is_ascii_digit()),
            Self::QueryId => run(|byte| byte.is_ascii_digit() || byte == b'-'),
            Self::SqlState => run(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()).min(5),
            Self::SessionId => run(|byte| byte.is_ascii_hexdigit() || byte == b'.'),
            _ => run(|byte| byte.is_ascii_digit() || byte == b'/'),
        }
    }
}

fn spaces(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

/// `2026-11-23 08:33:17.635 UTC`: the zone's abbreviation is letters, or a sign and digits.
fn time_bytes(text: &str) -> usize {
    const SHAPE: &[u8] = b"dddd-dd-dd dd:dd:dd";
    let bytes = text.as_bytes();
    let is_shape = bytes.len() > SHAPE.len()
        && SHAPE.iter().zip(bytes).all(|(shape, byte)| match shape {
            b'd' => byte.is_ascii_digit(),
            other => other == byte,
        });
    if !is_shape {
        return 0;
    }
    let run = |from: usize, is_one: fn(u8) -> bool| {
        let rest = bytes.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| is_one(**byte)).count()
    };
    let fraction = SHAPE.len() + run(SHAPE.len(), |byte| byte.is_ascii_digit() || byte == b'.');
    if bytes.get(fraction) != Some(&b' ') {
        return 0;
    }
    let zone = fraction + 1;
    match bytes.get(zone) {
        Some(b'+' | b'-') => zone + 1 + run(zone + 1, |byte| byte.is_ascii_digit() || byte == b':'),
        _ => zone + run(zone, |byte| byte.is_ascii_alphabetic()),
    }
}

/// `1763886797.635`
fn epoch_of(text: &str) -> Option<wire::time::Instant> {
    let mut scan = super::scan::Scan(text);
    let thousandths = scan.thousandths()?;
    (scan.0.is_empty() && thousandths > 0).then(|| wire::time::Instant(thousandths * 1_000))
}

/// `10.0.0.7(5432)` is `10.0.0.7`, in csv also `10.0.0.7:5432`.
fn without_port(client: &str) -> &str {
    client.rsplit_once('(').map_or(client, |(host, _)| host)
}

#[cfg(test)]
mod tests;
