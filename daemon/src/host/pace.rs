//! When to take readings: on an interval, and every second while the machine is loaded.
//!
//! Load falls before a spike is over, and a look each second is cheap: once it was above the threshold,
//! readings stay dense for one more interval.

use std::time::Duration;

use procfs::{Current, LoadAverage};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, Monotonic};
use crate::settings::HostMetrics;

/// How often the load is looked at, and how often readings are taken while it is high.
const STEP: Duration = Duration::from_secs(1);

/// Tells whoever takes readings that one is due. Clones are told of the same moments.
#[derive(Clone, Debug)]
pub struct Pace(watch::Receiver<u64>);

/// Decides when a reading is due. Sans-I/O.
#[derive(Debug)]
struct Cadence {
    interval: Duration,
    /// Load per core; none is never reached.
    busy_load: Option<f64>,
    next: Monotonic,
    busy_until: Option<Monotonic>,
}

// === impl Pace ===

impl Pace {
    /// Starts to look at the load. Must be called within a tokio runtime.
    pub fn start(settings: HostMetrics, clock: Clock, stop: CancellationToken) -> Self {
        let (told, due) = watch::channel(0);
        tokio::spawn(keep(settings, clock, stop, told));
        Self(due)
    }

    /// Waits for the next moment. False when there will be none any more. Moments that pass while the last
    /// reading is still being taken are one.
    pub async fn due(&mut self) -> bool {
        self.0.changed().await.is_ok()
    }
}

async fn keep(
    settings: HostMetrics,
    clock: Clock,
    stop: CancellationToken,
    told: watch::Sender<u64>,
) {
    let mut cadence = Cadence::new(settings, clock.monotonic());
    // One file of some bytes, which never blocks.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut ticks = tokio::time::interval(STEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let load = LoadAverage::current().ok().map(|load| {
            // The queue of this moment, but for this very task, tells of a spike half a minute before the
            // average does.
            f64::from(load.one).max(f64::from(load.cur.saturating_sub(1))) / cores as f64
        });
        if cadence.is_due(clock.monotonic(), load) {
            told.send_modify(|count| *count += 1);
        }
    }
}

// === impl Cadence ===

impl Cadence {
    /// The first reading is due when an interval has passed: it needs something to be about.
    fn new(settings: HostMetrics, now: Monotonic) -> Self {
        Self {
            interval: settings.interval,
            busy_load: (settings.busy_load > 0.0).then_some(settings.busy_load),
            next: now + settings.interval,
            busy_until: None,
        }
    }

    /// Whether a reading is due, at that load per core. To be asked every second.
    fn is_due(&mut self, now: Monotonic, load: Option<f64>) -> bool {
        if let (Some(load), Some(busy_load)) = (load, self.busy_load)
            && load >= busy_load
        {
            self.busy_until = Some(now + self.interval);
        }
        let is_busy = self.busy_until.is_some_and(|until| now < until);
        let is_due = is_busy || now >= self.next;
        if is_due {
            self.next = now + self.interval;
        }
        is_due
    }
}

#[cfg(test)]
mod tests;
