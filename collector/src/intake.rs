//! The journal's thread: takes lines from all connections, appends what waits as one group, and
//! tells each how it went.
//!
//! File operations may block, so they have a thread of their own; and since a group is one `write`,
//! many connections cost little more than one.

use std::io;
use std::thread::{self, JoinHandle};

use daemon::counters::{Counter, Counters, Gauge};
use daemon::endpoint::JOURNAL_FAILING;
use daemon::journal::Shared;
use daemon::log::chain;
use tokio::sync::{mpsc, oneshot};

/// Lines that wait for the journal. Connections beyond that wait with their line in hand.
const WAITING_MAX: usize = 1024;

/// One group's lines and bytes: a write that takes some milliseconds at most.
const GROUP_LINES_MAX: usize = 256;
const GROUP_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The way into the journal. Clones lead to the same thread, which ends when the last one is gone.
#[derive(Clone, Debug)]
pub struct Intake {
    queue: mpsc::Sender<Submission>,
}

/// A line on its way into the journal.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<bool>);

#[derive(Debug)]
struct Submission {
    line: Vec<u8>,
    is_kept: oneshot::Sender<bool>,
}

impl AsRef<[u8]> for Submission {
    fn as_ref(&self) -> &[u8] {
        &self.line
    }
}

// === impl Intake ===

impl Intake {
    /// Starts the thread.
    pub fn start(journal: Shared, counters: &Counters) -> io::Result<(Self, JoinHandle<()>)> {
        let (queue, waiting) = mpsc::channel(WAITING_MAX);
        let keeper = Keeper {
            journal,
            waiting,
            counters: counters.clone(),
            kept: counters.counter("records_kept"),
            unkept: counters.counter("records_unkept"),
            failing: counters.gauge(JOURNAL_FAILING),
            is_failing: false,
        };
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(|| keeper.run())?;
        Ok((Self { queue }, thread))
    }

    /// Hands a line over. The order of lines is kept.
    pub async fn submit(&self, line: Vec<u8>) -> Pending {
        let (is_kept, outcome) = oneshot::channel();
        // If the thread is gone the submission is dropped, which reads as "not kept".
        let _ = self.queue.send(Submission { line, is_kept }).await;
        Pending(outcome)
    }
}

// === impl Pending ===

impl Pending {
    /// Whether the line is in the journal.
    pub async fn is_kept(self) -> bool {
        self.0.await.unwrap_or(false)
    }
}

// === Keeper ===

/// The thread's own.
struct Keeper {
    journal: Shared,
    waiting: mpsc::Receiver<Submission>,
    counters: Counters,
    kept: Counter,
    unkept: Counter,
    failing: Gauge,
    /// Whether the last group failed, so that a full disk is logged when it begins and ends.
    is_failing: bool,
}

impl Keeper {
    fn run(mut self) {
        let mut group = Vec::new();
        while let Some(first) = self.waiting.blocking_recv() {
            let mut bytes = first.line.len();
            group.push(first);
            while group.len() < GROUP_LINES_MAX
                && bytes < GROUP_BYTES_MAX
                && let Ok(next) = self.waiting.try_recv()
            {
                bytes += next.line.len();
                group.push(next);
            }
            let is_kept = self.append(&group);
            for submission in group.drain(..) {
                // Nobody may wait any more: the record is kept all the same.
                let _ = submission.is_kept.send(is_kept);
            }
        }
    }

    fn append(&mut self, group: &[Submission]) -> bool {
        let outcome = self.journal.append_all(group);
        let was_failing = std::mem::replace(&mut self.is_failing, outcome.is_err());
        self.failing.set(i64::from(self.is_failing));
        match outcome {
            Ok(_) => {
                self.kept.add(group.len() as u64);
                if was_failing {
                    tracing::info!("journal takes records again");
                }
                true
            }
            Err(error) => {
                self.unkept.add(group.len() as u64);
                self.counters.set_last_error(&chain(&error));
                if !was_failing {
                    tracing::error!(error = chain(&error), "journal takes no records");
                }
                false
            }
        }
    }
}
