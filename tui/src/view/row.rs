//! One line of the screen, put together from left to right.
//!
//! The only way from text to the screen: whatever is put in becomes [`Shown`] first, and nothing
//! is wider than the room that it has.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::text::Shown;

#[derive(Debug)]
pub(crate) struct Row {
    spans: Vec<Span<'static>>,
    used: usize,
    columns: usize,
}

// === impl Row ===

impl Row {
    pub(crate) fn new(columns: u16) -> Self {
        Self {
            spans: Vec::new(),
            used: 0,
            columns: usize::from(columns),
        }
    }

    /// Columns that are still free.
    pub(crate) fn room(&self) -> usize {
        self.columns - self.used
    }

    pub(crate) fn put(mut self, text: impl Into<Shown>, style: Style) -> Self {
        let shown = text.into().fit(self.room());
        self.used += shown.width();
        self.spans
            .push(Span::styled(shown.as_str().to_owned(), style));
        self
    }

    /// Text whose end tells more than its start.
    pub(crate) fn put_end(self, text: impl Into<Shown>, style: Style) -> Self {
        let shown = text.into().fit_end(self.room());
        self.put_shown(&shown, style)
    }

    /// A column of a fixed width, its text at the left.
    pub(crate) fn left(self, text: impl Into<Shown>, columns: usize, style: Style) -> Self {
        let columns = columns.min(self.room());
        let shown = text.into().fit(columns);
        let rest = columns - shown.width();
        self.put_shown(&shown, style).gap_styled(rest, style)
    }

    /// A column of a fixed width, its text at the right.
    pub(crate) fn right(self, text: impl Into<Shown>, columns: usize, style: Style) -> Self {
        let columns = columns.min(self.room());
        let shown = text.into().fit(columns);
        let rest = columns - shown.width();
        self.gap_styled(rest, style).put_shown(&shown, style)
    }

    /// Text at the right edge, if there is room for all of it.
    pub(crate) fn end(self, text: impl Into<Shown>, style: Style) -> Self {
        let shown = text.into();
        match self.room().checked_sub(shown.width()) {
            Some(rest) => self.gap(rest).put_shown(&shown, style),
            None => self,
        }
    }

    /// Another row behind this one, as far as there is room.
    pub(crate) fn append(mut self, other: Self) -> Self {
        if other.used <= self.room() {
            self.used += other.used;
            self.spans.extend(other.spans);
        }
        self
    }

    /// All columns, free or not.
    pub(crate) fn columns(&self) -> u16 {
        u16::try_from(self.columns).unwrap_or(u16::MAX)
    }

    /// Columns that are taken.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    pub(crate) fn gap(self, columns: usize) -> Self {
        self.gap_styled(columns, Style::new())
    }

    /// The same glyph up to the right edge, but for the last `spare` columns.
    pub(crate) fn fill(mut self, glyph: char, spare: usize, style: Style) -> Self {
        let columns = self.room().saturating_sub(spare);
        self.used += columns;
        let text: String = std::iter::repeat_n(glyph, columns).collect();
        self.spans.push(Span::styled(text, style));
        self
    }

    /// Draws the line in the `index`th line of an area; outside of it, nothing.
    pub(crate) fn draw(self, buffer: &mut Buffer, area: Rect, index: usize) {
        self.draw_styled(buffer, area, index, Style::new());
    }

    /// The same, with a style over the whole line.
    pub(crate) fn draw_styled(self, buffer: &mut Buffer, area: Rect, index: usize, style: Style) {
        let area = area.intersection(buffer.area);
        let Ok(index) = u16::try_from(index) else {
            return;
        };
        if index >= area.height {
            return;
        }
        let line = Line::from(self.spans);
        let y = area.y + index;
        buffer.set_line(area.x, y, &line, area.width);
        let whole = Rect {
            y,
            height: 1,
            ..area
        };
        buffer.set_style(whole, style);
    }

    fn put_shown(mut self, shown: &Shown, style: Style) -> Self {
        self.used += shown.width();
        self.spans
            .push(Span::styled(shown.as_str().to_owned(), style));
        self
    }

    fn gap_styled(mut self, columns: usize, style: Style) -> Self {
        let columns = columns.min(self.room());
        self.used += columns;
        self.spans.push(Span::styled(" ".repeat(columns), style));
        self
    }
}
