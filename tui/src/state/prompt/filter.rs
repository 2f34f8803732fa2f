//! The filter of a list of requests.
//!
//! It is tried while it is typed, a moment after the last key, so that the list and its count show what it does.
//! What the store can't read of it comes back with its column, and the list stays as it was.

use wire::time::Micros;

use super::{Prompt, Purpose};
use crate::action::Effect;
use crate::ask::Trouble;
use crate::state::{Above, Cursor, RequestsScreen, State};

/// How long after the last key a filter is tried: longer than between two keys of a fast typist,
/// so the store is asked about words and not about letters.
pub(super) const TRY_AFTER: Micros = Micros::from_millis(150);

/// What the store can't read of a filter.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault<'a> {
    /// In characters, from 0; none if the store named no column.
    pub column: Option<usize>,
    pub words: &'a str,
}

// === impl State ===

impl State {
    /// Opens the line for the list in front; from the timeline, the range's requests come first.
    pub(in crate::state) fn edit_filter(&mut self, effects: &mut Vec<Effect>) {
        if self.edit_search() {
            return;
        }
        if self.above.is_empty() {
            self.open_requests(None, effects);
        }
        if let Some(screen) = self.front_requests() {
            let before = screen.filter.clone();
            let text = before.clone();
            self.prompt = Some(Prompt::new(Purpose::Filter { before }, &text));
        }
    }

    /// Tries the line if it is due.
    pub(in crate::state) fn tick_prompt(&mut self, effects: &mut Vec<Effect>) {
        let now = self.clock_at_us;
        let Some(prompt) = &mut self.prompt else {
            return;
        };
        if prompt.try_at_us.is_some_and(|due| due <= now) {
            prompt.try_at_us = None;
            let filter = prompt.line.text().to_owned();
            self.filter_by(filter, effects);
            effects.push(Effect::Draw);
        }
    }

    pub(super) fn keep_filter(&mut self, effects: &mut Vec<Effect>) {
        let Some(prompt) = &self.prompt else {
            return;
        };
        let filter = prompt.line.text().to_owned();
        self.filter_by(filter, effects);
        // What is known to be wrong is mended, not kept.
        let fault = self.front_requests().and_then(RequestsScreen::fault);
        if fault.is_none() {
            self.prompt = None;
        }
    }

    pub(in crate::state) fn filter_by(&mut self, filter: String, effects: &mut Vec<Effect>) {
        let Some(Above::Requests(screen)) = self.above.last_mut() else {
            return;
        };
        if screen.filter != filter {
            screen.filter = filter;
            screen.cursor = Cursor::default();
            self.ask_requests(effects);
        }
    }

    pub(super) fn front_requests(&self) -> Option<&RequestsScreen> {
        match self.above.last() {
            Some(Above::Requests(screen)) => Some(screen),
            _ => None,
        }
    }
}

// === impl RequestsScreen ===

impl RequestsScreen {
    /// What the store is asked to filter by. What was typed stands first, so that the columns which
    /// the store names are those of the line.
    pub(in crate::state) fn asked_filter(&self) -> Option<String> {
        let typed = Some(self.filter.trim_end().to_owned()).filter(|typed| !typed.is_empty());
        let statement = self.fingerprint.map(|it| format!("fingerprint:{it}"));
        match (typed, statement) {
            (Some(typed), Some(statement)) => Some(format!("{typed} {statement}")),
            (typed, statement) => typed.or(statement),
        }
    }

    /// What is wrong with the filter, as the store told of the newest question.
    pub fn fault(&self) -> Option<Fault<'_>> {
        match self.page.trouble()? {
            Trouble::Problem(problem) if problem.parameter.as_deref() == Some("filter") => {
                Some(Fault::of(&problem.detail))
            }
            _ => None,
        }
    }
}

// === impl Fault ===

impl<'a> Fault<'a> {
    /// Reads `column 9: unknown field …`.
    fn of(detail: &'a str) -> Self {
        let told = detail
            .strip_prefix("column ")
            .and_then(|rest| rest.split_once(": "))
            .and_then(|(column, words)| Some((column.parse::<usize>().ok()?, words)));
        match told {
            Some((column, words)) => Self {
                column: Some(column.saturating_sub(1)),
                words,
            },
            None => Self {
                column: None,
                words: detail,
            },
        }
    }
}
