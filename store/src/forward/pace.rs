//! How fast late records may go: a Graylog that comes back has its own backlog to index.

use std::time::Duration;

use daemon::clock::Monotonic;
use wire::time::{Instant, Micros};

use crate::rate::Bucket;

/// From here on a record is late, and replay.
pub(crate) const LATE: Micros = Micros::from_seconds(60);

/// Messages of late records.
#[derive(Debug)]
pub(crate) struct Pace {
    messages_per_s: u64,
    bucket: Bucket,
}

// === impl Pace ===

impl Pace {
    pub(crate) fn new(messages_per_s: u64, now: Monotonic) -> Self {
        Self {
            messages_per_s,
            bucket: Bucket::full(messages_per_s, now),
        }
    }

    pub(crate) fn is_late(received: Instant, now: Instant) -> bool {
        now - received > LATE
    }

    /// How long a batch of late records has to wait; none if it may go.
    pub(crate) fn wait(&mut self, now: Monotonic) -> Option<Duration> {
        self.bucket.wait(self.messages_per_s, now)
    }

    /// How many messages a batch of late records may have: a second's worth.
    pub(crate) fn messages_max(&self) -> usize {
        match self.messages_per_s {
            0 => usize::MAX,
            rate => usize::try_from(rate).unwrap_or(usize::MAX),
        }
    }

    pub(crate) fn take(&mut self, messages: usize) {
        if self.messages_per_s > 0 {
            self.bucket.take(messages as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use daemon::clock::Clock;

    use super::*;

    #[test]
    fn late_messages_are_as_many_as_the_rate_allows() {
        let (clock, hands) = Clock::manual(Instant(0));
        let mut pace = Pace::new(100, clock.monotonic());
        let mut sent = 0;
        for _ in 0..1_000 {
            if pace.wait(clock.monotonic()).is_none() {
                pace.take(30);
                sent += 30;
            }
            hands.advance(Duration::from_millis(10));
        }
        // Ten seconds, the full bucket at the start, and what the last batch took ahead.
        assert!((1_000..=1_130).contains(&sent), "{sent}");
    }

    #[test]
    fn no_rate_is_no_limit() {
        let (clock, _) = Clock::manual(Instant(0));
        let mut pace = Pace::new(0, clock.monotonic());
        pace.take(1_000_000);
        assert_eq!(pace.wait(clock.monotonic()), None);
        assert_eq!(pace.messages_max(), usize::MAX);
    }
}
