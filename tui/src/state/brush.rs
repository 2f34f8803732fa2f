//! A stretch of the timeline, selected by its two edges, of which the keys move one.

use wire::time::{Instant, Micros, Range};

use super::cursor::Cursor;
use super::window::Window;
use super::{Focus, State};
use crate::action::Effect;

/// Hosts report every 10 s: nothing can be said of less.
const SPAN_MIN: Micros = Micros::from_seconds(10);
/// An edge moves far by this part of the chart.
const FAR: i64 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brush {
    /// The edge that stays.
    pub anchor: Instant,
    /// The edge that moves.
    pub head: Instant,
}

// === impl Brush ===

impl Brush {
    pub fn range(self) -> Range {
        Range {
            from_at_us: self.anchor.min(self.head),
            to_at_us: self.anchor.max(self.head),
        }
    }

    fn step(&mut self, span: Micros, bounds: Range) {
        let head = self.head + span;
        self.head = head.clamp(bounds.from_at_us, bounds.to_at_us);
    }
}

// === impl State ===

impl State {
    /// Begins at the spike's peak or the chart's middle, one column wide; ends it if it had begun.
    pub(super) fn toggle_brush(&mut self) {
        if self.timeline.brush.take().is_some() || !self.above.is_empty() {
            return;
        }
        let range = self.window.range;
        let peak = self.timeline.selected_spike().map(|spike| spike.peak_at_us);
        let in_sight = peak.filter(|peak| range.contains(*peak));
        let anchor = in_sight.unwrap_or(self.window.middle());
        let mut brush = Brush {
            anchor,
            head: anchor,
        };
        brush.step(self.column(), range);
        self.timeline.brush = Some(brush);
        // A range that slides away under the hand can't be selected.
        self.window = Window::still(range);
    }

    pub(super) fn move_edge(&mut self, columns: i64) {
        let (column, bounds) = (self.column(), self.window.range);
        if let Some(brush) = &mut self.timeline.brush {
            brush.step(Micros(column.0.saturating_mul(columns)), bounds);
        }
    }

    pub(super) fn move_edge_far(&mut self, direction: i64) {
        let tenth = self.window.range.span().0 / FAR / self.column().0;
        self.move_edge(direction * tenth.max(1));
    }

    pub(super) fn switch_edge(&mut self) {
        if let Some(brush) = &mut self.timeline.brush {
            std::mem::swap(&mut brush.anchor, &mut brush.head);
        }
    }

    /// Asks who is to blame for the stretch.
    pub(super) fn take_brush(&mut self, effects: &mut Vec<Effect>) {
        if let Some(brush) = self.timeline.brush.take() {
            self.choose(at_least(brush.range()), effects);
        }
    }

    /// The suspects are of this range from now on.
    pub(super) fn choose(&mut self, range: Range, effects: &mut Vec<Effect>) {
        self.timeline.chosen = Some(range);
        self.timeline.suspect_cursor = Cursor::default();
        self.timeline.focus = Focus::Suspects;
        self.ask_suspects(effects);
    }

    pub(super) fn zoom_to_brush(&mut self, brush: Brush, effects: &mut Vec<Effect>) {
        self.timeline.brush = None;
        self.window = Window::still(brush.range());
        self.ask_chart(effects);
    }

    /// How long a column of the chart is.
    fn column(&self) -> Micros {
        let columns = i64::from(crate::view::layout::plot_columns(self)).max(1);
        Micros((self.window.range.span().0 / columns).max(1_000_000))
    }
}

/// The range, made long enough for something to be said of it.
fn at_least(range: Range) -> Range {
    let missing = (SPAN_MIN.0 - range.span().0).max(0);
    Range {
        from_at_us: range.from_at_us - Micros(missing / 2),
        to_at_us: range.to_at_us + Micros(missing - missing / 2),
    }
}

#[cfg(test)]
mod tests;
