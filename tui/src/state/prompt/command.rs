//! Commands: typed behind `:`, or found in the palette.

use super::{Prompt, Purpose};
use crate::action::{Action, Effect};
use crate::state::cursor::Cursor;
use crate::state::{Above, State};
use crate::typed::{self, Completion, Entry, Typed};

// === impl State ===

impl State {
    pub(in crate::state) fn open_command(&mut self) {
        self.prompt = Some(Prompt::new(Purpose::Command, ""));
    }

    pub(in crate::state) fn open_palette(&mut self) {
        let cursor = Cursor::default();
        self.prompt = Some(Prompt::new(Purpose::Palette { cursor }, ""));
    }

    /// What the palette has found, while it is open.
    pub fn found(&self) -> Vec<Entry> {
        match &self.prompt {
            Some(prompt) if matches!(prompt.purpose, Purpose::Palette { .. }) => {
                typed::search(self.scope(), prompt.line.text())
            }
            _ => Vec::new(),
        }
    }

    /// What the command's line may go on with.
    pub fn completion(&self) -> Option<Completion> {
        let prompt = self.prompt.as_ref()?;
        let Purpose::Command = prompt.purpose else {
            return None;
        };
        let known = |verb: &str| self.known(verb);
        Some(typed::complete(self.scope(), prompt.line.text(), known))
    }

    pub(super) fn complete_line(&mut self) {
        let Some(completion) = self.completion() else {
            return;
        };
        if let Some(prompt) = &mut self.prompt
            && prompt.line.text() != completion.line
        {
            prompt.line = crate::state::line::Line::new(&completion.line);
            prompt.fault = None;
        }
    }

    /// What is known that a verb may take.
    fn known(&self, verb: &str) -> Vec<String> {
        match verb {
            "spike" => {
                let spikes = self.timeline.spikes().iter();
                spikes.map(|spike| spike.id.to_string()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Up and down, in the palette.
    pub(super) fn choose_entry(&mut self, lines: isize) {
        let length = self.found().len();
        if let Some(prompt) = &mut self.prompt
            && let Purpose::Palette { cursor } = &mut prompt.purpose
        {
            cursor.step(lines, length);
        }
    }

    pub(super) fn enter_command(&mut self, effects: &mut Vec<Effect>) {
        let Some(prompt) = &mut self.prompt else {
            return;
        };
        if prompt.line.text().trim().is_empty() {
            self.prompt = None;
            return;
        }
        let line = prompt.line.text().to_owned();
        match typed::read(self.scope(), &line) {
            Ok(typed) => {
                self.prompt = None;
                self.obey(typed, effects);
            }
            Err(fault) => {
                if let Some(prompt) = &mut self.prompt {
                    prompt.fault = Some(fault);
                }
            }
        }
    }

    pub(super) fn enter_palette(&mut self, effects: &mut Vec<Effect>) {
        let found = self.found();
        let Some(prompt) = &mut self.prompt else {
            return;
        };
        let Purpose::Palette { cursor } = prompt.purpose else {
            return;
        };
        let Some(entry) = found.get(cursor.selected) else {
            prompt.fault = Some(typed::Fault {
                column: 0,
                words: "nothing of this name can be done here".to_owned(),
            });
            return;
        };
        match entry.action {
            Some(action) => {
                self.prompt = None;
                self.obey(Typed::Act(action), effects);
            }
            // What it takes is still to be typed.
            None => {
                self.prompt = Some(Prompt::new(Purpose::Command, &format!("{} ", entry.name)));
            }
        }
    }

    fn obey(&mut self, typed: Typed, effects: &mut Vec<Effect>) {
        match typed {
            Typed::Act(Action::Help) => self.open_help(),
            Typed::Act(action) => {
                // It is of the screen below the help, which has no use for it any more.
                self.help = None;
                self.act(action, effects);
            }
            Typed::Spike(id) => {
                if !self.timeline.spikes().iter().any(|spike| spike.id == id) {
                    self.notice = Some(format!("there is no spike {id} in the last 7 days"));
                    return;
                }
                self.above.clear();
                self.timeline.selected = Some(id);
                self.look_at_spike(effects);
            }
            Typed::Request(id) => self.open_request(id, effects),
            Typed::Filter(filter) => {
                if !matches!(self.above.last(), Some(Above::Requests(_))) {
                    self.open_requests(None, effects);
                }
                self.filter_by(filter, effects);
            }
        }
    }
}

#[cfg(test)]
mod tests;
