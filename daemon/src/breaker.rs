//! Whether a try is worth it: a circuit breaker.
//!
//! ```text
//!            failures in a row reach the limit
//!   closed ------------------------------------> open
//!     ^                                          |  ^
//!     | the trial succeeds   the reset time is over |  the trial fails
//!     |                                          v  |
//!     +--------------------------------------- half-open (one trial)
//! ```
//!
//! Sans-I/O: the time comes in with each call, nothing here waits.

use std::time::Duration;

use crate::clock::Monotonic;

/// Counts failures in a row and says when to try.
#[derive(Clone, Debug)]
pub struct Breaker {
    failures_max: u32,
    reset: Duration,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// All is well, or not yet bad enough.
    Closed { failures: u32 },
    /// No tries before that time.
    Open { until: Monotonic },
    /// One trial is under way; its outcome decides.
    HalfOpen,
}

/// Whether to try now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    Try,
    /// Not before that time.
    Wait {
        until: Monotonic,
    },
    /// Not before the trial that is under way has ended.
    Trial,
}

// === impl Breaker ===

impl Breaker {
    /// A breaker that opens after `failures_max` failures in a row, for `reset` at a time.
    pub fn new(failures_max: u32, reset: Duration) -> Self {
        Self {
            failures_max: failures_max.max(1),
            reset,
            state: State::Closed { failures: 0 },
        }
    }

    /// Asks before a try. When the reset time is over, this very try is the trial.
    pub fn ask(&mut self, now: Monotonic) -> Permit {
        match self.state {
            State::Closed { .. } => Permit::Try,
            State::Open { until } if now < until => Permit::Wait { until },
            State::Open { .. } => {
                self.state = State::HalfOpen;
                Permit::Try
            }
            State::HalfOpen => Permit::Trial,
        }
    }

    /// Tells of a try that went well. A late success of a try from before the opening closes it
    /// too: the other side evidently works.
    pub fn succeeded(&mut self) {
        self.state = State::Closed { failures: 0 };
    }

    /// Tells of a try that failed. True if this opened the breaker.
    pub fn failed(&mut self, now: Monotonic) -> bool {
        self.state = match self.state {
            State::Closed { failures } if failures + 1 < self.failures_max => State::Closed {
                failures: failures + 1,
            },
            // A failure of a try from before the opening says nothing new.
            State::Open { until } => State::Open { until },
            State::Closed { .. } | State::HalfOpen => {
                self.state = State::Open {
                    until: now + self.reset,
                };
                return true;
            }
        };
        false
    }

    /// How long nothing shall be tried.
    pub fn remaining(&self, now: Monotonic) -> Duration {
        match self.state {
            State::Open { until } => until - now,
            State::Closed { .. } | State::HalfOpen => Duration::ZERO,
        }
    }

    pub fn state(&self) -> State {
        self.state
    }

    /// As the gauge `breaker_open` shows it: half-open still counts as open.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, State::Closed { .. })
    }
}

#[cfg(test)]
mod tests;
