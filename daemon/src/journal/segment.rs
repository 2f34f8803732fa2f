//! Segment files: their names, their header, and reading records out of them piece by piece.
//!
//! A reader never holds more than a piece or one record, however large the segment is.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::JournalError;
use super::record::{self, Header, MARKER};

/// The bytes before the first record.
pub(super) const HEADER_BYTES: u64 = HEADER_LENGTH as u64;
/// The format's version, in every segment's header.
pub(super) const VERSION: u32 = 1;

const HEADER_LENGTH: usize = 16;
const MAGIC: [u8; 8] = *b"bvjournl";
const SUFFIX: &str = ".segment";

/// What is read at once: some hundred small records, and little beside a large one.
const PIECE_BYTES: usize = 256 * 1024;

/// An open segment and its name.
#[derive(Clone, Debug)]
pub(super) struct SegmentFile {
    pub(super) path: PathBuf,
    pub(super) handle: Arc<File>,
}

/// What stands at an offset of a segment.
#[derive(Debug)]
pub(super) enum Found<'r> {
    Record {
        sequence: u64,
        payload: &'r [u8],
    },
    /// Bytes that are no record, up to the next one or, without one, to the end.
    Damage {
        next: Option<Landmark>,
    },
    End,
}

/// Where a record begins, and which one it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Landmark {
    pub(super) offset: u64,
    pub(super) sequence: u64,
}

/// Reads a segment's records.
#[derive(Debug)]
pub(super) struct SegmentReader {
    file: File,
    /// Where the segment ends; what stands behind that is not read.
    bytes: u64,
    piece: Vec<u8>,
    piece_offset: u64,
}

/// The segment's path.
pub(super) fn path(dir: &Path, first_sequence: u64) -> PathBuf {
    dir.join(format!("{first_sequence:020}{SUFFIX}"))
}

/// The first sequence number that a file's name tells, if it is a segment's name.
pub(super) fn first_sequence(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX)?;
    let is_ours = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_ours.then(|| digits.parse().ok()).flatten()
}

// === impl SegmentFile ===

impl SegmentFile {
    /// Makes an empty segment. On an error nothing stays.
    pub(super) fn create(dir: &Path, first_sequence: u64) -> Result<Self, JournalError> {
        let path = path(dir, first_sequence);
        let create = || {
            // A file of that name holds nothing that counts: its records would begin where ours do.
            let file = File::options()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&path)?;
            write_header(&file)?;
            Ok(file)
        };
        match create() {
            Ok(file) => Ok(Self {
                path,
                handle: Arc::new(file),
            }),
            Err(source) => {
                let _ = std::fs::remove_file(&path);
                Err(JournalError::Create { path, source })
            }
        }
    }

    /// Opens a segment to go on writing to it.
    pub(super) fn open(dir: &Path, first_sequence: u64) -> Result<Self, JournalError> {
        let path = path(dir, first_sequence);
        match File::options().read(true).write(true).open(&path) {
            Ok(file) => Ok(Self {
                path,
                handle: Arc::new(file),
            }),
            Err(source) => Err(JournalError::Read { path, source }),
        }
    }

    /// Cuts the segment to its valid bytes; a header that was torn is written anew.
    pub(super) fn cut(&self, bytes: u64) -> Result<(), JournalError> {
        let cut = || {
            self.handle.set_len(bytes)?;
            if bytes <= HEADER_BYTES {
                write_header(&self.handle)
            } else {
                Ok(())
            }
        };
        cut().map_err(|source| self.write_error(source))
    }

    pub(super) fn write_error(&self, source: io::Error) -> JournalError {
        JournalError::Write {
            path: self.path.clone(),
            source,
        }
    }
}

fn write_header(file: &File) -> io::Result<()> {
    let mut header = [0; HEADER_LENGTH];
    header[..8].copy_from_slice(&MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_be_bytes());
    file.write_all_at(&header, 0)
}

// === impl SegmentReader ===

impl SegmentReader {
    /// Opens a segment of which the first `bytes` count.
    pub(super) fn open(path: &Path, bytes: u64) -> io::Result<Self> {
        Ok(Self {
            file: File::open(path)?,
            bytes,
            piece: Vec::new(),
            piece_offset: 0,
        })
    }

    /// The version in the header; `None` if the header is torn or damaged, which harms nothing,
    /// since each record stands for itself.
    pub(super) fn version(&mut self) -> io::Result<Option<u32>> {
        let header = self.bytes_at(0, HEADER_LENGTH)?;
        let version = header
            .strip_prefix(&MAGIC)
            .and_then(|rest| rest.first_chunk::<4>());
        Ok(version.map(|version| u32::from_be_bytes(*version)))
    }

    /// What stands at `offset`, where the record `expected` or a later one should begin.
    pub(super) fn find(&mut self, offset: u64, expected: u64) -> io::Result<Found<'_>> {
        if offset >= self.bytes {
            return Ok(Found::End);
        }
        match self.header_at(offset, expected)? {
            Some(header) => {
                let start = offset + record::HEADER_BYTES as u64;
                let payload = self.bytes_at(start, header.payload_bytes)?;
                Ok(Found::Record {
                    sequence: header.sequence,
                    payload,
                })
            }
            None => Ok(Found::Damage {
                next: self.search(offset + 1, expected)?,
            }),
        }
    }

    /// The header of a whole, valid record at `offset`.
    fn header_at(&mut self, offset: u64, expected: u64) -> io::Result<Option<Header>> {
        let Some(header) = Header::parse(self.bytes_at(offset, record::HEADER_BYTES)?) else {
            return Ok(None);
        };
        // Sequence numbers rise by one: one that is far off is chance, and not worth a checksum.
        if header.sequence < expected || header.sequence - expected > self.bytes {
            return Ok(None);
        }
        let start = offset + record::HEADER_BYTES as u64;
        let payload = self.bytes_at(start, header.payload_bytes)?;
        Ok(header.matches(payload).then_some(header))
    }

    /// The first valid record at or behind `from`.
    fn search(&mut self, from: u64, expected: u64) -> io::Result<Option<Landmark>> {
        let mut offset = from;
        while offset < self.bytes {
            let piece = self.bytes_at(offset, PIECE_BYTES)?;
            let is_last = piece.len() < PIECE_BYTES;
            match piece
                .windows(MARKER.len())
                .position(|window| window == MARKER)
            {
                Some(index) => {
                    offset += index as u64;
                    if let Some(header) = self.header_at(offset, expected)? {
                        return Ok(Some(Landmark {
                            offset,
                            sequence: header.sequence,
                        }));
                    }
                    offset += 1;
                }
                None if is_last => break,
                // A marker may begin in this piece and end in the next.
                None => offset += (PIECE_BYTES - MARKER.len() + 1) as u64,
            }
        }
        Ok(None)
    }

    /// Up to `length` bytes from `offset` on, fewer where the segment ends.
    fn bytes_at(&mut self, offset: u64, length: usize) -> io::Result<&[u8]> {
        let left = usize::try_from(self.bytes.saturating_sub(offset)).unwrap_or(usize::MAX);
        let length = length.min(left);
        let held_end = self.piece_offset + self.piece.len() as u64;
        if offset < self.piece_offset || offset + length as u64 > held_end {
            self.load(offset, length.max(PIECE_BYTES).min(left))?;
        }
        let start = usize::try_from(offset - self.piece_offset).expect("within the piece");
        let end = (start + length).min(self.piece.len());
        Ok(&self.piece[start..end])
    }

    fn load(&mut self, offset: u64, length: usize) -> io::Result<()> {
        self.piece.resize(length, 0);
        self.piece_offset = offset;
        let mut held = 0;
        while held < length {
            match self
                .file
                .read_at(&mut self.piece[held..], offset + held as u64)
            {
                Ok(0) => break,
                Ok(read) => held += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.piece.clear();
                    return Err(error);
                }
            }
        }
        self.piece.truncate(held);
        Ok(())
    }
}
