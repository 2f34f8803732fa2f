//! A JSON object's members, read where they lie.
//!
//! To read a body into its type takes an allocation for each of its texts, only to write them out again. Of the kinds
//! that there are most of, members are looked at in the body's own text. What is not written as an encoder writes
//! it, such as with blanks between its tokens, is nobody's here: [`Unread`] says so, and the body is read into its type.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// It is written otherwise, or it is of another type than the one that is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unread;

/// A text that is written as an encoder writes it: without control characters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Json<'t> {
    text: &'t str,
    is_plain: bool,
}

/// A member's value.
#[derive(Debug, PartialEq)]
pub(super) enum Value<'t> {
    Null,
    Flag(bool),
    Whole(i64),
    Text(Cow<'t, str>),
    /// A list or an object, of which only the end was looked for.
    Nested(&'t str),
}

/// Digits that a whole number has at most, so that it fits its type.
const DIGITS_MAX: usize = 18;

// === impl Json ===

impl<'t> Json<'t> {
    pub(super) fn try_new(text: &'t str) -> Result<Self, Unread> {
        let bytes = text.as_bytes();
        // The least of all, for which the compiler takes many at a time, as it does not where one could be the last.
        let least = bytes.iter().fold(u8::MAX, |least, byte| least.min(*byte));
        if least < b' ' {
            return Err(Unread);
        }
        Ok(Self {
            text,
            is_plain: memchr(b'\\', bytes).is_none(),
        })
    }

    /// Whether no text in it has an escape, nor would need one.
    pub(super) fn is_plain(self) -> bool {
        self.is_plain
    }

    /// Gives each member of the object that it is, until `take` has no use for one.
    pub(super) fn members(
        self,
        mut take: impl FnMut(&'t str, Value<'t>) -> Result<(), Unread>,
    ) -> Result<(), Unread> {
        let text = self.text;
        let bytes = text.as_bytes();
        let mut at = match bytes {
            [b'{', b'}'] => return Ok(()),
            [b'{', ..] => 1,
            _ => return Err(Unread),
        };
        loop {
            let (key, colon) = plain(text, at).ok_or(Unread)?;
            if bytes.get(colon) != Some(&b':') {
                return Err(Unread);
            }
            let (value, end) = value(text, colon + 1).ok_or(Unread)?;
            take(key, value)?;
            at = end + 1;
            match bytes.get(end) {
                Some(b',') => {}
                Some(b'}') if at == bytes.len() => return Ok(()),
                _ => return Err(Unread),
            }
        }
    }
}

fn value(text: &str, begin: usize) -> Option<(Value<'_>, usize)> {
    let rest = text.as_bytes().get(begin..)?;
    match rest.first()? {
        b'"' => string(text, begin),
        b'-' | b'0'..=b'9' => whole(text, begin),
        b'{' | b'[' => {
            let end = end_of_nested(text.as_bytes(), begin)?;
            Some((Value::Nested(&text[begin..end]), end))
        }
        b'n' if rest.starts_with(b"null") => Some((Value::Null, begin + 4)),
        b't' if rest.starts_with(b"true") => Some((Value::Flag(true), begin + 4)),
        b'f' if rest.starts_with(b"false") => Some((Value::Flag(false), begin + 5)),
        _ => None,
    }
}

/// A text without an escape, and what comes behind its quotes.
fn plain(text: &str, begin: usize) -> Option<(&str, usize)> {
    let bytes = text.as_bytes();
    if bytes.get(begin) != Some(&b'"') {
        return None;
    }
    let first = begin + 1;
    let end = first + memchr2(b'"', b'\\', &bytes[first..])?;
    (bytes[end] == b'"').then(|| (&text[first..end], end + 1))
}

fn string(text: &str, begin: usize) -> Option<(Value<'_>, usize)> {
    if let Some((plain, end)) = plain(text, begin) {
        return Some((Value::Text(Cow::Borrowed(plain)), end));
    }
    let end = end_of_string(text.as_bytes(), begin)?;
    let unescaped = serde_json::from_str(&text[begin..end]).ok()?;
    Some((Value::Text(Cow::Owned(unescaped)), end))
}

/// What comes behind the quotes of a text.
fn end_of_string(bytes: &[u8], begin: usize) -> Option<usize> {
    let mut at = begin + 1;
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

fn end_of_nested(bytes: &[u8], begin: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = begin;
    loop {
        match bytes.get(at)? {
            b'"' => {
                at = end_of_string(bytes, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// `-0` is a float to the reader of types, and `007` none at all.
fn whole(text: &str, begin: usize) -> Option<(Value<'_>, usize)> {
    let bytes = text.as_bytes();
    let is_negative = bytes.get(begin) == Some(&b'-');
    let first = begin + usize::from(is_negative);
    let mut value = 0_i64;
    let mut at = first;
    while let Some(digit) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
        if at - first == DIGITS_MAX {
            return None;
        }
        value = value * 10 + i64::from(digit - b'0');
        at += 1;
    }
    let is_zero_first = bytes.get(first) == Some(&b'0');
    if at == first || is_zero_first && (at - first > 1 || is_negative) {
        return None;
    }
    Some((Value::Whole(if is_negative { -value } else { value }), at))
}

// === impl Value ===

impl<'t> Value<'t> {
    pub(super) fn flag(self) -> Result<bool, Unread> {
        match self {
            Self::Flag(flag) => Ok(flag),
            _ => Err(Unread),
        }
    }

    pub(super) fn whole(self) -> Result<i64, Unread> {
        match self {
            Self::Whole(whole) => Ok(whole),
            _ => Err(Unread),
        }
    }

    pub(super) fn text(self) -> Result<Cow<'t, str>, Unread> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err(Unread),
        }
    }

    pub(super) fn nested(self) -> Result<&'t str, Unread> {
        match self {
            Self::Nested(text) => Ok(text),
            _ => Err(Unread),
        }
    }

    /// Nothing where the member is null, as where it is missing.
    pub(super) fn or_null<T>(
        self,
        read: impl FnOnce(Self) -> Result<T, Unread>,
    ) -> Result<Option<T>, Unread> {
        match self {
            Self::Null => Ok(None),
            value => read(value).map(Some),
        }
    }
}

#[cfg(test)]
mod tests;
