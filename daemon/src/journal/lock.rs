//! Who owns a journal's folder. Two daemons on one folder would destroy each other's records.
//!
//! Locks are the kernel's (`flock`), so they end with the process that holds them, however it ends.

use std::fs::{DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Duration;

use super::JournalError;
use crate::clock::Clock;

/// Held by the process that has the journal open.
const NAME: &str = "lock";

/// Held by the supervisor of such processes.
const NAME_OF_SUPERVISOR: &str = "supervisor.lock";

/// How often a lock is tried that another process holds.
const TRY_INTERVAL: Duration = Duration::from_millis(10);

/// Takes the folder for a journal.
pub(super) fn journal(dir: &Path) -> Result<File, JournalError> {
    take(dir, NAME)
}

/// Takes the folder for a daemon whose workers open the journal one after the other; makes it if it is
/// missing. The folder is given up when the file is dropped.
pub fn claim(dir: &Path) -> Result<File, JournalError> {
    take(dir, NAME_OF_SUPERVISOR)
}

/// Waits until no process has the journal open, for `patience` at most.
pub async fn await_free(dir: &Path, patience: Duration, clock: &Clock) -> Result<(), JournalError> {
    let deadline = clock.monotonic() + patience;
    loop {
        match take(dir, NAME) {
            Err(JournalError::Locked { .. }) if clock.monotonic() < deadline => {
                tokio::time::sleep(TRY_INTERVAL).await;
            }
            outcome => return outcome.map(drop),
        }
    }
}

fn take(dir: &Path, name: &str) -> Result<File, JournalError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|source| JournalError::Folder {
            path: dir.to_owned(),
            source,
        })?;
    let path = dir.join(name);
    let lock_error = |source| JournalError::Lock {
        path: path.clone(),
        source,
    };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(lock_error)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(JournalError::Locked {
            path: dir.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(lock_error(source)),
    }
}
