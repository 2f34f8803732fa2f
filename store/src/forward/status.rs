//! What the forwarder says of itself. Clones tell of the same one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use daemon::exposition::Exposition;
use wire::query::{BreakerState, Forwarding};
use wire::time::Instant;

/// The last that the forwarder told; nothing where there is none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Status(Arc<Mutex<Option<Forwarding>>>);

/// The last that the forwarder told, as metrics.
pub(crate) fn expose(forwarding: &Forwarding, now: Instant, metrics: &mut Exposition) {
    let is_open = |breaker| breaker != BreakerState::Closed;
    let open = forwarding.servers.iter().filter(|it| is_open(it.breaker));
    metrics.gauge("forward_lag_seconds", forwarding.lag_us.as_seconds());
    metrics.gauge("forward_records_waiting", forwarding.records_waiting);
    metrics.gauge("forward_servers", forwarding.servers.len());
    metrics.gauge("forward_breakers_open", open.count());
    if let Some(expires_at_us) = forwarding.expires_at_us {
        let left = (expires_at_us - now).as_seconds();
        metrics.gauge("forward_seconds_until_loss", left);
    }
    // Kept over restarts, and never less: what a counter has to be.
    metrics.counter("forward_records", forwarding.records);
    metrics.counter("forward_records_filtered", forwarding.records_filtered);
    metrics.counter("forward_records_put_aside", forwarding.records_put_aside);
    metrics.counter("forward_records_lost", forwarding.records_lost);
}

// === impl Status ===

impl Status {
    pub(crate) fn get(&self) -> Option<Forwarding> {
        self.lock().clone()
    }

    pub(super) fn set(&self, forwarding: Forwarding) {
        *self.lock() = Some(forwarding);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Forwarding>> {
        // It is replaced as a whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
