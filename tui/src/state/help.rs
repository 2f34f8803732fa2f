//! The help over a screen: scrolled, searched, closed.

use super::State;
use super::cursor::Cursor;
use super::prompt::{Prompt, Purpose};
use crate::action::{Action, Effect};

#[derive(Debug, Default)]
pub struct Help {
    /// The first line that is shown.
    pub cursor: Cursor,
    /// Lines without these letters are left out.
    pub wanted: String,
}

// === impl State ===

impl State {
    pub(super) fn open_help(&mut self) {
        self.help = Some(Help::default());
    }

    /// While the help is open it takes the keys that move; most others close it.
    pub(super) fn act_on_help(&mut self, action: Action, effects: &mut Vec<Effect>) -> bool {
        let page = self.page();
        let scope = self.scope();
        let Some(help) = &mut self.help else {
            return false;
        };
        let length = crate::view::help::lines(scope, &help.wanted).len();
        let cursor = &mut help.cursor;
        match action {
            Action::Quit => effects.push(Effect::Quit),
            Action::Suspend => effects.push(Effect::Suspend),
            Action::Down => cursor.step(1, length),
            Action::Up => cursor.step(-1, length),
            Action::PageDown | Action::HalfPageDown => cursor.step(page / 2, length),
            Action::PageUp | Action::HalfPageUp => cursor.step(-(page / 2), length),
            Action::Top => cursor.step(isize::MIN, length),
            Action::Bottom => cursor.step(isize::MAX, length),
            Action::EditFilter => {
                let before = help.wanted.clone();
                let text = before.clone();
                self.prompt = Some(Prompt::new(Purpose::Help { before }, &text));
            }
            Action::CommandLine | Action::Palette => return false,
            // What was searched for goes first.
            Action::Back if !help.wanted.is_empty() => *help = Help::default(),
            _ => self.help = None,
        }
        true
    }

    /// Shows the lines that have what is typed.
    pub(super) fn search_help(&mut self) {
        if let (Some(prompt), Some(help)) = (&self.prompt, &mut self.help) {
            prompt.line.text().clone_into(&mut help.wanted);
            help.cursor = Cursor::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::keymap::Key;
    use crate::state::tests::Desk;
    use crate::view::help::lines;

    #[test]
    fn the_help_is_searched_as_one_types_and_esc_goes_back_step_by_step() {
        let mut desk = Desk::started(80, 24);
        desk.keys(&[Key::Char('?'), Key::Down, Key::Char('/')]);
        for letter in "BaseLine".chars() {
            desk.key(Key::Char(letter));
        }
        let help = desk.state.help.as_ref().expect("it is open");
        assert_eq!((&*help.wanted, help.cursor.selected), ("BaseLine", 0));
        let found = lines(desk.state.scope(), &help.wanted);
        assert!(found.len() < 12, "{found:?}");
        desk.key(Key::Enter);
        assert!(desk.state.prompt.is_none());
        desk.key(Key::Esc);
        assert_eq!(desk.state.help.as_ref().expect("open").wanted, "");
        desk.key(Key::Esc);
        assert!(desk.state.help.is_none());
    }

    #[test]
    fn a_search_that_is_dropped_shows_all_again() {
        let mut desk = Desk::started(80, 24);
        desk.keys(&[Key::Char('?'), Key::Char('/'), Key::Char('z'), Key::Esc]);
        assert_eq!(desk.state.help.as_ref().expect("open").wanted, "");
    }
}
