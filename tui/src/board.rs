//! What the operator looks at beside spikes and requests: locks, hosts, logs, health.
//!
//! Each is a table of lines with all of the chosen one below. An answer becomes lines here, in words
//! that still are as they came; drawing makes them harmless and fits them to the screen.

pub(crate) mod health;
pub(crate) mod hosts;
mod locks;
mod logs;
mod machine;
mod tree;

use wire::ids::CorrelationId;
use wire::query::{Health, Hosts, LockEpisodes, LockTree, Logs};
use wire::time::Instant;

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Board {
    /// Who waits for whom, moment by moment.
    Locks,
    /// All waiting behind one root, over the range.
    Episodes,
    Hosts,
    Logs,
    Health,
}

/// What the store answered.
#[derive(Clone, Debug)]
pub enum Page {
    LockTree(LockTree),
    Locks(LockEpisodes),
    Hosts(Hosts),
    Logs(Logs),
    Health(Box<Health>),
}

/// How bad a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    #[default]
    Fine,
    Warning,
    Error,
}

/// One line of the table, and what is told of it when it is chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub severity: Severity,
    /// One per column.
    pub cells: Vec<String>,
    pub detail: Vec<String>,
    /// The request that Enter leads to.
    pub request: Option<CorrelationId>,
    /// The database session that it is about: its line is found again by it.
    pub session: Option<i32>,
    /// A moment that it points to.
    pub at_us: Option<Instant>,
}

/// A column of the table. The last one takes the rest of the line.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    /// In cells, the blank before it included.
    pub columns: usize,
    pub is_figure: bool,
    /// On narrower terminals it makes room.
    pub width_min: u16,
}

// === impl Page ===

impl Page {
    /// `now` is the store's clock: ages are told by it.
    pub fn lines(&self, now: Instant) -> Vec<Line> {
        match self {
            Self::LockTree(answer) => tree::lines(answer),
            Self::Locks(answer) => locks::lines(answer),
            Self::Hosts(answer) => hosts::lines(answer, now),
            Self::Logs(answer) => logs::lines(answer),
            Self::Health(answer) => health::lines(answer, now),
        }
    }

    /// Whether the store has more than it told.
    pub fn is_cut(&self) -> bool {
        matches!(self, Self::Logs(answer) if answer.next_to_at_us.is_some())
    }
}

// === impl Board ===

impl Board {
    pub const fn title(self) -> &'static str {
        match self {
            Self::Locks => "locks",
            Self::Episodes => "episodes",
            Self::Hosts => "hosts",
            Self::Logs => "logs",
            Self::Health => "health",
        }
    }

    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Locks => tree::COLUMNS,
            Self::Episodes => locks::COLUMNS,
            Self::Hosts => hosts::COLUMNS,
            Self::Logs => logs::COLUMNS,
            Self::Health => health::COLUMNS,
        }
    }

    /// What a table without lines means.
    pub fn nothing(self) -> &'static str {
        match self {
            Self::Locks | Self::Episodes => "nobody was seen to wait for a lock in this range",
            Self::Hosts => "no host has reported",
            Self::Logs => "no entry of a log in this range",
            Self::Health => "the store says nothing of itself",
        }
    }

    pub fn is_of_locks(self) -> bool {
        matches!(self, Self::Locks | Self::Episodes)
    }

    /// Whether it is about the range that is looked at; the others are about now.
    pub fn has_range(self) -> bool {
        matches!(self, Self::Locks | Self::Episodes | Self::Logs)
    }
}

// === impl Severity ===

impl Severity {
    /// A sign of its own, so that colour is not the only one.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Fine => " ",
            Self::Warning => "!",
            Self::Error => "E",
        }
    }

    /// The least that is shown, round and round.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Fine => Self::Warning,
            Self::Warning => Self::Error,
            Self::Error => Self::Fine,
        }
    }
}

const fn words(name: &'static str, columns: usize, width_min: u16) -> Column {
    Column {
        name,
        columns,
        is_figure: false,
        width_min,
    }
}

const fn figure(name: &'static str, columns: usize, width_min: u16) -> Column {
    Column {
        is_figure: true,
        ..words(name, columns, width_min)
    }
}

/// What is unknown stays empty: it is not nothing.
fn maybe<T>(value: Option<T>, words: impl FnOnce(T) -> String) -> String {
    value.map(words).unwrap_or_default()
}

#[cfg(test)]
mod tests;
