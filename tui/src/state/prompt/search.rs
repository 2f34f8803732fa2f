//! What functions are searched for: in a picture its boxes are marked while one types, in the table Enter goes
//! to the first.

use super::{Prompt, Purpose};
use crate::state::icicle::is_in;
use crate::state::{Above, State};

// === impl State ===

impl State {
    /// Opens the line, if there is something to search.
    pub(in crate::state) fn edit_search(&mut self) -> bool {
        let before = match self.drawing() {
            Some(drawing) => drawing.wanted().to_owned(),
            None if matches!(self.above.last(), Some(Above::Functions(_))) => String::new(),
            None => return false,
        };
        let text = before.clone();
        self.prompt = Some(Prompt::new(Purpose::Search { before }, &text));
        true
    }

    /// Marks what is searched for.
    pub(super) fn search(&mut self) {
        let text = self.prompt.as_ref().map(|it| it.line.text().to_owned());
        if let (Some(text), Some(drawing)) = (text, self.drawing_mut()) {
            drawing.want(&text);
        }
    }

    pub(super) fn search_back(&mut self, before: &str) {
        if let Some(drawing) = self.drawing_mut() {
            drawing.want(before);
        }
    }

    pub(super) fn enter_search(&mut self) {
        let Some(prompt) = self.prompt.take() else {
            return;
        };
        let text = prompt.line.text().trim();
        if text.is_empty() {
            return;
        }
        let is_found = if let Some(drawing) = self.drawing_mut() {
            drawing.seek()
        } else if let Some(Above::Functions(screen)) = self.above.last_mut() {
            screen.seek(|name| is_in(text, name))
        } else {
            return;
        };
        if !is_found {
            self.notice = Some(format!("no function has {text:?} in its name"));
        }
    }
}
