//! The settings file's text, read into sections, keys and values with their line numbers.
//!
//! ```ini
//! ; a comment
//! [collector]
//! journal_disk = 1GiB                       ; a comment behind a value
//! dsn = "host=/var/run/postgresql;port=5432" ; quotes keep what would start a comment
//! ```
//!
//! PHP reads the same file with `parse_ini_file(…, INI_SCANNER_RAW)`, whose reading has corners: it
//! cuts an unquoted value at any `;`, keeps single quotes as part of the value, lets a section that
//! comes twice lose its first half, and finds its closing quote in a comment. So the contract is:
//! where [`parse`] finds no problem, PHP reads the very same values; wherever PHP would read
//! something that nobody meant, there is a problem. `wire/testdata/settings_cases.json` holds both
//! sides to it. Own code, since no INI crate tells line numbers and none reads as PHP does.
//!
//! Text in, values and problems out: what the keys mean is not known here.

use std::fmt;

/// What a settings file says: values, and what is wrong with its form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// In the order of the file. Names are unique, or there is a problem.
    pub sections: Vec<Section>,
    pub problems: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub name: String,
    pub line: usize,
    /// In the order of the file. Keys are unique, or there is a problem.
    pub entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    /// The value without its quotes and without the comment behind it.
    pub value: String,
    pub line: usize,
}

/// A line that can't be read, or would be read differently by PHP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Counted from 1.
    pub line: usize,
    pub kind: ProblemKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// A control character, such as a NUL or a lone carriage return.
    Control {
        character: char,
    },
    /// A line that starts with `#`, which PHP takes for a key.
    HashComment,
    /// `[name]` and nothing but a comment behind it is allowed.
    SectionForm,
    SectionTwice {
        name: String,
        first_line: usize,
    },
    /// A line that is neither empty, nor a comment, nor a section, nor `key = value`.
    NoEquals,
    KeyForm {
        key: String,
    },
    KeyTwice {
        key: String,
        first_line: usize,
    },
    KeyOutsideSection {
        key: String,
    },
    /// A value that starts with a double quote and does not end with one.
    QuoteOpen,
    /// Something other than a comment without quotes behind a quoted value.
    BehindQuote,
    /// A double quote inside a value that is not quoted.
    QuoteInside,
    /// PHP keeps single quotes as part of the value.
    SingleQuote,
    /// A `;` right behind a character of the value: PHP would cut the value there.
    Semicolon,
}

/// Words that PHP's scanner takes for values even where a key stands.
const WORDS_RESERVED: [&str; 8] = ["on", "off", "yes", "no", "true", "false", "null", "none"];

/// Reads a whole file's text.
pub fn parse(text: &str) -> Document {
    let mut document = Document::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        document.read_line(index + 1, line);
    }
    document
}

// === impl Document ===

impl Document {
    /// The section of that name, if the file has it.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    fn read_line(&mut self, number: usize, line: &str) {
        let outcome = match line.trim_matches(is_blank) {
            "" => Ok(()),
            trimmed => check_controls(trimmed).and_then(|()| match trimmed.as_bytes()[0] {
                b';' => Ok(()),
                b'#' => Err(ProblemKind::HashComment),
                b'[' => self.open_section(number, trimmed),
                _ => self.read_entry(number, trimmed),
            }),
        };
        if let Err(kind) = outcome {
            self.problems.push(Problem { line: number, kind });
        }
    }

    fn open_section(&mut self, line: usize, text: &str) -> Result<(), ProblemKind> {
        let (name, rest) = text[1..].split_once(']').ok_or(ProblemKind::SectionForm)?;
        let rest = rest.trim_start_matches(is_blank);
        if !is_name(name) || !(rest.is_empty() || rest.starts_with(';')) {
            return Err(ProblemKind::SectionForm);
        }
        let first = self.section(name).map(|section| section.line);
        // Opened even when it comes twice, so that its keys are checked as well.
        self.sections.push(Section {
            name: name.to_owned(),
            line,
            entries: Vec::new(),
        });
        match first {
            Some(first_line) => Err(ProblemKind::SectionTwice {
                name: name.to_owned(),
                first_line,
            }),
            None => Ok(()),
        }
    }

    fn read_entry(&mut self, line: usize, text: &str) -> Result<(), ProblemKind> {
        let (key, value) = text.split_once('=').ok_or(ProblemKind::NoEquals)?;
        let key = key.trim_end_matches(is_blank).to_owned();
        if !is_name(&key) || WORDS_RESERVED.contains(&key.as_str()) {
            return Err(ProblemKind::KeyForm { key });
        }
        let value = read_value(value.trim_start_matches(is_blank))?.to_owned();
        let Some(section) = self.sections.last_mut() else {
            return Err(ProblemKind::KeyOutsideSection { key });
        };
        if let Some(first) = section.entries.iter().find(|entry| entry.key == key) {
            return Err(ProblemKind::KeyTwice {
                key,
                first_line: first.line,
            });
        }
        section.entries.push(Entry { key, value, line });
        Ok(())
    }
}

// === impl Section ===

impl Section {
    /// The entry of that key, if the section has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

// === impl ProblemKind ===

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control { character } => {
                write!(
                    f,
                    "control character {:#04x} is not allowed",
                    u32::from(*character)
                )
            }
            Self::HashComment => f.write_str("a comment starts with ;, not with #"),
            Self::SectionForm => {
                f.write_str("[name] of a-z, 0-9 and _ is allowed, with a ; comment behind it")
            }
            Self::SectionTwice { name, first_line } => {
                write!(f, "section [{name}] stands in line {first_line} already")
            }
            Self::NoEquals => f.write_str("[section], key = value or a ; comment is allowed"),
            Self::KeyForm { key } => {
                write!(
                    f,
                    "a key of a-z, 0-9 and _ is allowed, got {:?}",
                    shorten(key)
                )
            }
            Self::KeyTwice { key, first_line } => {
                write!(f, "{key} stands in line {first_line} already")
            }
            Self::KeyOutsideSection { key } => write!(f, "{key} stands before the first [section]"),
            Self::QuoteOpen => f.write_str("the value's closing \" is missing"),
            Self::BehindQuote => {
                f.write_str("behind a quoted value only a ; comment without \" is allowed")
            }
            Self::QuoteInside => f.write_str("a value with a \" inside is not allowed"),
            Self::SingleQuote => f.write_str("quote with \", since ' would be part of the value"),
            Self::Semicolon => {
                f.write_str("a value with ; must stand in \", and a comment after a blank")
            }
        }
    }
}

/// What stands right of `=`, without quotes and without the comment behind it.
fn read_value(text: &str) -> Result<&str, ProblemKind> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (value, rest) = quoted.split_once('"').ok_or(ProblemKind::QuoteOpen)?;
        let rest = rest.trim_start_matches(is_blank);
        let is_comment = rest.starts_with(';') && !rest.contains('"');
        return if rest.is_empty() || is_comment {
            Ok(value)
        } else {
            Err(ProblemKind::BehindQuote)
        };
    }
    let (value, is_cut) = match text.split_once(';') {
        Some((value, _comment)) => (value, true),
        None => (text, false),
    };
    let trimmed = value.trim_end_matches(is_blank);
    if trimmed.starts_with('\'') {
        return Err(ProblemKind::SingleQuote);
    }
    if trimmed.contains('"') {
        return Err(ProblemKind::QuoteInside);
    }
    if is_cut && !value.is_empty() && trimmed.len() == value.len() {
        return Err(ProblemKind::Semicolon);
    }
    Ok(trimmed)
}

fn check_controls(text: &str) -> Result<(), ProblemKind> {
    match text
        .chars()
        .find(|character| character.is_ascii_control() && *character != '\t')
    {
        Some(character) => Err(ProblemKind::Control { character }),
        None => Ok(()),
    }
}

/// What PHP trims around keys and values.
fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Enough to recognise what stands in the file, too little to fill a screen with it.
fn shorten(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests;
