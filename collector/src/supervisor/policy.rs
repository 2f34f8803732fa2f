//! When a worker is replaced, and when a dead one is started again. Sans-I/O.

use std::time::Duration;

use daemon::backoff::Backoff;
use daemon::clock::Monotonic;
use rand::Rng;

use crate::settings;

/// Workers are not replaced more often than this, whatever they have taken or hold.
pub(super) const RECYCLE_INTERVAL: Duration = Duration::from_secs(60);

/// A worker that has lived for so long did not die of how it was started.
const LIFE_LONG: Duration = Duration::from_secs(60);

/// The longest wait before a dead worker is started again.
const RESTART_WAIT_MAX: Duration = Duration::from_secs(10);

/// Why a worker is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Memory,
    Requests,
    Reload,
}

/// What is known of a worker that serves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Worked {
    pub(super) taken: u64,
    /// Absent if the kernel does not tell.
    pub(super) resident_bytes: Option<u64>,
}

/// Decides when to replace.
#[derive(Debug)]
pub(super) struct Recycling {
    last: Option<Monotonic>,
}

/// Decides how long to wait before a dead worker is followed by another.
#[derive(Debug)]
pub(super) struct Restarts {
    backoff: Backoff,
    deaths_in_row: u32,
}

// === impl Reason ===

impl Reason {
    /// The counter of replacements for this reason, which also names it in the log.
    pub(super) fn counter(self) -> &'static str {
        match self {
            Self::Memory => "workers_recycled_memory",
            Self::Requests => "workers_recycled_requests",
            Self::Reload => "workers_recycled_reload",
        }
    }
}

// === impl Recycling ===

impl Recycling {
    pub(super) fn new() -> Self {
        Self { last: None }
    }

    /// Whether the worker has had enough. The first one may go at any time, later ones a minute after the
    /// one before began to be replaced.
    pub(super) fn reason(
        &self,
        now: Monotonic,
        settings: settings::Worker,
        worked: Worked,
    ) -> Option<Reason> {
        if self.last.is_some_and(|last| now - last < RECYCLE_INTERVAL) {
            return None;
        }
        if worked
            .resident_bytes
            .is_some_and(|bytes| bytes > settings.memory_bytes_max)
        {
            return Some(Reason::Memory);
        }
        (worked.taken >= settings.requests_max).then_some(Reason::Requests)
    }

    /// Tells that a replacement has begun.
    pub(super) fn begun(&mut self, now: Monotonic) {
        self.last = Some(now);
    }
}

// === impl Restarts ===

impl Restarts {
    pub(super) fn new() -> Self {
        Self {
            backoff: Backoff::new(RESTART_WAIT_MAX),
            deaths_in_row: 0,
        }
    }

    /// How long to wait after a death. The first is answered at once.
    pub(super) fn died(&mut self, lived: Duration, random: &mut impl Rng) -> Duration {
        if lived >= LIFE_LONG {
            self.deaths_in_row = 0;
            self.backoff.succeeded();
        }
        self.deaths_in_row = self.deaths_in_row.saturating_add(1);
        if self.deaths_in_row == 1 {
            return Duration::ZERO;
        }
        self.backoff.failed(random)
    }
}

#[cfg(test)]
mod tests;
