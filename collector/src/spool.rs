//! The spool folder: whole frames that PHP has left in files while nobody took them.
//!
//! ```text
//! NNNN.part    being written by a PHP worker, or left by one that was killed
//! NNNN.frame   whole: renamed when the last byte was written
//! ```
//!
//! A frame's file goes when its record is in the journal: a kill in between stores it twice, under one
//! event id. A file that holds no frame goes as well, and is counted, since PHP has only so many places.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use daemon::clock::Clock;
use daemon::counters::{Counter, Counters};
use daemon::log::chain;
use rustix::fs::{Gid, OFlags};
use thiserror::Error;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use wire::frame::{self, HEADER_BYTES, Header};
use wire::limits::FRAME_BODY_BYTES_MAX;
use wire::time::{Instant, Micros};

use crate::admit;
use crate::intake::Intake;

/// How often the folder is looked through. It is empty but in an outage of ours.
const INTERVAL: Duration = Duration::from_secs(1);

/// A part that nobody has written to for so long was left by a worker that is gone: PHP has 50 ms.
const PART_AGE_MAX: Micros = Micros::from_seconds(60);

/// Files of one look: more than PHP's default folder has places. The rest waits for the next look.
const FILES_MAX: usize = 4096;

/// PHP's workers write, by their group; nobody else looks.
const MODE: u32 = 0o770;

/// Why there is no folder.
#[derive(Debug, Error)]
pub enum SpoolError {
    #[error("spool folder {path} can't be made")]
    Make { path: PathBuf, source: io::Error },
    #[error("spool folder {path} can't be given to group {group}")]
    Group {
        path: PathBuf,
        group: u32,
        source: io::Error,
    },
}

/// The folder.
#[derive(Debug)]
pub struct Spool {
    dir: PathBuf,
    intake: Intake,
    clock: Clock,
    counters: Counters,
    accepted: Counter,
    parts_removed: Counter,
}

/// What a file in the folder is.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Body(Vec<u8>),
    /// Nothing that a later look could read either.
    Bad(&'static str),
}

// === impl Spool ===

impl Spool {
    /// Makes the folder if it is missing, for that group.
    pub fn open(
        dir: PathBuf,
        group: Option<u32>,
        intake: Intake,
        counters: &Counters,
        clock: Clock,
    ) -> Result<Self, SpoolError> {
        if !dir.is_dir() {
            make(&dir, group)?;
        }
        Ok(Self {
            dir,
            intake,
            clock,
            accepted: counters.counter("spool_accepted"),
            parts_removed: counters.counter("spool_parts_removed"),
            counters: counters.clone(),
        })
    }

    /// Takes what is there, now and then, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut looks = tokio::time::interval(INTERVAL);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = looks.tick() => self.look().await,
            }
        }
    }

    /// One look through the folder.
    pub async fn look(&self) {
        let names = match fs::read_dir(&self.dir) {
            Ok(names) => names,
            Err(error) => return self.note("spool_unreadable", &self.dir, &error),
        };
        for entry in names.take(FILES_MAX).flatten() {
            let path = entry.path();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("frame") => self.take(&path).await,
                Some("part") => self.clear(&path),
                // The breaker's file is PHP's.
                _ => {}
            }
        }
    }

    async fn take(&self, path: &Path) {
        let body = match read(path) {
            Ok(Found::Body(body)) => body,
            Ok(Found::Bad(counter)) => {
                return self.discard(path, counter, "it is not one whole frame");
            }
            // Perhaps another time.
            Err(error) => return self.note("spool_unreadable", path, &error),
        };
        match admit::admit(body) {
            Ok(line) => {
                if self.intake.submit(line).await.is_kept().await {
                    self.accepted.increment();
                    self.remove(path);
                }
            }
            Err(error) => self.discard(path, admit::counter_name(&error), &chain(&error)),
        }
    }

    fn clear(&self, path: &Path) {
        let written = fs::symlink_metadata(path)
            .map(|metadata| Instant(metadata.mtime().saturating_mul(1_000_000)));
        if written.is_ok_and(|written| self.clock.now() - written > PART_AGE_MAX) {
            self.parts_removed.increment();
            self.remove(path);
        }
    }

    fn discard(&self, path: &Path, counter: &'static str, why: &str) {
        self.counters.counter(counter).increment();
        self.counters
            .set_last_error(&format!("{} was refused: {why}", path.display()));
        self.remove(path);
    }

    fn remove(&self, path: &Path) {
        if let Err(error) = fs::remove_file(path)
            && error.kind() != io::ErrorKind::NotFound
        {
            self.note("spool_unremovable", path, &error);
        }
    }

    fn note(&self, counter: &'static str, path: &Path, error: &io::Error) {
        self.counters.counter(counter).increment();
        self.counters
            .set_last_error(&format!("{}: {error}", path.display()));
    }
}

/// Owner and group get what they need, whatever the umask says.
fn make(dir: &Path, group: Option<u32>) -> Result<(), SpoolError> {
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(MODE)
        .create(dir)
        .and_then(|()| fs::set_permissions(dir, fs::Permissions::from_mode(MODE)));
    made.map_err(|source| SpoolError::Make {
        path: dir.to_owned(),
        source,
    })?;
    let Some(group) = group else { return Ok(()) };
    rustix::fs::chown(dir, None, Some(Gid::from_raw(group))).map_err(|error| SpoolError::Group {
        path: dir.to_owned(),
        group,
        source: error.into(),
    })
}

/// Reads a frame's file. Others may write into the folder, so nothing but a plain file of a frame's
/// size is opened, and no link is followed.
fn read(path: &Path) -> io::Result<Found> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = fs::File::options()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path);
    let file = match file {
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return Ok(Found::Bad("spool_refused_type"));
        }
        file => file?,
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(Found::Bad("spool_refused_type"));
    }
    let bytes_max = HEADER_BYTES as u64 + u64::from(FRAME_BODY_BYTES_MAX);
    if metadata.len() > bytes_max {
        return Ok(Found::Bad("spool_refused_length"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    file.take(bytes_max).read_to_end(&mut bytes)?;
    Ok(body(&bytes))
}

fn body(bytes: &[u8]) -> Found {
    let Some((head, body)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        return Found::Bad("spool_refused_length");
    };
    match Header::try_from_bytes(*head) {
        Ok(header) if header.body_bytes as usize != body.len() => {
            Found::Bad("spool_refused_length")
        }
        Ok(header) if header.check(body).is_err() => Found::Bad("spool_refused_checksum"),
        Ok(_) => Found::Body(body.to_vec()),
        Err(frame::FrameError::Version { .. }) => Found::Bad("spool_refused_version"),
        Err(_) => Found::Bad("spool_refused_header"),
    }
}

#[cfg(test)]
mod tests;
