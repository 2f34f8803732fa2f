//! Follows a log file: what is appended to it, through rotation by renaming and by truncating.
//!
//! How far it was read is kept in a file beside the journal, since the process that reads is replaced now
//! and then. A file that is seen for the first time is read from its end: its past is nobody's news.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use daemon::replace;
use serde::{Deserialize, Serialize};

/// What is read at once; a log that grows faster is caught up with at the next look.
const READ_BYTES: usize = 256 * 1024;

/// How far every file was read, by its path.
#[derive(Debug)]
pub(super) struct Places {
    path: PathBuf,
    known: BTreeMap<PathBuf, Place>,
}

/// A place in a file that is known by its inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    inode: u64,
    offset: u64,
}

/// A file that is followed.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    open: Option<(File, Place)>,
    /// Whether the file has been looked for before: one that comes later is new and read from its start.
    has_looked: bool,
}

// === impl Places ===

impl Places {
    /// Reads what a process before this one has kept; a file that can't be read is as good as none.
    pub(super) fn load(dir: &Path) -> Self {
        let path = dir.join("fpm_slowlog.json");
        let text = fs::read(&path).unwrap_or_default();
        Self {
            path,
            known: serde_json::from_slice(&text).unwrap_or_default(),
        }
    }

    /// Keeps how far a file was read, but for its last `unfinished_bytes`.
    pub(super) fn keep(&mut self, tail: &Tail, unfinished_bytes: u64) -> io::Result<()> {
        let Some((_, read)) = tail.open else {
            return Ok(());
        };
        let place = Place {
            offset: read.offset.saturating_sub(unfinished_bytes),
            ..read
        };
        if self.known.insert(tail.path.clone(), place) == Some(place) {
            return Ok(());
        }
        replace::file(&self.path, &serde_json::to_vec(&self.known)?, 0o600)
    }
}

// === impl Tail ===

impl Tail {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            open: None,
            has_looked: false,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What was appended since the last look, up to a bound; empty if nothing was.
    pub(super) fn look(&mut self, places: &Places) -> io::Result<Vec<u8>> {
        let bytes = self.read()?;
        // The old file is read to its end before the one that has taken its name.
        if bytes.is_empty() && self.find(places)? {
            return self.read();
        }
        Ok(bytes)
    }

    fn read(&mut self) -> io::Result<Vec<u8>> {
        let Some((file, place)) = &mut self.open else {
            return Ok(Vec::new());
        };
        if file.metadata()?.len() < place.offset {
            // It was cut; what is there now was written since.
            place.offset = 0;
        }
        let mut bytes = vec![0; READ_BYTES];
        let read = file.read_at(&mut bytes, place.offset)?;
        bytes.truncate(read);
        place.offset += read as u64;
        Ok(bytes)
    }

    /// Opens the file of that name if it is another one than the one that is open.
    fn find(&mut self, places: &Places) -> io::Result<bool> {
        let is_first_look = !std::mem::replace(&mut self.has_looked, true);
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let metadata = file.metadata()?;
        let inode = metadata.ino();
        if self
            .open
            .as_ref()
            .is_some_and(|(_, open)| open.inode == inode)
        {
            return Ok(false);
        }
        let kept = places.known.get(&self.path);
        let offset = match kept.filter(|kept| kept.inode == inode) {
            Some(kept) if is_first_look => kept.offset,
            // Somebody has read its like before: it has been rotated since.
            _ if !is_first_look || kept.is_some() => 0,
            _ => metadata.len(),
        };
        self.open = Some((file, Place { inode, offset }));
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
