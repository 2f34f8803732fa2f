//! The help: the keymap's own table, this screen's keys first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::row::Row;
use crate::keymap::{self, BINDINGS, Scope};
use crate::state::help::Help;
use crate::theme::{Role, Theme};

const KEYS_COLUMNS: usize = 16;

/// A line of the help; a heading has no keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    keys: String,
    does: &'static str,
    /// As it is typed behind `:`.
    name: &'static str,
}

/// The help's lines: of this screen and of all, or, of every screen, those that have what is wanted.
pub fn lines(scope: Scope, wanted: &str) -> Vec<Line> {
    let heading = |does| Line {
        keys: String::new(),
        does,
        name: "",
    };
    let wanted = wanted.trim().to_lowercase();
    let here = [scope, Scope::Everywhere];
    let others = Scope::SCREENS.into_iter().filter(|it| *it != scope);
    let others = others.filter(|_| !wanted.is_empty());
    let mut lines = Vec::new();
    for of in here.into_iter().chain(others) {
        let bindings = BINDINGS.iter().filter(|binding| binding.scope == of);
        let found: Vec<Line> = bindings
            .map(|binding| Line {
                keys: binding.label(),
                does: binding.does,
                name: keymap::name(binding.action),
            })
            .filter(|line| {
                let words = [line.does, line.name, &line.keys];
                words
                    .iter()
                    .any(|words| words.to_lowercase().contains(&wanted))
            })
            .collect();
        if found.is_empty() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(heading(""));
        }
        lines.push(heading(of.place()));
        lines.extend(found);
    }
    if lines.is_empty() {
        lines.push(heading("no key and no command has this in its words"));
    }
    lines
}

pub(super) fn draw(scope: Scope, help: &Help, theme: Theme, buffer: &mut Buffer, body: Rect) {
    let lines = lines(scope, &help.wanted);
    super::clear(buffer, body);
    let last_first = lines.len().saturating_sub(usize::from(body.height));
    let first = help.cursor.selected.min(last_first);
    for (line, Line { keys, does, name }) in lines.iter().skip(first).enumerate() {
        let row = Row::new(body.width).gap(2);
        let row = if keys.is_empty() {
            row.put(*does, theme.style(Role::Title))
        } else {
            row.gap(2)
                .left(keys, KEYS_COLUMNS, theme.style(Role::Key))
                .put(*does, theme.style(Role::Text))
                .end(format!("  :{name}"), theme.style(Role::Dim))
        };
        row.draw(buffer, body, line);
    }
}
