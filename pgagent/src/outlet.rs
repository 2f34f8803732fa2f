//! Where pgagent's records go: into the journal, from where the uplink takes them.

use std::time::Duration;

use daemon::counters::{Counter, Counters};
use daemon::journal::Shared;
use daemon::log::{Sparingly, chain};
use daemon::outbox::Running;
use daemon::producer::Producer;
use serde::Serialize;
use tokio::task::spawn_blocking;
use wire::time::Instant;

/// How often a journal that takes nothing is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// How full the journal may be for records that can be done without. The server's log gives way before.
const SPARE_SHARE_MAX: f64 = 0.85;

/// One task's way into the journal.
#[derive(Debug)]
pub struct Outlet {
    journal: Shared,
    producer: Producer,
    counters: Counters,
    journal_bytes_max: u64,
    refused: Counter,
    spared: Counter,
    logged: Sparingly,
}

// === impl Outlet ===

impl Outlet {
    /// `journal_bytes_max` is the room that the journal has.
    pub fn new(outbox: &Running, journal_bytes_max: u64) -> Self {
        let counters = outbox.counters().clone();
        Self {
            journal: outbox.journal().clone(),
            producer: outbox.producer().clone(),
            refused: counters.counter("records_refused"),
            spared: counters.counter("records_spared"),
            journal_bytes_max,
            logged: Sparingly::new(LOG_INTERVAL),
            counters,
        }
    }

    pub fn producer(&self) -> &Producer {
        &self.producer
    }

    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Puts a record in that others can do without, unless the journal is nearly full: what is left of its
    /// room is for samples.
    pub async fn put_spare<B: Serialize>(&mut self, kind: &'static str, at: Instant, body: &B) {
        let bytes = self.journal.stats().bytes;
        if bytes as f64 > self.journal_bytes_max as f64 * SPARE_SHARE_MAX {
            self.spared.increment();
            return;
        }
        self.put(kind, at, body).await;
    }

    /// Puts one record into the journal. What it can't take is counted: the next sample is another
    /// chance, and there is nobody to give the record back to.
    pub async fn put<B: Serialize>(&mut self, kind: &'static str, at: Instant, body: &B) {
        let record = self.producer.record(kind, at, body);
        let line = record
            .expect("what pgagent records is a JSON object")
            .to_line();
        let journal = self.journal.clone();
        let appended = spawn_blocking(move || journal.append(&line)).await;
        if let Ok(Err(error)) = appended {
            self.refused.increment();
            self.counters.set_last_error(&chain(&error));
            if self.logged.now(self.producer.clock()) {
                tracing::error!(error = chain(&error), kind, "record refused by the journal");
            }
        }
    }
}
