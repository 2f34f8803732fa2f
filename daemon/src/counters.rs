//! Named counters and gauges, as they go into `agent_health`.
//!
//! Whoever counts asks once for a [`Counter`] and keeps it: counting is then one atomic addition.
//! Names are what operators see, so they stand in the code as literals, never made of input.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All counters of one daemon. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Counters(Arc<Mutex<Registry>>);

/// A number that only grows.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

/// A number as it is now.
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<AtomicI64>);

#[derive(Debug, Default)]
struct Registry {
    counters: BTreeMap<&'static str, Counter>,
    gauges: BTreeMap<&'static str, Gauge>,
    /// What processes before this one have counted.
    earlier: BTreeMap<String, u64>,
    last_error: Option<String>,
}

/// Enough of an error to act on it; the log has the rest.
const LAST_ERROR_CHARS_MAX: usize = 500;

// === impl Counters ===

impl Counters {
    /// The counter of that name, the same for every caller.
    pub fn counter(&self, name: &'static str) -> Counter {
        self.registry().counters.entry(name).or_default().clone()
    }

    /// The gauge of that name, the same for every caller.
    pub fn gauge(&self, name: &'static str) -> Gauge {
        self.registry().gauges.entry(name).or_default().clone()
    }

    /// Remembers what went wrong last. Must hold no secret.
    pub fn set_last_error(&self, text: &str) {
        self.registry().last_error = Some(text.chars().take(LAST_ERROR_CHARS_MAX).collect());
    }

    pub fn last_error(&self) -> Option<String> {
        self.registry().last_error.clone()
    }

    /// Goes on from what a process before this one has counted, as [`Counters::counts`] gave it.
    pub fn resume(&self, earlier: BTreeMap<String, u64>, last_error: Option<String>) {
        let mut registry = self.registry();
        registry.earlier = earlier;
        registry.last_error = last_error;
    }

    /// Every counter as it stands.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let registry = self.registry();
        let mut counts = registry.earlier.clone();
        for (name, counter) in &registry.counters {
            *counts.entry((*name).to_owned()).or_default() += counter.get();
        }
        counts
    }

    /// Every gauge as it stands.
    pub fn levels(&self) -> BTreeMap<String, i64> {
        let registry = self.registry();
        registry
            .gauges
            .iter()
            .map(|(name, gauge)| ((*name).to_owned(), gauge.get()))
            .collect()
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        // Every write is a single insertion: a panic elsewhere leaves nothing half-done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Counter ===

impl Counter {
    pub fn add(&self, amount: u64) {
        // Counters order nothing else, so nothing stronger is needed.
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    pub fn increment(&self) {
        self.add(1);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

// === impl Gauge ===

impl Gauge {
    pub fn set(&self, level: i64) {
        self.0.store(level, Ordering::Relaxed);
    }

    /// Sets a size; what no gauge can show is shown as its largest.
    pub fn set_size(&self, size: u64) {
        self.set(i64::try_from(size).unwrap_or(i64::MAX));
    }

    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests;
