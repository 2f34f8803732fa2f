//! The segments there are: every one's size by its first sequence number, and the sum of them.

use std::collections::BTreeMap;

/// Sizes with their sum kept up to date, since every append asks for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Sizes {
    by_segment: BTreeMap<u64, u64>,
    sum: u64,
}

// === impl Sizes ===

impl Sizes {
    pub(super) fn set(&mut self, segment: u64, bytes: u64) {
        let former = self.by_segment.insert(segment, bytes).unwrap_or(0);
        self.sum = self.sum - former + bytes;
    }

    pub(super) fn get(&self, segment: u64) -> Option<u64> {
        self.by_segment.get(&segment).copied()
    }

    pub(super) fn first(&self) -> Option<u64> {
        self.by_segment.keys().next().copied()
    }

    pub(super) fn last(&self) -> Option<(u64, u64)> {
        self.by_segment
            .last_key_value()
            .map(|(&segment, &bytes)| (segment, bytes))
    }

    /// The newest segments, oldest of them first.
    pub(super) fn newest(&self, count: usize) -> Vec<u64> {
        let mut newest: Vec<u64> = self.by_segment.keys().rev().take(count).copied().collect();
        newest.reverse();
        newest
    }

    /// The first segment at or behind that sequence number.
    pub(super) fn first_from(&self, sequence: u64) -> Option<u64> {
        self.by_segment
            .range(sequence..)
            .next()
            .map(|(&segment, _)| segment)
    }

    /// Takes out the oldest segment if it is older than that one.
    pub(super) fn take_older_than(&mut self, segment: u64) -> Option<u64> {
        let oldest = self.first().filter(|oldest| *oldest < segment)?;
        self.sum -= self.by_segment.remove(&oldest).unwrap_or(0);
        Some(oldest)
    }

    pub(super) fn count(&self) -> u64 {
        self.by_segment.len() as u64
    }

    pub(super) fn sum(&self) -> u64 {
        self.sum
    }
}
