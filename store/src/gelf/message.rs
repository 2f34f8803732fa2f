//! One GELF message, written straight into the batch that carries it.
//!
//! What does not fit is cut in this order, and `_cut` names it: `full_message` to what the frame has
//! left; then every text to 1,024, 256 and 64 bytes. Names, numbers and ids are never cut.

use wire::time::{Instant, Micros};

use super::escape;
use super::field::{self, Flag, Float, Int, Name, Text};
use super::level::Level;

/// What ends a frame; JSON never holds one unescaped.
pub(crate) const DELIMITER: u8 = 0;

/// Texts per field: the usual bound first, then those of a frame that would be too long otherwise.
const TEXT_BYTES: [usize; 4] = [escape::TEXT_BYTES_MAX, 1_024, 256, 64];

/// A line of Graylog's list; what is longer says it in `full_message`.
const SHORT_BYTES_MAX: usize = 1_000;

/// A long text of which less is left is left out.
const FULL_BYTES_LEAST: usize = 16;

/// Kept free behind the texts: the names that `_cut` lists, and the frame's end.
const TAIL_BYTES: usize = 256;

/// What a frame is at least allowed: all fields at their shortest fit.
pub(crate) const FRAME_BYTES_LEAST: u64 = 16 * 1024;

/// What every message begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'a> {
    pub(crate) host: &'a str,
    pub(crate) at_us: Instant,
    pub(crate) level: Level,
    /// One line that reads well in a list.
    pub(crate) short: &'a str,
    /// Everything that has no field, as lines; may be empty.
    pub(crate) full: &'a str,
}

/// The fields of a message that is being written.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    out: &'a mut Vec<u8>,
    text_bytes_max: usize,
    /// No text that comes now needs an escape.
    are_plain: bool,
    cut: Vec<&'static str>,
}

/// A number that fits GELF's integers.
pub(crate) trait Whole {
    fn whole(self) -> Option<i64>;
}

/// Appends a message and its delimiter. `fields` is called again where the frame would be too long.
pub(crate) fn write(
    out: &mut Vec<u8>,
    frame_bytes_max: usize,
    head: &Head<'_>,
    fields: impl Fn(&mut Fields<'_>),
) {
    let begin = out.len();
    let end = begin + frame_bytes_max;
    for text_bytes_max in TEXT_BYTES {
        out.truncate(begin);
        let mut message = Fields {
            out,
            text_bytes_max,
            are_plain: false,
            cut: Vec::new(),
        };
        message.begin(head);
        fields(&mut message);
        if message.finish(head.full, end) {
            return;
        }
    }
    debug_assert!(false, "all fields at their shortest fit the shortest frame");
}

// === impl Fields ===

impl Fields<'_> {
    /// Says whether whoever gives the texts from now on knows that none of them needs an escape.
    pub(crate) fn are_plain(&mut self, are_plain: bool) {
        self.are_plain = are_plain;
    }

    // Inlined, so that a field's name is written as the constant that it is.
    #[inline]
    pub(crate) fn text<'t>(&mut self, field: Text, value: impl Into<Option<&'t str>>) {
        let value = value.into().map_or("", trimmed);
        // Graylog stores no empty text either.
        if value.is_empty() {
            return;
        }
        self.key(field.0);
        self.quoted(field.0.name, value, self.text_bytes_max);
    }

    /// A short text of our own, such as an id: none of it needs an escape.
    #[inline]
    pub(crate) fn word(&mut self, field: Text, value: &str) {
        self.key(field.0);
        self.plain(value);
    }

    #[inline]
    pub(crate) fn int(&mut self, field: Int, value: impl Whole) {
        if let Some(value) = value.whole() {
            self.key(field.0);
            self.digits(value);
        }
    }

    /// Always with a point, so that no index takes the field for one of integers.
    pub(crate) fn float(&mut self, field: Float, value: impl Into<Option<f64>>) {
        if let Some(value) = value.into().filter(|value| value.is_finite()) {
            self.key(field.0);
            self.decimal(value);
        }
    }

    /// As 0 or 1: Graylog passes booleans over.
    pub(crate) fn flag(&mut self, field: Flag, value: impl Into<Option<bool>>) {
        if let Some(value) = value.into() {
            self.key(field.0);
            self.out.push(b'0' + u8::from(value));
        }
    }

    fn begin(&mut self, head: &Head<'_>) {
        self.out.extend_from_slice(br#"{"version":"1.1","host":"#);
        self.quoted("host", head.host, self.text_bytes_max);
        self.out.extend_from_slice(br#","short_message":"#);
        let short_bytes_max = SHORT_BYTES_MAX.min(self.text_bytes_max);
        self.quoted("short_message", head.short, short_bytes_max);
        let millis = head.at_us.0.div_euclid(1_000);
        self.out.extend_from_slice(br#","timestamp":"#);
        self.digits(millis.div_euclid(1_000));
        self.out.push(b'.');
        let millis = millis.rem_euclid(1_000);
        for unit in [100, 10, 1] {
            let digit = u8::try_from(millis / unit % 10).expect("one digit");
            self.out.push(b'0' + digit);
        }
        self.out.extend_from_slice(br#","level":"#);
        self.digits(head.level.number());
    }

    /// Writes the rest; `false` says that the fields alone are too long.
    fn finish(mut self, full: &str, end: usize) -> bool {
        self.are_plain = false;
        let full = trimmed(full);
        let named: usize = self.cut.iter().map(|name| name.len() + 1).sum();
        let begin = self.out.len() + br#","full_message":"""#.len() + TAIL_BYTES + named;
        let Some(room) = end.checked_sub(begin) else {
            return false;
        };
        if !full.is_empty() && room < FULL_BYTES_LEAST {
            // What would be left of it is no text any more, and Graylog stores no empty one.
            self.cut.push("full_message");
        } else if !full.is_empty() {
            self.out.extend_from_slice(br#","full_message":"#);
            self.quoted("full_message", full, room);
        }
        if !self.cut.is_empty() {
            let cut = self.cut.join(" ");
            self.key(field::CUT.0);
            self.quoted(field::CUT.0.name, &cut, usize::MAX / 2);
        }
        self.out.push(b'}');
        self.out.push(DELIMITER);
        true
    }

    #[inline]
    fn key(&mut self, name: Name) {
        self.out.extend_from_slice(name.key.as_bytes());
    }

    fn digits(&mut self, value: i64) {
        let mut digits = itoa::Buffer::new();
        self.out.extend_from_slice(digits.format(value).as_bytes());
    }

    fn plain(&mut self, text: &str) {
        self.out.reserve(text.len() + 2);
        self.out.push(b'"');
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(b'"');
    }

    fn quoted(&mut self, name: &'static str, text: &str, bytes_max: usize) {
        if self.are_plain && text.len() <= bytes_max {
            self.plain(text);
            return;
        }
        self.out.push(b'"');
        if !escape::write(self.out, text, bytes_max) {
            self.cut.push(name);
        }
        self.out.push(b'"');
    }

    fn decimal(&mut self, value: f64) {
        // serde_json writes the shortest text that reads back as the same number, `5.0` for five.
        serde_json::to_writer(&mut *self.out, &value).expect("a finite number is JSON");
    }
}

/// As `str::trim` has it, which reads characters where mostly a look at two bytes will do.
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

// === impl Whole ===

impl Whole for i64 {
    fn whole(self) -> Option<i64> {
        Some(self)
    }
}

impl Whole for u64 {
    fn whole(self) -> Option<i64> {
        Some(i64::try_from(self).unwrap_or(i64::MAX))
    }
}

impl Whole for Micros {
    fn whole(self) -> Option<i64> {
        Some(self.0)
    }
}

impl Whole for usize {
    fn whole(self) -> Option<i64> {
        Some(i64::try_from(self).unwrap_or(i64::MAX))
    }
}

macro_rules! whole {
    ($($number:ty),*) => {$(
        impl Whole for $number {
            fn whole(self) -> Option<i64> {
                Some(i64::from(self))
            }
        }
    )*};
}

whole!(i32, u32, u16);

impl<W: Whole> Whole for Option<W> {
    fn whole(self) -> Option<i64> {
        self.and_then(Whole::whole)
    }
}

#[cfg(test)]
mod tests;
