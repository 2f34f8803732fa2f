//! How far the journal is read, and which losses are not yet reported: one line of text.
//!
//! ```text
//! bitville-cursor 1 4712 4712 16 0 0 0 0 8d3f2c10
//! ```
//!
//! Format version, sequence number of the next record, its segment and offset, records and bytes
//! lost because the journal was full, records and bytes lost to damage, and the CRC-32 of all
//! before it. The file is replaced as a whole; one that can't be read counts as missing.

use std::fs;
use std::path::{Path, PathBuf};

use super::{JournalError, segment};
use crate::replace;

const NAME: &str = "cursor";
const TITLE: &str = "bitville-cursor 1";

/// The place of a record in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub(super) sequence: u64,
    /// The first sequence number of the segment that holds it.
    pub(super) segment: u64,
    pub(super) offset: u64,
}

/// Records that were taken and then given up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    pub records: u64,
    pub bytes: u64,
}

/// Why records were given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossKind {
    /// The disk budget was used up and the oldest segment went.
    Full,
    /// Bytes on the disk are not those that were written, or are missing.
    Damaged,
}

/// What the cursor file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) position: Position,
    pub(super) losses: Losses,
}

/// Losses that no record in the journal tells of yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Losses {
    full: Loss,
    damaged: Loss,
}

// === impl Position ===

impl Position {
    /// The number of the record that comes there.
    pub fn sequence(self) -> u64 {
        self.sequence
    }

    /// The first record of a segment.
    pub(super) fn start_of(segment: u64) -> Self {
        Self {
            sequence: segment,
            segment,
            offset: segment::HEADER_BYTES,
        }
    }
}

// === impl Loss ===

impl Loss {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            records: self.records + other.records,
            bytes: self.bytes + other.bytes,
        }
    }
}

// === impl LossKind ===

impl LossKind {
    pub const ALL: [Self; 2] = [Self::Full, Self::Damaged];

    /// As a `gap` record names it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Full => "journal full",
            Self::Damaged => "journal damaged",
        }
    }
}

// === impl Losses ===

impl Losses {
    pub(super) fn get(&self, kind: LossKind) -> Loss {
        match kind {
            LossKind::Full => self.full,
            LossKind::Damaged => self.damaged,
        }
    }

    pub(super) fn add(&mut self, kind: LossKind, loss: Loss) {
        let place = self.place(kind);
        *place = place.plus(loss);
    }

    pub(super) fn clear(&mut self, kind: LossKind) {
        *self.place(kind) = Loss::default();
    }

    fn place(&mut self, kind: LossKind) -> &mut Loss {
        match kind {
            LossKind::Full => &mut self.full,
            LossKind::Damaged => &mut self.damaged,
        }
    }
}

// === impl Cursor ===

impl Cursor {
    /// Reads the file; `None` if it is missing or damaged.
    pub(super) fn load(dir: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(path(dir)).ok()?)
    }

    /// Replaces the file, through the page cache.
    pub(super) fn save(&self, dir: &Path) -> Result<(), JournalError> {
        let path = path(dir);
        let text = self.format();
        replace::file(&path, text.as_bytes(), 0o600)
            .map_err(|source| JournalError::Cursor { path, source })
    }

    fn format(&self) -> String {
        let Self { position, losses } = self;
        let text = format!(
            "{TITLE} {} {} {} {} {} {} {}",
            position.sequence,
            position.segment,
            position.offset,
            losses.full.records,
            losses.full.bytes,
            losses.damaged.records,
            losses.damaged.bytes,
        );
        let checksum = crc32fast::hash(text.as_bytes());
        format!("{text} {checksum:08x}\n")
    }

    fn parse(text: &str) -> Option<Self> {
        let (text, checksum) = text.strip_suffix('\n')?.rsplit_once(' ')?;
        if format!("{:08x}", crc32fast::hash(text.as_bytes())) != checksum {
            return None;
        }
        let numbers = text.strip_prefix(TITLE)?.split_whitespace();
        let numbers: Vec<u64> = numbers.map(|n| n.parse().ok()).collect::<Option<_>>()?;
        let [
            sequence,
            segment,
            offset,
            full_records,
            full_bytes,
            damaged_records,
            damaged_bytes,
        ] = *numbers.as_slice()
        else {
            return None;
        };
        Some(Self {
            position: Position {
                sequence,
                segment,
                offset,
            },
            losses: Losses {
                full: Loss {
                    records: full_records,
                    bytes: full_bytes,
                },
                damaged: Loss {
                    records: damaged_records,
                    bytes: damaged_bytes,
                },
            },
        })
    }
}

/// The cursor's path.
pub(super) fn path(dir: &Path) -> PathBuf {
    dir.join(NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_a_changed_digit_makes_it_none() {
        let cursor = Cursor {
            position: Position {
                sequence: 4_712,
                segment: 4_700,
                offset: 16,
            },
            losses: Losses {
                full: Loss {
                    records: 1,
                    bytes: 2,
                },
                damaged: Loss {
                    records: 3,
                    bytes: 4,
                },
            },
        };
        let text = cursor.format();
        assert_eq!(Cursor::parse(&text), Some(cursor));
        assert_eq!(Cursor::parse(&text.replacen("4712", "4711", 1)), None);
        assert_eq!(Cursor::parse(&text[..text.len() - 3]), None);
    }
}
