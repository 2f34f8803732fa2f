//! A place in a text, from which known parts are read one after the other.

use std::str::FromStr;

use memchr::{memchr_iter, memrchr_iter};
use wire::time::Micros;

/// What is left of a text. Each reading either moves on, or says `None` and leaves the place as it was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan<'a>(pub(super) &'a str);

// === impl Scan ===

impl<'a> Scan<'a> {
    /// Exactly this text.
    pub(super) fn tag(&mut self, tag: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(tag)?;
        Some(())
    }

    /// All up to that text, and past it.
    pub(super) fn until(&mut self, end: &str) -> Option<&'a str> {
        let (found, rest) = split_once(self.0, end)?;
        self.0 = rest;
        Some(found)
    }

    /// As many of these bytes, all of them ASCII, as there are, one at least.
    pub(super) fn some(&mut self, is_one: impl Fn(u8) -> bool) -> Option<&'a str> {
        let bytes = self.0.as_bytes();
        let end = bytes.iter().position(|byte| !is_one(*byte));
        let (found, rest) = self.0.split_at(end.unwrap_or(bytes.len()));
        self.0 = rest;
        (!found.is_empty()).then_some(found)
    }

    /// A decimal number without a sign.
    pub(super) fn number<T: FromStr>(&mut self) -> Option<T> {
        let mut ahead = *self;
        let number = ahead.some(|byte| byte.is_ascii_digit())?.parse().ok()?;
        *self = ahead;
        Some(number)
    }

    /// A number with a fraction, in thousandths of its unit: `1.318` is 1318.
    pub(super) fn thousandths(&mut self) -> Option<i64> {
        let mut ahead = *self;
        let whole: i64 = ahead.number()?;
        let mut thousandths = whole.checked_mul(1_000)?;
        if ahead.tag(".").is_some() {
            let digits = ahead.some(|byte| byte.is_ascii_digit())?;
            let scale = [100, 10, 1];
            for (digit, scale) in digits.bytes().zip(scale) {
                thousandths = thousandths.checked_add(i64::from(digit - b'0') * scale)?;
            }
        }
        *self = ahead;
        Some(thousandths)
    }

    /// `202.316 ms`
    pub(super) fn millis(&mut self) -> Option<Micros> {
        let mut ahead = *self;
        let micros = Micros(ahead.thousandths()?);
        ahead.tag(" ms")?;
        *self = ahead;
        Some(micros)
    }

    /// `1.318 s`
    pub(super) fn seconds(&mut self) -> Option<Micros> {
        let mut ahead = *self;
        let micros = Micros::from_millis(ahead.thousandths()?);
        ahead.tag(" s")?;
        *self = ahead;
        Some(micros)
    }
}

/// As `starts_with`: for texts as short as these a loop is faster than a call.
pub(super) fn begins_with(bytes: &[u8], begin: &[u8]) -> bool {
    bytes.len() >= begin.len() && begin.iter().zip(bytes).all(|(a, b)| a == b)
}

/// Where a part, which is not empty, stands first. The parts that are looked for are a word or two, and the
/// standard library's preparations for a search cost more than looking at each place that begins alike.
pub(super) fn find(text: &str, part: &str) -> Option<usize> {
    let (bytes, part) = (text.as_bytes(), part.as_bytes());
    memchr_iter(*part.first()?, bytes).find(|at| begins_with(&bytes[*at..], part))
}

/// Where a part, which is not empty, stands last.
pub(super) fn rfind(text: &str, part: &str) -> Option<usize> {
    let (bytes, part) = (text.as_bytes(), part.as_bytes());
    memrchr_iter(*part.first()?, bytes).find(|at| begins_with(&bytes[*at..], part))
}

/// What stands before a part, and what behind it.
pub(super) fn split_once<'a>(text: &'a str, part: &str) -> Option<(&'a str, &'a str)> {
    let at = find(text, part)?;
    Some((&text[..at], &text[at + part.len()..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_part_is_found_where_the_standard_library_finds_it(text in "[ab é]{0,20}", part in "[ab é]{1,4}") {
            prop_assert_eq!(find(&text, &part), text.find(&part));
            prop_assert_eq!(rfind(&text, &part), text.rfind(&part));
            prop_assert_eq!(split_once(&text, &part), text.split_once(&part));
        }
    }

    #[test]
    fn figures_are_read_to_the_microsecond() {
        assert_eq!(Scan("202.316 ms").millis(), Some(Micros(202_316)));
        assert_eq!(Scan("7 ms").millis(), Some(Micros(7_000)));
        assert_eq!(Scan("1.318 s, more").seconds(), Some(Micros(1_318_000)));
        assert_eq!(Scan("0.0004 ms").millis(), Some(Micros(0)));
        let mut scan = Scan("12 s");
        assert_eq!(scan.millis(), None);
        assert_eq!(
            scan.0, "12 s",
            "a failed reading leaves the place as it was"
        );
        assert_eq!(Scan("99999999999999999999 ms").millis(), None);
    }
}
