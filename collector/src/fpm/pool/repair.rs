//! Escapes the texts of a status page that FPM has written without: what clients send stands in it.
//!
//! FPM writes the names in one order, so a text ends where the next name begins. A client that writes such a
//! name into its query can still spoil the page, which then is told as an error.

/// A text's name, and what stands between it and the next value.
const TEXTS: [(&str, &str); 4] = [
    ("\"request method\":\"", "\",\"request uri\":\""),
    ("\"request uri\":\"", "\",\"content length\":"),
    ("\"user\":\"", "\",\"script\":\""),
    ("\"script\":\"", "\",\"last request cpu\":"),
];

/// The page with these texts escaped.
pub(super) fn repair(page: &str) -> String {
    let mut repaired = String::with_capacity(page.len() + page.len() / 8);
    let mut rest = page;
    while let Some((before, text, behind)) = split(rest) {
        repaired.push_str(before);
        escape(text, &mut repaired);
        rest = behind;
    }
    repaired.push_str(rest);
    repaired
}

/// What is before the first text, the text, and what is behind it.
fn split(page: &str) -> Option<(&str, &str, &str)> {
    let begins = TEXTS
        .iter()
        .filter_map(|(name, end)| Some((page.find(name)? + name.len(), *end)));
    let (begin, end) = begins.min()?;
    let length = page[begin..].find(end)?;
    let (before, rest) = page.split_at(begin);
    Some((before, &rest[..length], &rest[length..]))
}

fn escape(text: &str, escaped: &mut String) {
    for letter in text.chars() {
        match letter {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            // Nobody misses which one it was.
            letter if letter.is_control() => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
}
