//! The keys and values of a link: read once, taken one by one, and none may be left over.

use jiff::Timestamp;
use wire::time::{Instant, Micros, Range};

use super::words::Table;
use crate::state::line;
use crate::state::subject::Subject;
use crate::typed::Fault;

/// As much as the screens show.
pub(super) const SPAN_MAX: Micros = Micros::from_seconds(31 * 86_400);
/// A baseline is four times as long as its range at most.
const BASELINE_SPAN_MAX: Micros = Micros::from_seconds(4 * 31 * 86_400);

/// What stands behind the question mark, as far as it was not taken yet.
pub(super) struct Parts {
    left: Vec<Part>,
    /// What was asked for, taken or not: all that the screen knows.
    known: Vec<&'static str>,
}

pub(super) struct Part {
    key: String,
    value: String,
    column: usize,
}

// === impl Parts ===

impl Parts {
    pub(super) fn read(parameters: &str, begin: usize) -> Result<Self, Fault> {
        let mut left: Vec<Part> = Vec::new();
        let mut column = begin;
        for part in parameters.split('&') {
            let fault = |words| Fault { column, words };
            if !part.is_empty() {
                let (key, value) = part
                    .split_once('=')
                    .ok_or_else(|| fault(format!("{part:?} has no value: KEY=VALUE is allowed")))?;
                if left.iter().any(|known| known.key == key) {
                    return Err(fault(format!("{key} stands twice")));
                }
                let value = decoded(value).ok_or_else(|| {
                    fault(format!(
                        "{key}: % and two hex digits are allowed, in all UTF-8"
                    ))
                })?;
                left.push(Part {
                    key: key.to_owned(),
                    value,
                    column,
                });
            }
            column += part.chars().count() + 1;
        }
        let known = Vec::new();
        Ok(Self { left, known })
    }

    fn take(&mut self, key: &'static str) -> Option<Part> {
        self.known.push(key);
        let place = self.left.iter().position(|part| part.key == key)?;
        Some(self.left.remove(place))
    }

    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        self.take(key).map(|part| part.value)
    }

    pub(super) fn read_some<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
        allowed: &str,
    ) -> Result<Option<T>, Fault> {
        let Some(part) = self.take(key) else {
            return Ok(None);
        };
        match read(&part.value) {
            Some(value) => Ok(Some(value)),
            None => Err(part.fault(allowed)),
        }
    }

    pub(super) fn range(
        &mut self,
        key: &'static str,
        span_max: Micros,
    ) -> Result<Option<Range>, Fault> {
        let Some(part) = self.take(key) else {
            return Ok(None);
        };
        let ends = part.value.split_once("..");
        let at = |text: &str| text.parse::<Timestamp>().ok();
        let ends = ends.and_then(|(from, to)| Some((at(from)?, at(to)?)));
        let Some((from, to)) = ends else {
            return Err(part.fault("2026-11-23T14:00:00Z..2026-11-23T14:10:00Z is allowed"));
        };
        let range = Range {
            from_at_us: Instant(from.as_microsecond()),
            to_at_us: Instant(to.as_microsecond()),
        };
        if range.span() <= Micros(0) {
            return Err(part.fault("the end is to be later than the begin"));
        }
        if range.span() > span_max {
            let days = span_max.0 / Micros::from_seconds(86_400).0;
            return Err(part.fault(&format!("{days} days at most are allowed")));
        }
        Ok(Some(range))
    }

    /// An instant of the range: the store knows no others of it.
    pub(super) fn moment(
        &mut self,
        key: &'static str,
        range: Range,
    ) -> Result<Option<Instant>, Fault> {
        let read = |text: &str| {
            let at = Instant(text.parse::<Timestamp>().ok()?.as_microsecond());
            (range.from_at_us <= at && at <= range.to_at_us).then_some(at)
        };
        let allowed = "2026-11-23T14:03:22Z is allowed, an instant of the range";
        self.read_some(key, read, allowed)
    }

    pub(super) fn word<T: Copy>(&mut self, key: &'static str, table: Table<T>) -> Result<T, Fault> {
        let Some(part) = self.take(key) else {
            return Ok(table[0].1);
        };
        let known = table.iter().find(|(word, _)| *word == part.value);
        known.map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<&str> = table.iter().map(|(word, _)| *word).collect();
            part.fault(&format!("{} is allowed", words.join(", ")))
        })
    }

    pub(super) fn yes(&mut self, key: &'static str) -> Result<bool, Fault> {
        self.word(key, &[("no", false), ("yes", true)])
    }

    pub(super) fn filter(&mut self) -> Result<String, Fault> {
        let is_sound = |text: &str| text.len() <= line::BYTES_MAX;
        let sound = |text: &str| is_sound(text).then(|| text.to_owned());
        let allowed = format!("{} bytes at most are allowed", line::BYTES_MAX);
        let filter = self.read_some("filter", sound, &allowed)?;
        Ok(filter.unwrap_or_default())
    }

    pub(super) fn subject(&mut self, range: Range) -> Result<Subject, Fault> {
        Ok(Subject {
            range: self.range("of", SPAN_MAX)?.unwrap_or(range),
            baseline: self.range("against", BASELINE_SPAN_MAX)?,
            route: self.text("route"),
        })
    }

    /// All is to be understood: half of a link would show something else than it says.
    pub(super) fn end(self, screen: &str) -> Result<(), Fault> {
        match self.left.first() {
            None => Ok(()),
            Some(part) => Err(Fault {
                column: part.column,
                words: format!(
                    "{:?} is no part of a link to {screen}; {} is",
                    part.key,
                    self.known.join(", ")
                ),
            }),
        }
    }
}

// === impl Part ===

impl Part {
    fn fault(&self, allowed: &str) -> Fault {
        Fault {
            column: self.column,
            words: format!("{} {:?}: {allowed}", self.key, self.value),
        }
    }
}

/// The text that was percent-encoded; nothing if it was not, or is no UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let code = digit()? * 16 + digit()?;
        bytes.push(u8::try_from(code).ok()?);
    }
    String::from_utf8(bytes).ok()
}
