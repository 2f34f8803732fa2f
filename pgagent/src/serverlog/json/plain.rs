//! A line as the server itself writes it, read without the care that JSON in general needs.
//!
//! The server writes no space between its fields and has them in one order, so each is looked for where it
//! must stand. A line that is written otherwise is none for this reader, which says so and leaves it to the
//! general one; what it does read it reads as that one would.

use std::borrow::Cow;

use memchr::memchr2;

use super::{Line, Text};

/// Reads one line; none if there is anything about it that the server would not write.
pub(super) fn read(line: &str) -> Option<Line<'_>> {
    // Within a text they are not allowed, and between fields the server has none. A minimum is found many
    // bytes at a time.
    let least = line.bytes().fold(u8::MAX, u8::min);
    if least < b' ' {
        return None;
    }
    let mut fields = Fields {
        rest: line.strip_prefix("{\"")?,
        is_whole: false,
    };
    // In the order of `write_jsonlog`.
    let timestamp = fields.text("timestamp");
    let user = fields.text("user");
    let dbname = fields.text("dbname");
    let pid = fields.integer("pid");
    let remote_host = fields.text("remote_host");
    fields.pass("remote_port");
    let session_id = fields.text("session_id");
    for key in ["line_num", "ps", "session_start", "vxid", "txid"] {
        fields.pass(key);
    }
    let error_severity = fields.text("error_severity");
    let state_code = fields.text("state_code");
    let message = fields.text("message");
    let detail = fields.text("detail");
    let hint = fields.text("hint");
    let internal_query = fields.text("internal_query");
    fields.pass("internal_position");
    let context = fields.text("context");
    let statement = fields.text("statement");
    for key in ["cursor_position", "func_name", "file_name", "file_line_num"] {
        fields.pass(key);
    }
    let application_name = fields.text("application_name");
    let backend_type = fields.text("backend_type");
    let leader_pid = fields.integer("leader_pid");
    let query_id = fields.integer("query_id");
    fields.is_whole.then_some(Line {
        timestamp,
        user,
        dbname,
        pid,
        remote_host,
        session_id,
        error_severity,
        state_code,
        message,
        detail,
        hint,
        internal_query,
        context,
        statement,
        application_name,
        backend_type,
        leader_pid,
        query_id,
    })
}

/// The fields that are left.
struct Fields<'a> {
    /// From the first letter of a key on. A field that can't be read stays here, and then so do all that
    /// follow it.
    rest: &'a str,
    /// Whether all of them were read, and the line is at its end.
    is_whole: bool,
}

// === impl Fields ===

impl<'a> Fields<'a> {
    #[inline]
    fn text(&mut self, key: &str) -> Text<'a> {
        let text = self.value(key, |value| unquote(value.strip_prefix('"')?));
        Text(text.unwrap_or_default())
    }

    #[inline]
    fn integer<T: TryFrom<i64>>(&mut self, key: &str) -> Option<T> {
        self.value(key, |value| {
            let (integer, after) = integer(value)?;
            Some((T::try_from(integer).ok()?, after))
        })
    }

    /// Goes past a field that is not needed.
    #[inline]
    fn pass(&mut self, key: &str) {
        self.value(key, |value| {
            let after = match value.strip_prefix('"') {
                Some(text) => unquote(text)?.1,
                None => split_integer(value)?.1,
            };
            Some(((), after))
        });
    }

    /// The value of the next field, if that has this key.
    #[inline]
    fn value<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&'a str) -> Option<(T, &'a str)>,
    ) -> Option<T> {
        let value = self.rest.strip_prefix(key)?.strip_prefix("\":")?;
        let (value, after) = read(value)?;
        self.rest = match after.strip_prefix(",\"") {
            Some(rest) => rest,
            None if after == "}" => {
                self.is_whole = true;
                ""
            }
            None => return None,
        };
        Some(value)
    }
}

/// A text up to its closing quote, and what stands behind that.
fn unquote(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let bytes = text.as_bytes();
    let end = memchr2(b'"', b'\\', bytes)?;
    if bytes[end] == b'"' {
        return Some((Cow::Borrowed(&text[..end]), &text[end + 1..]));
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let at = memchr2(b'"', b'\\', rest.as_bytes())?;
        plain.push_str(&rest[..at]);
        if rest.as_bytes()[at] == b'"' {
            return Some((Cow::Owned(plain), &rest[at + 1..]));
        }
        plain.push(match rest.as_bytes().get(at + 1)? {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            same @ (b'"' | b'\\' | b'/') => char::from(*same),
            // A character by its number: the server has few of them.
            _ => return None,
        });
        rest = &rest[at + 2..];
    }
}

/// A number without a fraction, and what stands behind it.
fn integer(text: &str) -> Option<(i64, &str)> {
    let (integer, after) = split_integer(text)?;
    Some((integer.parse().ok()?, after))
}

fn split_integer(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let sign = usize::from(bytes.first() == Some(&b'-'));
    let mut end = sign;
    while bytes.get(end).is_some_and(u8::is_ascii_digit) {
        end += 1;
    }
    // JSON has no zeros in front, and a zero with a sign is no integer of it.
    let is_integer = end > sign && (bytes[sign] != b'0' || end == 1);
    is_integer.then(|| text.split_at(end))
}
