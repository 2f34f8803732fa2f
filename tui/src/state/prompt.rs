//! What the operator types into: a line at the bottom of the screen that takes the keys.
//!
//! A filter is tried while it is typed, a moment after the last key, so that the list and its count
//! show what it does. What the store can't read of it comes back with its column, and the list stays
//! as it was. Esc takes the filter back that was there before; Enter keeps the new one.

use wire::time::{Instant, Micros};

use super::line::Line;
use super::{Above, Cursor, RequestsScreen, State};
use crate::action::Effect;
use crate::ask::Trouble;
use crate::keymap::Key;

/// How long after the last key a filter is tried: longer than between two keys of a fast typist,
/// so the store is asked about words and not about letters.
const TRY_AFTER: Micros = Micros::from_millis(150);

#[derive(Debug)]
pub struct Prompt {
    pub line: Line,
    /// The filter that holds if the operator thinks better of it.
    before: String,
    try_at_us: Option<Instant>,
}

/// What the store can't read of a filter.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault<'a> {
    /// In characters, from 0; none if the store named no column.
    pub column: Option<usize>,
    pub words: &'a str,
}

// === impl Prompt ===

impl Prompt {
    fn new(before: String) -> Self {
        Self {
            line: Line::new(&before),
            before,
            try_at_us: None,
        }
    }

    /// When the line is due to be tried.
    pub fn wakes_at(&self) -> Option<Instant> {
        self.try_at_us
    }
}

// === impl State ===

impl State {
    /// Opens the line for the list in front; from the timeline, the range's requests come first.
    pub(super) fn edit_filter(&mut self, effects: &mut Vec<Effect>) {
        if self.above.is_empty() {
            self.open_requests(None, effects);
        }
        if let Some(screen) = self.front_requests() {
            self.prompt = Some(Prompt::new(screen.filter.clone()));
        }
    }

    /// A key while the line takes them.
    pub(super) fn type_key(&mut self, key: Key, effects: &mut Vec<Effect>) {
        let Some(prompt) = &mut self.prompt else {
            return;
        };
        let text_before = prompt.line.text().to_owned();
        let line = &mut prompt.line;
        match key {
            Key::Enter => return self.keep_filter(effects),
            Key::Esc => return self.drop_filter(effects),
            Key::Backspace if line.is_empty() => return self.drop_filter(effects),
            Key::Ctrl('c') => effects.push(Effect::Quit),
            Key::Ctrl('z') => effects.push(Effect::Suspend),
            Key::Char(character) => {
                line.insert(character.encode_utf8(&mut [0; 4]));
            }
            Key::Backspace | Key::Ctrl('h') => line.delete_before(),
            Key::Ctrl('d') => line.delete_behind(),
            Key::Ctrl('w') => line.delete_word(),
            Key::Ctrl('u') => line.delete_to_begin(),
            Key::Ctrl('k') => line.delete_to_end(),
            Key::Left | Key::Ctrl('b') => line.left(),
            Key::Right | Key::Ctrl('f') => line.right(),
            Key::Home | Key::Ctrl('a') => line.to_begin(),
            Key::End | Key::Ctrl('e') => line.to_end(),
            _ => {}
        }
        if prompt.line.text() != text_before {
            prompt.try_at_us = Some(self.clock_at_us + TRY_AFTER);
        }
    }

    /// Pasted text goes into the line; without one it is no command and is dropped.
    pub(super) fn paste(&mut self, text: &str, effects: &mut Vec<Effect>) {
        let Some(prompt) = &mut self.prompt else {
            return;
        };
        if !prompt.line.insert(text) {
            self.notice = Some("not all of what was pasted fits a filter".to_owned());
        }
        prompt.try_at_us = Some(self.clock_at_us + TRY_AFTER);
        effects.push(Effect::Draw);
    }

    /// Tries the line if it is due.
    pub(super) fn tick_prompt(&mut self, effects: &mut Vec<Effect>) {
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

    fn keep_filter(&mut self, effects: &mut Vec<Effect>) {
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

    fn drop_filter(&mut self, effects: &mut Vec<Effect>) {
        if let Some(prompt) = self.prompt.take() {
            self.filter_by(prompt.before, effects);
        }
    }

    fn filter_by(&mut self, filter: String, effects: &mut Vec<Effect>) {
        let Some(Above::Requests(screen)) = self.above.last_mut() else {
            return;
        };
        if screen.filter != filter {
            screen.filter = filter;
            screen.cursor = Cursor::default();
            self.ask_requests(effects);
        }
    }

    fn front_requests(&self) -> Option<&RequestsScreen> {
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
    pub(super) fn asked_filter(&self) -> Option<String> {
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

#[cfg(test)]
mod tests;
