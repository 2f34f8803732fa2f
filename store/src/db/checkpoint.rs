//! Moves what was committed from the WAL into the database, beside the writer.
//!
//! A checkpoint in the writer's own thread stalls the commit that sets it off for as long as the disk
//! takes. This thread has a connection of its own and does it while commits go on. As long as no reader
//! stays, each one that is complete lets the WAL begin anew. A reader that does stay makes it grow; when
//! that has gone far, one checkpoint waits for a moment between readers, for so short a time that no
//! sender notices.

use std::fs;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use crate::calendar::Day;
use crate::db::DbError;
use crate::db::files::Files;

/// Smaller steps fsync more often, larger ones make readers look through a longer WAL.
const WAL_BYTES: u64 = 16 * 1024 * 1024;

/// From here on it is worth making writers wait.
const WAL_BYTES_LONG: u64 = 256 * 1024 * 1024;

/// For so long a commit may have to wait then.
const PATIENCE: Duration = Duration::from_millis(50);

/// The thread's bell.
#[derive(Debug)]
pub(crate) struct Checkpoints(SyncSender<Day>);

// === impl Checkpoints ===

impl Checkpoints {
    /// Starts the thread. It ends when this is dropped.
    pub(crate) fn spawn(files: Files) -> Result<Self, DbError> {
        // One bell is enough: whoever hears it looks at the file as it is then.
        let (bell, rings) = sync_channel(1);
        thread::Builder::new()
            .name("checkpoint".to_owned())
            .spawn(move || run(&files, &rings))
            .map_err(|source| DbError::Spawn { source })?;
        Ok(Self(bell))
    }

    /// Something was committed to that day's file.
    pub(crate) fn ring(&self, day: Day) {
        let _ = self.0.try_send(day);
    }
}

fn run(files: &Files, rings: &Receiver<Day>) {
    let mut open: Option<(Day, Connection)> = None;
    while let Ok(day) = rings.recv() {
        let wal_bytes = fs::metadata(files.wal_path_of(day)).map_or(0, |wal| wal.len());
        if wal_bytes < WAL_BYTES {
            continue;
        }
        if open.as_ref().is_none_or(|(of, _)| *of != day) {
            open = connect(files, day)
                .inspect_err(|error| tracing::warn!(%day, %error, "no checkpoint, the WAL grows"))
                .ok()
                .map(|connection| (day, connection));
        }
        let Some((_, connection)) = &open else {
            continue;
        };
        let mode = if wal_bytes > WAL_BYTES_LONG {
            "TRUNCATE"
        } else {
            "PASSIVE"
        };
        let done = connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()));
        if let Err(error) = done {
            tracing::warn!(%day, %error, "checkpoint failed, the WAL grows");
            open = None;
        }
    }
}

fn connect(files: &Files, day: Day) -> rusqlite::Result<Connection> {
    let connection = Connection::open(files.path_of(day))?;
    connection.busy_timeout(PATIENCE)?;
    // What is acknowledged is in the WAL; the database has to be on the disk before the WAL goes.
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}
