//! The one thread that writes records: it takes portions from a bounded queue and commits them in
//! groups.
//!
//! A group is what is queued at the moment, up to a bound in records and time; while it is being
//! committed the next one gathers. So one sender alone waits for one fsync, and many share it. A
//! portion is answered after its commit. When a commit fails (a full disk, say), everything in its
//! group is refused and the senders keep it; the thread goes on with the next.

use std::sync::{Arc, Mutex};
use std::thread;

use daemon::clock::Clock;
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};
use wire::spike::SpikeFound;
use wire::time::{Instant, Micros, Range};

use crate::background;
use crate::calendar::Day;
use crate::db::checkpoint::Checkpoints;
use crate::db::dictionary::Dictionaries;
use crate::db::files::Files;
use crate::db::insert::Inserter;
use crate::db::known::Known;
use crate::db::names::{Current, Names};
use crate::db::row::Prepared;
use crate::db::{DbError, retention};
use crate::limits;
use crate::settings::{Durability, Store};

/// Part of a batch on its way to the disk.
#[derive(Debug)]
pub(crate) struct Portion {
    pub(crate) records: Vec<Prepared>,
    pub(crate) put_aside: Vec<Aside>,
    /// How long after it was sent the batch came, by its sender's clock.
    pub(crate) behind: Option<Micros>,
    /// By whose numbers the records go.
    pub(crate) names: Arc<Names>,
    /// The name of the token that it came with.
    pub(crate) token: String,
    pub(crate) answer: oneshot::Sender<Result<Written, Arc<DbError>>>,
}

/// A line that was no record.
#[derive(Debug)]
pub(crate) struct Aside {
    pub(crate) reason: String,
    /// The line's hash: one that is sent again is kept once.
    line_hash: [u8; 32],
    line_bytes: usize,
    /// Its beginning.
    line: Vec<u8>,
}

/// What became of a portion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) stored: u64,
    pub(crate) known: u64,
}

/// Where portions go, and what is shared in preparing them.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    pub(crate) portions: mpsc::Sender<Portion>,
    pub(crate) names: Current,
    pub(crate) dictionaries: Dictionaries,
}

/// What was stored, for those who want to hear of it. Clones tell of the same store.
#[derive(Clone, Debug, Default)]
pub(crate) struct News(Arc<Mutex<Told>>);

#[derive(Debug, Default)]
struct Told {
    /// The times of records that were stored since somebody last took them.
    range: Option<Range>,
    stored: Stored,
}

/// What was stored since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) commits: u64,
    pub(crate) records: u64,
    /// The latest time that a record told.
    pub(crate) newest_at_us: Instant,
}

/// The thread's state.
struct Writer {
    files: Files,
    durability: Durability,
    clock: Clock,
    day: Day,
    connection: Connection,
    known: Known,
    inserter: Inserter,
    aside_rows: u64,
    news: News,
    checkpoints: Checkpoints,
    dictionaries: Dictionaries,
}

/// Starts the thread. It ends when every [`Queue`] is dropped and what they hold is committed.
pub(crate) fn spawn(
    files: Files,
    settings: &Store,
    clock: Clock,
    news: News,
) -> Result<(Queue, thread::JoinHandle<()>), DbError> {
    let (sender, mut receiver) = mpsc::channel(limits::PORTIONS_QUEUED_MAX);
    let queue = Queue::new(sender);
    for dictionary in files.dictionaries()? {
        queue.dictionaries.adopt(dictionary);
    }
    // Opened here, so that a database that can't be opened stops the start.
    let mut writer = Writer::open(files, settings.durability, clock, news)?;
    let dictionaries = queue.dictionaries.clone();
    writer.dictionaries = dictionaries;
    let thread = thread::Builder::new()
        .name("writer".to_owned())
        .spawn(move || {
            background::step_back(background::NICE_WRITE);
            while let Some(group) = gather(&mut receiver, &writer.clock) {
                writer.write(group);
            }
            writer.close_day();
        })
        .map_err(|source| DbError::Spawn { source })?;
    Ok((queue, thread))
}

/// Waits for a portion, then takes what else is queued, up to the bounds of a commit.
fn gather(receiver: &mut mpsc::Receiver<Portion>, clock: &Clock) -> Option<Vec<Portion>> {
    let first = receiver.blocking_recv()?;
    let begun = clock.monotonic();
    let mut records = first.records.len();
    let mut group = vec![first];
    while records < limits::COMMIT_RECORDS_MAX
        && clock.monotonic() - begun < limits::COMMIT_GATHER
        && let Ok(portion) = receiver.try_recv()
    {
        records += portion.records.len();
        group.push(portion);
    }
    Some(group)
}

// === impl Queue ===

impl Queue {
    pub(crate) fn new(portions: mpsc::Sender<Portion>) -> Self {
        Self {
            portions,
            names: Current::default(),
            dictionaries: Dictionaries::default(),
        }
    }
}

// === impl Aside ===

impl Aside {
    pub(crate) fn new(reason: String, line: &[u8], line_bytes: usize) -> Self {
        Self {
            reason,
            line_hash: Sha256::digest(line).into(),
            line_bytes,
            line: line[..line.len().min(limits::PUT_ASIDE_LINE_BYTES_MAX)].to_vec(),
        }
    }

    /// What it takes in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.line.len() + self.reason.len()
    }
}

// === impl Writer ===

impl Writer {
    fn open(
        files: Files,
        durability: Durability,
        clock: Clock,
        news: News,
    ) -> Result<Self, DbError> {
        let day = Day::of(clock.now());
        let connection = files.open_writer(day, durability)?;
        Ok(Self {
            known: Known::before(&files, day)?,
            aside_rows: count_aside(&connection)?,
            inserter: Inserter::default(),
            checkpoints: Checkpoints::spawn(files.clone())?,
            dictionaries: Dictionaries::default(),
            files,
            durability,
            clock,
            day,
            connection,
            news,
        })
    }

    fn write(&mut self, group: Vec<Portion>) {
        let outcome = self.commit(&group);
        match outcome {
            Ok(written) => {
                self.news
                    .tell(group.iter().flat_map(|portion| &portion.records));
                for (portion, written) in group.into_iter().zip(written) {
                    // A sender that has gone away will send again, and be told "known".
                    let _ = portion.answer.send(Ok(written));
                }
            }
            Err(error) => {
                self.inserter.forget();
                // Rows of a transaction that was rolled back were counted in vain.
                self.aside_rows = count_aside(&self.connection).unwrap_or(self.aside_rows);
                let error = Arc::new(error);
                for portion in group {
                    let _ = portion.answer.send(Err(Arc::clone(&error)));
                }
            }
        }
    }

    fn commit(&mut self, group: &[Portion]) -> Result<Vec<Written>, DbError> {
        let now = self.clock.now();
        self.turn_page(Day::of(now))?;
        let transaction = self.connection.unchecked_transaction()?;
        let mut outcomes = Vec::with_capacity(group.len());
        for portion in group {
            let mut written = Written::default();
            self.inserter.use_names(&portion.names);
            take_clocks(&mut self.inserter, portion);
            for record in &portion.records {
                let is_new = !self.known.has(&self.files, record.event_id)
                    && self.inserter.insert(&self.connection, record, now)?;
                written.stored += u64::from(is_new);
                written.known += u64::from(!is_new);
            }
            for aside in &portion.put_aside {
                if self.aside_rows < limits::PUT_ASIDE_ROWS_MAX {
                    self.aside_rows += put_aside(&self.connection, &portion.token, aside, now)?;
                }
            }
            outcomes.push(written);
        }
        self.inserter.finish(&self.connection, now)?;
        transaction
            .commit()
            .map_err(|source| DbError::Commit { source })?;
        self.checkpoints.ring(self.day);
        Ok(outcomes)
    }

    /// Goes over to a new day's file. A clock that is set back goes on with an earlier one.
    fn turn_page(&mut self, today: Day) -> Result<(), DbError> {
        if today == self.day {
            return Ok(());
        }
        let connection = self.files.open_writer(today, self.durability)?;
        self.close_day();
        self.known = Known::before(&self.files, today)?;
        self.aside_rows = count_aside(&connection)?;
        self.inserter.forget();
        self.connection = connection;
        self.day = today;
        self.dictionaries.renew();
        tracing::info!(day = %today, "new day's file");
        Ok(())
    }

    /// Leaves a file that nobody writes any more without a WAL.
    fn close_day(&mut self) {
        // The last one that closes it takes its WAL away, which one that only reads can't.
        self.files.idle().close(self.day);
        let done = self
            .connection
            .execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);");
        if let Err(error) = done {
            tracing::warn!(day = %self.day, %error, "day's file not tidied, the next reader copes");
        }
    }
}

/// A batch is one host's, with few exceptions; so the first and the last record name all of them.
fn take_clocks(inserter: &mut Inserter, portion: &Portion) {
    let Some(behind) = portion.behind else { return };
    let ends = portion
        .records
        .first()
        .into_iter()
        .chain(portion.records.last());
    for record in ends {
        inserter.clock(record, behind);
    }
}

fn put_aside(
    connection: &Connection,
    token: &str,
    aside: &Aside,
    now: Instant,
) -> Result<u64, DbError> {
    let rows = connection
        .prepare_cached(
            "INSERT OR IGNORE INTO put_aside
             (line_hash, received_at_us, token, reason, line, line_bytes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            aside.line_hash,
            now.0,
            token,
            aside.reason,
            aside.line,
            i64::try_from(aside.line_bytes).unwrap_or(i64::MAX),
        ])?;
    Ok(rows as u64)
}

fn count_aside(connection: &Connection) -> Result<u64, DbError> {
    Ok(connection.query_row("SELECT count(*) FROM put_aside", [], |row| row.get(0))?)
}

// === impl News ===

impl News {
    fn tell<'a>(&self, records: impl Iterator<Item = &'a Prepared>) {
        let mut told = self.lock();
        told.stored.commits += 1;
        // A spike's notice comes of what is known already.
        let records = records.filter(|record| record.kind != SpikeFound::KIND);
        for at_us in records.map(|record| record.at_us) {
            let range = told.range.get_or_insert(Range {
                from_at_us: at_us,
                to_at_us: at_us,
            });
            range.from_at_us = range.from_at_us.min(at_us);
            range.to_at_us = range.to_at_us.max(at_us);
            told.stored.records += 1;
            told.stored.newest_at_us = told.stored.newest_at_us.max(at_us);
        }
    }

    /// The times of what was told since the last call.
    pub(crate) fn take(&self) -> Option<Range> {
        self.lock().range.take()
    }

    pub(crate) fn stored(&self) -> Stored {
        self.lock().stored
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Told> {
        // A few numbers can't be left half-written by a panic elsewhere.
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The times that the store tells apart: from a day before retention to two days ahead.
pub(crate) fn kept_range(now: Instant, settings: &Store) -> Range {
    let past = retention::kept_us(settings) + crate::calendar::DAY_US;
    Range {
        from_at_us: now - Micros(past),
        to_at_us: now + Micros(2 * crate::calendar::DAY_US),
    }
}

#[cfg(test)]
mod tests;
