//! Open files of one question, kept from one part of it to the next.
//!
//! A question is many small ones, most of them to the same days. When it is answered, its files rest for the next one.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use daemon::clock::Clock;
use rusqlite::Connection;
use zstd::bulk::Decompressor;

use super::idle::Idle;
use crate::calendar::Day;

/// One day's file, and what was found out about it.
pub(super) struct Open {
    pub(super) connection: Connection,
    /// Which file the day's was when it was opened.
    pub(super) file: Option<(u64, u64)>,
    /// Whether it has other days' files open, too.
    pub(super) has_neighbours: Cell<bool>,
    /// The hours that requests began in, as their indexes have them.
    pub(super) hours: OnceCell<Vec<i64>>,
    /// By dictionary; 0 is none.
    pub(super) decompressors: RefCell<HashMap<u32, Decompressor<'static>>>,
}

/// Those that the question does not read at the moment: of each day as many as it read at once. Clones share them.
#[derive(Clone)]
pub(super) struct Kept(Arc<Shelf>);

struct Shelf {
    open: Mutex<HashMap<Day, Vec<Open>>>,
    idle: Idle,
    clock: Clock,
}

// === impl Kept ===

impl Kept {
    pub(super) fn new(idle: Idle, clock: Clock) -> Self {
        Self(Arc::new(Shelf {
            open: Mutex::default(),
            idle,
            clock,
        }))
    }

    pub(super) fn take(&self, day: Day) -> Option<Open> {
        self.0.lock().get_mut(&day)?.pop()
    }

    pub(super) fn give_back(&self, day: Day, open: Open) {
        self.0.lock().entry(day).or_default().push(open);
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kept").field(&self.0.lock().keys()).finish()
    }
}

// === impl Shelf ===

impl Shelf {
    fn lock(&self) -> MutexGuard<'_, HashMap<Day, Vec<Open>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        let now = self.clock.monotonic();
        let all = std::mem::take(&mut *self.lock());
        for (day, of_day) in all {
            // A neighbour's file would be held open unseen.
            for open in of_day.into_iter().filter(|it| !it.has_neighbours.get()) {
                self.idle.put(day, open, now);
            }
        }
    }
}
