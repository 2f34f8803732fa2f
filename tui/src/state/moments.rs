//! Locks moment by moment: which one is shown, and going through them.

use wire::query::{LockMoment, LockTree};
use wire::time::{Instant, Micros};

use super::board::BoardScreen;
use super::{Above, State};
use crate::action::{Effect, Moment};
use crate::board::{Board, Page};

/// While it plays, a moment is shown at least so long.
const PACE: Micros = Micros::from_millis(400);
/// A far step is this part of all moments.
const FAR: usize = 10;

// === impl BoardScreen ===

impl BoardScreen {
    /// The tree of locks, be it still of the moment before.
    pub fn tree(&self) -> Option<&LockTree> {
        match &self.page.latest()?.value {
            Page::LockTree(tree) => Some(tree),
            _ => None,
        }
    }

    /// The moment `steps` further on; nothing at the ends.
    fn moment_at(&self, steps: isize) -> Option<Instant> {
        let tree = self.tree()?;
        let moments: &[LockMoment] = &tree.moments;
        // What was asked for is where one stands, though its answer may be on its way.
        let at_us = self.moment.or(tree.at_us)?;
        let behind = moments.partition_point(|it| it.at_us <= at_us);
        let here = behind.saturating_sub(1);
        let last = moments.len().checked_sub(1)?;
        let there = here.saturating_add_signed(steps).min(last);
        (there != here).then(|| moments[there].at_us)
    }
}

// === impl State ===

impl State {
    fn lock_board(&mut self) -> Option<&mut BoardScreen> {
        match self.above.last_mut() {
            Some(Above::Board(screen)) if screen.board == Board::Locks => Some(screen),
            _ => None,
        }
    }

    pub(super) fn go_moment(&mut self, moment: Moment, effects: &mut Vec<Effect>) {
        match moment {
            Moment::Earlier => self.step_moment(-1, effects),
            Moment::Later => self.step_moment(1, effects),
            Moment::FarEarlier => self.step_moment_far(-1, effects),
            Moment::FarLater => self.step_moment_far(1, effects),
            Moment::Worst => self.worst_moment(effects),
            Moment::Play => self.toggle_play(effects),
        }
    }

    fn step_moment(&mut self, steps: isize, effects: &mut Vec<Effect>) {
        let Some(screen) = self.lock_board() else {
            return;
        };
        screen.plays_at_us = None;
        if let Some(moment) = screen.moment_at(steps) {
            return self.show_moment(Some(moment), effects);
        }
        let end = if steps < 0 { "first" } else { "last" };
        self.notice = Some(format!("this is the {end} moment at which somebody waited"));
    }

    /// A tenth of all moments on.
    fn step_moment_far(&mut self, direction: isize, effects: &mut Vec<Effect>) {
        let moments = self.lock_board().and_then(|screen| screen.tree());
        let far = moments.map_or(1, |tree| (tree.moments.len() / FAR).max(1));
        let far = isize::try_from(far).unwrap_or(1);
        self.step_moment(direction * far, effects);
    }

    /// The moment with the most waiters; from an episode, its own.
    fn worst_moment(&mut self, effects: &mut Vec<Effect>) {
        let Some(Above::Board(screen)) = self.above.last_mut() else {
            return;
        };
        screen.plays_at_us = None;
        if screen.board == Board::Locks {
            let worst = screen.tree().and_then(|tree| tree.worst_at_us);
            return self.show_moment(worst, effects);
        }
        let Some(worst) = screen.chosen().and_then(|line| line.at_us) else {
            self.notice = Some("no lock episode is chosen".to_owned());
            return;
        };
        let range = screen.range;
        self.open_board(Board::Locks, Some(range), effects);
        self.show_moment(Some(worst), effects);
    }

    pub(super) fn show_moment(&mut self, moment: Option<Instant>, effects: &mut Vec<Effect>) {
        if let Some(screen) = self.lock_board() {
            screen.moment = moment;
            self.ask_board(effects);
            effects.push(Effect::Draw);
        }
    }

    /// Goes through the moments by itself, from the first one if the last one is shown.
    fn toggle_play(&mut self, effects: &mut Vec<Effect>) {
        let now = self.clock_at_us;
        let Some(screen) = self.lock_board() else {
            return;
        };
        if screen.plays_at_us.take().is_some() {
            return;
        }
        let first = screen.tree().and_then(|tree| tree.moments.first());
        let Some(first) = first.map(|first| first.at_us) else {
            self.notice = Some("nobody waited in this range".to_owned());
            return;
        };
        screen.plays_at_us = Some(now + PACE);
        if screen.moment_at(1).is_none() {
            self.show_moment(Some(first), effects);
        }
    }

    /// When the next moment is due.
    pub(super) fn plays_at(&self) -> Option<Instant> {
        match self.above.last() {
            // An answer that is on its way is waited for: it is what is to be seen.
            Some(Above::Board(screen)) if !screen.page.is_pending() => screen.plays_at_us,
            _ => None,
        }
    }

    pub(super) fn tick_play(&mut self, effects: &mut Vec<Effect>) {
        let now = self.clock_at_us;
        if self.plays_at().is_none_or(|due| due > now) {
            return;
        }
        let Some(screen) = self.lock_board() else {
            return;
        };
        let next = screen.moment_at(1);
        screen.plays_at_us = next.map(|_| now + PACE);
        match next {
            Some(moment) => self.show_moment(Some(moment), effects),
            // It has played to the end.
            None => effects.push(Effect::Draw),
        }
    }
}

#[cfg(test)]
mod tests;
