//! PHP-FPM seen from outside: its pools' state at the pace of the host's metrics, and its slow log.
//!
//! During a spike the worst requests have not finished yet, so no record of theirs exists; the status page
//! tells of them while they run, and the slow log where they are.

use std::path::PathBuf;

use daemon::counters::{Counter, Counters};
use daemon::host::Pace;
use daemon::log::chain;
use daemon::producer::Producer;
use serde::Serialize;
use tokio::task::{JoinSet, spawn_blocking};
use tokio_util::sync::CancellationToken;
use wire::fpm::{FpmSlow, FpmStatus};

use crate::intake::Intake;

mod fastcgi;
mod pool;

mod asked;

mod slowlog;
mod tail;

pub use pool::Target;

use asked::Asked;
use slowlog::SlowLog;
use tail::{Places, Tail};

/// What of PHP-FPM is watched.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    pub pools: Vec<Target>,
    pub slowlogs: Vec<PathBuf>,
}

/// Watches PHP-FPM.
#[derive(Debug)]
pub struct Fpm {
    watched: Watched,
    /// Where it is kept how far logs were read.
    dir: PathBuf,
    office: Office,
}

/// How records get away.
#[derive(Clone, Debug)]
struct Office {
    intake: Intake,
    producer: Producer,
    counters: Counters,
    pools_silent: Counter,
    slow_entries: Counter,
    slow_lines_unknown: Counter,
}

/// The logs with what is half-read of them.
#[derive(Debug)]
struct Logs {
    places: Places,
    tails: Vec<(Tail, SlowLog)>,
}

/// What one look at the logs has found.
#[derive(Debug, Default)]
struct Found {
    entries: Vec<FpmSlow>,
    lines_unknown: u64,
    errors: Vec<String>,
}

// === impl Fpm ===

impl Fpm {
    pub fn new(
        watched: Watched,
        dir: PathBuf,
        intake: Intake,
        counters: &Counters,
        producer: Producer,
    ) -> Self {
        let office = Office {
            intake,
            producer,
            pools_silent: counters.counter("fpm_pools_silent"),
            slow_entries: counters.counter("fpm_slow_entries"),
            slow_lines_unknown: counters.counter("fpm_slow_lines_unknown"),
            counters: counters.clone(),
        };
        Self {
            watched,
            dir,
            office,
        }
    }

    /// Asks and reads at that pace until `stop`.
    pub async fn run(self, mut pace: Pace, stop: CancellationToken) {
        let Self {
            watched,
            dir,
            office,
        } = self;
        let mut pools: Vec<Asked> = watched.pools.into_iter().map(Asked::new).collect();
        let mut logs = Logs::new(watched.slowlogs, &dir);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                is_due = pace.due() => if !is_due { return },
            }
            pools = office.ask_all(pools).await;
            let Ok((same, found)) = spawn_blocking(move || logs.look()).await else {
                return;
            };
            logs = same;
            office.tell_found(found).await;
            // How far they were read counts only once the entries are in the journal.
            let Ok(same) = spawn_blocking(move || logs.keep()).await else {
                return;
            };
            logs = same;
        }
    }
}

// === impl Office ===

impl Office {
    /// Looks at all pools at once: one that is silent takes its second, whatever the others do.
    async fn ask_all(&self, pools: Vec<Asked>) -> Vec<Asked> {
        let mut looks = JoinSet::new();
        for mut pool in pools {
            let clock = self.producer.clock().clone();
            looks.spawn(async move {
                let status = pool.look(&clock).await;
                (pool, status)
            });
        }
        let mut pools = Vec::new();
        while let Some(look) = looks.join_next().await {
            if let Ok((pool, status)) = look {
                self.tell_status(&status).await;
                pools.push(pool);
            }
        }
        pools
    }

    async fn tell_status(&self, status: &FpmStatus) {
        if let Some(error) = &status.error {
            self.pools_silent.increment();
            let text = format!("PHP-FPM at {}: {error}", status.address);
            self.counters.set_last_error(&text);
        }
        self.tell(FpmStatus::KIND, status).await;
    }

    async fn tell_found(&self, found: Found) {
        self.slow_lines_unknown.add(found.lines_unknown);
        for error in found.errors {
            self.counters.counter("fpm_slowlog_unreadable").increment();
            self.counters.set_last_error(&error);
        }
        for entry in &found.entries {
            self.slow_entries.increment();
            self.tell(FpmSlow::KIND, entry).await;
        }
    }

    async fn tell<B: Serialize>(&self, kind: &'static str, body: &B) {
        let now = self.producer.clock().now();
        // Both are bounded far below what a record may hold.
        if let Ok(record) = self.producer.record(kind, now, body) {
            self.intake.submit(record.to_line()).await.is_kept().await;
        }
    }
}

// === impl Logs ===

impl Logs {
    fn new(paths: Vec<PathBuf>, dir: &std::path::Path) -> Self {
        let tails = paths
            .into_iter()
            .map(|path| (Tail::new(path), SlowLog::default()));
        Self {
            places: Places::load(dir),
            tails: tails.collect(),
        }
    }

    fn look(mut self) -> (Self, Found) {
        let mut found = Found::default();
        for (tail, log) in &mut self.tails {
            match tail.look(&self.places) {
                Ok(bytes) if bytes.is_empty() => found.entries.extend(log.settle()),
                Ok(bytes) => found.entries.extend(log.push(&bytes)),
                Err(error) => {
                    let path = tail.path().display();
                    found
                        .errors
                        .push(format!("slow log {path} can't be read: {}", chain(&error)));
                }
            }
            found.lines_unknown += std::mem::take(&mut log.lines_unknown);
        }
        (self, found)
    }

    fn keep(mut self) -> Self {
        for (tail, log) in &self.tails {
            // If it can't be kept now, the next look keeps it as well.
            let _ = self.places.keep(tail, log.unfinished_bytes());
        }
        self
    }
}
