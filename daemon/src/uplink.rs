//! The way to the store: batches from the journal, sent until they are committed.
//!
//! ```text
//! peek a batch -> zstd NDJSON -> POST /v1/records -> judge the answer
//!      ^                                                  |
//!      |  committed: move the cursor                      |
//!      +-- refused: halve; alone: put aside, move --------+
//!      +-- later, token, trouble: keep all, wait ---------+
//! ```
//!
//! The cursor moves only when the store says that the batch is on its disk, so whatever happens in
//! between is sent again; the store knows records by their event ids. `docs/protocol.md` has the
//! table of answers, [`answer`] its code. One request is under way at a time: order is kept, and a
//! store that struggles is not crowded.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use thiserror::Error;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::authority::AuthorityError;
use crate::backoff::Backoff;
use crate::breaker::{Breaker, Permit, State};
use crate::clock::Clock;
use crate::counters::{Counter, Counters, Gauge};
use crate::journal::{Batch, JournalError, Position, Shared};
use crate::log::Sparingly;
use crate::secret::SecretError;
use crate::settings;

pub mod answer;

mod aside;
mod client;

use answer::Verdict;
use aside::Aside;
use client::Client;
pub(crate) use client::plain_client;

/// What a wait is at least where a token was refused: somebody has to act, nothing heals by itself.
const TOKEN_WAIT_LEAST: Duration = Duration::from_secs(1);

/// How often the same trouble is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Why there is no uplink.
#[derive(Debug, Error)]
pub enum UplinkError {
    #[error("the token can't be used")]
    Token(#[from] SecretError),
    #[error("the certificate authority can't be used")]
    Authority(#[from] AuthorityError),
    #[error("the HTTP client for {url} can't be made")]
    Client { url: String, source: reqwest::Error },
}

/// Sends a journal's records to the store.
#[derive(Debug)]
pub struct Uplink {
    settings: settings::Uplink,
    journal: Shared,
    clock: Clock,
    client: Client,
    aside: Aside,
    breaker: Breaker,
    backoff: Backoff,
    random: StdRng,
    /// How many records the next batch may have: halved while the store refuses batches.
    records_max: usize,
    meters: Meters,
    logged: Logged,
}

/// What one round came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    /// Go on at once.
    More,
    /// All there was is sent.
    Idle,
    /// Nothing can be sent now.
    Wait(Duration),
}

#[derive(Debug)]
struct Meters {
    counters: Counters,
    records_sent: Counter,
    records_known: Counter,
    records_put_aside: Counter,
    batches_sent: Counter,
    batches_failed: Counter,
    breaker_open: Gauge,
    breaker_state: Gauge,
}

/// One line per kind of trouble and interval.
#[derive(Debug)]
struct Logged {
    trouble: Sparingly,
    token: Sparingly,
    refused: Sparingly,
    journal: Sparingly,
}

// === impl Uplink ===

impl Uplink {
    /// Reads the token and makes the client; `dir` is where records that the store refuses are put
    /// aside. Nothing is sent yet.
    pub fn new(
        settings: settings::Uplink,
        dir: &Path,
        journal: Shared,
        clock: Clock,
        counters: &Counters,
    ) -> Result<Self, UplinkError> {
        Ok(Self {
            client: Client::new(&settings)?,
            aside: Aside::new(dir, counters),
            breaker: Breaker::new(settings.breaker_failures, settings.breaker_reset),
            backoff: Backoff::new(settings.backoff_max),
            random: StdRng::from_os_rng(),
            records_max: settings.batch_records_max,
            meters: Meters::new(counters),
            logged: Logged::new(),
            settings,
            journal,
            clock,
        })
    }

    /// Sends until `stop` is cancelled; then goes on until all is sent, something stands in the
    /// way, or `drain_timeout` is over. What is left stays in the journal.
    pub async fn run(mut self, stop: CancellationToken, drain_timeout: Duration) {
        let over = async {
            stop.cancelled().await;
            tokio::time::sleep(drain_timeout).await;
        };
        tokio::select! {
            () = self.send_all(&stop) => {}
            () = over => {}
        }
        let left = self.journal.stats().records;
        if left > 0 {
            tracing::warn!(
                records = left,
                "stopped with records unsent, they stay in the journal"
            );
        }
    }

    async fn send_all(&mut self, stop: &CancellationToken) {
        loop {
            let is_stopping = stop.is_cancelled();
            let round = self.round().await;
            match round {
                Round::More => {}
                Round::Idle | Round::Wait(_) if is_stopping => return,
                Round::Idle => tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.gather() => {}
                },
                Round::Wait(span) => tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(span) => {}
                },
            }
        }
    }

    /// Lets records gather for an interval, or until there are enough for a batch.
    async fn gather(&self) {
        let enough = async {
            loop {
                self.journal.appended().await;
                let stats = self.journal.stats();
                if stats.records >= self.records_max as u64
                    || stats.bytes >= self.settings.batch_bytes_max as u64
                {
                    return;
                }
            }
        };
        // Running out of time is the normal case.
        let _ = tokio::time::timeout(self.settings.batch_interval, enough).await;
    }

    async fn round(&mut self) -> Round {
        let peeked = self.peek().await;
        let (batch, body) = match peeked {
            Ok((batch, _)) if batch.records.is_empty() => return Round::Idle,
            Ok(peeked) => peeked,
            Err(error) => return self.journal_trouble(&error),
        };
        if let Permit::Wait { until } = self.breaker.ask(self.clock.monotonic()) {
            return Round::Wait(until - self.clock.monotonic());
        }
        self.meters.show(&self.breaker);
        let verdict = self
            .client
            .send(body, batch.records.len(), &self.clock)
            .await;
        let round = self.settle(verdict, &batch).await;
        self.meters.show(&self.breaker);
        round
    }

    async fn settle(&mut self, verdict: Verdict, batch: &Batch) -> Round {
        match verdict {
            Verdict::Committed(receipt) => {
                self.meters.count(&receipt);
                self.backoff.succeeded();
                self.breaker.succeeded();
                let doubled = self.records_max.saturating_mul(2);
                self.records_max = doubled.min(self.settings.batch_records_max);
                self.acknowledge(batch.end).await
            }
            Verdict::Refused { status, detail } => self.refused(status, &detail, batch).await,
            Verdict::Token { status } => {
                self.breaker.succeeded();
                self.token_refused(status).await
            }
            Verdict::Later { status, after } => {
                // The store is there and asks for time; that is no failure.
                self.breaker.succeeded();
                let wait = after.unwrap_or_else(|| self.backoff.failed(&mut self.random));
                tracing::debug!(status, ?wait, "store asks for time");
                Round::Wait(wait)
            }
            Verdict::Trouble(error) => self.trouble(&error),
        }
    }

    /// Halves the batch; a record that is refused alone is put aside.
    async fn refused(&mut self, status: u16, detail: &str, batch: &Batch) -> Round {
        self.breaker.succeeded();
        self.meters.batches_failed.increment();
        self.meters
            .counters
            .set_last_error(&format!("store refused a batch, {status}: {detail}"));
        let count = batch.records.len();
        if self.logged.refused.now(&self.clock) {
            tracing::warn!(
                status,
                detail,
                records = count,
                "store refuses a batch, halving it"
            );
        }
        if count > 1 {
            self.records_max = count / 2;
            return Round::More;
        }
        let (aside, guilty) = (self.aside.clone(), batch.records[0].clone());
        // A failure to write is counted there; the record is not to be sent again either way.
        let _ = spawn_blocking(move || aside.put(&guilty)).await;
        self.meters.records_put_aside.increment();
        let round = self.acknowledge(batch.end).await;
        // A store that refuses everything by mistake shall cost few records before it is mended.
        match round {
            Round::More => Round::Wait(self.backoff.failed(&mut self.random)),
            round => round,
        }
    }

    async fn token_refused(&mut self, status: u16) -> Round {
        self.meters.batches_failed.increment();
        self.meters
            .counters
            .set_last_error(&format!("store refused the token, {status}"));
        let path = self.settings.token_file.clone();
        let url = &self.settings.url;
        if self.logged.token.now(&self.clock) {
            tracing::error!(status, url, token_file = %path.display(),
                "store refuses the token, keeping all records");
        }
        // Somebody may have put a new one there.
        let fresh = spawn_blocking(move || crate::secret::Secret::from_file(&path)).await;
        if let Ok(Ok(token)) = fresh {
            self.client.set_token(token);
        }
        Round::Wait(self.backoff.failed(&mut self.random).max(TOKEN_WAIT_LEAST))
    }

    fn trouble(&mut self, error: &str) -> Round {
        let now = self.clock.monotonic();
        self.meters.batches_failed.increment();
        self.meters
            .counters
            .set_last_error(&format!("uplink: {error}"));
        let has_opened = self.breaker.failed(now);
        if self.logged.trouble.now(&self.clock) {
            let (url, breaker_open) = (&self.settings.url, self.breaker.is_open());
            tracing::warn!(error, url, breaker_open, "batch not delivered, keeping it");
        } else if has_opened {
            tracing::debug!(error, "breaker opened");
        }
        let backoff = self.backoff.failed(&mut self.random);
        let reset = self.breaker.remaining(now);
        Round::Wait(backoff.max(reset))
    }

    fn journal_trouble(&mut self, error: &JournalError) -> Round {
        let text = crate::log::chain(error);
        self.meters.counters.set_last_error(&text);
        if self.logged.journal.now(&self.clock) {
            tracing::error!(error = text, "journal fails");
        }
        Round::Wait(self.backoff.failed(&mut self.random))
    }

    async fn peek(&self) -> Result<(Batch, Vec<u8>), JournalError> {
        let journal = self.journal.clone();
        let (records_max, bytes_max) = (self.records_max, self.settings.batch_bytes_max);
        spawn_blocking(move || {
            let batch = journal.peek_batch(records_max, bytes_max)?;
            let body = client::encode(&batch.records);
            Ok((batch, body))
        })
        .await
        .expect("reading a journal does not panic")
    }

    async fn acknowledge(&mut self, end: Position) -> Round {
        let journal = self.journal.clone();
        let outcome = spawn_blocking(move || journal.acknowledge(end)).await;
        match outcome.expect("moving a cursor does not panic") {
            Ok(()) => Round::More,
            // The cursor has moved in memory: at worst the store sees known records once more.
            Err(error) => {
                self.journal_trouble(&error);
                Round::More
            }
        }
    }
}

// === impl Meters ===

impl Meters {
    fn new(counters: &Counters) -> Self {
        Self {
            counters: counters.clone(),
            records_sent: counters.counter("records_sent"),
            records_known: counters.counter("records_known"),
            records_put_aside: counters.counter("records_put_aside"),
            batches_sent: counters.counter("batches_sent"),
            batches_failed: counters.counter("batches_failed"),
            breaker_open: counters.gauge("breaker_open"),
            breaker_state: counters.gauge("breaker_state"),
        }
    }

    fn show(&self, breaker: &Breaker) {
        self.breaker_open.set(i64::from(breaker.is_open()));
        self.breaker_state.set(match breaker.state() {
            State::Closed { .. } => 0,
            State::HalfOpen => 1,
            State::Open { .. } => 2,
        });
    }

    fn count(&self, receipt: &wire::batch::Receipt) {
        self.batches_sent.increment();
        self.records_sent.add(receipt.stored);
        self.records_known.add(receipt.known);
        self.records_put_aside.add(receipt.put_aside.len() as u64);
        if let Some(first) = receipt.put_aside.first() {
            let count = receipt.put_aside.len();
            tracing::warn!(
                records = count,
                reason = first.reason,
                "store put records aside"
            );
        }
    }
}

// === impl Logged ===

impl Logged {
    fn new() -> Self {
        let sparingly = || Sparingly::new(LOG_INTERVAL);
        Self {
            trouble: sparingly(),
            token: sparingly(),
            refused: sparingly(),
            journal: sparingly(),
        }
    }
}

/// The records' bytes, shared with the journal's memory.
type Payload = Arc<[u8]>;

#[cfg(test)]
mod tests;
