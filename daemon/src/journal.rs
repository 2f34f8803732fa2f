//! What an agent has taken and the store has not yet committed: segmented files with a cursor.
//!
//! ```text
//! lock                            held while a process has the journal open
//! supervisor.lock                 held while a daemon with workers owns the folder
//! cursor                          what is read and acknowledged, and losses not yet reported
//! 00000000000000000001.segment    records 1 to 4711
//! 00000000000000004712.segment    records 4712 and on; the last segment is appended to
//! ```
//!
//! A segment is named by its first record's sequence number. It begins with 16 bytes, `bvjournl`,
//! the format's version 1 as 4 bytes and 4 zeros; then one record follows the other (numbers are
//! big-endian):
//!
//! ```text
//! offset  size  field                                  example
//!      0     4  marker, never part of UTF-8 text       ff 62 76 fe
//!      4     4  length n of the payload                00 00 00 02
//!      8     8  sequence number                        00 00 00 00 00 00 00 01
//!     16     4  CRC-32 of bytes 4 to 15 and payload    6a 6a 07 8d
//!     20     n  payload                                7b 7d
//! ```
//!
//! - **Append** is one `write` to the page cache, which survives a kill of the process. The owner
//!   calls [`Shared::sync`] on an interval, which survives a loss of power up to that interval. A
//!   write that fails is taken back and told to the caller: no half record, no acknowledgement.
//! - **Reading** starts at the cursor and moves nothing; [`Journal::acknowledge`] moves it. The
//!   newest records are in memory as well, so reading touches the disk only behind a backlog.
//! - **Overflow**: when the folder reaches its budget the oldest segment goes. Its unread records
//!   are counted by their sequence numbers, and the loss is kept in the cursor file until
//!   [`Journal::report_losses`] has put a record about it into the journal.
//! - **Damage**: a record that fails its checksum is skipped up to the next one that passes; the gap
//!   in the sequence numbers says how many were lost. Nothing that stands on the disk stops a start.
//! - **Start** reads the last segment alone and cuts what a torn write left at its end. A cursor
//!   file that is missing or damaged means that everything is sent again; the store knows it by its
//!   event ids.
//!
//! Not here: threads, timers, what a payload means.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

mod record;

mod cursor;
mod segment;
mod sizes;
mod window;

mod inspect;
mod lock;
mod open;
mod read;
mod shared;

pub use cursor::{Loss, LossKind, Position};
pub use inspect::{CursorSeen, Damage, InspectError, Inspection, SegmentSeen, inspect};
pub use lock::{await_free, claim};
pub use open::Recovery;
pub use shared::Shared;

use cursor::Cursor;
use segment::SegmentFile;
use sizes::Sizes;
use window::Window;

/// The largest payload: what one line of a batch can carry.
pub const PAYLOAD_BYTES_MAX: usize = wire::limits::LINE_BYTES_MAX;

/// A segment is this large unless the budget is small: few enough files for the largest budget,
/// and little enough to scan at a start.
const SEGMENT_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// So many segments fit the budget at least, so that the oldest is a small part of the whole.
const SEGMENTS_LEAST: u64 = 8;

/// How much a journal may hold.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub memory_bytes_max: u64,
    pub disk_bytes_max: u64,
}

/// Why the journal can't do what was asked.
#[derive(Debug, Error)]
pub enum JournalError {
    #[error("journal folder {path} can't be made")]
    Folder { path: PathBuf, source: io::Error },
    #[error("journal folder {path} can't be listed")]
    List { path: PathBuf, source: io::Error },
    #[error("journal folder {path} belongs to another daemon that runs")]
    Locked { path: PathBuf },
    #[error("journal lock {path} can't be taken")]
    Lock { path: PathBuf, source: io::Error },
    #[error(
        "journal segment {path} has format version {given}: {} is allowed",
        segment::VERSION
    )]
    Version { path: PathBuf, given: u32 },
    #[error("journal segment {path} can't be made")]
    Create { path: PathBuf, source: io::Error },
    #[error("journal segment {path} can't be read")]
    Read { path: PathBuf, source: io::Error },
    #[error("journal segment {path} can't be written")]
    Write { path: PathBuf, source: io::Error },
    #[error("journal cursor {path} can't be written")]
    Cursor { path: PathBuf, source: io::Error },
    #[error("journal file {path} can't be forced to disk")]
    Sync { path: PathBuf, source: io::Error },
    #[error("journal record: 1 to {PAYLOAD_BYTES_MAX} bytes are allowed, got {given}")]
    Length { given: usize },
}

/// Records to send, in order.
#[derive(Clone, Debug)]
pub struct Batch {
    pub records: Vec<Arc<[u8]>>,
    /// Their payloads together.
    pub bytes: usize,
    /// Where the record behind the last one is: what to acknowledge.
    pub end: Position,
}

/// What a journal holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Records that are not yet acknowledged.
    pub records: u64,
    /// Their bytes on disk.
    pub bytes: u64,
    pub disk_bytes: u64,
    pub memory_bytes: u64,
    pub segments: u64,
    /// Given up since the start.
    pub lost_records: u64,
    pub lost_bytes: u64,
}

/// An open journal. Owns its folder.
#[derive(Debug)]
pub struct Journal {
    dir: PathBuf,
    options: Options,
    segment_bytes_max: u64,
    /// Holds the folder as long as it is open.
    _lock: File,
    /// The last one is `writer`'s.
    segments: Sizes,
    writer: Writer,
    cursor: Cursor,
    window: Window,
    /// Files with bytes that no `sync` has covered.
    unsynced: Vec<(PathBuf, Arc<File>)>,
    /// Segments that are read to their end; they go once the cursor is safely on disk.
    garbage: Vec<PathBuf>,
    lost: Loss,
    /// How often reading has failed at the cursor, to tell a bad moment from a bad disk.
    read_failures: u32,
}

/// The end of the last segment.
#[derive(Debug)]
struct Writer {
    segment: u64,
    file: SegmentFile,
    offset: u64,
    next_sequence: u64,
    /// A failed write may have left bytes behind `offset`.
    is_dirty: bool,
    buffer: Vec<u8>,
}

// === impl Journal ===

impl Journal {
    /// Takes the folder and finds the end of what was written and the beginning of what is unread.
    pub fn open(dir: &Path, options: Options) -> Result<(Self, Recovery), JournalError> {
        let lock = lock::journal(dir)?;
        open::open(dir, options, lock)
    }

    /// Appends one record. When this returns, the record survives a kill of the process.
    pub fn append(&mut self, payload: &[u8]) -> Result<Position, JournalError> {
        self.append_all(&[payload])
    }

    /// Appends several records by one write: all of them or, on an error, none. Gives the position
    /// behind the last one.
    pub fn append_all<P: AsRef<[u8]>>(&mut self, payloads: &[P]) -> Result<Position, JournalError> {
        let mut bytes = 0;
        for payload in payloads {
            let given = payload.as_ref().len();
            if given == 0 || given > PAYLOAD_BYTES_MAX {
                return Err(JournalError::Length { given });
            }
            bytes += record::size(given);
        }
        let is_fresh = self.writer.offset == segment::HEADER_BYTES;
        if !is_fresh && self.writer.offset + bytes > self.segment_bytes_max {
            self.rotate()?;
        }
        self.make_room(bytes);
        if let Err(error) = self.write(payloads) {
            // A disk that is full of what is read already is none.
            if !self.reclaim() {
                return Err(error);
            }
            self.write(payloads)?;
        }
        self.keep(payloads);
        Ok(self.end())
    }

    /// The records behind the cursor, without moving it: at most `records_max`, and at most
    /// `bytes_max` of payload unless the first one alone is larger. Empty if all is acknowledged.
    pub fn peek_batch(
        &mut self,
        records_max: usize,
        bytes_max: usize,
    ) -> Result<Batch, JournalError> {
        read::peek_batch(self, records_max, bytes_max)
    }

    /// Moves the cursor: everything before `end` has arrived. A position that is behind the cursor
    /// already changes nothing.
    pub fn acknowledge(&mut self, end: Position) -> Result<(), JournalError> {
        if end.sequence <= self.cursor.position.sequence {
            return Ok(());
        }
        self.move_cursor(end);
        if let Err(error) = self.save_cursor() {
            // On a full disk what is read makes room, for the cursor first of all.
            self.free_garbage();
            if !self.reclaim() {
                return self.save_cursor().map_err(|_| error);
            }
        }
        Ok(())
    }

    /// Puts one record into the journal for each kind of loss that was not yet reported, made by
    /// `make`; and never reports it again.
    pub fn report_losses(
        &mut self,
        mut make: impl FnMut(LossKind, Loss) -> Vec<u8>,
    ) -> Result<(), JournalError> {
        for kind in LossKind::ALL {
            let loss = self.cursor.losses.get(kind);
            if loss.records > 0 {
                self.append(&make(kind, loss))?;
                self.cursor.losses.clear(kind);
                self.save_cursor()?;
            }
        }
        Ok(())
    }

    pub fn stats(&self) -> Stats {
        let disk_bytes = self.segments.sum();
        Stats {
            records: self.writer.next_sequence - self.cursor.position.sequence,
            bytes: disk_bytes.saturating_sub(self.cursor.position.offset),
            disk_bytes,
            memory_bytes: self.window.bytes(),
            segments: self.segments.count(),
            lost_records: self.lost.records,
            lost_bytes: self.lost.bytes,
        }
    }

    /// Where the next record will be.
    fn end(&self) -> Position {
        Position {
            sequence: self.writer.next_sequence,
            segment: self.writer.segment,
            offset: self.writer.offset,
        }
    }

    fn write<P: AsRef<[u8]>>(&mut self, payloads: &[P]) -> Result<(), JournalError> {
        let writer = &mut self.writer;
        writer.buffer.clear();
        for (sequence, payload) in (writer.next_sequence..).zip(payloads) {
            record::encode(sequence, payload.as_ref(), &mut writer.buffer);
        }
        let file = &writer.file;
        if writer.is_dirty {
            file.handle
                .set_len(writer.offset)
                .map_err(|source| file.write_error(source))?;
            writer.is_dirty = false;
        }
        if let Err(source) = file.handle.write_all_at(&writer.buffer, writer.offset) {
            // What was half-written must not be found by the next start, nor fill a full disk.
            writer.is_dirty = file.handle.set_len(writer.offset).is_err();
            return Err(file.write_error(source));
        }
        if self
            .unsynced
            .last()
            .is_none_or(|(path, _)| *path != file.path)
        {
            self.unsynced.push((file.path.clone(), file.handle.clone()));
        }
        Ok(())
    }

    /// Takes note of records that were written: sizes, sequence numbers, memory.
    fn keep<P: AsRef<[u8]>>(&mut self, payloads: &[P]) {
        for payload in payloads {
            let payload = payload.as_ref();
            let start = self.end();
            self.writer.offset += record::size(payload.len());
            self.writer.next_sequence += 1;
            self.window.push(start, self.end(), payload);
        }
        self.segments.set(self.writer.segment, self.writer.offset);
        self.writer.give_back_buffer();
    }

    fn rotate(&mut self) -> Result<(), JournalError> {
        let segment = self.writer.next_sequence;
        self.writer.file = SegmentFile::create(&self.dir, segment)?;
        self.writer.segment = segment;
        self.writer.offset = segment::HEADER_BYTES;
        self.writer.is_dirty = false;
        self.segments.set(segment, segment::HEADER_BYTES);
        Ok(())
    }

    /// Gives back the disk under records that are all read, and begins a new segment. False if something is
    /// unread, nothing is there to give back, or the disk is too full even for that.
    ///
    /// The old file is emptied first, since there may be no room for a new one before. A kill in between
    /// leaves an empty segment behind the cursor, which the next start takes for the end.
    fn reclaim(&mut self) -> bool {
        let is_all_read = self.cursor.position.sequence == self.writer.next_sequence;
        if !is_all_read || self.writer.offset == segment::HEADER_BYTES {
            return false;
        }
        let old = self.writer.segment;
        let emptied = self.writer.file.handle.set_len(0).is_ok();
        if !emptied || self.rotate().is_err() {
            return false;
        }
        self.move_cursor(self.end());
        self.free_garbage();
        self.segments.take_older_than(old + 1);
        self.save_cursor().is_ok()
    }

    /// Removes segments that are read to their end without waiting for a sync. If one can't be removed the
    /// next start does it.
    fn free_garbage(&mut self) {
        for path in self.garbage.drain(..) {
            let _ = fs::remove_file(path);
        }
    }

    /// Lets the oldest segments go until `bytes` more fit the budget.
    fn make_room(&mut self, bytes: u64) {
        while self.segments.sum() + bytes > self.options.disk_bytes_max
            && let Some(oldest) = self.segments.first()
            && let Some(next) = self.segments.first_from(oldest + 1)
        {
            self.drop_oldest(oldest, next);
        }
    }

    fn drop_oldest(&mut self, oldest: u64, next: u64) {
        if self.cursor.position.segment == oldest {
            let records = next.saturating_sub(self.cursor.position.sequence);
            let bytes = self.segments.get(oldest).unwrap_or(0);
            let bytes = bytes.saturating_sub(self.cursor.position.offset);
            self.lose(LossKind::Full, Loss { records, bytes });
            self.move_cursor(Position::start_of(next));
            // If this fails the file's absence tells the next start the same.
            let _ = self.save_cursor();
        }
        self.segments.take_older_than(next);
        // If this fails the next start finds the file behind its cursor and removes it.
        let _ = fs::remove_file(segment::path(&self.dir, oldest));
    }

    fn lose(&mut self, kind: LossKind, loss: Loss) {
        self.cursor.losses.add(kind, loss);
        self.lost = self.lost.plus(loss);
    }

    fn move_cursor(&mut self, position: Position) {
        self.cursor.position = position;
        self.read_failures = 0;
        self.window.forget_before(position.sequence);
        while let Some(read) = self.segments.take_older_than(position.segment) {
            self.garbage.push(segment::path(&self.dir, read));
        }
    }

    fn save_cursor(&mut self) -> Result<(), JournalError> {
        self.cursor.save(&self.dir)
    }
}

// === impl Writer ===

impl Writer {
    /// One large group must not hold its memory for ever.
    fn give_back_buffer(&mut self) {
        const BUFFER_BYTES_KEPT: usize = 1024 * 1024;
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER_BYTES_KEPT);
    }
}

#[cfg(test)]
mod tests;
