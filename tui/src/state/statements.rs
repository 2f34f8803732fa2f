//! The screen of SQL: statements by their shape, and against the baseline.

use std::collections::HashMap;

use wire::query::{StatementRow, Statements};
use wire::sql::Fingerprint;
use wire::time::{Instant, Range};

use super::cursor::Cursor;
use super::pace::Pace;
use super::slot::{Generation, Generations, Slot};
use super::subject::Subject;
use crate::ask::Trouble;
use crate::fetch::{Job, Topic};

#[derive(Debug)]
pub struct StatementsScreen {
    pub subject: Subject,
    pub page: Slot<Statements>,
    pub before: Slot<Statements>,
    pub order: StatementOrder,
    pub cursor: Cursor,
    pub(super) pace: Pace,
    /// In the chosen order.
    pub lines: Vec<StatementLine>,
    pub chosen: Option<Fingerprint>,
    /// The chosen one is to be looked into once it has come.
    pub is_opening: bool,
}

/// A statement of the range, with what it cost in the baseline.
#[derive(Clone, Debug)]
pub struct StatementLine {
    pub row: StatementRow,
    pub before: Before,
}

/// A statement in the baseline.
#[derive(Clone, Debug)]
pub enum Before {
    /// There is no baseline, or it has not come yet, or has more statements than were told.
    Unknown,
    Absent,
    /// Calls a second, and a call's time in microseconds.
    Known {
        per_s: f64,
        mean_us: f64,
    },
}

/// What statements are ordered by, the greatest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatementOrder {
    #[default]
    Total,
    Calls,
    Mean,
    Longest,
    Loops,
    /// The time a second that was added over the baseline.
    Added,
}

// === impl StatementsScreen ===

impl StatementsScreen {
    pub fn new(subject: Subject, chosen: Option<Fingerprint>) -> Self {
        Self {
            subject,
            page: Slot::new(Topic::Statements),
            before: Slot::new(Topic::StatementsBefore),
            order: StatementOrder::default(),
            cursor: Cursor::default(),
            pace: Pace::default(),
            lines: Vec::new(),
            chosen,
            is_opening: false,
        }
    }

    pub fn is_waiting_for(&self, generation: Generation) -> bool {
        self.page.is_waiting_for(generation) || self.before.is_waiting_for(generation)
    }

    pub fn take(&mut self, generation: Generation, answer: Statements, now: Instant) -> bool {
        if self.page.is_waiting_for(generation) {
            self.page.accept(answer, now);
        } else if self.before.is_waiting_for(generation) {
            self.before.accept(answer, now);
        } else {
            return false;
        }
        self.arrange();
        true
    }

    pub fn fail(&mut self, generation: Generation, trouble: &Trouble) -> bool {
        self.page.fail_if(generation, trouble) | self.before.fail_if(generation, trouble)
    }

    pub fn retry(&mut self, generations: &mut Generations, now: Instant) -> Vec<Job> {
        let jobs = [
            self.page.retry(generations, now),
            self.before.retry(generations, now),
        ];
        jobs.into_iter().flatten().collect()
    }

    /// The answer that is to be seen.
    pub fn shown(&self) -> Option<&Statements> {
        self.page.shown(self.pace.is_renewing())
    }

    pub fn line(&self) -> Option<&StatementLine> {
        self.lines.get(self.cursor.selected)
    }

    pub fn step(&mut self, lines: isize) {
        let length = self.lines.len();
        self.cursor.step(lines, length);
        self.chosen = self.line().map(|line| line.row.fingerprint);
    }

    pub fn reorder(&mut self, steps: isize) {
        self.order = self.order.step(steps);
        self.chosen = None;
        self.cursor = Cursor::default();
        self.arrange();
    }

    /// Puts the lines in order; the chosen statement stays chosen.
    fn arrange(&mut self) {
        let Some(page) = self.shown() else {
            return;
        };
        let range = page.range;
        let before = self.before.shown(self.pace.is_renewing());
        let known: HashMap<Fingerprint, &StatementRow> = before
            .iter()
            .flat_map(|answer| &answer.statements)
            .map(|row| (row.fingerprint, row))
            .collect();
        let lines = page.statements.iter().map(|row| StatementLine {
            before: match (before, known.get(&row.fingerprint)) {
                (Some(answer), Some(row)) => Before::Known {
                    per_s: per_s(row.count as f64, answer.range),
                    mean_us: mean_us(row),
                },
                (Some(answer), None) if answer.omitted == 0 => Before::Absent,
                _ => Before::Unknown,
            },
            row: row.clone(),
        });
        self.lines = lines.collect();
        let order = self.order;
        self.lines.sort_by(|a, b| {
            let key = |line: &StatementLine| order.key(line, range);
            key(b)
                .total_cmp(&key(a))
                .then_with(|| a.row.fingerprint.cmp(&b.row.fingerprint))
        });
        if let Some(chosen) = self.chosen {
            let mut lines = self.lines.iter();
            if let Some(place) = lines.position(|line| line.row.fingerprint == chosen) {
                self.cursor.to(place, self.lines.len());
            }
        }
        self.cursor.clamp(self.lines.len());
    }
}

/// A number of a range as a number a second.
pub fn per_s(number: f64, range: Range) -> f64 {
    number / range.span().as_seconds().max(1e-6)
}

/// A call's time on average, microseconds.
pub fn mean_us(row: &StatementRow) -> f64 {
    row.total_us.0 as f64 / row.count.max(1) as f64
}

// === impl StatementOrder ===

impl StatementOrder {
    pub(crate) const ALL: [Self; 6] = [
        Self::Total,
        Self::Calls,
        Self::Mean,
        Self::Longest,
        Self::Loops,
        Self::Added,
    ];

    #[must_use]
    fn step(self, steps: isize) -> Self {
        let at = Self::ALL.iter().position(|order| *order == self);
        let length = Self::ALL.len();
        Self::ALL[at
            .unwrap_or(0)
            .wrapping_add_signed(steps)
            .wrapping_add(length)
            % length]
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Total => "total time",
            Self::Calls => "calls",
            Self::Mean => "mean time",
            Self::Longest => "longest",
            Self::Loops => "requests with a loop (N+1)",
            Self::Added => "time added over the baseline",
        }
    }

    fn key(self, line: &StatementLine, range: Range) -> f64 {
        let row = &line.row;
        match self {
            Self::Total => row.total_us.0 as f64,
            Self::Calls => row.count as f64,
            Self::Mean => mean_us(row),
            Self::Longest => row.longest_us.0 as f64,
            Self::Loops => row.loops as f64,
            Self::Added => line.added(range),
        }
    }
}

// === impl StatementLine ===

impl StatementLine {
    /// The load that it added: its time a second, less the baseline's.
    pub fn added(&self, range: Range) -> f64 {
        let now = per_s(self.row.total_us.as_seconds(), range);
        match self.before {
            Before::Known { per_s, mean_us } => now - per_s * mean_us / 1e6,
            Before::Absent | Before::Unknown => now,
        }
    }
}
