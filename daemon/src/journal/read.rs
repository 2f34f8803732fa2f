//! Reading behind the cursor: from memory where it can be, from the segments where it must be.
//!
//! Damage is dealt with only when it stands at the cursor: a batch ends before it, and the next one
//! begins by stepping over it. So damage is counted once, however often a batch is read again.

use std::io;
use std::sync::Arc;

use super::cursor::{Loss, LossKind, Position};
use super::segment::{self, Found, SegmentReader};
use super::{Batch, Journal, JournalError, record};

/// What is read from disk in one call, since the caller holds the journal's lock while it reads:
/// appending, and with it a PHP request, waits for no more than this.
const DISK_BYTES_MAX: usize = 1024 * 1024;

/// So often in a row reading may fail before the segment's rest is given up.
const READ_FAILURES_MAX: u32 = 3;

/// What comes at a position.
enum Step {
    Record {
        payload: Arc<[u8]>,
        end: Position,
    },
    /// Nothing of the record's is here; go on at that position.
    Skip {
        to: Position,
        loss: Loss,
    },
    End,
}

/// See [`Journal::peek_batch`].
pub(super) fn peek_batch(
    journal: &mut Journal,
    records_max: usize,
    bytes_max: usize,
) -> Result<Batch, JournalError> {
    let mut batch = Batch {
        records: Vec::new(),
        bytes: 0,
        end: journal.cursor.position,
    };
    let mut disk = Disk::default();
    while batch.records.len() < records_max {
        let step = match journal.window.get(batch.end.sequence) {
            Some((payload, end)) => Step::Record { payload, end },
            None if disk.bytes >= DISK_BYTES_MAX => break,
            None => match disk.step(journal, batch.end) {
                Ok(step) => step,
                // What was read before is good; the error comes again when it is all that is left.
                Err(_) if !batch.records.is_empty() => break,
                Err(error) => give_up(journal, batch.end, error)?,
            },
        };
        match step {
            Step::Record { payload, end } => {
                if !batch.records.is_empty() && batch.bytes + payload.len() > bytes_max {
                    break;
                }
                batch.bytes += payload.len();
                batch.records.push(payload);
                batch.end = end;
            }
            Step::Skip {
                to,
                loss: Loss { records: 0, .. },
            } => batch.end = to,
            Step::Skip { .. } if !batch.records.is_empty() => break,
            Step::Skip { to, loss } => {
                journal.lose(LossKind::Damaged, loss);
                journal.move_cursor(to);
                journal.save_cursor()?;
                batch.end = to;
            }
            Step::End => break,
        }
    }
    Ok(batch)
}

/// Counts a failure of reading, and after some of them steps over the segment's rest: a sector
/// that is gone must not hold everything behind it for ever.
fn give_up(
    journal: &mut Journal,
    position: Position,
    error: JournalError,
) -> Result<Step, JournalError> {
    journal.read_failures += 1;
    if journal.read_failures < READ_FAILURES_MAX {
        return Err(error);
    }
    Ok(skip_rest(journal, position))
}

/// Over the rest of a segment to the next one, or to the journal's end.
fn skip_rest(journal: &Journal, position: Position) -> Step {
    let segments = &journal.segments;
    let next = segments.first_from(position.segment + 1);
    let to = next.map_or_else(|| journal.end(), Position::start_of);
    let bytes = segments.get(position.segment).unwrap_or(0);
    let records = to.sequence.saturating_sub(position.sequence);
    // After a torn end the cursor may be ahead of the next segment's name; never step back.
    let to = Position {
        sequence: to.sequence.max(position.sequence),
        ..to
    };
    Step::Skip {
        to,
        loss: Loss {
            records,
            bytes: bytes.saturating_sub(position.offset),
        },
    }
}

// === Disk ===

/// The segment that is being read, within one call.
#[derive(Default)]
struct Disk {
    open: Option<(u64, SegmentReader)>,
    bytes: usize,
}

impl Disk {
    fn step(&mut self, journal: &Journal, position: Position) -> Result<Step, JournalError> {
        if position.sequence >= journal.writer.next_sequence {
            return Ok(Step::End);
        }
        let path = segment::path(&journal.dir, position.segment);
        let bytes = journal.segments.get(position.segment).unwrap_or(0);
        let reader = match &mut self.open {
            Some((open, reader)) if *open == position.segment => reader,
            open => match SegmentReader::open(&path, bytes) {
                Ok(reader) => &mut open.insert((position.segment, reader)).1,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(skip_rest(journal, position));
                }
                Err(source) => return Err(JournalError::Read { path, source }),
            },
        };
        let found = reader
            .find(position.offset, position.sequence)
            .map_err(|source| JournalError::Read { path, source })?;
        match found {
            Found::Record { sequence, payload } if sequence == position.sequence => {
                self.bytes += payload.len();
                let end = Position {
                    sequence: sequence + 1,
                    offset: position.offset + record::size(payload.len()),
                    ..position
                };
                Ok(Step::Record {
                    payload: payload.into(),
                    end,
                })
            }
            Found::Record { sequence, .. } => {
                let records = sequence - position.sequence;
                Ok(Step::Skip {
                    to: Position {
                        sequence,
                        ..position
                    },
                    loss: Loss { records, bytes: 0 },
                })
            }
            Found::Damage { next: Some(next) } => {
                let to = Position {
                    sequence: next.sequence,
                    offset: next.offset,
                    ..position
                };
                let records = next.sequence - position.sequence;
                Ok(Step::Skip {
                    to,
                    loss: Loss {
                        records,
                        bytes: next.offset - position.offset,
                    },
                })
            }
            Found::Damage { next: None } | Found::End => Ok(skip_rest(journal, position)),
        }
    }
}
