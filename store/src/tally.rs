//! What became of records since the start, for `/v1/health`.

use daemon::counters::{Counter, Counters};
use wire::batch::Receipt;

/// Counters of records. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    counters: Counters,
    pub(crate) stored: Counter,
    pub(crate) known: Counter,
    pub(crate) put_aside: Counter,
    /// Batches that were told to come later because their token had sent too much.
    pub(crate) limited: Counter,
    /// Days that were removed before their time, for want of room.
    pub(crate) days_shed: Counter,
    /// Batches that have their receipt, their messages, and tries that failed.
    pub(crate) forward_receipts: Counter,
    pub(crate) forward_messages: Counter,
    pub(crate) forward_failures: Counter,
}

// === impl Tally ===

impl Tally {
    pub(crate) fn new(counters: &Counters) -> Self {
        Self {
            counters: counters.clone(),
            stored: counters.counter("records_stored"),
            known: counters.counter("records_known"),
            put_aside: counters.counter("records_put_aside"),
            limited: counters.counter("batches_limited"),
            days_shed: counters.counter("days_shed"),
            forward_receipts: counters.counter("forward_receipts"),
            forward_messages: counters.counter("forward_messages"),
            forward_failures: counters.counter("forward_failures"),
        }
    }

    /// Every counter under its name.
    pub(crate) fn each(&self, mut tell: impl FnMut(&str, u64)) {
        for (name, count) in self.counters.counts() {
            tell(&name, count);
        }
    }

    /// Counts what happens too seldom to keep a counter at hand for it.
    pub(crate) fn count(&self, name: &'static str, amount: u64) {
        self.counters.counter(name).add(amount);
    }

    pub(crate) fn add(&self, receipt: &Receipt) {
        self.stored.add(receipt.stored);
        self.known.add(receipt.known);
        self.put_aside.add(receipt.put_aside.len() as u64);
    }
}
