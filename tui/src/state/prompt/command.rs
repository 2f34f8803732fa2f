//! Commands: typed behind `:`, or found in the palette.

use wire::ids::SpikeId;

use super::{Prompt, Purpose};
use crate::action::{Action, Effect};
use crate::state::cursor::Cursor;
use crate::state::{Above, State};
use crate::typed::{self, Completion, Entry, Fault, Typed};

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
            "export" => {
                let kinds = crate::export::screen::kinds(self).into_iter();
                kinds.map(|kind| kind.name().to_owned()).collect()
            }
            "columns" => self.column_names(),
            "project" => {
                let names = self.project_names().into_iter();
                let all = crate::state::projects::ALL.to_owned();
                names.map(|name| name.to_string()).chain([all]).collect()
            }
            "bookmark" | "jump" | "forget" => {
                let kept = self.bookmarks.all();
                kept.map(|(letter, _)| letter.letter().to_string())
                    .collect()
            }
            "zone" => {
                let mut names = vec!["local".to_owned()];
                names.extend(self.zones().iter().map(|zone| zone.name().to_owned()));
                names
            }
            _ => Vec::new(),
        }
    }

    /// Up and down, in the palette and among projects.
    pub(super) fn choose_entry(&mut self, lines: isize) {
        let (found, picks) = (self.found().len(), self.picks().len());
        match self.prompt.as_mut().map(|prompt| &mut prompt.purpose) {
            Some(Purpose::Palette { cursor }) => cursor.step(lines, found),
            Some(Purpose::Project { cursor }) => cursor.step(lines, picks),
            _ => {}
        }
    }

    pub(super) fn enter_command(&mut self, effects: &mut Vec<Effect>) {
        let Some(prompt) = self.prompt.take() else {
            return;
        };
        let line = prompt.line.text().to_owned();
        if line.trim().is_empty() {
            return;
        }
        let outcome = typed::read(self.scope(), &line).and_then(|typed| {
            self.obey(typed, effects).map_err(|fault| Fault {
                column: typed::argument_at(&line) + fault.column,
                ..fault
            })
        });
        self.mend(prompt, outcome);
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
                // An action has nothing that could be wrong.
                let _ = self.obey(Typed::Act(action), effects);
            }
            // What it takes is still to be typed.
            None => {
                self.prompt = Some(Prompt::new(Purpose::Command, &format!("{} ", entry.name)));
            }
        }
    }

    /// Does what was typed; what is wrong is told with its column in the argument.
    fn obey(&mut self, typed: Typed, effects: &mut Vec<Effect>) -> Result<(), Fault> {
        match typed {
            Typed::Act(Action::Help) => self.open_help(),
            Typed::Act(action) => {
                // It is of the screen below the help, which has no use for it any more.
                self.help = None;
                self.act(action, effects);
            }
            Typed::Spike(id) => return self.go_to_spike(id, effects),
            Typed::Request(id) => self.open_request(id, effects),
            Typed::Filter(filter) => {
                if !matches!(self.above.last(), Some(Above::Requests(_))) {
                    self.open_requests(None, effects);
                }
                self.filter_by(filter, effects);
            }
            Typed::Range(line) => return self.look_at(&line, effects),
            Typed::Zone(name) => return self.name_zone(&name),
            Typed::Export(line) => return self.export(&line, effects),
            Typed::Link(link) => return self.open_link(&link, effects),
            Typed::Project(name) => return self.name_project(&name, effects),
            Typed::Columns(names) => return self.choose_columns(&names),
            Typed::Keep(letter) => return self.keep_under(&letter, effects),
            Typed::Jump(letter) => return self.jump_to(&letter, effects),
            Typed::Forget(letter) => return self.forget_bookmark(&letter, effects),
        }
        Ok(())
    }

    fn go_to_spike(&mut self, id: SpikeId, effects: &mut Vec<Effect>) -> Result<(), Fault> {
        if !self.timeline.spikes().iter().any(|spike| spike.id == id) {
            return Err(Fault {
                column: 0,
                words: format!("there is no spike {id} in the last 7 days"),
            });
        }
        self.above.clear();
        self.timeline.selected = Some(id);
        self.timeline.chosen = None;
        self.look_at_spike(effects);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
