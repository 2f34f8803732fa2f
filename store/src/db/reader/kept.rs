//! Open files of one question, kept from one part of it to the next.
//!
//! A question is many small ones, most of them to the same days. To open a file, set it up and read its schema takes as
//! long as a good part of those. They go with the question, so none holds on to a file that retention has removed.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use zstd::bulk::Decompressor;

use crate::calendar::Day;

/// One day's file, and what was found out about it.
pub(super) struct Open {
    pub(super) connection: Connection,
    /// The hours that requests began in, as their indexes have them.
    pub(super) hours: OnceCell<Vec<i64>>,
    /// By dictionary; 0 is none.
    pub(super) decompressors: RefCell<HashMap<u32, Decompressor<'static>>>,
}

/// Those that nobody reads at the moment: of each day as many as were read at once. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Kept(Arc<Mutex<HashMap<Day, Vec<Open>>>>);

// === impl Kept ===

impl Kept {
    pub(super) fn take(&self, day: Day) -> Option<Open> {
        self.lock().get_mut(&day)?.pop()
    }

    pub(super) fn give_back(&self, day: Day, open: Open) {
        self.lock().entry(day).or_default().push(open);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Day, Vec<Open>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kept").field(&self.lock().keys()).finish()
    }
}
