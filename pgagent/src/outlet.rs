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

/// One task's way into the journal.
#[derive(Debug)]
pub struct Outlet {
    journal: Shared,
    producer: Producer,
    counters: Counters,
    refused: Counter,
    logged: Sparingly,
}

// === impl Outlet ===

impl Outlet {
    pub fn new(outbox: &Running) -> Self {
        let counters = outbox.counters().clone();
        Self {
            journal: outbox.journal().clone(),
            producer: outbox.producer().clone(),
            refused: counters.counter("records_refused"),
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
