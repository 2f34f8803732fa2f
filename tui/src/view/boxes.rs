//! Boxes of a picture: a name behind an edge, as wide as its share or its time.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::row::Row;
use crate::text::Shown;
use crate::theme::{Role, Theme};

pub(super) use super::functions::{draw_words, span};

/// What a box is, beside its place and its name.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kind {
    /// The keys act on it.
    pub(super) is_chosen: bool,
    /// It is searched for.
    pub(super) is_wanted: bool,
    /// It stands for many that have no room.
    pub(super) is_rest: bool,
    /// Compared with an earlier picture: the sign in its edge, and how it looks.
    pub(super) change: Option<(&'static str, Role)>,
}

// === impl Kind ===

impl Kind {
    pub(super) fn rest() -> Self {
        Self {
            is_rest: true,
            ..Self::default()
        }
    }
}

/// A box by its column, row and width within an area.
pub(super) fn draw(
    (x, row, columns): (usize, usize, usize),
    words: Shown,
    kind: Kind,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let (Ok(x), Ok(y), Ok(columns)) =
        (u16::try_from(x), u16::try_from(row), u16::try_from(columns))
    else {
        return;
    };
    let place = Rect {
        x: area.x + x,
        y: area.y + y,
        width: columns,
        height: 1,
    };
    let over = if kind.is_chosen {
        theme.style(Role::Selected)
    } else {
        Style::new()
    };
    let edge = match kind {
        Kind {
            is_chosen: true, ..
        } => "▸",
        Kind {
            is_wanted: true, ..
        } => "★",
        Kind {
            change: Some((sign, _)),
            ..
        } => sign,
        _ => "│",
    };
    let role = match kind {
        Kind { is_rest: true, .. } => Role::Dim,
        Kind {
            is_wanted: true, ..
        } => Role::Mark,
        Kind {
            change: Some((_, role)),
            ..
        } => role,
        _ => Role::Text,
    };
    let edge_role = match kind {
        Kind {
            is_wanted: true, ..
        } => Role::Mark,
        Kind {
            change: Some((_, role)),
            ..
        } => role,
        _ => Role::Dim,
    };
    let room = usize::from(columns).saturating_sub(1);
    // Of a class and its method, the end tells; a letter or two tell nothing.
    let words = if room < 3 {
        Shown::default()
    } else {
        words.fit_end(room)
    };
    Row::new(columns)
        .put(edge, theme.style(edge_role))
        .left(words, room, theme.style(role))
        .draw_styled(buffer, place, 0, over);
}

/// The right edges of boxes that nothing stands beside: behind them is their caller's own time. The boxes are
/// given row by row from the left, each as its row, column and width.
pub(super) fn draw_ends(
    boxes: &[(usize, usize, usize)],
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    for (index, (row, x, columns)) in boxes.iter().enumerate() {
        let end = x + columns;
        let next = boxes.get(index + 1);
        let is_open = next.is_none_or(|next| next.0 != *row || next.1 != end);
        let (Ok(x), Ok(y)) = (u16::try_from(end), u16::try_from(*row)) else {
            continue;
        };
        if is_open && x < area.width && y < area.height {
            let place = Rect::new(area.x + x, area.y + y, 1, 1);
            Row::new(1)
                .put("│", theme.style(Role::Dim))
                .draw(buffer, place, 0);
        }
    }
}

/// What the picture is, in the last line of an area.
pub(super) fn draw_note(words: &str, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let last = Rect {
        y: area.y + area.height.saturating_sub(1),
        height: area.height.min(1),
        ..area
    };
    Row::new(last.width)
        .gap(1)
        .put(words, theme.style(Role::Dim))
        .draw(buffer, last, 0);
}
