//! When to take the next sample: at a steady pace, within a budget.
//!
//! Each tick reports what it cost: CPU time of the agent and of the server's process that answers it.
//! If the average cost at the wanted pace is more than the budget, in thousandths of one core, the interval
//! grows until it is not; it shrinks again by the same rule. A tick that takes long without costing
//! much (a machine under load is slow to answer) stretches the interval only as far as keeps half of
//! the time free of queries.
//!
//! Sans-I/O: time and cost come in with each call, nothing here waits.

use std::time::Duration;

use daemon::clock::Monotonic;

/// The longest interval: what was asked for first was a sample each minute.
const INTERVAL_MAX: Duration = Duration::from_secs(60);

/// How much of the average cost the newest tick makes up. One odd tick changes little; a lasting
/// change is followed within some ten ticks.
const SMOOTHING: f64 = 0.2;

/// How many times as often samples are taken while it matters, and the shortest interval then.
const URGENT_FACTOR: u32 = 4;
const URGENT_INTERVAL_LEAST: Duration = Duration::from_millis(200);

/// Over how many ticks a debt is paid.
const PAY_TICKS: u32 = 60;

/// By how much an interval is longer than wanted when the budget is called tight.
const TIGHT_FROM: f64 = 1.25;

/// The pace of sampling.
#[derive(Clone, Debug)]
pub struct Schedule {
    wanted: Duration,
    /// How much of one core watching may cost.
    budget_permille: u32,
    /// Whether to look more closely than that, as far as the budget goes.
    is_urgent: bool,
    interval: Duration,
    due: Monotonic,
    /// When the last sample was taken that reached its end.
    taken: Option<Monotonic>,
    /// Average cost of one tick in CPU time. Begins at nothing, so that the first tick, which fills
    /// everybody's caches, is not taken for the rule.
    cost: Duration,
    /// What seldom work has cost and no tick has paid for yet.
    debt: Duration,
}

/// One tick that has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    pub began: Monotonic,
    /// The time that this sample stands for.
    pub weight: Duration,
    /// Whether it began more than half an interval after it was due.
    pub is_late: bool,
}

// === impl Schedule ===

impl Schedule {
    /// A schedule whose first tick is due now.
    pub fn new(wanted: Duration, budget_permille: u32, now: Monotonic) -> Self {
        Self {
            wanted,
            budget_permille: budget_permille.max(1),
            is_urgent: false,
            interval: wanted,
            due: now,
            taken: None,
            cost: Duration::ZERO,
            debt: Duration::ZERO,
        }
    }

    /// Looks more closely from now on, or no longer.
    pub fn set_urgent(&mut self, is_urgent: bool) {
        self.is_urgent = is_urgent;
    }

    /// The interval that is aimed at.
    fn aim(&self) -> Duration {
        if self.is_urgent {
            self.wanted
                .min((self.wanted / URGENT_FACTOR).max(URGENT_INTERVAL_LEAST))
        } else {
            self.wanted
        }
    }

    /// When the next tick is due.
    pub fn due(&self) -> Monotonic {
        self.due
    }

    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// What sampling costs at the current pace, in thousandths of one core. Rounded up: what costs
    /// anything does not cost nothing.
    pub fn cost_permille(&self) -> u32 {
        let cost = self.cost.as_nanos() * 1_000;
        u32::try_from(cost.div_ceil(self.interval.as_nanos().max(1))).unwrap_or(u32::MAX)
    }

    /// Whether the pace is below the wanted one, for cost or for slowness.
    pub fn is_tight(&self) -> bool {
        self.interval > self.wanted.mul_f64(TIGHT_FROM)
    }

    pub fn begin(&self, now: Monotonic) -> Tick {
        // After an outage a sample stands for its own moment, not for all that nobody saw.
        let longest = self.interval * 2;
        let weight = self
            .taken
            .map_or(self.interval, |taken| (now - taken).min(longest));
        Tick {
            began: now,
            weight,
            is_late: now - self.due > self.interval / 2,
        }
    }

    /// Notes what work beside the ticks has cost. The next ticks pay for it bit by bit: what is done once a
    /// minute must not make the samples after it rare.
    pub fn owe(&mut self, cost: Duration) {
        self.debt += cost;
    }

    /// Notes the end of a tick, what it cost, and whether a sample came of it.
    pub fn end(&mut self, tick: Tick, now: Monotonic, cost: Duration, is_taken: bool) {
        if is_taken {
            self.taken = Some(tick.began);
        }
        let paid = self.debt / PAY_TICKS;
        self.debt -= paid;
        let cost = cost + paid;
        self.cost = self.cost.mul_f64(1.0 - SMOOTHING) + cost.mul_f64(SMOOTHING);
        let affordable = self.cost * 1_000 / self.budget_permille;
        let took = now - tick.began;
        self.interval = self
            .aim()
            .max(affordable)
            .max(took * 2)
            .min(INTERVAL_MAX.max(self.wanted));
        // Ticks that were missed are not made up for: a sample of the past can't be taken.
        let next = self.due + self.interval;
        self.due = if next > now {
            next
        } else {
            now + self.interval
        };
    }
}

#[cfg(test)]
mod tests;
