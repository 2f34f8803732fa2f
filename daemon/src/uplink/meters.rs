//! What the uplink counts.

use crate::breaker::{Breaker, State};
use crate::counters::{Counter, Counters, Gauge};

#[derive(Debug)]
pub(super) struct Meters {
    pub(super) counters: Counters,
    pub(super) records_sent: Counter,
    pub(super) records_known: Counter,
    pub(super) records_put_aside: Counter,
    pub(super) batches_sent: Counter,
    pub(super) batches_failed: Counter,
    pub(super) breaker_open: Gauge,
    pub(super) breaker_state: Gauge,
}

// === impl Meters ===

impl Meters {
    pub(super) fn new(counters: &Counters) -> Self {
        Self {
            counters: counters.clone(),
            records_sent: counters.counter("records_sent"),
            records_known: counters.counter("records_known"),
            records_put_aside: counters.counter("records_put_aside"),
            batches_sent: counters.counter("batches_sent"),
            batches_failed: counters.counter("batches_failed"),
            breaker_open: counters.gauge("breaker_open"),
            breaker_state: counters.gauge("breaker_state"),
        }
    }

    pub(super) fn show(&self, breaker: &Breaker) {
        self.breaker_open.set(i64::from(breaker.is_open()));
        self.breaker_state.set(match breaker.state() {
            State::Closed { .. } => 0,
            State::HalfOpen => 1,
            State::Open { .. } => 2,
        });
    }

    pub(super) fn count(&self, receipt: &wire::batch::Receipt) {
        self.batches_sent.increment();
        self.records_sent.add(receipt.stored);
        self.records_known.add(receipt.known);
        self.records_put_aside.add(receipt.put_aside.len() as u64);
        if let Some(first) = receipt.put_aside.first() {
            let count = receipt.put_aside.len();
            tracing::warn!(
                records = count,
                reason = first.reason,
                "store put records aside"
            );
        }
    }
}
