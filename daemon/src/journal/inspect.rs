//! Looking at a journal without touching it: no lock, no write, no moved cursor, also while a daemon owns
//! the folder.
//!
//! What a running daemon does meanwhile is no damage: segments that are read vanish, the last one grows,
//! and its end may be half-written at this moment. Memory is bounded by one record and a list of damaged
//! places.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use thiserror::Error;

use super::cursor::Cursor;
use super::record;
use super::segment::{self, Found, SegmentReader};

/// Places that are named one by one; more of them is a segment that is garbage.
const PLACES_MAX: usize = 100;

/// Why there is nothing to see.
#[derive(Debug, Error)]
pub enum InspectError {
    #[error("journal folder {path} can't be read")]
    Folder { path: PathBuf, source: io::Error },
    #[error("journal segment {path} can't be read")]
    Segment { path: PathBuf, source: io::Error },
}

/// What a journal's folder holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// Absent if the file is missing or damaged: then everything counts as unread.
    pub cursor: Option<CursorSeen>,
    pub segments: Vec<SegmentSeen>,
    /// Whole records behind the cursor, and the bytes of their payloads.
    pub unread_records: u64,
    pub unread_bytes: u64,
}

/// How far the journal is read, and what was lost and not yet told to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CursorSeen {
    /// The next record to be sent.
    pub sequence: u64,
    pub segment: u64,
    pub offset: u64,
    pub unreported_full_records: u64,
    pub unreported_damaged_records: u64,
}

/// One segment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SegmentSeen {
    pub first_sequence: u64,
    pub bytes: u64,
    pub records: u64,
    /// A format that this program does not know; its records were not looked at.
    pub foreign_version: Option<u32>,
    /// The first hundred places.
    pub damage: Vec<Damage>,
    pub damaged_places: u64,
    /// Behind the last record of the last segment: a write that is under way or was torn.
    pub torn_bytes: u64,
}

/// Bytes that are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Damage {
    pub offset: u64,
    pub bytes: u64,
    /// How many records are missing there, by the sequence numbers around.
    pub records: u64,
}

/// Where a walk through the segments is.
struct Walk<'v> {
    inspection: Inspection,
    /// The sequence number that comes next, once one is known.
    expected: Option<u64>,
    visit: &'v mut dyn FnMut(u64, &[u8]),
}

// === impl Inspection ===

impl Inspection {
    /// Whether all that was written is there.
    pub fn is_sound(&self) -> bool {
        self.segments
            .iter()
            .all(|segment| segment.damaged_places == 0 && segment.foreign_version.is_none())
    }
}

/// Looks at a folder, and shows every whole unread record, with its sequence number, to `visit`.
pub fn inspect(dir: &Path, visit: &mut dyn FnMut(u64, &[u8])) -> Result<Inspection, InspectError> {
    // The cursor first: what moves it meanwhile makes fewer records unread, not more.
    let cursor = Cursor::load(dir);
    let segments = list(dir)?;
    let mut walk = Walk {
        inspection: Inspection {
            cursor: cursor.map(CursorSeen::from),
            ..Inspection::default()
        },
        expected: None,
        visit,
    };
    for (index, first_sequence) in segments.iter().enumerate() {
        walk.segment(dir, *first_sequence, index + 1 == segments.len())?;
    }
    Ok(walk.inspection)
}

fn list(dir: &Path) -> Result<Vec<u64>, InspectError> {
    let folder_error = |source| InspectError::Folder {
        path: dir.to_owned(),
        source,
    };
    let mut segments = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(folder_error)? {
        let name = entry.map_err(folder_error)?.file_name();
        segments.extend(name.to_str().and_then(segment::first_sequence));
    }
    segments.sort_unstable();
    Ok(segments)
}

// === impl Walk ===

impl Walk<'_> {
    fn segment(
        &mut self,
        dir: &Path,
        first_sequence: u64,
        is_last: bool,
    ) -> Result<(), InspectError> {
        let path = segment::path(dir, first_sequence);
        let mut seen = SegmentSeen {
            first_sequence,
            ..SegmentSeen::default()
        };
        match self.read(&path, &mut seen, is_last) {
            Ok(()) => {}
            // Read to its end and removed since it was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(InspectError::Segment { path, source }),
        }
        self.inspection.segments.push(seen);
        Ok(())
    }

    fn read(&mut self, path: &Path, seen: &mut SegmentSeen, is_last: bool) -> io::Result<()> {
        seen.bytes = std::fs::metadata(path)?.len();
        let mut reader = SegmentReader::open(path, seen.bytes)?;
        let version = reader.version()?;
        if let Some(given) = version.filter(|version| *version != segment::VERSION) {
            seen.foreign_version = Some(given);
            self.expected = None;
            return Ok(());
        }
        let missing = seen
            .first_sequence
            .saturating_sub(self.expected.unwrap_or(seen.first_sequence));
        if missing > 0 {
            // Between the segment before and this one.
            seen.note(Damage {
                offset: 0,
                bytes: 0,
                records: missing,
            });
        }
        let (mut sequence, mut offset) = (seen.first_sequence, segment::HEADER_BYTES);
        loop {
            match reader.find(offset, sequence)? {
                Found::Record {
                    sequence: found,
                    payload,
                } => {
                    if found > sequence {
                        let records = found - sequence;
                        seen.note(Damage {
                            offset,
                            bytes: 0,
                            records,
                        });
                    }
                    seen.records += 1;
                    offset += record::size(payload.len());
                    sequence = found + 1;
                    self.show(found, payload);
                }
                Found::Damage { next: Some(next) } => {
                    seen.note(Damage {
                        offset,
                        bytes: next.offset - offset,
                        records: next.sequence - sequence,
                    });
                    (sequence, offset) = (next.sequence, next.offset);
                }
                Found::Damage { next: None } if is_last => {
                    seen.torn_bytes = seen.bytes - offset;
                    break;
                }
                Found::Damage { next: None } => {
                    // How many are missing is known with the next segment.
                    seen.note(Damage {
                        offset,
                        bytes: seen.bytes - offset,
                        records: 0,
                    });
                    break;
                }
                Found::End => break,
            }
        }
        self.expected = Some(sequence);
        Ok(())
    }

    fn show(&mut self, sequence: u64, payload: &[u8]) {
        let cursor = self.inspection.cursor;
        if cursor.is_none_or(|cursor| sequence >= cursor.sequence) {
            self.inspection.unread_records += 1;
            self.inspection.unread_bytes += payload.len() as u64;
            (self.visit)(sequence, payload);
        }
    }
}

// === impl SegmentSeen ===

impl SegmentSeen {
    fn note(&mut self, damage: Damage) {
        self.damaged_places += 1;
        if self.damage.len() < PLACES_MAX {
            self.damage.push(damage);
        }
    }
}

impl From<Cursor> for CursorSeen {
    fn from(cursor: Cursor) -> Self {
        use super::LossKind;
        Self {
            sequence: cursor.position.sequence,
            segment: cursor.position.segment,
            offset: cursor.position.offset,
            unreported_full_records: cursor.losses.get(LossKind::Full).records,
            unreported_damaged_records: cursor.losses.get(LossKind::Damaged).records,
        }
    }
}
