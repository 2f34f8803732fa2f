//! An agent's way out as one thing: put records in, they reach the store.
//!
//! ```text
//! put -> journal -> uplink -> store        every fsync_interval: force the journal to disk
//!          ^                               every 10 s: agent_health, and a gap if there was a loss
//!          +-- health, gap, host           at its pace: host_metrics           
//! ```
//!
//! Joins the journal, its syncs, the uplink and the health records, so that the agents differ only
//! in what they put in.

use std::collections::BTreeMap;
use std::time::Duration;

use thiserror::Error;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use wire::agent::AgentHealth;
use wire::host::{HostMetrics, Role};
use wire::record::Record;
use wire::time::Micros;

use crate::clock::{Clock, Monotonic};
use crate::counters::Counters;
use crate::health::{self, Agent};
use crate::host::{Host, Pace};
use crate::journal::{Journal, JournalError, Options, Position, Shared};
use crate::log::{Sparingly, chain};
use crate::producer::Producer;
use crate::settings;
use crate::uplink::{Uplink, UplinkError};

/// How often a daemon tells how it is.
const HEALTH_INTERVAL: Duration = Duration::from_secs(10);

/// How often a disk that fails is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Why there is no outbox.
#[derive(Debug, Error)]
pub enum OutboxError {
    #[error("the journal can't be opened")]
    Journal(#[from] JournalError),
    #[error("the uplink can't be set up")]
    Uplink(#[from] UplinkError),
}

/// Whose outbox it is and where it leads.
#[derive(Clone, Debug)]
pub struct Settings {
    pub agent: Agent,
    pub project: settings::Project,
    pub journal: settings::Journal,
    pub uplink: settings::Uplink,
}

/// A journal with everything that empties it.
#[derive(Debug)]
pub struct Outbox {
    keeper: Keeper,
    uplink: Uplink,
    fsync_interval: Duration,
}

/// An outbox at work.
#[derive(Debug)]
pub struct Running {
    keeper: Keeper,
    stop: CancellationToken,
    stop_uplink: CancellationToken,
    timers: Vec<JoinHandle<()>>,
    host: Option<HostReport>,
    uplink: JoinHandle<()>,
}

/// The task that puts host metrics in.
#[derive(Debug)]
struct HostReport {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// How an outbox is, for whoever shows it. Clones look at the same one.
#[derive(Clone, Debug)]
pub struct Insight(Keeper);

/// What the outbox's tasks share.
#[derive(Clone, Debug)]
struct Keeper {
    agent: Agent,
    started: Monotonic,
    journal: Shared,
    counters: Counters,
    producer: Producer,
}

// === impl Outbox ===

impl Outbox {
    /// Opens the journal and reads the token. Nothing is sent yet.
    pub fn open(settings: Settings, clock: Clock) -> Result<Self, OutboxError> {
        let Settings {
            agent,
            project,
            journal: kept,
            uplink,
        } = settings;
        let options = Options {
            memory_bytes_max: kept.memory_bytes_max,
            disk_bytes_max: kept.disk_bytes_max,
        };
        let (journal, recovery) = Journal::open(&kept.dir, options)?;
        tracing::info!(dir = %kept.dir.display(), ?recovery, "journal opened");
        let journal = Shared::new(journal);
        let counters = Counters::default();
        counters.resume(agent.past.counts.clone(), agent.past.last_error.clone());
        let uplink = Uplink::new(uplink, &kept.dir, journal.clone(), clock.clone(), &counters)?;
        let started = clock.monotonic();
        let producer = Producer::new(project.name, project.host, clock);
        let keeper = Keeper {
            agent,
            started,
            journal,
            counters,
            producer,
        };
        Ok(Self {
            keeper,
            uplink,
            fsync_interval: kept.fsync_interval,
        })
    }

    /// Starts to send, to sync and to report. Must be called within a tokio runtime.
    pub fn start(self, drain_timeout: Duration) -> Running {
        let Self {
            keeper,
            uplink,
            fsync_interval,
        } = self;
        let stop = CancellationToken::new();
        let stop_uplink = CancellationToken::new();
        let timers = vec![
            tokio::spawn(keeper.clone().sync_until(stop.clone(), fsync_interval)),
            tokio::spawn(keeper.clone().report_until(stop.clone())),
        ];
        let uplink = tokio::spawn(uplink.run(stop_uplink.clone(), drain_timeout));
        Running {
            keeper,
            stop,
            stop_uplink,
            timers,
            host: None,
            uplink,
        }
    }

    pub fn journal(&self) -> &Shared {
        &self.keeper.journal
    }

    pub fn counters(&self) -> &Counters {
        &self.keeper.counters
    }

    pub fn producer(&self) -> &Producer {
        &self.keeper.producer
    }
}

// === impl Running ===

impl Running {
    /// Puts one record in. When this returns, the record survives a kill of the process.
    pub fn put(&self, record: &Record) -> Result<Position, JournalError> {
        self.keeper.journal.append(&record.to_line())
    }

    /// Says when readings of this machine are due.
    pub fn pace(&self, settings: settings::HostMetrics) -> Pace {
        let clock = self.keeper.producer.clock().clone();
        Pace::start(settings, clock, self.stop.clone())
    }

    /// Puts this machine's metrics in, at that pace, until the outbox is closed.
    pub fn report_host(&mut self, role: Role, settings: settings::HostMetrics, pace: Pace) {
        if settings.is_on {
            let stop = CancellationToken::new();
            let keeper = self.keeper.clone();
            let task = tokio::spawn(keeper.report_host_until(stop.clone(), role, pace));
            self.host = Some(HostReport { stop, task });
        }
    }

    /// Takes the last metrics, of the time since the ones before: the next process begins anew.
    pub async fn end_host(&mut self) {
        if let Some(host) = self.host.take() {
            host.stop.cancel();
            // Aborted or panicked: either way it is over, and the log has the panic.
            let _ = host.task.await;
        }
    }

    pub fn journal(&self) -> &Shared {
        &self.keeper.journal
    }

    pub fn counters(&self) -> &Counters {
        &self.keeper.counters
    }

    pub fn producer(&self) -> &Producer {
        &self.keeper.producer
    }

    pub fn insight(&self) -> Insight {
        Insight(self.keeper.clone())
    }

    /// Leaves all to a process that takes over at once: what is in the journal is there for it, and it
    /// syncs what this one has not. A batch that is under way may arrive twice, under its event ids.
    pub fn leave(self) {
        self.stop.cancel();
        for task in self.timers.iter().chain([&self.uplink]) {
            task.abort();
        }
    }

    /// Tells a last time how the daemon is, gives the uplink its drain time, and forces what is left
    /// to disk.
    pub async fn close(mut self) {
        self.end_host().await;
        self.stop.cancel();
        for timer in self.timers {
            // Aborted or panicked: either way it is over, and the log has the panic.
            let _ = timer.await;
        }
        self.stop_uplink.cancel();
        let _ = self.uplink.await;
        let journal = self.keeper.journal;
        if let Ok(Err(error)) = spawn_blocking(move || journal.sync()).await {
            tracing::error!(error = chain(&error), "journal can't be forced to disk");
        }
    }
}

// === impl Insight ===

impl Insight {
    /// What the daemon says of itself now.
    pub fn health(&self) -> AgentHealth {
        self.0.health()
    }

    /// Everything that was counted so far.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        health::counts(&self.0.counters, self.0.journal.stats())
    }

    /// How long ago the oldest record that the store does not have began. May read the disk.
    pub fn oldest_unsent(&self) -> Option<Micros> {
        let oldest = self.0.journal.peek_batch(1, 0).ok()?;
        let record: Record = serde_json::from_slice(oldest.records.first()?).ok()?;
        Some(self.0.producer.clock().now() - record.at_us)
    }

    pub fn last_error(&self) -> Option<String> {
        self.0.counters.last_error()
    }

    pub fn producer(&self) -> &Producer {
        &self.0.producer
    }
}

// === impl Keeper ===

impl Keeper {
    async fn sync_until(self, stop: CancellationToken, interval: Duration) {
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut logged = Sparingly::new(LOG_INTERVAL);
        let failed = self.counters.counter("journal_syncs_failed");
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            let journal = self.journal.clone();
            if let Ok(Err(error)) = spawn_blocking(move || journal.sync()).await {
                failed.increment();
                self.counters.set_last_error(&chain(&error));
                if logged.now(self.producer.clock()) {
                    tracing::error!(error = chain(&error), "journal can't be forced to disk");
                }
            }
        }
    }

    /// The last report comes after `stop`, so that the store knows the final counts.
    async fn report_until(self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(HEALTH_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut logged = Sparingly::new(LOG_INTERVAL);
        loop {
            let is_last = tokio::select! {
                () = stop.cancelled() => true,
                _ = ticks.tick() => false,
            };
            let keeper = self.clone();
            if let Ok(Err(error)) = spawn_blocking(move || keeper.report()).await
                && logged.now(self.producer.clock())
            {
                self.counters.set_last_error(&chain(&error));
                tracing::error!(
                    error = chain(&error),
                    "health can't be put into the journal"
                );
            }
            if is_last {
                return;
            }
        }
    }

    async fn report_host_until(self, stop: CancellationToken, role: Role, mut pace: Pace) {
        let mut logged = Sparingly::new(LOG_INTERVAL);
        let mut trouble = |text: String| {
            self.counters.set_last_error(&text);
            if logged.now(self.producer.clock()) {
                tracing::error!(error = text, "host metrics can't be taken");
            }
        };
        let clock = self.producer.clock().clone();
        let mut host = match spawn_blocking(move || Host::open(role, clock)).await {
            Ok(Ok(host)) => host,
            Ok(Err(error)) => return trouble(chain(&error)),
            Err(_) => return,
        };
        loop {
            let is_last = tokio::select! {
                () = stop.cancelled() => true,
                is_due = pace.due() => !is_due,
            };
            // Hundreds of files in `/proc`: not on the runtime's threads.
            let keeper = self.clone();
            let taken = spawn_blocking(move || {
                let outcome = host.metrics().map_err(|error| chain(&error));
                let outcome = outcome
                    .and_then(|metrics| keeper.put_host(&metrics).map_err(|error| chain(&error)));
                (host, outcome)
            });
            let Ok((same, outcome)) = taken.await else {
                return;
            };
            host = same;
            if let Err(text) = outcome {
                trouble(text);
            }
            if is_last {
                return;
            }
        }
    }

    fn put_host(&self, metrics: &HostMetrics) -> Result<(), JournalError> {
        let now = self.producer.clock().now();
        let record = self
            .producer
            .record(HostMetrics::KIND, now, metrics)
            .expect("host metrics are a JSON object");
        self.journal.append(&record.to_line()).map(drop)
    }

    fn health(&self) -> AgentHealth {
        let stats = self.journal.stats();
        health::health(
            &self.agent,
            self.started,
            &self.producer,
            &self.counters,
            stats,
        )
    }

    fn report(&self) -> Result<(), JournalError> {
        self.journal.report_losses(|kind, loss| {
            tracing::error!(
                kind = kind.reason(),
                records = loss.records,
                bytes = loss.bytes,
                "records lost"
            );
            health::gap_line(&self.producer, kind, loss)
        })?;
        let stats = self.journal.stats();
        let record = health::record(
            &self.agent,
            self.started,
            &self.producer,
            &self.counters,
            stats,
        )
        .expect("counters and gauges are a JSON object");
        self.journal.append(&record.to_line()).map(drop)
    }
}
