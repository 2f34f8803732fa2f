//! What a command prints: a few facts, then tables; as aligned text, Markdown or CSV.
//!
//! A cell is either words from the wire or a figure. A figure has two forms: for people with few
//! digits and a unit (`13.62 s`), for programs whole and without one (`13620000` under a heading that
//! ends in its unit). Words from the wire are made harmless in every form: for a terminal (see
//! [`Shown`]), for Markdown, and in CSV also for the spreadsheets that take `=1+1` for a formula.

mod csv;
mod md;
mod text;

use wire::time::{Instant, Micros};

use crate::cli::Format;
use crate::format;
use crate::text::Shown;

/// All that a command has to say. CSV has room for the main table alone, which is the first one.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// One line above everything; empty for none.
    pub title: String,
    /// A name and its value, one below the other.
    pub facts: Vec<(&'static str, String)>,
    pub tables: Vec<Table>,
    /// What the reader should know of the figures.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Above it; empty for none.
    pub title: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// Said instead of a table without rows.
    pub empty: &'static str,
}

/// A column's heading for people, and its name for programs, which has the unit.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub title: &'static str,
    pub name: &'static str,
    /// Whether it holds figures, which stand at the right.
    pub is_figure: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Words, harmless on one line.
    Words(Shown),
    Figure {
        shown: String,
        raw: String,
    },
    /// Not known.
    Nothing,
}

// === impl Page ===

impl Page {
    /// Writes it down. JSON is not a page's business: it is the store's answer as it is.
    pub fn write(&self, format: Format) -> String {
        match format {
            Format::Text | Format::Json => text::write(self),
            Format::Md => md::write(self),
            Format::Csv => self.tables.first().map(csv::write).unwrap_or_default(),
        }
    }

    pub fn fact(&mut self, name: &'static str, value: impl Into<String>) {
        self.facts.push((name, value.into()));
    }
}

// === impl Column ===

impl Column {
    pub const fn words(title: &'static str, name: &'static str) -> Self {
        Self {
            title,
            name,
            is_figure: false,
        }
    }

    pub const fn figure(title: &'static str, name: &'static str) -> Self {
        Self {
            title,
            name,
            is_figure: true,
        }
    }
}

// === impl Cell ===

impl Cell {
    pub fn words(raw: &str) -> Self {
        Self::Words(Shown::squeezed(raw))
    }

    pub fn maybe(raw: Option<&str>) -> Self {
        raw.map_or(Self::Nothing, Self::words)
    }

    pub fn count(number: u64) -> Self {
        Self::of(format::count(number), number)
    }

    pub fn maybe_count(number: Option<u64>) -> Self {
        number.map_or(Self::Nothing, Self::count)
    }

    /// Calls are counted in signed numbers on the wire; fewer than none is nonsense.
    pub fn calls(number: i64) -> Self {
        Self::count(u64::try_from(number).unwrap_or(0))
    }

    pub fn duration(span: Micros) -> Self {
        Self::of(format::duration(span), span.0)
    }

    /// A wait of no time is none: a dash reads faster among figures.
    pub fn wait(span: Micros) -> Self {
        match span {
            Micros(0) => Self::of("-", 0),
            span => Self::duration(span),
        }
    }

    pub fn bytes(number: Option<u64>) -> Self {
        number.map_or(Self::Nothing, |number| {
            Self::of(format::bytes(number), number)
        })
    }

    pub fn share(share: f64) -> Self {
        Self::of(format::percent(share), share)
    }

    pub fn load(load: f64) -> Self {
        Self::of(format::load(load), load)
    }

    /// Fractions of microseconds, as averages have them, with a sign.
    pub fn change(span_us: f64) -> Self {
        Self::of(
            format!("{}{}", if span_us > 0.0 { "+" } else { "" }, mean(span_us)),
            span_us,
        )
    }

    pub fn mean_us(span_us: f64) -> Self {
        Self::of(mean(span_us), span_us)
    }

    pub fn instant(at: Instant) -> Self {
        Self::of(format!("{} {}", format::date(at), format::clock(at)), at.0)
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers are given as they are"
    )]
    pub fn of(shown: impl Into<String>, raw: impl ToString) -> Self {
        Self::Figure {
            shown: shown.into(),
            raw: raw.to_string(),
        }
    }

    /// For people.
    pub fn shown(&self) -> &str {
        match self {
            Self::Words(words) => words.as_str(),
            Self::Figure { shown, .. } => shown,
            Self::Nothing => "",
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float's cast stops at the bounds"
)]
fn mean(span_us: f64) -> String {
    format::duration(Micros(span_us.round() as i64))
}

#[cfg(test)]
mod tests;
