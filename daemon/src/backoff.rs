//! How long to wait after a failure: a random time below a ceiling that doubles with each failure.
//!
//! "Full jitter": a fleet that lost its store together comes back spread over the whole interval.
//! See Marc Brooker, "Exponential Backoff and Jitter" (AWS Architecture Blog, 2015). Randomness
//! comes in from outside.

use std::time::Duration;

use rand::Rng;

/// The ceiling before the first failure has doubled it.
const CEILING_FIRST: Duration = Duration::from_millis(100);

/// The waits after a row of failures.
#[derive(Clone, Debug)]
pub struct Backoff {
    most: Duration,
    failures: u32,
}

// === impl Backoff ===

impl Backoff {
    /// Waits of at most `most`.
    pub fn new(most: Duration) -> Self {
        Self { most, failures: 0 }
    }

    /// The wait after one more failure.
    pub fn failed(&mut self, random: &mut impl Rng) -> Duration {
        let ceiling = self.ceiling();
        self.failures = self.failures.saturating_add(1);
        random.random_range(Duration::ZERO..=ceiling)
    }

    /// Starts over.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    fn ceiling(&self) -> Duration {
        // 2^20 of the first ceiling are more than a day: beyond any setting, far from overflow.
        let doublings = self.failures.min(20);
        CEILING_FIRST.saturating_mul(1 << doublings).min(self.most)
    }
}

#[cfg(test)]
mod tests;
