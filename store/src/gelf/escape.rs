//! Texts as JSON strings of a bounded length.

/// The longest text that Lucene takes as one term is 32,766 bytes; nobody searches for one of 8 KiB.
pub(crate) const TEXT_BYTES_MAX: usize = 8 * 1024;

/// What stands at the end of a text that was cut.
const ELLIPSIS: &str = "…";

/// What is looked at in one go.
const BLOCK_BYTES: usize = 32;

/// Writes a text without its quotes, as much of it as fits `bytes_max` once it is escaped, and says
/// whether that was all of it. A text that is cut ends with an ellipsis.
pub(crate) fn write(out: &mut Vec<u8>, text: &str, bytes_max: usize) -> bool {
    let begin = out.len();
    let end = begin + bytes_max;
    // The last place at which the ellipsis would still fit.
    let mut last = (begin, begin);
    let mut run = 0;
    let bytes = text.as_bytes();
    while run < bytes.len() {
        let plain = run + plain_bytes(&bytes[run..]);
        if out.len() + (plain - run) > end {
            return cut(out, &text[run..plain], end, last.0);
        }
        out.extend_from_slice(&bytes[run..plain]);
        if out.len() + ELLIPSIS.len() <= end {
            last = (out.len(), plain);
        }
        run = plain;
        if let Some(byte) = bytes.get(run) {
            let escaped = escape(*byte);
            if out.len() + escaped.len() > end {
                return cut(out, "", end, last.0);
            }
            out.extend_from_slice(escaped.as_bytes());
            if out.len() + ELLIPSIS.len() <= end {
                last = (out.len(), run + 1);
            }
            run += 1;
        }
    }
    true
}

/// Takes as much of the run as fits beside the ellipsis; if it does not fit at all, goes back to where
/// it did.
fn cut(out: &mut Vec<u8>, run: &str, end: usize, last: usize) -> bool {
    match end.checked_sub(out.len() + ELLIPSIS.len()) {
        Some(room) => out.extend_from_slice(wire::text::cut(run, room).as_bytes()),
        None => out.truncate(last),
    }
    if out.len() + ELLIPSIS.len() <= end {
        out.extend_from_slice(ELLIPSIS.as_bytes());
    }
    false
}

/// How many bytes need no escape, from the first on: many at a time, as most of any text does not.
fn plain_bytes(bytes: &[u8]) -> usize {
    let (blocks, _) = bytes.as_chunks::<BLOCK_BYTES>();
    let plain = blocks.iter().take_while(|block| is_plain_block(block));
    let at = plain.count() * BLOCK_BYTES;
    at + plain_bytes_by_word(&bytes[at..])
}

/// Without a branch on any one byte, which the compiler makes a few instructions for all of them.
fn is_plain_block(block: &[u8; BLOCK_BYTES]) -> bool {
    let special =
        |byte: u8| u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\');
    block.iter().fold(0, |any, byte| any | special(*byte)) == 0
}

fn plain_bytes_by_word(bytes: &[u8]) -> usize {
    let mut words = bytes.chunks_exact(8);
    for (index, word) in words.by_ref().enumerate() {
        let word = u64::from_le_bytes(word.try_into().expect("it has eight bytes"));
        let special = specials(word);
        if special != 0 {
            return index * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    let rest = words.remainder();
    let plain = rest.iter().take_while(|byte| is_plain(**byte));
    bytes.len() - rest.len() + plain.count()
}

/// The high bit of the first byte that needs an escape is set, and none before it. A borrow can reach bytes
/// behind it only. ("Determine if a word has a byte less than n", Bit Twiddling Hacks, S. E. Anderson.)
fn specials(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES * 0x80;
    let is_zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let is_below = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
    is_below | is_zero(word ^ (ONES * 0x22)) | is_zero(word ^ (ONES * 0x5c))
}

fn is_plain(byte: u8) -> bool {
    byte >= 0x20 && byte != b'"' && byte != b'\\'
}

/// Control characters as `\u00XX`: a raw NUL would end the frame.
fn escape(byte: u8) -> &'static str {
    const CONTROLS: [&str; 32] = [
        "\\u0000", "\\u0001", "\\u0002", "\\u0003", "\\u0004", "\\u0005", "\\u0006", "\\u0007",
        "\\b", "\\t", "\\n", "\\u000b", "\\f", "\\r", "\\u000e", "\\u000f", "\\u0010", "\\u0011",
        "\\u0012", "\\u0013", "\\u0014", "\\u0015", "\\u0016", "\\u0017", "\\u0018", "\\u0019",
        "\\u001a", "\\u001b", "\\u001c", "\\u001d", "\\u001e", "\\u001f",
    ];
    match byte {
        b'"' => "\\\"",
        b'\\' => "\\\\",
        control => CONTROLS[usize::from(control & 31)],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str, bytes_max: usize) -> (String, bool) {
        let mut out = b"before".to_vec();
        let is_whole = write(&mut out, text, bytes_max);
        (String::from_utf8(out[6..].to_vec()).unwrap(), is_whole)
    }

    #[test]
    fn a_text_that_fits_is_whole_and_another_ends_with_an_ellipsis() {
        assert_eq!(
            written("say \"no\"\n\0", 99),
            ("say \\\"no\\\"\\n\\u0000".to_owned(), true)
        );
        assert_eq!(written("abcdef", 6), ("abcdef".to_owned(), true));
        assert_eq!(written("abcdefg", 6), ("abc…".to_owned(), false));
        assert_eq!(written("äöüß", 7), ("äö…".to_owned(), false));
        // An escape is never cut in two.
        assert_eq!(written("ab\u{1}c", 8), ("ab…".to_owned(), false));
        assert_eq!(written("abcdefg", 2), (String::new(), false));
    }

    proptest! {
        #[test]
        fn many_bytes_at_a_time_are_judged_as_one_by_one(bytes in proptest::collection::vec(prop_oneof![9 => 0x20_u8..=0x7e, 1 => any::<u8>()], 0..200)) {
            let plain = bytes.iter().take_while(|byte| is_plain(**byte)).count();
            prop_assert_eq!(plain_bytes(&bytes), plain);
        }

        #[test]
        fn what_is_written_is_json_within_its_bound_and_begins_the_text(
            text in "(\\PC|[\"\\\\\n\u{0}\u{1f}]){0,40}", bytes_max in 0_usize..80,
        ) {
            let (json, is_whole) = written(&text, bytes_max);
            prop_assert!(json.len() <= bytes_max);
            let read: String = serde_json::from_str(&format!("\"{json}\"")).unwrap();
            if is_whole {
                prop_assert_eq!(read, text);
            } else {
                let begin = read.strip_suffix(ELLIPSIS).unwrap_or(&read);
                prop_assert!(text.starts_with(begin));
            }
        }
    }
}
