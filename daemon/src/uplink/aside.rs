//! Records that the store refuses one by one: kept in a bounded file for people to look at.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::counters::{Counter, Counters};

/// Enough to find out what is wrong with them; the rest is only counted.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The file of refused records, one JSON object a line.
#[derive(Clone, Debug)]
pub(super) struct Aside {
    path: PathBuf,
    unkept: Counter,
}

// === impl Aside ===

impl Aside {
    pub(super) fn new(dir: &Path, counters: &Counters) -> Self {
        let unkept = counters.counter("records_put_aside_unkept");
        Self {
            path: dir.join("put_aside.ndjson"),
            unkept,
        }
    }

    /// Keeps a record; if that can't be, it is counted.
    pub(super) fn put(&self, record: &[u8]) {
        match self.append(record) {
            Ok(true) => tracing::warn!(path = %self.path.display(), "record put aside"),
            Ok(false) => self.unkept.increment(),
            Err(error) => {
                self.unkept.increment();
                tracing::error!(%error, path = %self.path.display(), "record can't be put aside");
            }
        }
    }

    fn append(&self, record: &[u8]) -> io::Result<bool> {
        let mut file = File::options()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.path)?;
        if file.metadata()?.len() + record.len() as u64 >= FILE_BYTES_MAX {
            return Ok(false);
        }
        let mut line = record.to_vec();
        line.push(b'\n');
        file.write_all(&line)?;
        Ok(true)
    }
}
