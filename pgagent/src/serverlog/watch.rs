//! The thread that follows the log, from its files into the journal.
//!
//! ```text
//! wait -> look at the log -> a record per entry -> journal
//!  ^        at fsync_interval: force the journal to disk, then note how far the log was read
//!  +--------- a burst is taken at a quarter of one core
//! ```
//!
//! How far the log was read is noted only when what came of it is safe. Whoever starts after a kill reads a
//! little again and makes the same records, which the store knows by their ids. And the log's own files are
//! the better queue: once the journal is [`JOURNAL_SHARE_MAX`] full the log waits where it is, so that what
//! can't be had twice, the samples, has the rest.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use daemon::clock::{Clock, Monotonic};
use daemon::counters::{Counter, Counters, Gauge};
use daemon::journal::Shared;
use daemon::log::{Sparingly, chain};
use daemon::outbox::Running;
use daemon::producer::Producer;
use daemon::settings::Journal;
use wire::ids::Kind;
use wire::pg::log::{Event, Log};
use wire::record::Record;
use wire::time::Instant;

use super::entry::Entry;
use super::follow::Follower;
use super::places::Places;
use super::report::{Place, Reporter};
use super::source::{Source, Wanted};

/// How long a log that has nothing new is left alone.
const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// After a trouble with its files.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// A burst is taken in pieces with three times as long a rest, which is never longer than this.
const REST_MAX: Duration = Duration::from_millis(500);
/// Of the journal's room; beyond it the log waits in its own files.
const JOURNAL_SHARE_MAX: f64 = 0.75;
/// Lines that are no entries: enough of them are sent to see what they are.
const UNPARSED_MAX: u32 = 60;
const WINDOW: Duration = Duration::from_secs(60);
/// Share of a minute's entries that may be unknown before it is said aloud.
const UNPARSED_SHARE_MAX: f64 = 0.01;
/// How often the same trouble is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// The thread, as the rest of the agent knows it.
#[derive(Debug)]
pub struct LogWatch {
    /// Dropping it ends the thread.
    sources: Option<SyncSender<Source>>,
    thread: Option<JoinHandle<()>>,
}

/// Tells the thread where the log is.
#[derive(Clone, Debug)]
pub struct Signpost {
    sources: SyncSender<Source>,
    wanted: Wanted,
}

#[derive(Debug)]
struct Desk {
    journal: Shared,
    journal_bytes_max: u64,
    fsync_interval: Duration,
    producer: Producer,
    clock: Clock,
    counters: Counters,
    counts: Counts,
    reporter: Reporter,
    /// Where it is kept how far the log was read.
    dir: PathBuf,
    /// Where the log is, if that is known.
    source: Option<Source>,
    /// Nothing while the log can't be followed.
    follower: Option<Follower>,
    saved: Monotonic,
    is_dirty: bool,
    window: Window,
    logged: Sparingly,
}

/// What `agent_health` shows of the log.
#[derive(Debug)]
struct Counts {
    entries: Counter,
    bytes: Counter,
    unparsed: Counter,
    unparsed_unsent: Counter,
    doubtful: Counter,
    cut: Counter,
    refused: Counter,
    pauses: Counter,
    failures: Counter,
    is_followed: Gauge,
}

/// What the last minute's lines were.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    began: Monotonic,
    entries: u32,
    unparsed: u32,
}

// === impl LogWatch ===

impl LogWatch {
    /// Starts to follow the log, if it is known already where it is.
    pub fn start(
        wanted: &Wanted,
        reporter: Reporter,
        journal: &Journal,
        outbox: &Running,
    ) -> std::io::Result<Self> {
        let kept = || Places::load(&journal.dir).source().cloned();
        let source = Source::of_settings(wanted).or_else(kept);
        let producer = outbox.producer().clone();
        let clock = producer.clock().clone();
        let mut desk = Desk {
            journal: outbox.journal().clone(),
            journal_bytes_max: journal.disk_bytes_max,
            fsync_interval: journal.fsync_interval,
            producer,
            counts: Counts::new(outbox.counters()),
            counters: outbox.counters().clone(),
            reporter,
            dir: journal.dir.clone(),
            source,
            follower: None,
            saved: clock.monotonic(),
            is_dirty: false,
            window: Window::default(),
            logged: Sparingly::new(LOG_INTERVAL),
            clock,
        };
        let (sources, told) = sync_channel(4);
        let thread = std::thread::Builder::new()
            .name("serverlog".to_owned())
            .spawn(move || desk.run(&told))?;
        Ok(Self {
            sources: Some(sources),
            thread: Some(thread),
        })
    }

    /// A way to tell where the log is.
    pub fn signpost(&self, wanted: Wanted) -> Option<Signpost> {
        let sources = self.sources.clone()?;
        Some(Signpost { sources, wanted })
    }

    /// Ends the thread once all signposts are gone, and waits until it has.
    pub fn close(mut self) {
        self.sources = None;
        if let Some(thread) = self.thread.take() {
            // It aborts the process if it panics; there is nothing to be told here.
            let _ = thread.join();
        }
    }
}

// === impl Signpost ===

impl Signpost {
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// The log is there. If the thread is busy it is told the next time.
    pub fn point(&self, source: Source) {
        let _ = self.sources.try_send(source);
    }
}

// === impl Desk ===

impl Desk {
    /// Begins to follow the log; tells whether it can be.
    fn follow(&mut self, source: Source) -> Result<(), String> {
        let follower = Follower::new(source, Places::load(&self.dir), self.clock.now());
        let follower = follower.map_err(|error| chain(&error))?;
        let source = follower.source();
        tracing::info!(dir = %source.dir.display(), format = ?source.format, "following the server's log");
        self.follower = Some(follower);
        self.is_dirty = true;
        self.counts.is_followed.set(1);
        Ok(())
    }

    /// The log may be in another place than so far. What is known of files stays.
    fn change(&mut self, source: Source) {
        if self.source.as_ref() != Some(&source) {
            self.save();
            self.follower = None;
            self.counts.is_followed.set(0);
            self.source = Some(source);
        }
    }

    fn run(&mut self, told: &Receiver<Source>) {
        let mut wait = Duration::ZERO;
        loop {
            match told.recv_timeout(wait) {
                Ok(source) => self.change(source),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            wait = self.step();
        }
        self.save();
    }

    /// One look, and how long to wait until the next one.
    fn step(&mut self) -> Duration {
        if self.is_journal_full() {
            self.counts.pauses.increment();
            return RETRY_INTERVAL;
        }
        let began = self.clock.monotonic();
        let wait = match self.look(began) {
            Ok(true) => ((self.clock.monotonic() - began) * 3).min(REST_MAX),
            Ok(false) => POLL_INTERVAL,
            Err(text) => {
                self.counts.failures.increment();
                self.note(&text);
                RETRY_INTERVAL
            }
        };
        let now = self.clock.monotonic();
        if now - self.window.began >= WINDOW {
            self.tell_unparsed();
            self.window = Window {
                began: now,
                ..Window::default()
            };
        }
        if self.is_dirty && now - self.saved >= self.fsync_interval {
            self.save();
        }
        wait
    }

    /// Tells whether there is more.
    fn look(&mut self, now: Monotonic) -> Result<bool, String> {
        if self.follower.is_none()
            && let Some(source) = self.source.clone()
        {
            self.follow(source)?;
        }
        let Some(mut follower) = self.follower.take() else {
            return Ok(false);
        };
        let mut lines = Vec::new();
        let look = follower.look(now, &mut |entry, place, at| {
            if let Some(line) = self.line(entry, place, at) {
                lines.push(line);
            }
        });
        self.follower = Some(follower);
        if !lines.is_empty()
            && let Err(error) = self.journal.append_all(&lines)
        {
            // There is nobody to give them back to: the log goes on.
            self.counts.refused.add(lines.len() as u64);
            self.note(&chain(&error));
        }
        let look = look.map_err(|error| chain(&error))?;
        self.counts.bytes.add(look.bytes as u64);
        self.is_dirty |= look.entries > 0;
        Ok(look.is_more)
    }

    /// The record of an entry; none if it is one line too many that is not understood.
    fn line(&mut self, entry: &Entry<'_>, place: Place, at: Instant) -> Option<Vec<u8>> {
        let log = self.reporter.log(entry);
        self.counts.entries.increment();
        self.window.entries += 1;
        if log.is_doubtful {
            self.counts.doubtful.increment();
        }
        if log.is_cut {
            self.counts.cut.increment();
        }
        if log.event == Event::Unparsed {
            self.counts.unparsed.increment();
            self.window.unparsed += 1;
            if self.window.unparsed > UNPARSED_MAX {
                self.counts.unparsed_unsent.increment();
                return None;
            }
        }
        let record = Record::try_new(
            Kind::try_new(Log::KIND).expect("the kinds in wire are valid names"),
            place.event_id(at, entry),
            self.reporter
                .project(&log)
                .unwrap_or(self.producer.project())
                .clone(),
            self.producer.host().clone(),
            at,
            &log,
        );
        Some(
            record
                .expect("what pgagent records is a JSON object")
                .to_line(),
        )
    }

    /// Most of a log that can't be read is worse than no log: it looks as if all were well.
    fn tell_unparsed(&mut self) {
        let Window {
            entries, unparsed, ..
        } = self.window;
        if f64::from(unparsed) <= f64::from(entries) * UNPARSED_SHARE_MAX {
            return;
        }
        let source = self.follower.as_ref().map(Follower::source);
        let prefix = source
            .and_then(|source| source.prefix.as_deref())
            .unwrap_or("none");
        self.note(&format!(
            "{unparsed} of {entries} entries of the server's log can't be read with log_line_prefix {prefix:?}"
        ));
    }

    fn is_journal_full(&self) -> bool {
        let bytes = self.journal.stats().bytes;
        bytes as f64 > self.journal_bytes_max as f64 * JOURNAL_SHARE_MAX
    }

    /// Notes how far the log was read, once what came of it is on the disk.
    fn save(&mut self) {
        self.saved = self.clock.monotonic();
        let Some(follower) = self.follower.as_ref().filter(|_| self.is_dirty) else {
            return;
        };
        let saved = self
            .journal
            .sync()
            .map_err(|error| chain(&error))
            .and_then(|()| follower.places().save().map_err(|error| chain(&error)));
        match saved {
            Ok(()) => self.is_dirty = false,
            Err(text) => self.note(&format!(
                "the place in the server's log can't be noted: {text}"
            )),
        }
    }

    fn note(&mut self, text: &str) {
        self.counters.set_last_error(text);
        if self.logged.now(&self.clock) {
            tracing::warn!(text, "trouble with the server's log");
        }
    }
}

// === impl Counts ===

impl Counts {
    fn new(counters: &Counters) -> Self {
        Self {
            entries: counters.counter("log_entries"),
            bytes: counters.counter("log_bytes"),
            unparsed: counters.counter("log_unparsed"),
            unparsed_unsent: counters.counter("log_unparsed_unsent"),
            doubtful: counters.counter("log_doubtful"),
            cut: counters.counter("log_cut"),
            refused: counters.counter("log_refused"),
            pauses: counters.counter("log_pauses"),
            failures: counters.counter("log_failures"),
            is_followed: counters.gauge("log_followed"),
        }
    }
}
