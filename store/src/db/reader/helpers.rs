//! Threads that help to answer questions, bounded for all questions together.
//!
//! Each reads on a connection of its own, with a cache of its own. One question may have some; if several are asked at
//! the same moment, they have what there is, and each its own thread in any case.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Of all questions: as many as one can use, and a few for a second one.
const HELPERS_MAX: usize = 10;

/// How many are at work. Clones count the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Helpers(Arc<AtomicUsize>);

/// One that is at work until it is let go.
#[derive(Debug)]
pub(crate) struct Helper(Helpers);

// === impl Helpers ===

impl Helpers {
    /// One more, if there may be.
    pub(crate) fn take(&self) -> Option<Helper> {
        let more = |at_work| (at_work < HELPERS_MAX).then_some(at_work + 1);
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.ok().map(|_| Helper(self.clone()))
    }
}

// === impl Helper ===

impl Drop for Helper {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_more_than_allowed_and_those_let_go_can_be_had_again() {
        let helpers = Helpers::default();
        let mut all: Vec<Helper> = std::iter::from_fn(|| helpers.take()).collect();
        assert_eq!(all.len(), HELPERS_MAX);
        assert!(helpers.clone().take().is_none());
        all.pop();
        assert!(helpers.take().is_some());
        drop(all);
        assert_eq!(
            std::iter::from_fn(|| helpers.take())
                .map(std::mem::forget)
                .count(),
            HELPERS_MAX
        );
    }
}
