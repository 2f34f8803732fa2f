//! Text from the wire, made fit to show.
//!
//! URLs, SQL, function names and user agents come from whoever sends a request, so they may carry
//! escape sequences, line breaks, characters that turn the reading direction around, or a hundred
//! accents on one letter. [`Shown`] is the one place where this is dealt with: what it holds takes
//! one line, moves no cursor and is as wide as it looks. Views accept nothing else.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The most characters that are looked at: five times the widest line that is ever drawn, so a
/// statement of a megabyte costs no more than one of a screen.
const CHARACTERS_MAX: usize = 4096;

/// Accents that one letter may carry. Written languages need two; more is a prank.
const MARKS_MAX: usize = 2;

/// One line of harmless text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown(String);

// === impl Shown ===

impl Shown {
    /// Makes any text harmless. What was taken out stays visible: `^[` for escape, `<202E>` for a
    /// character that reverses the line.
    pub fn new(raw: &str) -> Self {
        let mut shown = String::with_capacity(raw.len().min(CHARACTERS_MAX));
        let mut marks = 0;
        for character in raw.chars().take(CHARACTERS_MAX) {
            match character {
                '\n' | '\r' | '\t' | '\u{a0}' => shown.push(' '),
                character if character.is_ascii_control() => {
                    shown.push('^');
                    shown.push(caret(character));
                }
                character if is_hidden(character) => {
                    // Writing to a string never fails.
                    let _ = write!(shown, "<{:04X}>", u32::from(character));
                }
                character if character.width() == Some(0) => {
                    marks += 1;
                    if marks <= MARKS_MAX && !shown.is_empty() {
                        shown.push(character);
                    }
                    continue;
                }
                character => shown.push(character),
            }
            marks = 0;
        }
        Self(shown)
    }

    /// Statements are written over many lines and indented; on one line the blanks say nothing.
    pub fn squeezed(raw: &str) -> Self {
        let mut squeezed = String::with_capacity(raw.len().min(CHARACTERS_MAX));
        for word in raw.split_whitespace() {
            if squeezed.len() > CHARACTERS_MAX {
                break;
            }
            if !squeezed.is_empty() {
                squeezed.push(' ');
            }
            squeezed.push_str(word);
        }
        Self::new(&squeezed)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Columns on the screen.
    pub fn width(&self) -> usize {
        self.0.width()
    }

    /// Cut to a number of columns; a cut shows as `…`.
    #[must_use]
    pub fn fit(self, columns: usize) -> Self {
        if self.width() <= columns {
            return self;
        }
        let Some(room) = columns.checked_sub(1) else {
            return Self::default();
        };
        let mut cut = String::with_capacity(self.0.len());
        let mut used = 0;
        for character in self.0.chars() {
            used += character.width().unwrap_or(0);
            if used > room {
                break;
            }
            cut.push(character);
        }
        cut.push('…');
        Self(cut)
    }

    /// Cut to a number of columns from the left: of `Shop\Pricing\Rule::match` the end tells.
    #[must_use]
    pub fn fit_end(self, columns: usize) -> Self {
        if self.width() <= columns {
            return self;
        }
        let Some(room) = columns.checked_sub(1) else {
            return Self::default();
        };
        let mut used = 0;
        let mut start = self.0.len();
        for (index, character) in self.0.char_indices().rev() {
            used += character.width().unwrap_or(0);
            if used > room {
                break;
            }
            start = index;
        }
        Self(format!("…{}", &self.0[start..]))
    }

    /// Split into lines of at most `columns`, at blanks where there are some.
    pub fn wrap(&self, columns: usize, lines_max: usize) -> Vec<Self> {
        let mut lines = Vec::new();
        let mut rest = self.0.as_str();
        while !rest.is_empty() && lines.len() < lines_max {
            let is_last = lines.len() + 1 == lines_max;
            let cut = if is_last {
                rest.len()
            } else {
                break_at(rest, columns)
            };
            lines.push(Self(rest[..cut].trim_end().to_owned()).fit(columns));
            rest = rest[cut..].trim_start();
        }
        lines
    }
}

impl From<&str> for Shown {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl From<String> for Shown {
    fn from(raw: String) -> Self {
        Self::new(&raw)
    }
}

impl From<&String> for Shown {
    fn from(raw: &String) -> Self {
        Self::new(raw)
    }
}

/// The letter behind the caret: `[` for escape, `?` for delete.
fn caret(control: char) -> char {
    match u8::try_from(control) {
        Ok(byte) if byte < 0x20 => char::from(byte + 0x40),
        _ => '?',
    }
}

/// Characters that are not seen but change what is: C1 controls, direction marks and overrides,
/// joiners and selectors, the byte order mark, tags, line and paragraph separators.
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{ad}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Where to break a text that may be wider than `columns`: a byte index on a character's edge,
/// never 0 for a text that is not empty, so that wrapping always gets on.
fn break_at(text: &str, columns: usize) -> usize {
    let mut used = 0;
    let mut blank = None;
    for (index, character) in text.char_indices() {
        used += character.width().unwrap_or(0);
        if used > columns {
            return match blank {
                Some(blank) => blank,
                None if index > 0 => index,
                None => character.len_utf8(),
            };
        }
        if character == ' ' {
            blank = Some(index + 1);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests;
