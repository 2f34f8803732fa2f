//! The help: the keymap's own table, this screen's keys first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::row::Row;
use crate::keymap::{BINDINGS, Scope};
use crate::state::cursor::Cursor;
use crate::theme::{Role, Theme};

const KEYS_COLUMNS: usize = 16;

/// The help's lines: keys and what they do; a heading has no keys.
pub fn lines(scope: Scope) -> Vec<(String, &'static str)> {
    let mut lines = Vec::new();
    for (heading, of) in [(title(scope), scope), ("everywhere", Scope::Everywhere)] {
        if !lines.is_empty() {
            lines.push((String::new(), ""));
        }
        lines.push((String::new(), heading));
        for binding in BINDINGS.iter().filter(|binding| binding.scope == of) {
            let keys: Vec<String> = binding.keys.iter().map(|key| key.label()).collect();
            lines.push((keys.join(" "), binding.does));
        }
    }
    lines
}

fn title(scope: Scope) -> &'static str {
    match scope {
        Scope::Timeline => "on the timeline",
        Scope::Requests => "in the list of requests",
        Scope::Request => "in a request",
        Scope::Functions => "in the functions",
        Scope::Locks => "in the locks",
        Scope::Hosts => "on the hosts",
        Scope::Logs => "in the logs",
        Scope::Health => "in the health",
        Scope::Statements => "in the SQL statements",
        Scope::Statement => "in a statement",
        Scope::Everywhere => "everywhere",
    }
}

pub(super) fn draw(scope: Scope, cursor: Cursor, theme: Theme, buffer: &mut Buffer, body: Rect) {
    let lines = lines(scope);
    for line in 0..usize::from(body.height) {
        let blank = usize::from(body.width);
        Row::new(body.width).gap(blank).draw_styled(
            buffer,
            body,
            line,
            ratatui::style::Style::reset(),
        );
    }
    let last_first = lines.len().saturating_sub(usize::from(body.height));
    let first = cursor.selected.min(last_first);
    for (line, (keys, does)) in lines.iter().skip(first).enumerate() {
        let row = Row::new(body.width).gap(2);
        let row = if keys.is_empty() {
            row.put(*does, theme.style(Role::Title))
        } else {
            row.gap(2)
                .left(keys, KEYS_COLUMNS, theme.style(Role::Key))
                .put(*does, theme.style(Role::Text))
        };
        row.draw(buffer, body, line);
    }
}
