//! The sandwich: who calls the chosen function, and whom it calls.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::row::Row;
use super::super::{below, draw_rule, layout};
use super::{SPAN_COLUMNS, calls, mark, signed, span};
use crate::callgraph::{Line, Side};
use crate::format;
use crate::state::cursor::Cursor;
use crate::state::functions::{FunctionsScreen, Pane};
use crate::text::Shown;
use crate::theme::{Role, Theme};

/// From here on, a pair's calls have room beside its name.
const COLUMNS_FOR_CALLS: u16 = 44;

/// Lines of one side, and where the cursor stands in them, if it is there.
struct Part<'a> {
    title: String,
    lines: &'a [Line],
    selected: Option<usize>,
    absence: &'static str,
    is_compared: bool,
}

pub(super) fn draw(screen: &FunctionsScreen, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let Some(line) = screen.line() else {
        return;
    };
    let callers = screen.around(Side::Callers);
    let callees = screen.around(Side::Callees);
    let selected = screen.around_cursor.selected;
    let is_focused = screen.pane == Pane::Around;
    let is_caller = selected < callers.len();
    let (upper, lower) = parts(area, callers.len());
    let name = Shown::squeezed(&line.name).fit_end(usize::from(upper.width).saturating_sub(16));
    let is_compared = screen.baseline().is_some();
    Part {
        title: format!("callers of {}", name.as_str()),
        lines: &callers,
        selected: Some(selected).filter(|_| is_focused && is_caller),
        absence: "PHP itself",
        is_compared,
    }
    .draw(theme, buffer, upper);
    Part {
        title: format!("callees of {}", name.as_str()),
        lines: &callees,
        selected: selected.checked_sub(callers.len()).filter(|_| is_focused),
        absence: "nothing that was measured",
        is_compared,
    }
    .draw(theme, buffer, lower);
}

/// Callers above callees; side by side where there is width rather than height.
fn parts(area: Rect, callers: usize) -> (Rect, Rect) {
    if area.width >= 70 && area.height < 16 {
        let (one, other) = layout::left(area, area.width / 2);
        return (one, layout::left(other, 1).1);
    }
    // Callers are few, as a rule; they take what they need, up to half.
    let needed = u16::try_from(callers + 2).unwrap_or(u16::MAX);
    let height = needed.clamp(3, (area.height / 2).max(3));
    let upper = Rect { height, ..area }.intersection(area);
    (upper, below(area, height))
}

// === impl Part ===

impl Part<'_> {
    fn draw(&self, theme: Theme, buffer: &mut Buffer, area: Rect) {
        let dim = theme.style(Role::Dim);
        let is_focused = self.selected.is_some();
        let figures = Row::new(area.width);
        draw_rule(theme, buffer, area, &self.title, figures, is_focused);
        let list = below(area, 1);
        if self.lines.is_empty() {
            Row::new(list.width)
                .gap(2)
                .put(self.absence, dim)
                .draw(buffer, list, 0);
            return;
        }
        let height = usize::from(list.height);
        // No lost mass: what has no room is summed up in the last line.
        let listed = if self.lines.len() > height {
            height.saturating_sub(1)
        } else {
            height
        };
        let mut cursor = Cursor::default();
        cursor.to(self.selected.unwrap_or(0), self.lines.len());
        let window = cursor.window(self.lines.len(), listed);
        let outside = self.lines.len() - window.len();
        for (index, place) in window.clone().enumerate() {
            let is_selected = self.selected == Some(place);
            let style = if is_selected {
                Role::Selected
            } else {
                Role::Text
            };
            self.row(&self.lines[place], is_selected, theme, list.width)
                .draw_styled(buffer, list, index, theme.style(style));
        }
        if outside > 0 {
            let inside = &self.lines[window];
            let sum =
                |lines: &[Line]| -> f64 { lines.iter().map(|line| line.sums().inclusive_us).sum() };
            let rest = sum(self.lines) - sum(inside);
            Row::new(list.width)
                .gap(1)
                .right(self.share(rest), 6, dim)
                .right(span(rest), SPAN_COLUMNS, dim)
                .put(format!("  … {} more", format::count(outside as u64)), dim)
                .draw(buffer, list, listed);
        }
    }

    fn row(&self, line: &Line, is_selected: bool, theme: Theme, columns: u16) -> Row {
        let text = theme.style(Role::Text);
        let sums = line.sums();
        let mut row = Row::new(columns)
            .put(if is_selected { "▸" } else { " " }, text)
            .right(self.share(sums.inclusive_us), 6, theme.style(Role::Title))
            .right(span(sums.inclusive_us), SPAN_COLUMNS, text);
        if self.is_compared {
            row = row.right(signed(line.inclusive_change_us()), SPAN_COLUMNS, text);
            let (mark, role) = mark(line);
            row = row.gap(1).put(mark, theme.style(role));
            let gap = usize::from(!mark.is_empty());
            return row.gap(gap).put_end(&line.name, text);
        }
        if columns >= COLUMNS_FOR_CALLS {
            row = row.right(format!("{}×", calls(sums.calls)), 9, text);
        }
        row.gap(2).put_end(&line.name, text)
    }

    /// Of what all of this side took.
    fn share(&self, us: f64) -> String {
        let whole: f64 = self.lines.iter().map(|line| line.sums().inclusive_us).sum();
        if whole <= 0.0 {
            return String::new();
        }
        format::percent(us / whole)
    }
}
