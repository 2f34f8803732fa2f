//! Follows a log through its files: whichever way it is rotated, every entry is given out, in order.
//!
//! ```text
//! read the open file -> at its end: is it still the same? -> is there another with something unread?
//!        ^                                                               | its last entry is whole:
//!        +---------------------------------------------------------------+ go over to the other
//! ```
//!
//! Rotation is not recognized but made irrelevant. Every file in the folder whose name fits is known by its
//! first line and by how far it was read. One that was renamed, copied or compressed is still known; one that
//! was cut and written anew is a new one, and what had not been read of it is found in the copy, if there is
//! one.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use daemon::clock::Monotonic;
use wire::time::Instant;

use super::entry::Entry;
use super::files::{self, Candidate, Reader};
use super::parser::{Ending, Parser};
use super::places::{Known, Places};
use super::prefix::{Prefix, PrefixError};
use super::report::Place;
use super::source::Source;
use super::stamp::{Stamps, ZoneError};

/// What is read at once: a burst is taken in pieces, between which others have their turn.
pub const READ_BYTES: usize = 256 * 1024;
/// After so long without anything new the last entry is taken to be whole.
const SETTLED_AFTER: Duration = Duration::from_secs(1);
/// How often the folder is looked at while the open file has nothing new.
const SCAN_INTERVAL: Duration = Duration::from_secs(1);

/// Why a log can't be followed.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    #[error("{0}")]
    Prefix(#[from] PrefixError),
    #[error("log_timezone: {0}")]
    Zone(#[from] ZoneError),
    #[error("the log's folder {path} can't be read")]
    Folder { path: PathBuf, source: io::Error },
    #[error("the log {path} can't be read")]
    File { path: PathBuf, source: io::Error },
}

/// A log that is followed.
#[derive(Debug)]
pub struct Follower {
    source: Source,
    prefix: Option<Prefix>,
    stamps: Stamps,
    places: Places,
    /// What is known of files by their inode, so that their first lines are read once.
    seen: HashMap<u64, Seen>,
    open: Option<Open>,
    scanned: Option<Monotonic>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    bytes: u64,
    modified_at: Instant,
    identity: Option<u64>,
    /// How long it was when its end was reached.
    read_to: Option<u64>,
}

/// The file that is being read.
#[derive(Debug)]
struct Open {
    path: PathBuf,
    inode: u64,
    reader: Reader,
    parser: Parser,
    known: Known,
    last_new: Monotonic,
}

/// What a look has brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    pub bytes: usize,
    pub entries: usize,
    /// Whether another look right now would bring more.
    pub is_more: bool,
}

/// An entry with its place, and the time that it is to be filed under.
pub type Sink<'s> = dyn FnMut(&Entry<'_>, Place, Instant) + 's;

// === impl Follower ===

impl Follower {
    /// Goes on where the places say. A log that was never followed is followed from its end.
    pub fn new(source: Source, mut places: Places, now: Instant) -> Result<Self, FollowError> {
        let prefix = source.prefix.as_deref().map(Prefix::compile).transpose()?;
        let stamps = Stamps::new(&source.zone)?;
        let is_first = !places.has_begun();
        places.begin(now);
        places.set_source(source.clone());
        let mut follower = Self {
            source,
            prefix,
            stamps,
            places,
            seen: HashMap::new(),
            open: None,
            scanned: None,
        };
        if is_first {
            follower.pass_over()?;
        }
        Ok(follower)
    }

    pub fn source(&self) -> &Source {
        &self.source
    }

    pub fn places(&self) -> &Places {
        &self.places
    }

    pub fn into_places(self) -> Places {
        self.places
    }

    /// Bytes of the open file that have been read and not yet made an entry.
    pub fn pending_bytes(&self) -> u64 {
        self.open
            .as_ref()
            .map_or(0, |open| open.parser.pending_bytes())
    }

    /// What lies there already is taken for read. The server writes an entry at once, so that it ends with one.
    fn pass_over(&mut self) -> Result<(), FollowError> {
        for candidate in self.list()? {
            if files::is_packed(&candidate.path) {
                continue;
            }
            let error = |source| file_error(&candidate, source);
            if let Some(file) = files::identity(&candidate.path).map_err(error)? {
                self.places.set(Known {
                    file,
                    offset: candidate.bytes,
                    last_at: None,
                });
            }
        }
        Ok(())
    }

    fn list(&self) -> Result<Vec<Candidate>, FollowError> {
        files::list(&self.source).map_err(|source| FollowError::Folder {
            path: self.source.dir.clone(),
            source,
        })
    }

    /// Reads a piece, and gives its entries to the sink.
    pub fn look(&mut self, now: Monotonic, sink: &mut Sink<'_>) -> Result<Look, FollowError> {
        let mut look = Look::default();
        if let Some(open) = &mut self.open {
            let path = open.path.clone();
            let error = |source| FollowError::File {
                path: path.clone(),
                source,
            };
            if !open.reader.is_same(open.known.file).map_err(error)? {
                self.end_cut(sink, &mut look)?;
            } else if open.read(now, &mut look).map_err(error)? {
                look.entries += open.take(Ending::Next, &mut self.places, sink);
                return Ok(look);
            } else if now - open.last_new >= SETTLED_AFTER {
                look.entries += open.take(Ending::Settled, &mut self.places, sink);
            }
        }
        if self
            .scanned
            .is_some_and(|scanned| now - scanned < SCAN_INTERVAL)
        {
            return Ok(look);
        }
        self.scanned = Some(now);
        if let Some((candidate, known)) = self.next_unread()? {
            self.leave(sink, &mut look);
            self.go_over(candidate, known, now)?;
            look.is_more = true;
        }
        Ok(look)
    }

    /// The open file was cut or written anew. What was not taken of it is read from its copy, if there is
    /// one; else what was read is all there is.
    fn end_cut(&mut self, sink: &mut Sink<'_>, look: &mut Look) -> Result<(), FollowError> {
        let list = self.list()?;
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        let has_copy = list.iter().any(|candidate| {
            candidate.inode != open.inode
                && self.identity(candidate) == Some(open.known.file)
                && self.is_unread(candidate, open.known)
        });
        if !has_copy {
            look.entries += open.take(Ending::File, &mut self.places, sink);
        }
        self.places.set(open.known);
        // It may be as long as it was, and written at the same tick of the kernel's clock.
        self.seen.remove(&open.inode);
        self.scanned = None;
        Ok(())
    }

    /// The open file's last entry is whole, since there is another file by now. Half a line stays.
    fn leave(&mut self, sink: &mut Sink<'_>, look: &mut Look) {
        if let Some(mut open) = self.open.take() {
            let ending = match open.reader {
                Reader::Plain { .. } => Ending::Settled,
                Reader::Packed(_) => Ending::File,
            };
            look.entries += open.take(ending, &mut self.places, sink);
            if let Some(seen) = self.seen.get_mut(&open.inode) {
                seen.read_to = Some(seen.bytes);
            }
        }
        self.scanned = None;
    }

    fn go_over(
        &mut self,
        candidate: Candidate,
        known: Known,
        now: Monotonic,
    ) -> Result<(), FollowError> {
        let reader = Reader::open(&candidate.path, known.offset);
        let reader = reader.map_err(|source| file_error(&candidate, source))?;
        self.open = Some(Open {
            reader,
            parser: Parser::new(self.source.format, self.prefix.clone(), self.stamps.clone()),
            known,
            last_new: now,
            inode: candidate.inode,
            path: candidate.path,
        });
        Ok(())
    }

    /// The oldest file with something unread, but the one that is open.
    fn next_unread(&mut self) -> Result<Option<(Candidate, Known)>, FollowError> {
        let list = self.list()?;
        let mut unread = None;
        let mut files = Vec::new();
        for candidate in list {
            // One that can't be read must not hide the others; the next scan tries again.
            let Some(identity) = self.identity(&candidate) else {
                continue;
            };
            files.push(identity);
            let is_open = self
                .open
                .as_ref()
                .is_some_and(|open| open.known.file == identity);
            let known = self.places.get(identity);
            let is_past = known.is_none() && candidate.modified_at < self.places.since();
            if unread.is_some() || is_open || is_past {
                continue;
            }
            let known = known.unwrap_or(Known {
                file: identity,
                offset: 0,
                last_at: None,
            });
            if self.is_unread(&candidate, known) {
                unread = Some((candidate, known));
            }
        }
        // A file whose first line is not whole yet has no identity, and the open one may be gone.
        files.extend(self.open.as_ref().map(|open| open.known.file));
        self.places.keep_only(&files);
        self.seen.retain(|_, seen| {
            seen.identity
                .is_none_or(|identity| files.contains(&identity))
        });
        Ok(unread)
    }

    /// Whether a file has more than what is known of it. One that ends with half a line is passed by until
    /// it grows.
    fn is_unread(&self, candidate: &Candidate, known: Known) -> bool {
        let seen = self.seen.get(&candidate.inode);
        if seen.is_some_and(|seen| seen.read_to == Some(candidate.bytes)) {
            return false;
        }
        if files::is_packed(&candidate.path) {
            // Its length is told modulo 4 GiB.
            let bytes = files::plain_bytes(candidate).unwrap_or(0);
            return bytes != known.offset & u64::from(u32::MAX);
        }
        candidate.bytes > known.offset
    }

    fn identity(&mut self, candidate: &Candidate) -> Option<u64> {
        let before = self.seen.get(&candidate.inode);
        if let Some(seen) = before
            && seen.bytes == candidate.bytes
            && seen.modified_at == candidate.modified_at
            && seen.identity.is_some()
        {
            return seen.identity;
        }
        let identity = files::identity(&candidate.path).ok().flatten();
        // Where the end of another file was is nothing to it.
        let same = before.filter(|seen| seen.identity == identity);
        let seen = Seen {
            bytes: candidate.bytes,
            modified_at: candidate.modified_at,
            identity,
            read_to: same.and_then(|seen| seen.read_to),
        };
        self.seen.insert(candidate.inode, seen);
        identity
    }
}

// === impl Open ===

impl Open {
    /// Reads a piece; tells whether there was any.
    fn read(&mut self, now: Monotonic, look: &mut Look) -> io::Result<bool> {
        let mut bytes = vec![0; READ_BYTES];
        let count = self.reader.read(&mut bytes)?;
        if count == 0 {
            return Ok(false);
        }
        self.parser.push(&bytes[..count]);
        self.last_new = now;
        look.bytes = count;
        look.is_more = count == READ_BYTES;
        Ok(true)
    }

    /// Gives out the entries that are whole.
    fn take(&mut self, ending: Ending, places: &mut Places, sink: &mut Sink<'_>) -> usize {
        let mut count = 0;
        while let Some((entry, bytes)) = self.parser.next(ending) {
            let place = Place {
                file: self.known.file,
                offset: self.known.offset,
            };
            // What has no time of its own has that of what stands before it.
            self.known.last_at = entry.head.at.or(self.known.last_at);
            let at = self.known.last_at.unwrap_or(places.since());
            sink(&entry, place, at);
            self.known.offset += bytes;
            count += 1;
        }
        if count > 0 {
            places.set(self.known);
        }
        count
    }
}

fn file_error(candidate: &Candidate, source: io::Error) -> FollowError {
    FollowError::File {
        path: candidate.path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests;
