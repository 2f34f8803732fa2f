//! Memory, ids, headers, variables, and what watching the request cost.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{line_style, marker};
use crate::dossier::Dossier;
use crate::state::cursor::Cursor;
use crate::text::Shown;
use crate::theme::{Role, Theme};
use crate::view::row::Row;

const NAME_COLUMNS: usize = 28;

pub(super) fn draw(
    dossier: &Dossier,
    cursor: Cursor,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let facts = &dossier.facts;
    let window = cursor.window(facts.len(), usize::from(area.height));
    for (line, index) in window.enumerate() {
        let fact = &facts[index];
        let is_selected = index == cursor.selected;
        let row = Row::new(area.width).put(marker(is_selected), text);
        let row = match &fact.value {
            None => row.put(&fact.name, theme.style(Role::Title)),
            Some(value) => row
                .put("  ", text)
                .left(Shown::squeezed(&fact.name), NAME_COLUMNS, dim)
                .put(Shown::squeezed(value), text),
        };
        row.draw_styled(buffer, area, line, line_style(theme, is_selected));
    }
}
