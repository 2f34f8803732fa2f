//! One journal for several hands: who appends, who sends, who syncs.
//!
//! The lock is held for a memory copy and a write to the page cache, or for reading a bounded piece;
//! never while the disk is forced.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::cursor;
use super::{Batch, Journal, JournalError, Loss, LossKind, Position, Stats};

/// A handle on a journal. Clones share it. The calls block for as long as a file operation takes;
/// in async code use them from `spawn_blocking` or a thread.
#[derive(Clone, Debug)]
pub struct Shared {
    journal: Arc<Mutex<Journal>>,
    appended: Arc<Notify>,
}

// === impl Shared ===

impl Shared {
    pub fn new(journal: Journal) -> Self {
        Self {
            journal: Arc::new(Mutex::new(journal)),
            appended: Arc::new(Notify::new()),
        }
    }

    /// See [`Journal::append`].
    pub fn append(&self, payload: &[u8]) -> Result<Position, JournalError> {
        self.append_all(&[payload])
    }

    /// See [`Journal::append_all`].
    pub fn append_all<P: AsRef<[u8]>>(&self, payloads: &[P]) -> Result<Position, JournalError> {
        let end = self.lock().append_all(payloads)?;
        self.appended.notify_one();
        Ok(end)
    }

    /// See [`Journal::peek_batch`].
    pub fn peek_batch(&self, records_max: usize, bytes_max: usize) -> Result<Batch, JournalError> {
        self.lock().peek_batch(records_max, bytes_max)
    }

    /// See [`Journal::acknowledge`].
    pub fn acknowledge(&self, end: Position) -> Result<(), JournalError> {
        self.lock().acknowledge(end)
    }

    /// See [`Journal::report_losses`].
    pub fn report_losses(
        &self,
        make: impl FnMut(LossKind, Loss) -> Vec<u8>,
    ) -> Result<(), JournalError> {
        self.lock().report_losses(make)
    }

    pub fn stats(&self) -> Stats {
        self.lock().stats()
    }

    /// Waits until something was appended since the last wait.
    pub async fn appended(&self) {
        self.appended.notified().await;
    }

    /// Forces to disk what was appended and acknowledged before this call, then removes the
    /// segments that are read to their end.
    pub fn sync(&self) -> Result<(), JournalError> {
        let (dir, files, garbage) = {
            let mut journal = self.lock();
            let files = std::mem::take(&mut journal.unsynced);
            (
                journal.dir.clone(),
                files,
                std::mem::take(&mut journal.garbage),
            )
        };
        for (path, file) in files {
            file.sync_data()
                .map_err(|source| JournalError::Sync { path, source })?;
        }
        // First the cursor, then the unlink: after a loss of power the cursor must not point to a
        // segment that is gone.
        if !garbage.is_empty() {
            force(cursor::path(&dir))?;
        }
        force(dir)?;
        for path in garbage {
            // If it can't be removed, the next start does it.
            let _ = std::fs::remove_file(path);
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Journal> {
        // Daemons abort on a panic; in tests the state is whole, since no step of it panics.
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn force(path: PathBuf) -> Result<(), JournalError> {
    File::open(&path)
        .and_then(|file| file.sync_all())
        .map_err(|source| JournalError::Sync { path, source })
}
