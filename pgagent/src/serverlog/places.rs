//! How far the log was read: kept beside the journal, so that the next process goes on from there.
//!
//! A file is known by its first line, which stays when the file is renamed, copied or compressed; so
//! whatever rotation does, what was read of it is known, and what was not is found.

use std::io;
use std::path::{Path, PathBuf};

use daemon::replace;
use serde::{Deserialize, Serialize};
use wire::time::Instant;

use super::source::Source;

/// Files that are remembered. Those that are gone are forgotten first; a folder with more is odd.
const FILES_MAX: usize = 4_096;

/// What the next process has to know.
#[derive(Debug, Default)]
pub struct Places {
    path: PathBuf,
    kept: Kept,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// When the log was first followed: files that were not written since are nobody's news.
    began_at: Option<Instant>,
    source: Option<Source>,
    files: Vec<Known>,
}

/// A file, and how far it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Of its first line.
    pub file: u64,
    /// Where the first entry begins that was not taken.
    pub offset: u64,
    /// The time of the last entry that had one.
    pub last_at: Option<Instant>,
}

// === impl Places ===

impl Places {
    /// Reads what a process before this one has kept; a file that can't be read is as good as none.
    pub fn load(dir: &Path) -> Self {
        let path = dir.join("serverlog.json");
        let text = std::fs::read(&path).unwrap_or_default();
        Self {
            path,
            kept: serde_json::from_slice(&text).unwrap_or_default(),
        }
    }

    /// Writes it down, as a whole.
    pub fn save(&self) -> io::Result<()> {
        replace::file(&self.path, &serde_json::to_vec(&self.kept)?, 0o600)
    }

    pub fn source(&self) -> Option<&Source> {
        self.kept.source.as_ref()
    }

    pub fn set_source(&mut self, source: Source) {
        self.kept.source = Some(source);
    }

    /// Notes that the log is followed from now on, if it was not before.
    pub fn begin(&mut self, now: Instant) {
        self.kept.began_at.get_or_insert(now);
    }

    /// When the log was first followed.
    pub fn since(&self) -> Instant {
        self.kept.began_at.unwrap_or_default()
    }

    /// Whether anything was ever read.
    pub fn has_begun(&self) -> bool {
        self.kept.began_at.is_some()
    }

    pub fn get(&self, file: u64) -> Option<Known> {
        self.kept
            .files
            .iter()
            .find(|known| known.file == file)
            .copied()
    }

    pub fn set(&mut self, known: Known) {
        self.kept.files.retain(|other| other.file != known.file);
        if self.kept.files.len() >= FILES_MAX {
            self.kept.files.remove(0);
        }
        self.kept.files.push(known);
    }

    /// Forgets the files that are not among these.
    pub fn keep_only(&mut self, files: &[u64]) {
        self.kept.files.retain(|known| files.contains(&known.file));
    }
}
