//! Choosing the columns of the list of requests: `:columns wall,client,host`.

use super::{Prompt, Purpose};
use crate::columns::{Column, Columns};
use crate::state::State;
use crate::typed::{self, Fault};

/// What brings those back that the console was started with.
const DEFAULT: &str = "default";

// === impl State ===

impl State {
    /// Opens the command's line with those that are shown.
    pub(in crate::state) fn edit_columns(&mut self) {
        let line = format!("columns {}", self.columns.write());
        self.prompt = Some(Prompt::new(Purpose::Command, &line));
    }

    pub(super) fn choose_columns(&mut self, names: &str) -> Result<(), Fault> {
        self.columns = if names.trim() == DEFAULT {
            self.start.columns.clone()
        } else {
            Columns::read(names).map_err(|words| Fault { column: 0, words })?
        };
        let fitting = self.columns.fitting(usize::from(self.size.columns));
        let is_dropped = |it: &Column| self.columns.contains(*it) && !fitting.contains(it);
        let dropped = Column::ALL.into_iter().filter(is_dropped);
        let dropped: Vec<&str> = dropped.map(Column::name).collect();
        self.notice = Some(match &dropped[..] {
            [] => "these columns are shown until the console ends".to_owned(),
            dropped => format!("this screen has no room for {}", dropped.join(", ")),
        });
        Ok(())
    }

    /// What the line may go on with: each name that it has not yet.
    pub(super) fn column_names(&self) -> Vec<String> {
        let line = self.prompt.as_ref().map_or("", |it| it.line.text());
        let argument: String = line.chars().skip(typed::argument_at(line)).collect();
        let before = argument.rfind(',').map_or("", |at| &argument[..=at]);
        let taken: Vec<&str> = before.split(',').collect();
        let left = Column::ALL.into_iter().map(Column::name);
        let left = left.filter(|name| !taken.contains(name));
        let mut names: Vec<String> = left.map(|name| format!("{before}{name}")).collect();
        if before.is_empty() {
            names.push(DEFAULT.to_owned());
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use crate::action::Msg;
    use crate::keymap::Key;
    use crate::state::tests::Desk;

    fn line(desk: &Desk) -> &str {
        desk.state.prompt.as_ref().map_or("", |it| it.line.text())
    }

    #[test]
    fn the_key_shows_what_is_chosen_and_tab_completes_the_next() {
        let mut desk = Desk::started(120, 40);
        desk.keys(&[Key::Char('2'), Key::Char('w')]);
        assert_eq!(
            line(&desk),
            "columns began,wall,sql,waited,blocked,memory,host,http"
        );
        desk.send(Msg::Paste(",cl".to_owned()));
        desk.keys(&[Key::Tab]);
        assert!(line(&desk).ends_with(",http,client"), "{}", line(&desk));
        desk.keys(&[Key::Enter]);
        assert!(desk.state.prompt.is_none());
        let told = desk.state.notice.clone().unwrap_or_default();
        assert_eq!(told, "these columns are shown until the console ends");
        assert!(desk.state.columns.write().ends_with(",http,client"));
        desk.key(Key::Char(':'));
        desk.send(Msg::Paste("columns default".to_owned()));
        desk.keys(&[Key::Enter]);
        assert_eq!(desk.state.columns, crate::columns::Columns::default());
    }

    #[test]
    fn what_is_no_column_is_told_and_what_has_no_room_too() {
        let mut desk = Desk::started(80, 24);
        desk.keys(&[Key::Char('2'), Key::Char(':')]);
        desk.send(Msg::Paste("columns wall,cpu".to_owned()));
        desk.keys(&[Key::Enter]);
        let fault = desk.state.prompt.as_ref().and_then(|it| it.fault.clone());
        let fault = fault.expect("a fault");
        assert_eq!(fault.column, "columns ".len());
        assert!(fault.words.starts_with("\"cpu\" is no column; began, wall"));
        desk.keys(&[Key::Ctrl('u')]);
        desk.send(Msg::Paste("columns wall,began,client,id".to_owned()));
        desk.keys(&[Key::Enter]);
        let told = desk.state.notice.as_deref();
        assert_eq!(told, Some("this screen has no room for id"));
    }
}
