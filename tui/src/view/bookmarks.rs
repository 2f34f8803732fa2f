//! The bookmarks, while a key waits for the letter of one.
//!
//! ```text
//! ─ bookmarks ──────────────── letter or enter goes there · esc closes
//! ▸ a  2026-11-23 14:01:10–14:08:40 UTC   shop  requests of POST /checkout
//!   L  2026-11-23 13:53:40–14:16:10 UTC         logs
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::row::Row;
use super::{below, clear, draw_rule};
use crate::format;
use crate::spot::link;
use crate::state::State;
use crate::state::bookmarks::Chord;
use crate::theme::{Role, Theme};

/// More would hide the screen that it lies over.
const LINES_MAX: u16 = 16;
/// From here on, times are told whole.
const COLUMNS_FOR_SECONDS: u16 = 76;

/// Draws them over the lowest lines of the screen, if they are listed.
pub(super) fn draw(state: &State, theme: Theme, buffer: &mut Buffer, body: Rect) {
    let Some(Chord::GoTo(cursor)) = state.chord else {
        return;
    };
    let length = state.bookmarks.all().len();
    let height = u16::try_from(length + 1).unwrap_or(u16::MAX);
    let height = height.min(LINES_MAX).min(body.height);
    let area = below(body, body.height - height);
    clear(buffer, area);
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let goes = Row::new(area.width).put(" letter or enter goes there · esc closes", dim);
    draw_rule(theme, buffer, area, "bookmarks", goes, false);
    let list = below(area, 1);
    let window = cursor.window(length, usize::from(list.height));
    let shown = state.bookmarks.all().enumerate();
    let shown = shown.skip(window.start).take(window.len());
    for (line, (index, (letter, link))) in shown.enumerate() {
        let is_chosen = index == cursor.selected;
        let row = Row::new(list.width)
            .put(if is_chosen { "▸ " } else { "  " }, theme.style(Role::Key))
            .left(letter.letter().to_string(), 3, theme.style(Role::Key));
        let row = match link::read(link) {
            Ok(spot) => {
                let (from, to) = (spot.range.from_at_us, spot.range.to_at_us);
                let times = if list.width < COLUMNS_FOR_SECONDS {
                    // The year gives way; the day must not, or last week's would look like today's.
                    let day = &format::date(from)[5..];
                    let clock = format::clock_minutes;
                    format!("{day} {}–{}", clock(from), clock(to))
                } else {
                    format::range(spot.range)
                };
                let project = spot.project.as_ref().map_or("", |it| it.as_str());
                let separator = if project.is_empty() { "" } else { "  " };
                row.put(times, dim)
                    .put(format!("  {project}{separator}"), dim)
                    .put(spot.words(), text)
            }
            Err(fault) => row.put(format!("can't be read: {}", fault.words), dim),
        };
        let style = if is_chosen {
            theme.style(Role::Selected)
        } else {
            Style::new()
        };
        row.draw_styled(buffer, list, line, style);
    }
}
