//! The log's files as they lie in their folder.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use wire::time::Instant;

use super::report::file_identity;
use super::source::Source;

/// How much of a first line is looked at. It begins with a time and a pid.
const FIRST_LINE_BYTES_MAX: usize = 1_024;
/// Files that are looked at; a folder with more is nobody's log folder.
const FILES_MAX: usize = 4_096;

/// A file that may be part of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub path: PathBuf,
    pub inode: u64,
    /// On the disk: of a compressed file, compressed.
    pub bytes: u64,
    pub modified_at: Instant,
}

/// A file to be read, compressed or not.
pub enum Reader {
    Plain { file: File, offset: u64 },
    Packed(Box<MultiGzDecoder<File>>),
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain { .. } => "Plain",
            Self::Packed(_) => "Packed",
        })
    }
}

/// The log's files, the one that was written last at the end.
pub fn list(source: &Source) -> io::Result<Vec<Candidate>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(&source.dir)? {
        let entry = entry?;
        let name = entry.file_name();
        if !name.to_str().is_some_and(|name| source.name.has(name)) || found.len() >= FILES_MAX {
            continue;
        }
        // It may be gone by now.
        let Ok(metadata) = fs::metadata(entry.path()) else {
            continue;
        };
        if !metadata.is_file() {
            continue;
        }
        let micros = metadata.mtime().saturating_mul(1_000_000) + metadata.mtime_nsec() / 1_000;
        found.push(Candidate {
            path: entry.path(),
            inode: metadata.ino(),
            bytes: metadata.len(),
            modified_at: Instant(micros),
        });
    }
    found.sort_by(|a, b| (a.modified_at, &a.path).cmp(&(b.modified_at, &b.path)));
    Ok(found)
}

/// What a file is known by; none while its first line is not whole.
pub fn identity(path: &Path) -> io::Result<Option<u64>> {
    let mut bytes = Vec::with_capacity(FIRST_LINE_BYTES_MAX);
    let file = File::open(path)?;
    let limit = FIRST_LINE_BYTES_MAX as u64;
    if is_packed(path) {
        MultiGzDecoder::new(file)
            .take(limit)
            .read_to_end(&mut bytes)?;
    } else {
        file.take(limit).read_to_end(&mut bytes)?;
    }
    Ok(identity_of(&bytes))
}

fn identity_of(bytes: &[u8]) -> Option<u64> {
    match memchr::memchr(b'\n', bytes) {
        Some(end) => Some(file_identity(&bytes[..end])),
        None => (bytes.len() >= FIRST_LINE_BYTES_MAX).then(|| file_identity(bytes)),
    }
}

/// How long a file is, decompressed; of a compressed one modulo 4 GiB, as its trailer tells (RFC 1952).
pub fn plain_bytes(candidate: &Candidate) -> io::Result<u64> {
    if !is_packed(&candidate.path) {
        return Ok(candidate.bytes);
    }
    let mut file = File::open(&candidate.path)?;
    file.seek(SeekFrom::End(-4))?;
    let mut size = [0; 4];
    file.read_exact(&mut size)?;
    Ok(u32::from_le_bytes(size).into())
}

pub fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "gz")
}

// === impl Reader ===

impl Reader {
    /// Opens a file to be read from there.
    pub fn open(path: &Path, offset: u64) -> io::Result<Self> {
        let file = File::open(path)?;
        if !is_packed(path) {
            return Ok(Self::Plain { file, offset });
        }
        let mut packed = MultiGzDecoder::new(file);
        io::copy(&mut (&mut packed).take(offset), &mut io::sink())?;
        Ok(Self::Packed(Box::new(packed)))
    }

    /// Reads on; nothing at the end.
    pub fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Packed(packed) => packed.read(bytes),
            Self::Plain { file, offset } => {
                let count = file.read_at(bytes, *offset)?;
                *offset += count as u64;
                Ok(count)
            }
        }
    }

    /// Whether it is still the file that was opened: not cut, and not written anew.
    pub fn is_same(&self, identity: u64) -> io::Result<bool> {
        let Self::Plain { file, offset } = self else {
            return Ok(true);
        };
        if file.metadata()?.len() < *offset {
            return Ok(false);
        }
        let mut first = [0; FIRST_LINE_BYTES_MAX];
        let count = file.read_at(&mut first, 0)?;
        Ok(identity_of(&first[..count]) == Some(identity))
    }
}
