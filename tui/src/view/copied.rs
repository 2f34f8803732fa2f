//! What was sent to the clipboard, in full, for a terminal that has taken nothing.
//!
//! ```text
//! ─ copied, if this terminal has a clipboard: else select it here ──── any key closes
//! bitville-tui 'bitville://requests?range=2026-11-23T13:30:00Z..2026-11-23T14:30:00Z
//! &spike=3&filter=duration%3E2s'
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::row::Row;
use super::{below, clear, draw_rule};
use crate::state::State;
use crate::text::Shown;
use crate::theme::{Role, Theme};

/// Draws it over the lowest lines of the screen until the next key.
pub(super) fn draw(state: &State, theme: Theme, buffer: &mut Buffer, body: Rect) {
    let Some(text) = &state.copied else {
        return;
    };
    // From edge to edge and cut anywhere: what is selected over the lines is then the text itself.
    let letters: Vec<char> = text.chars().collect();
    let lines: Vec<String> = letters
        .chunks(usize::from(body.width).max(1))
        .map(|line| line.iter().collect())
        .collect();
    let room = usize::from(body.height.saturating_sub(1));
    let (dim, shown) = (theme.style(Role::Dim), theme.style(Role::Text));
    let (title, lines) = if lines.len() > room {
        // Half a link would open nothing.
        ("it is too long to be shown here", Vec::new())
    } else {
        ("copied; to select it by hand:", lines)
    };
    let height = u16::try_from(lines.len() + 1).unwrap_or(body.height);
    let area = below(body, body.height.saturating_sub(height));
    clear(buffer, area);
    let closes = Row::new(area.width).put(" any key closes", dim);
    draw_rule(theme, buffer, area, title, closes, false);
    for (line, text) in lines.into_iter().enumerate() {
        Row::new(area.width)
            .put(Shown::from(text), shown)
            .draw(buffer, area, line + 1);
    }
}
