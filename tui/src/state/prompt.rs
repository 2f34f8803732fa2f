//! What the operator types into: a line at the bottom of the screen that takes the keys.
//!
//! Each purpose has a module of its own: the filter of a list, a command, what the palette or the help is
//! searched for. Esc takes back what was there before; Enter does what the line says. A line that says nothing
//! sensible stays open, with what is wrong below the place where it is.

pub mod columns;
pub mod command;
pub mod export;
pub mod filter;
pub mod search;

use wire::time::Instant;

use super::State;
use super::cursor::Cursor;
use super::line::Line;
use crate::action::Effect;
use crate::keymap::Key;
use crate::typed;

#[derive(Debug)]
pub struct Prompt {
    pub line: Line,
    pub purpose: Purpose,
    /// What is wrong with the line, until it changes.
    pub fault: Option<typed::Fault>,
    /// When a filter is tried.
    try_at_us: Option<Instant>,
}

#[derive(Debug)]
pub enum Purpose {
    /// Of the list in front; holds what it was before.
    Filter {
        before: String,
    },
    Command,
    /// What to look at.
    Time,
    /// A kind of file, and its name.
    Export,
    /// Of what was found, this line is chosen.
    Palette {
        cursor: Cursor,
    },
    /// Of the projects that the letters fit, this line is chosen.
    Project {
        cursor: Cursor,
    },
    /// What functions are searched for; holds what it was before.
    Search {
        before: String,
    },
    /// What the help is searched for; holds what it was before.
    Help {
        before: String,
    },
}

// === impl Prompt ===

impl Prompt {
    pub(super) fn new(purpose: Purpose, text: &str) -> Self {
        Self {
            line: Line::new(text),
            purpose,
            fault: None,
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
    /// A key while the line takes them.
    pub(super) fn type_key(&mut self, key: Key, effects: &mut Vec<Effect>) {
        let Some(prompt) = &mut self.prompt else {
            return;
        };
        match key {
            Key::Enter => {
                // A filter was tried while it was typed; what held before it is what counts.
                let tried = match &prompt.purpose {
                    Purpose::Filter { before } => Some(before.clone()),
                    _ => None,
                };
                let before = self.mark();
                let before = match tried {
                    Some(filter) => before.with_filter(&filter),
                    None => before,
                };
                let steps = self.undo_steps();
                self.enter_line(effects);
                // An action has seen to it by itself.
                if self.undo_steps() == steps {
                    self.remember(before);
                }
            }
            Key::Esc => self.leave_line(effects),
            Key::Backspace if prompt.line.is_empty() => self.leave_line(effects),
            Key::Ctrl('c') => effects.push(Effect::Quit),
            Key::Ctrl('z') => effects.push(Effect::Suspend),
            Key::Tab if matches!(prompt.purpose, Purpose::Export) => self.next_kind(),
            Key::Tab => self.complete_line(),
            Key::Up | Key::Ctrl('p') => self.choose_entry(-1),
            Key::Down | Key::Ctrl('n') => self.choose_entry(1),
            Key::PageUp => self.choose_entry(-self.page()),
            Key::PageDown => self.choose_entry(self.page()),
            key => {
                // Each edit puts in or takes out, so another text has another length.
                let before = prompt.line.text().len();
                edit(&mut prompt.line, key);
                if prompt.line.text().len() != before {
                    self.line_changed();
                }
            }
        }
    }

    /// Pasted text goes into the line; without one it is no command and is dropped.
    pub(super) fn paste(&mut self, text: &str, effects: &mut Vec<Effect>) {
        let Some(prompt) = &mut self.prompt else {
            return;
        };
        if !prompt.line.insert(text) {
            self.notice = Some("not all of what was pasted fits the line".to_owned());
        }
        self.line_changed();
        effects.push(Effect::Draw);
    }

    /// What was said of the line no longer holds, nor does what was found by it.
    fn line_changed(&mut self) {
        let Some(prompt) = &mut self.prompt else {
            return;
        };
        prompt.fault = None;
        match &mut prompt.purpose {
            Purpose::Filter { .. } => {
                prompt.try_at_us = Some(self.clock_at_us + filter::TRY_AFTER);
            }
            Purpose::Command | Purpose::Time | Purpose::Export => {}
            Purpose::Palette { cursor } | Purpose::Project { cursor } => {
                *cursor = Cursor::default();
            }
            Purpose::Help { .. } => self.search_help(),
            Purpose::Search { .. } => self.search(),
        }
    }

    fn enter_line(&mut self, effects: &mut Vec<Effect>) {
        match self.prompt.as_ref().map(|prompt| &prompt.purpose) {
            None => {}
            Some(Purpose::Filter { .. }) => self.keep_filter(effects),
            Some(Purpose::Command) => self.enter_command(effects),
            Some(Purpose::Palette { .. }) => self.enter_palette(effects),
            Some(Purpose::Project { .. }) => self.enter_pick(effects),
            Some(Purpose::Search { .. }) => self.enter_search(),
            Some(Purpose::Time) => self.enter_time(effects),
            Some(Purpose::Export) => self.enter_export(effects),
            // The search holds; the keys scroll again.
            Some(Purpose::Help { .. }) => self.prompt = None,
        }
    }

    fn enter_time(&mut self, effects: &mut Vec<Effect>) {
        let Some(prompt) = self.prompt.take() else {
            return;
        };
        let line = prompt.line.text().to_owned();
        if line.trim().is_empty() {
            return;
        }
        let outcome = self.look_at(&line, effects);
        self.mend(prompt, outcome);
    }

    /// Opens the line again if it is to be mended.
    fn mend(&mut self, prompt: Prompt, outcome: Result<(), typed::Fault>) {
        if let Err(fault) = outcome {
            self.prompt = Some(Prompt {
                fault: Some(fault),
                ..prompt
            });
        }
    }

    fn leave_line(&mut self, effects: &mut Vec<Effect>) {
        let Some(prompt) = self.prompt.take() else {
            return;
        };
        match prompt.purpose {
            Purpose::Filter { before } => self.filter_by(before, effects),
            Purpose::Command
            | Purpose::Time
            | Purpose::Export
            | Purpose::Palette { .. }
            | Purpose::Project { .. } => {}
            Purpose::Search { before } => self.search_back(&before),
            Purpose::Help { before } => {
                if let Some(help) = &mut self.help {
                    help.wanted = before;
                }
            }
        }
    }
}

/// What keys do in any line.
fn edit(line: &mut Line, key: Key) {
    match key {
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
}

#[cfg(test)]
mod tests;
