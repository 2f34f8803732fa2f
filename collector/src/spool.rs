//! The spool folder: whole frames that PHP has left in files while nobody took them.
//!
//! ```text
//! NNNN.part    being written by a PHP worker, or left by one that was killed
//! NNNN.frame   whole: renamed when the last byte was written
//! ```
//!
//! A frame's file goes when its record is in the journal: a kill in between stores it twice, under one
//! event id. A file that holds no frame goes as well, and is counted, since PHP has only so many places. A
//! file that was in work when the daemon died is taken after all others, and put aside at the third death.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use daemon::clock::Clock;
use daemon::counters::{Counter, Counters};
use daemon::in_work::{DEATHS_MAX, InWork};
use daemon::log::chain;
use rustix::fs::Gid;
use thiserror::Error;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use wire::time::{Instant, Micros};

use crate::admit;
use crate::intake::Intake;

mod file;
mod watch;

use file::Found;
use watch::Watch;

/// How often the folder is looked through although nothing was heard of it.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// The same where the kernel tells nothing.
const LOOK_INTERVAL_DEAF: Duration = Duration::from_secs(1);

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
    #[error("{path} can't be opened")]
    InWork { path: PathBuf, source: io::Error },
    #[error("spool folder {path} can't be given to group {group}")]
    Group {
        path: PathBuf,
        group: u32,
        source: io::Error,
    },
}

/// Where the folder is, for whom, and where what it is bad for is kept.
#[derive(Clone, Debug)]
pub struct Place {
    pub dir: PathBuf,
    pub group: Option<u32>,
    /// The journal's folder: it outlives a restart of the machine.
    pub journal_dir: PathBuf,
}

/// The folder.
#[derive(Debug)]
pub struct Spool {
    place: Place,
    intake: Intake,
    clock: Clock,
    counters: Counters,
    accepted: Counter,
    parts_removed: Counter,
    in_work: InWork,
}

/// What one look finds.
#[derive(Debug, Default)]
struct Names {
    frames: Vec<PathBuf>,
    parts: Vec<PathBuf>,
}

// === impl Spool ===

impl Spool {
    /// Makes the folder if it is missing.
    pub fn open(
        place: Place,
        intake: Intake,
        counters: &Counters,
        clock: Clock,
    ) -> Result<Self, SpoolError> {
        if !place.dir.is_dir() {
            make(&place.dir, place.group)?;
        }
        let path = place.journal_dir.join("spool_in_work");
        let in_work = InWork::open(&path).map_err(|source| SpoolError::InWork { path, source })?;
        Ok(Self {
            place,
            intake,
            clock,
            accepted: counters.counter("spool_accepted"),
            parts_removed: counters.counter("spool_parts_removed"),
            counters: counters.clone(),
            in_work,
        })
    }

    /// Takes what comes, until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut watch = Watch::open(&self.place.dir);
        if let Err(error) = &watch {
            self.note("spool_unwatched", &self.place.dir, error);
        }
        loop {
            self.look(&stop).await;
            let interval = watch.as_ref().map_or(LOOK_INTERVAL_DEAF, |_| LOOK_INTERVAL);
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(interval) => {}
                () = heard(&mut watch) => {}
            }
            if !self.place.dir.is_dir() {
                // It was taken away, with whom we listened to.
                if let Err(error) = make(&self.place.dir, self.place.group) {
                    self.counters.set_last_error(&chain(&error));
                }
                watch = Watch::open(&self.place.dir);
            } else if watch
                .as_ref()
                .is_ok_and(|watch| !watch.is_of(&self.place.dir))
            {
                watch = Watch::open(&self.place.dir);
            }
        }
    }

    /// One look through the folder.
    async fn look(&mut self, stop: &CancellationToken) {
        let dir = self.place.dir.clone();
        let listed = spawn_blocking(move || list(&dir)).await;
        let names = match listed.expect("listing a folder does not panic") {
            Ok(names) => names,
            Err(error) => return self.note("spool_unreadable", &self.place.dir, &error),
        };
        for path in &names.parts {
            self.clear(path);
        }
        let is_suspect = |path: &PathBuf| self.in_work.left_by_the_dead(&name(path)).is_some();
        let (suspects, frames): (Vec<PathBuf>, Vec<PathBuf>) =
            names.frames.into_iter().partition(is_suspect);
        for path in frames.iter().chain(&suspects) {
            if stop.is_cancelled() {
                return;
            }
            self.take(path).await;
        }
        // All that was in work at a death is dealt with.
        self.in_work.forget();
    }

    async fn take(&self, path: &Path) {
        let name = name(path);
        let deaths = self.in_work.left_by_the_dead(&name).unwrap_or(0);
        if deaths >= DEATHS_MAX {
            return self.put_aside(path, &name, deaths);
        }
        self.in_work.begin(&name, deaths);
        let line = self.line(path).await;
        self.in_work.done();
        if let Some(line) = line
            && self.intake.submit(line).await.is_kept().await
        {
            self.accepted.increment();
            self.remove(path);
        }
    }

    /// The journal's line for a file; what holds none is discarded.
    async fn line(&self, path: &Path) -> Option<Vec<u8>> {
        let owned = path.to_owned();
        let read = spawn_blocking(move || file::read(&owned)).await;
        match read.expect("reading a file does not panic") {
            Ok(Found::Body(body)) => match admit::admit(body) {
                Ok(line) => return Some(line),
                Err(error) => self.discard(path, admit::counter_name(&error), &chain(&error)),
            },
            Ok(Found::Bad(counter)) => self.discard(path, counter, "it is not one whole frame"),
            // Perhaps another time.
            Err(error) => self.note("spool_unreadable", path, &error),
        }
        None
    }

    /// Keeps a file for people to look at that the daemon has died of three times.
    fn put_aside(&self, path: &Path, name: &str, deaths: u32) {
        let aside = self.place.journal_dir.join(format!("put_aside-{name}"));
        match fs::copy(path, &aside) {
            Ok(_) => {
                self.counters.counter("spool_put_aside").increment();
                let text = format!("{name} was in work at {deaths} deaths, it is put aside");
                self.counters.set_last_error(&text);
                tracing::error!(path = %aside.display(), deaths, "frame put aside");
                self.remove(path);
            }
            Err(error) => self.note("spool_put_aside_failed", &aside, &error),
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

/// Waits for news of the folder; for ever where there are none.
async fn heard(watch: &mut io::Result<Watch>) {
    match watch {
        Ok(watch) => watch.heard().await,
        Err(_) => std::future::pending().await,
    }
}

fn list(dir: &Path) -> io::Result<Names> {
    let mut names = Names::default();
    for entry in fs::read_dir(dir)?.take(FILES_MAX).flatten() {
        let path = entry.path();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("frame") => names.frames.push(path),
            Some("part") => names.parts.push(path),
            // The breaker's file is PHP's.
            _ => {}
        }
    }
    Ok(names)
}

/// A file's name without what could lead out of a folder.
fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
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

#[cfg(test)]
mod tests;
