//! Records that were in work when the process before died.
//!
//! A batch is named by the sequence numbers behind its first and its last record. After a death with a batch
//! in work its records are taken one by one, so that a second death names the guilty one; at the third it
//! is put aside.

use crate::in_work::InWork;
use crate::journal::Batch;

/// A run of records, one of which may be what the process died of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Suspect {
    /// The number of the record before the first one, and of the last one.
    after: u64,
    last: u64,
    /// Deaths with these in work.
    deaths: u32,
}

// === impl Suspect ===

impl Suspect {
    /// What was left in work, if it can be read.
    pub(super) fn of(in_work: &InWork) -> Option<Self> {
        let (name, deaths) = in_work.left()?;
        let (after, last) = name.split_once('-')?;
        let (after, last) = (after.parse().ok()?, last.parse().ok()?);
        (after < last).then_some(Self {
            after,
            last,
            deaths,
        })
    }

    /// A batch's name.
    pub(super) fn name(batch: &Batch) -> String {
        let (after, last) = span(batch);
        format!("{after}-{last}")
    }

    /// At how many deaths this very batch was in work, or was part of what was.
    pub(super) fn deaths_of(self, batch: &Batch) -> u32 {
        let (after, last) = span(batch);
        if self.after <= after && last <= self.last {
            self.deaths
        } else {
            0
        }
    }

    /// Whether all of these come before the batch.
    pub(super) fn is_behind(self, batch: &Batch) -> bool {
        !batch.records.is_empty() && self.last <= span(batch).0
    }
}

fn span(batch: &Batch) -> (u64, u64) {
    let last = batch.end.sequence().saturating_sub(1);
    (last.saturating_sub(batch.records.len() as u64), last)
}
