//! The newest records, kept in memory up to a budget, so that reading right behind the writer
//! touches no disk.

use std::collections::VecDeque;
use std::sync::Arc;

use super::cursor::Position;

/// What a record costs beside its payload: positions, pointers, the allocation's own head.
const RECORD_OVERHEAD_BYTES: u64 = 96;

/// A run of records without a gap that ends at the newest one.
#[derive(Debug)]
pub(super) struct Window {
    kept: VecDeque<Kept>,
    bytes: u64,
    bytes_max: u64,
}

#[derive(Debug)]
struct Kept {
    start: Position,
    end: Position,
    payload: Arc<[u8]>,
}

// === impl Window ===

impl Window {
    pub(super) fn new(bytes_max: u64) -> Self {
        Self {
            kept: VecDeque::new(),
            bytes: 0,
            bytes_max,
        }
    }

    /// Adds the newest record. The oldest make room: they are on disk as well.
    pub(super) fn push(&mut self, start: Position, end: Position, payload: &[u8]) {
        self.bytes += cost(payload);
        if self.bytes > self.bytes_max {
            while self.bytes > self.bytes_max
                && let Some(oldest) = self.kept.pop_front()
            {
                self.bytes -= cost(&oldest.payload);
            }
        }
        // One record above the whole budget is not kept; nothing older is either, so no gap arises.
        if self.bytes > self.bytes_max {
            self.bytes = 0;
            return;
        }
        self.kept.push_back(Kept {
            start,
            end,
            payload: payload.into(),
        });
    }

    /// The record of that number and the position behind it.
    pub(super) fn get(&self, sequence: u64) -> Option<(Arc<[u8]>, Position)> {
        let first = self.kept.front()?.start.sequence;
        let index = usize::try_from(sequence.checked_sub(first)?).ok()?;
        let kept = self.kept.get(index)?;
        Some((kept.payload.clone(), kept.end))
    }

    pub(super) fn forget_before(&mut self, sequence: u64) {
        while let Some(oldest) = self.kept.front()
            && oldest.start.sequence < sequence
        {
            self.bytes -= cost(&oldest.payload);
            self.kept.pop_front();
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

fn cost(payload: &[u8]) -> u64 {
    payload.len() as u64 + RECORD_OVERHEAD_BYTES
}
