//! A profile as a picture: the call tree as an icicle, or one request's stacks in the order of time.
//!
//! The screens of functions and of a request both have one; the keys do the same in both.

use super::course::CourseView;
use super::icicle::Icicle;
use super::request::Tab;
use super::{Above, State};
use crate::view::layout;

#[derive(Debug)]
pub enum Drawing {
    Icicle(Box<Icicle>),
    Course(Box<CourseView>),
}

/// Columns and rows that a picture has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    columns: usize,
    rows: usize,
}

// === impl Drawing ===

impl Drawing {
    pub fn icicle(&self) -> Option<&Icicle> {
        match self {
            Self::Icicle(icicle) => Some(icicle),
            Self::Course(_) => None,
        }
    }

    pub fn wanted(&self) -> &str {
        match self {
            Self::Icicle(icicle) => icicle.wanted(),
            Self::Course(view) => &view.wanted,
        }
    }

    pub(super) fn want(&mut self, text: &str) {
        match self {
            Self::Icicle(icicle) => icicle.want(text),
            Self::Course(view) => text.clone_into(&mut view.wanted),
        }
    }

    /// To what is searched for; false if there is none.
    pub(super) fn seek(&mut self) -> bool {
        match self {
            Self::Icicle(icicle) => icicle.seek(),
            Self::Course(view) => view.seek(),
        }
    }

    pub(super) fn back(&mut self) -> bool {
        match self {
            Self::Icicle(icicle) => icicle.back(),
            Self::Course(view) => view.back(),
        }
    }

    fn step(&mut self, lines: isize, room: Room) {
        match self {
            Self::Icicle(icicle) => {
                let picture = icicle.picture(room.columns, room.rows);
                icicle.step(lines, &picture);
            }
            Self::Course(view) => view.step(lines),
        }
    }

    fn beside(&mut self, is_right: bool, room: Room) {
        match self {
            Self::Icicle(icicle) => {
                let picture = icicle.picture(room.columns, room.rows);
                icicle.beside(&picture, is_right);
            }
            Self::Course(view) => view.beside(room.columns, room.rows, is_right),
        }
    }

    fn zoom(&mut self, room: Room) -> Option<&'static str> {
        match self {
            Self::Icicle(icicle) => icicle.zoom(),
            Self::Course(view) => view.zoom(room.columns, room.rows),
        }
    }
}

// === impl State ===

impl State {
    /// The picture in front, if there is one.
    pub fn drawing(&self) -> Option<&Drawing> {
        match self.above.last()? {
            Above::Functions(screen) => screen.drawing.as_ref(),
            Above::Request(screen) if screen.tab == Tab::Profile => screen.drawing.as_ref(),
            _ => None,
        }
    }

    pub(super) fn drawing_mut(&mut self) -> Option<&mut Drawing> {
        match self.above.last_mut()? {
            Above::Functions(screen) => screen.drawing.as_mut(),
            Above::Request(screen) if screen.tab == Tab::Profile => screen.drawing.as_mut(),
            _ => None,
        }
    }

    fn room(&self) -> Room {
        let area = layout::drawing(self).0;
        Room {
            columns: usize::from(area.width),
            rows: usize::from(area.height),
        }
    }

    /// Moves in the picture; false if there is none.
    pub(super) fn step_drawing(&mut self, lines: isize) -> bool {
        let room = self.room();
        let drawing = self.drawing_mut();
        drawing.map(|drawing| drawing.step(lines, room)).is_some()
    }

    pub(super) fn zoom_drawing(&mut self) -> bool {
        let room = self.room();
        let Some(drawing) = self.drawing_mut() else {
            return false;
        };
        let trouble = drawing.zoom(room);
        self.notice = trouble.map(str::to_owned);
        true
    }

    pub(super) fn sideways(&mut self, is_right: bool) {
        let room = self.room();
        if let Some(drawing) = self.drawing_mut() {
            drawing.beside(is_right, room);
        } else if let Some(Above::Functions(screen)) = self.above.last_mut() {
            screen.look_aside(is_right);
        }
    }

    /// Out of a zoom, and then out of the picture; false if there is none.
    pub(super) fn leave_drawing(&mut self) -> bool {
        let Some(drawing) = self.drawing_mut() else {
            return false;
        };
        if !drawing.back() {
            match self.above.last_mut() {
                Some(Above::Functions(screen)) => screen.drawing = None,
                Some(Above::Request(screen)) => screen.drawing = None,
                _ => {}
            }
        }
        true
    }

    /// The icicle, or the table again.
    pub(super) fn toggle_icicle(&mut self, effects: &mut Vec<crate::action::Effect>) {
        let trouble = match self.above.last_mut() {
            Some(Above::Functions(screen)) => {
                screen.toggle_icicle();
                let is_late = screen.drawing.is_none() && screen.graph.current().is_none();
                is_late.then_some("the functions are still on their way")
            }
            Some(Above::Request(screen)) => screen.toggle_icicle(),
            _ => None,
        };
        self.notice = trouble.map(str::to_owned);
        self.ask_stacks(effects);
    }

    /// Table, icicle, and the stacks in the order of time, if the profile tells it.
    pub(super) fn next_picture(&mut self) {
        if let Some(Above::Request(screen)) = self.above.last_mut() {
            self.notice = screen.next_picture().map(str::to_owned);
        }
    }
}

#[cfg(test)]
mod tests;
