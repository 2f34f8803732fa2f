//! The palette: what can be done here, as far as the letters that were typed fit, the best at the top.
//!
//! ```text
//! ─ what can be done on the timeline ────────────────── 3 found
//! ▸ z           zoom-in            zoom in on the spike, or on the middle
//!   Z           zoom-out           zoom out
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::row::Row;
use super::{below, clear, draw_rule};
use crate::state::State;
use crate::state::prompt::Purpose;
use crate::theme::{Role, Theme};

const KEYS_COLUMNS: usize = 12;
const NAME_COLUMNS: usize = 19;
/// More would hide the screen that it is about.
const LINES_MAX: u16 = 16;

/// Draws it over the lowest lines of the screen, if it is open.
pub(super) fn draw(state: &State, theme: Theme, buffer: &mut Buffer, body: Rect) {
    let Some(prompt) = &state.prompt else {
        return;
    };
    let Purpose::Palette { cursor } = prompt.purpose else {
        return;
    };
    let height = LINES_MAX.min(body.height);
    let area = below(body, body.height - height);
    clear(buffer, area);
    let entries = state.found();
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let title = format!("what can be done {}", state.scope().place());
    let found = Row::new(area.width).put(format!(" {} found", entries.len()), dim);
    draw_rule(theme, buffer, area, &title, found, false);
    let list = below(area, 1);
    let window = cursor.window(entries.len(), usize::from(list.height));
    let first = window.start;
    for (line, entry) in entries[window].iter().enumerate() {
        let is_chosen = first + line == cursor.selected;
        let name = format!("{} {}", entry.name, entry.takes);
        let row = Row::new(list.width)
            .put(if is_chosen { "▸ " } else { "  " }, theme.style(Role::Key))
            .left(&entry.keys, KEYS_COLUMNS, theme.style(Role::Key))
            .left(name, NAME_COLUMNS, text)
            .put(entry.does, dim);
        let style = if is_chosen {
            theme.style(Role::Selected)
        } else {
            Style::new()
        };
        row.draw_styled(buffer, list, line, style);
    }
}
