//! The language in which a list of requests is narrowed down. Pure: text to terms.
//!
//! ```text
//! filter  = term*                       all of them have to hold
//! term    = "-"? ( field op values | word )
//! op      = ":" | "=" | "!=" | ">" | ">=" | "<" | "<="
//! values  = value ("," value)*          any of them; one alone behind < and >
//! value   = word | '"' anything '"'     with * for any characters, in text
//! ```
//!
//! `route:"POST /checkout" duration>2s -client:10.0.0.7 status:5xx`. A word without a field is looked
//! for in URL and route. What can't be read is told with its column, counted in characters from 1.

mod field;

use std::fmt;

use thiserror::Error;
use wire::human::{parse_duration, parse_size};
use wire::sql::Fingerprint;
use wire::time::Instant;

use self::field::{FIELDS, number_field, status, text_field};
pub(crate) use self::field::{NumberField, TextField};
use crate::calendar;

/// What all has to hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Filter {
    pub(crate) terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Term {
    pub(crate) is_not: bool,
    pub(crate) test: Test,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    /// Any of these patterns.
    Text(TextField, Vec<Pattern>),
    Number(NumberField, Comparison, i64),
    /// Status codes from one to another.
    Status(Vec<(i64, i64)>),
    Error(bool),
    Function(Vec<Pattern>),
    Fingerprint(Vec<Fingerprint>),
    /// In URL or route.
    Word(Pattern),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

/// Text with `*` for any characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// What stands between the stars.
    pub(crate) parts: Vec<String>,
}

/// Why a text is no filter.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("column {column}: {detail}")]
pub(crate) struct FilterError {
    column: usize,
    detail: String,
}

/// A longer one is no question of a person.
const BYTES_MAX: usize = 2_000;

/// Each term is tested against every row.
const TERMS_MAX: usize = 32;

struct Parser<'t> {
    text: &'t str,
    at: usize,
    now: Instant,
}

type Result<T> = std::result::Result<T, FilterError>;

// === impl Filter ===

impl Filter {
    /// Reads a filter. Times may be relative to `now`.
    pub(crate) fn parse(text: &str, now: Instant) -> Result<Self> {
        let mut parser = Parser { text, at: 0, now };
        if text.len() > BYTES_MAX {
            return Err(parser.error(0, format!("at most {BYTES_MAX} bytes are allowed")));
        }
        let mut terms = Vec::new();
        while parser.skip_blanks() {
            if terms.len() >= TERMS_MAX {
                return Err(
                    parser.error(parser.at, format!("at most {TERMS_MAX} terms are allowed"))
                );
            }
            terms.push(parser.term()?);
        }
        Ok(Self { terms })
    }

    /// Adds a term that holds of one exact text.
    pub(crate) fn and_text(&mut self, field: TextField, text: &str) {
        let pattern = Pattern {
            parts: vec![text.to_owned()],
        };
        self.terms.push(Term {
            is_not: false,
            test: Test::Text(field, vec![pattern]),
        });
    }

    /// Adds a term that compares a number.
    pub(crate) fn and_number(&mut self, field: NumberField, comparison: Comparison, value: i64) {
        self.terms.push(Term {
            is_not: false,
            test: Test::Number(field, comparison, value),
        });
    }

    /// Adds a term that asks for those that issued a statement.
    pub(crate) fn and_fingerprint(&mut self, fingerprint: Fingerprint) {
        self.terms.push(Term {
            is_not: false,
            test: Test::Fingerprint(vec![fingerprint]),
        });
    }

    /// The one exact text that a field has to be, if a term says so.
    pub(crate) fn exact(&self, field: TextField) -> Option<&str> {
        self.terms.iter().find_map(|term| match &term.test {
            Test::Text(of, patterns) if *of == field && !term.is_not => match patterns.as_slice() {
                [pattern] => pattern.exact(),
                _ => None,
            },
            _ => None,
        })
    }

    /// Whether one of these is asked for.
    pub(crate) fn has_number(&self, fields: &[NumberField]) -> bool {
        let mut tests = self.terms.iter().map(|term| &term.test);
        tests.any(|test| matches!(test, Test::Number(field, ..) if fields.contains(field)))
    }

    /// Whether nothing but exact texts of these fields is asked for.
    pub(crate) fn is_only(&self, fields: &[TextField]) -> bool {
        self.terms.iter().all(|term| match &term.test {
            Test::Text(field, patterns) => {
                let is_exact =
                    matches!(patterns.as_slice(), [pattern] if pattern.exact().is_some());
                !term.is_not && fields.contains(field) && is_exact
            }
            _ => false,
        })
    }
}

// === impl Pattern ===

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            parts: text.split('*').map(str::to_owned).collect(),
        }
    }

    /// The text itself, if nothing in it is open.
    pub(crate) fn exact(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }

    /// As SQL's LIKE has it, with `\` before what is meant literally.
    pub(crate) fn like(&self) -> String {
        let escape = |part: &String| {
            part.replace('\\', r"\\")
                .replace('%', r"\%")
                .replace('_', r"\_")
        };
        let parts: Vec<String> = self.parts.iter().map(escape).collect();
        parts.join("%")
    }
}

// === impl Comparison ===

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Equal => "=",
            Self::GreaterOrEqual => ">=",
            Self::Greater => ">",
        })
    }
}

// === impl Parser ===

impl Parser<'_> {
    fn term(&mut self) -> Result<Term> {
        let is_not = self.eat("-");
        let begin = self.at;
        if self.rest().starts_with('"') {
            let word = self.value()?;
            return Ok(Self::word(is_not, &word));
        }
        let name_end = self.until(|char| char.is_whitespace() || ":=!<>\"".contains(char));
        let name = self.text[begin..name_end].to_owned();
        self.at = name_end;
        let operators = ["!=", ">=", "<=", ":", "=", ">", "<"];
        let operator = operators.into_iter().find(|operator| self.eat(operator));
        let Some(operator) = operator else {
            self.at = begin;
            let word = self.value()?;
            return Ok(Self::word(is_not, &word));
        };
        let test = self.test(begin, &name, operator)?;
        Ok(Term {
            is_not: is_not ^ (operator == "!="),
            test,
        })
    }

    fn word(is_not: bool, word: &str) -> Term {
        Term {
            is_not,
            test: Test::Word(Pattern::new(&format!("*{word}*"))),
        }
    }

    fn test(&mut self, begin: usize, name: &str, operator: &str) -> Result<Test> {
        if let Some(field) = text_field(name) {
            self.only_equal(begin, name, operator)?;
            let patterns = self.values()?;
            let patterns = patterns.iter().map(|(_, value)| Pattern::new(value));
            return Ok(Test::Text(field, patterns.collect()));
        }
        match name {
            "status" if matches!(operator, ":" | "=" | "!=") => {
                let codes = self.values()?.into_iter().map(|(at, value)| {
                    status(&value).ok_or_else(|| {
                        self.error(
                            at,
                            format!("a status such as 500 or 5xx is allowed, got {value:?}"),
                        )
                    })
                });
                Ok(Test::Status(codes.collect::<Result<_>>()?))
            }
            "error" => {
                self.only_equal(begin, name, operator)?;
                let at = self.at;
                match self.value()?.as_str() {
                    "yes" => Ok(Test::Error(true)),
                    "no" => Ok(Test::Error(false)),
                    given => Err(self.error(at, format!("yes or no is allowed, got {given:?}"))),
                }
            }
            "function" => {
                self.only_equal(begin, name, operator)?;
                let values = self.values()?;
                let patterns = values.iter().map(|(_, value)| Pattern::new(value));
                Ok(Test::Function(patterns.collect()))
            }
            "fingerprint" => {
                self.only_equal(begin, name, operator)?;
                let fingerprints = self.values()?.into_iter().map(|(at, value)| {
                    value.parse().map_err(|error: wire::sql::FingerprintError| {
                        self.error(at, error.to_string())
                    })
                });
                Ok(Test::Fingerprint(fingerprints.collect::<Result<_>>()?))
            }
            _ => self.number(begin, name, operator),
        }
    }

    fn number(&mut self, begin: usize, name: &str, operator: &str) -> Result<Test> {
        let field = number_field(name).ok_or_else(|| {
            let name: String = name.chars().take(40).collect();
            self.error(
                begin,
                format!("unknown field {name:?}; {FIELDS} is allowed"),
            )
        })?;
        let comparison = match operator {
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            _ => Comparison::Equal,
        };
        let at = self.at;
        let value = self.value()?;
        let number = match field {
            NumberField::SqlCount | NumberField::Status => {
                self.checked(at, "a whole number", &value, value.parse().ok())
            }
            NumberField::MemoryBytes => self.checked(
                at,
                "a size such as 64MiB",
                &value,
                parse_size(&value)
                    .ok()
                    .and_then(|size| i64::try_from(size).ok()),
            ),
            NumberField::Time => self.checked(
                at,
                "a time such as 2026-03-01T12:30:00Z or -15m",
                &value,
                calendar::parse_moment(&value, self.now).ok().map(|it| it.0),
            ),
            _ => self.checked(
                at,
                "a duration such as 1.5s or 200ms",
                &value,
                parse_duration(&value)
                    .ok()
                    .and_then(|span| i64::try_from(span.as_micros()).ok()),
            ),
        };
        Ok(Test::Number(field, comparison, number?))
    }

    fn checked(&self, at: usize, allowed: &str, given: &str, read: Option<i64>) -> Result<i64> {
        let given: String = given.chars().take(40).collect();
        read.ok_or_else(|| self.error(at, format!("{allowed} is allowed, got {given:?}")))
    }

    fn only_equal(&self, begin: usize, name: &str, operator: &str) -> Result<()> {
        if matches!(operator, ":" | "=" | "!=") {
            return Ok(());
        }
        let detail = format!("{name} is no number; : or != is allowed, got {operator:?}");
        Err(self.error(begin, detail))
    }

    /// Values with commas between, each with where it begins.
    fn values(&mut self) -> Result<Vec<(usize, String)>> {
        let mut values = Vec::new();
        loop {
            values.push((self.at, self.value()?));
            if !self.eat(",") {
                return Ok(values);
            }
        }
    }

    fn value(&mut self) -> Result<String> {
        let begin = self.at;
        if self.eat("\"") {
            let end = self.rest().find('"').map(|length| self.at + length);
            let end =
                end.ok_or_else(|| self.error(begin, "this quote is not closed".to_owned()))?;
            let value = self.text[self.at..end].to_owned();
            self.at = end + 1;
            return Ok(value);
        }
        let end = self.until(|char| char.is_whitespace() || char == ',' || char == '"');
        if end == begin {
            return Err(self.error(begin, "a value is missing here".to_owned()));
        }
        self.at = end;
        Ok(self.text[begin..end].to_owned())
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn eat(&mut self, token: &str) -> bool {
        let is_there = self.rest().starts_with(token);
        if is_there {
            self.at += token.len();
        }
        is_there
    }

    fn until(&self, is_end: impl Fn(char) -> bool) -> usize {
        let length = self.rest().find(is_end).unwrap_or(self.rest().len());
        self.at + length
    }

    /// Whether something follows.
    fn skip_blanks(&mut self) -> bool {
        self.at = self.until(|char| !char.is_whitespace());
        !self.rest().is_empty()
    }

    fn error(&self, at: usize, detail: String) -> FilterError {
        FilterError {
            column: self.text[..at].chars().count() + 1,
            detail,
        }
    }
}

#[cfg(test)]
mod tests;
