//! What is sent together: where its frames are, and what the ledger has to know of it.

use std::ops::Range;
use std::sync::Arc;

use wire::time::Instant;

use super::Entry;

/// Messages that are sent together.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    /// The numbers of its records, ascending.
    pub(super) numbers: Vec<u64>,
    /// Places of its kinds among the ledger's.
    pub(super) kinds: Vec<usize>,
    pub(crate) slices: Vec<Slice>,
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
    pub(crate) oldest_at_us: Instant,
}

/// Frames that lie side by side.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    frames: Arc<Vec<u8>>,
    range: Range<usize>,
}

/// How large a batch may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) messages_max: usize,
    pub(crate) bytes_max: usize,
}

// === impl Slice ===

impl Slice {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.frames[self.range.clone()]
    }
}

// === impl Batch ===

impl Batch {
    pub(crate) fn records(&self) -> usize {
        self.numbers.len()
    }

    pub(super) fn empty() -> Self {
        Self {
            numbers: Vec::new(),
            kinds: Vec::new(),
            slices: Vec::new(),
            messages: 0,
            bytes: 0,
            oldest_at_us: Instant(i64::MAX),
        }
    }

    /// Adds a record behind those that it has.
    pub(super) fn add(&mut self, number: u64, entry: &Entry) {
        let range = entry.item.frames.clone();
        self.numbers.push(number);
        if !self.kinds.contains(&entry.kind) {
            self.kinds.push(entry.kind);
        }
        self.messages += entry.item.messages as usize;
        self.bytes += range.len();
        self.oldest_at_us = self.oldest_at_us.min(entry.item.received_at_us);
        let neighbour = self
            .slices
            .last_mut()
            .filter(|it| Arc::ptr_eq(&it.frames, &entry.frames) && it.range.end == range.start);
        match neighbour {
            Some(slice) => slice.range.end = range.end,
            None => self.slices.push(Slice {
                frames: Arc::clone(&entry.frames),
                range,
            }),
        }
    }
}
