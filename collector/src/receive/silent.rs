//! Connections that say nothing, in the order in which they fell silent: who makes room first.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// All silent connections.
#[derive(Debug, Default)]
pub(super) struct Silent(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    next: u64,
    waiting: BTreeMap<u64, Arc<Notify>>,
}

/// A connection's entry among them, as long as it says nothing.
#[derive(Debug)]
pub(super) struct Entry<'s> {
    silent: &'s Silent,
    number: u64,
}

// === impl Silent ===

impl Silent {
    /// Adds a connection that from now on says nothing. `cut` tells it to make room.
    pub(super) fn enter(&self, cut: &Arc<Notify>) -> Entry<'_> {
        let mut queue = self.lock();
        let number = queue.next;
        queue.next += 1;
        queue.waiting.insert(number, cut.clone());
        Entry {
            silent: self,
            number,
        }
    }

    /// Has the one that has been silent for longest make room. False if all are busy.
    pub(super) fn cut_oldest(&self) -> bool {
        let oldest = self.lock().waiting.pop_first();
        oldest.is_some_and(|(_, cut)| {
            cut.notify_one();
            true
        })
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Each change is one insertion or removal, so a panic elsewhere leaves nothing half-done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Entry ===

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.silent.lock().waiting.remove(&self.number);
    }
}
