//! The only place that reads a clock. Whoever needs the time is given a [`Clock`].
//!
//! There are two: the wall clock, which tells people when something was and may jump; and the
//! monotonic clock, which measures how long something took and can't. Tests turn the hands of a
//! manual clock instead of waiting.

use std::ops::{Add, Sub};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use uuid::{NoContext, Timestamp, Uuid};
use wire::ids::EventId;
use wire::time::{Instant, Micros};

/// A point on the monotonic clock: time since the clock was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Monotonic(pub Duration);

/// A source of time. Clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

/// The hands of a manual clock.
#[derive(Clone, Debug)]
pub struct Hands(Arc<Mutex<Manual>>);

#[derive(Clone, Debug)]
enum Source {
    System { origin: std::time::Instant },
    Manual(Hands),
}

#[derive(Debug)]
struct Manual {
    now: Instant,
    monotonic: Duration,
}

// === impl Clock ===

impl Clock {
    /// The machine's clocks.
    pub fn system() -> Self {
        Self(Source::System {
            origin: std::time::Instant::now(),
        })
    }

    /// A clock that stands still until its hands are turned.
    pub fn manual(now: Instant) -> (Self, Hands) {
        let hands = Hands(Arc::new(Mutex::new(Manual {
            now,
            monotonic: Duration::ZERO,
        })));
        (Self(Source::Manual(hands.clone())), hands)
    }

    /// The wall clock. Before 1970 it shows 0.
    pub fn now(&self) -> Instant {
        match &self.0 {
            Source::Manual(hands) => hands.lock(|manual| manual.now),
            Source::System { .. } => {
                let since = SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or_default();
                Instant(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
            }
        }
    }

    /// The monotonic clock.
    pub fn monotonic(&self) -> Monotonic {
        match &self.0 {
            Source::Manual(hands) => Monotonic(hands.lock(|manual| manual.monotonic)),
            Source::System { origin } => Monotonic(origin.elapsed()),
        }
    }

    /// A new id for a record: UUID v7, ordered by this clock.
    pub fn event_id(&self) -> EventId {
        let micros = u64::try_from(self.now().0).unwrap_or(0);
        let nanos = u32::try_from(micros % 1_000_000).expect("below a million") * 1_000;
        EventId(Uuid::new_v7(Timestamp::from_unix(
            NoContext,
            micros / 1_000_000,
            nanos,
        )))
    }
}

// === impl Hands ===

impl Hands {
    /// Lets time pass on both clocks.
    pub fn advance(&self, span: Duration) {
        self.lock(|manual| {
            manual.monotonic += span;
            manual.now = manual.now + micros(span);
        });
    }

    /// Sets the wall clock alone, as an operator or NTP does.
    pub fn set_wall(&self, now: Instant) {
        self.lock(|manual| manual.now = now);
    }

    fn lock<T>(&self, with: impl FnOnce(&mut Manual) -> T) -> T {
        // A panic elsewhere can't leave two plain numbers half-written.
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

// === impl Monotonic ===

impl Sub for Monotonic {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Monotonic {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }
}

/// A duration as the wire carries it.
pub fn micros(span: Duration) -> Micros {
    Micros(i64::try_from(span.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
