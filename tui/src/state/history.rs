//! Back and forward through the screens that were looked at, as a browser does it.
//!
//! Going deeper, back with Esc, to a bookmark or by a link: whatever puts another screen in front leaves the one
//! before in the history. A change of what a screen shows is none: `u` takes that back.

use super::State;
use super::window::Window;
use crate::action::Effect;
use crate::spot::{Sight, Spot};

/// Screens on either side. Nobody goes back further by key.
const VISITS_MAX: usize = 64;

/// The screens that were left, the newest last.
#[derive(Debug, Default)]
pub(super) struct History {
    earlier: Vec<Visit>,
    later: Vec<Visit>,
    /// What changes now is a step in it.
    is_step: bool,
}

/// What was looked at, and whether it followed the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Visit {
    spot: Spot,
    window: Window,
}

// === impl State ===

impl State {
    pub(super) fn visit(&self) -> Visit {
        Visit {
            spot: self.spot(),
            window: self.window,
        }
    }

    /// Keeps what was in front before, if another screen is now.
    pub(super) fn left(&mut self, before: Visit) {
        if std::mem::take(&mut self.history.is_step) {
            return;
        }
        if before.spot.sight.is_like(&self.spot().sight) {
            return;
        }
        self.history.later.clear();
        push(&mut self.history.earlier, before);
    }

    /// What comes in front now belongs to the step before: a statement behind its list.
    pub(super) fn goes_on(&mut self) {
        self.history.is_step = true;
    }

    pub(super) fn go_back(&mut self, effects: &mut Vec<Effect>) {
        let Some(visit) = self.history.earlier.pop() else {
            self.notice = Some("nothing was looked at before this".to_owned());
            return;
        };
        let now = self.visit();
        push(&mut self.history.later, now);
        self.look_again(visit, effects);
    }

    pub(super) fn go_forward(&mut self, effects: &mut Vec<Effect>) {
        let Some(visit) = self.history.later.pop() else {
            self.notice = Some("this is the newest; ] goes forward behind a [".to_owned());
            return;
        };
        let now = self.visit();
        push(&mut self.history.earlier, now);
        self.look_again(visit, effects);
    }

    fn look_again(&mut self, visit: Visit, effects: &mut Vec<Effect>) {
        let Visit { mut spot, window } = visit;
        self.history.is_step = true;
        if let Sight::Requests(list) = &mut spot.sight {
            // They are of the console, not of the list.
            list.columns.clone_from(&self.columns);
        }
        spot.is_folded = self.is_folded;
        if window.is_live {
            self.window = window;
            self.window.slide(self.store_now(), self.data());
            spot.range = self.window.range;
            self.ask_chart(effects);
        }
        self.go_to(spot, effects);
    }
}

fn push(visits: &mut Vec<Visit>, visit: Visit) {
    if visits.len() == VISITS_MAX {
        visits.remove(0);
    }
    visits.push(visit);
}

#[cfg(test)]
mod tests;
