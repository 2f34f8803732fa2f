//! The mouse, once the operator has asked for it with F2: while a program has it, the terminal can't select text.
//!
//! A click selects a row, and opens the one that is selected already; the wheel scrolls; a drag over the charts
//! selects a range. Which row stands where is not worked out here a second time: the picture is drawn aside, and
//! the row that is marked in it tells.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use wire::time::{Instant, Micros};

use super::brush::Brush;
use super::functions::Pane;
use super::window::Window;
use super::{Above, Focus, State};
use crate::action::{Action, Effect, Mouse, Pointing};
use crate::keymap::Key;
use crate::theme::{Palette, Theme};
use crate::view::layout;

/// Lines that a notch of the wheel scrolls, as in most programs.
const WHEEL_LINES: isize = 3;
/// Steps to the row under the pointer: headings between the rows make more than one.
const STEPS_MAX: usize = 6;

/// Colours don't matter for where a row is.
const PLAIN: Theme = Theme {
    palette: Palette::Mono,
    is_ascii: true,
};

/// A list that is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Spikes,
    Suspects,
    /// The callers and callees of a function.
    Around,
    Front,
}

// === impl State ===

impl State {
    pub(super) fn toggle_mouse(&mut self, effects: &mut Vec<Effect>) {
        self.is_mouse = !self.is_mouse;
        self.drag = None;
        let words = if self.is_mouse {
            "the mouse selects rows and ranges here; F2 gives it back"
        } else {
            "the mouse is the terminal's again, to select text"
        };
        self.notice = Some(words.to_owned());
        effects.push(Effect::Mouse(self.is_mouse));
    }

    pub(super) fn point(&mut self, mouse: Mouse, effects: &mut Vec<Effect>) {
        // What was on its way when the mouse was given back.
        if !self.is_mouse {
            return;
        }
        match mouse.what {
            Pointing::WheelUp => self.wheel(-1, effects),
            Pointing::WheelDown => self.wheel(1, effects),
            Pointing::Release => {
                self.drag = None;
                return;
            }
            // What lies over the screen has keys alone.
            _ if self.prompt.is_some() || self.help.is_some() || self.chord.is_some() => return,
            Pointing::Press => {
                self.notice = None;
                self.copied = None;
                self.press(mouse, effects);
            }
            Pointing::Drag => match self.drag {
                Some(anchor) => self.drag_to(anchor, mouse.column),
                None => return,
            },
        }
        self.scroll();
        effects.push(Effect::Draw);
    }

    fn wheel(&mut self, direction: isize, effects: &mut Vec<Effect>) {
        let key = if direction < 0 { Key::Up } else { Key::Down };
        if let Some(chord) = self.chord {
            self.end_chord(chord, key, effects);
        } else if self.prompt.is_some() {
            self.type_key(key, effects);
        } else {
            let action = if direction < 0 {
                Action::Up
            } else {
                Action::Down
            };
            for _ in 0..WHEEL_LINES {
                self.act(action, effects);
            }
        }
    }

    fn press(&mut self, mouse: Mouse, effects: &mut Vec<Effect>) {
        let at = Position::new(mouse.column, mouse.row);
        self.drag = self.on_charts(at).then(|| self.instant_at(at.x, false));
        let Some((part, area)) = self.part_at(at) else {
            return;
        };
        let is_focused = self.is_focused(part);
        if is_focused && self.marked_row(area) == Some(at.y) {
            return self.act(Action::Open, effects);
        }
        let before = self.mark();
        self.focus_on(part);
        self.step_to_row(area, at.y, effects);
        self.remember(before);
    }

    /// Moves the cursor until the marked row is the one under the pointer, or as near as rows come to it.
    fn step_to_row(&mut self, area: Rect, row: u16, effects: &mut Vec<Effect>) {
        for _ in 0..STEPS_MAX {
            let Some(marked) = self.marked_row(area) else {
                return;
            };
            let lines = isize::from(row.cast_signed()) - isize::from(marked.cast_signed());
            if lines == 0 {
                return;
            }
            self.step(lines, effects);
            self.scroll();
            if self.marked_row(area) == Some(marked) {
                return;
            }
        }
        // Lines that belong to the row above them.
        if self.marked_row(area).is_some_and(|marked| marked > row) {
            self.step(-1, effects);
        }
    }

    /// The row of an area that is marked as the selected one.
    fn marked_row(&self, area: Rect) -> Option<u16> {
        let size = Rect::new(0, 0, self.size.columns, self.size.rows);
        let mut picture = Buffer::empty(size);
        crate::view::render(self, PLAIN, &mut picture);
        let area = area.intersection(size);
        let is_marked = |row: &u16| {
            let cell = &picture[(area.x, *row)];
            cell.modifier.contains(Modifier::REVERSED)
        };
        (area.top()..area.bottom()).find(is_marked)
    }

    fn part_at(&self, at: Position) -> Option<(Part, Rect)> {
        let body = layout::frame(self).body;
        let mut parts: Vec<(Part, Option<Rect>)> = Vec::new();
        match self.above.last() {
            None => {
                let is_on_suspects = self.timeline.focus == Focus::Suspects;
                let areas = layout::timeline(body, is_on_suspects);
                parts.push((Part::Spikes, areas.spikes));
                parts.push((Part::Suspects, areas.suspects));
            }
            Some(Above::Requests(_)) => parts.push((Part::Front, Some(body))),
            Some(Above::Request(screen)) if self.drawing().is_none() => {
                let list = layout::request(body, screen.tab).list;
                parts.push((Part::Front, Some(list)));
            }
            Some(Above::Functions(screen)) if screen.drawing.is_none() => {
                let areas = layout::functions(body);
                parts.push((Part::Front, Some(areas.list)));
                parts.push((Part::Around, Some(areas.around)));
            }
            Some(Above::Statements(_) | Above::Board(_)) => {
                parts.push((Part::Front, Some(layout::statements(body).0)));
            }
            // A picture has boxes rather than lines.
            Some(Above::Request(_) | Above::Functions(_) | Above::Statement(_)) => {}
        }
        let mut parts = parts.into_iter();
        parts.find_map(|(part, area)| Some((part, area.filter(|it| it.contains(at))?)))
    }

    fn is_focused(&self, part: Part) -> bool {
        match (part, self.above.last()) {
            (Part::Spikes, _) => self.timeline.focus == Focus::Spikes,
            (Part::Suspects, _) => self.timeline.focus == Focus::Suspects,
            (Part::Around, Some(Above::Functions(screen))) => screen.pane == Pane::Around,
            (_, Some(Above::Functions(screen))) => screen.pane == Pane::Functions,
            _ => true,
        }
    }

    fn focus_on(&mut self, part: Part) {
        match (part, self.above.last_mut()) {
            (Part::Spikes, _) => self.timeline.focus = Focus::Spikes,
            (Part::Suspects, _) => self.timeline.focus = Focus::Suspects,
            (part, Some(Above::Functions(screen))) => screen.look_aside(part == Part::Around),
            _ => {}
        }
    }

    // --- The charts ---------------------------------------------------------------------------

    fn on_charts(&self, at: Position) -> bool {
        let areas = layout::timeline(layout::frame(self).body, true);
        let rows = areas.load.top()..areas.axis.bottom();
        self.above.is_empty() && rows.contains(&at.y) && at.x >= layout::GUTTER
    }

    /// The instant at a column's left edge, or at its right one.
    fn instant_at(&self, column: u16, is_end: bool) -> Instant {
        let range = self.window.range;
        let columns = i64::from(layout::plot_columns(self)).max(1);
        let column = i64::from(column.saturating_sub(layout::GUTTER)) + i64::from(is_end);
        range.from_at_us + Micros(range.span().0 / columns * column.min(columns))
    }

    fn drag_to(&mut self, anchor: Instant, column: u16) {
        // To the far edge of the column under the pointer, so that it is selected, too.
        let head = self.instant_at(column, true);
        let head = if head > anchor {
            head
        } else {
            self.instant_at(column, false)
        };
        self.timeline.brush = Some(Brush { anchor, head });
        // A range that slides away under the hand can't be selected.
        self.window = Window::still(self.window.range);
    }
}

#[cfg(test)]
mod tests;
