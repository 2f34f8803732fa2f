//! How the store and its agents are, for the line under the header of every screen.
//!
//! It is asked behind the chart, so that it delays nothing that somebody waits for, and seldom. When it can't be had,
//! nothing is said of it: what the round asks besides tells when the store is away.

use wire::query::Health;
use wire::time::{Instant, Micros};

use super::slot::{Generation, Slot};
use super::{State, update};
use crate::action::Effect;
use crate::ask::{Ask, Trouble};
use crate::fetch::Topic;
use crate::missing::{self, backlog};

/// Rounds come every two seconds while there is news; agents tell of themselves every ten.
const PAUSE: Micros = update::REFRESH;

#[derive(Debug)]
pub struct Pulse {
    health: Slot<Health>,
    /// When the round began for which it is, or was, asked.
    round_at_us: Option<Instant>,
    is_due: bool,
}

// === impl Pulse ===

impl Default for Pulse {
    fn default() -> Self {
        Self {
            health: Slot::new(Topic::Health),
            round_at_us: None,
            is_due: false,
        }
    }
}

impl Pulse {
    pub(super) fn begin_round(&mut self, now: Instant) {
        if self.round_at_us.is_none_or(|last| now - last >= PAUSE) {
            self.round_at_us = Some(now);
            self.is_due = true;
        }
    }

    pub(super) fn is_waiting_for(&self, generation: Generation) -> bool {
        self.health.is_waiting_for(generation)
    }

    pub(super) fn fail_if(&mut self, generation: Generation, trouble: &Trouble) {
        self.health.fail_if(generation, trouble);
    }
}

// === impl State ===

impl State {
    /// What the data on the screen lacks, in words.
    pub fn missing(&self) -> Vec<String> {
        let Some(chart) = self.timeline.chart.latest() else {
            return Vec::new();
        };
        let sight = backlog::Sight {
            range: self.window.range,
            project: self.project.as_ref(),
            now: self.store_now(),
        };
        let health = self.pulse.health.latest().map(|loaded| &loaded.value);
        missing::words(&chart.value, health, sight)
    }

    /// Asks once a round, and not before the first chart has come.
    pub(super) fn ask_pulse(&mut self, effects: &mut Vec<Effect>) {
        let is_due = self.pulse.is_due && self.timeline.chart.latest().is_some();
        if is_due {
            self.pulse.is_due = false;
            let health = &mut self.pulse.health;
            let job = health.want(Ask::Health, &mut self.generations, self.clock_at_us);
            effects.extend(job.map(Effect::Ask));
        }
    }

    pub(super) fn take_pulse(&mut self, answer: Health, effects: &mut Vec<Effect>) -> bool {
        let before = self.missing();
        self.pulse.health.accept(answer, self.clock_at_us);
        if self.missing() != before {
            // The line takes a row of the screen, or gives it back.
            self.scroll();
            effects.push(Effect::Draw);
        }
        true
    }
}

#[cfg(test)]
pub(crate) mod tests;
