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

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use thiserror::Error;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::authority::AuthorityError;
use crate::backoff::Backoff;
use crate::breaker::{Breaker, Permit};
use crate::clock::Clock;
use crate::counters::Counters;
use crate::in_work::{DEATHS_MAX, InWork};
use crate::journal::{Batch, JournalError, Position, Shared};
use crate::log::Sparingly;
use crate::secret::SecretError;
use crate::settings;

pub mod answer;

mod aside;
mod client;
mod meters;
mod suspect;

use answer::Verdict;
use aside::Aside;
use client::Client;
pub(crate) use client::plain_client;
use meters::Meters;
use suspect::Suspect;

/// What a wait is at least where a token was refused: somebody has to act, nothing heals by itself.
const TOKEN_WAIT_LEAST: Duration = Duration::from_secs(1);

/// How often the same trouble is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Why there is no uplink.
#[derive(Debug, Error)]
pub enum UplinkError {
    #[error("the token can't be used")]
    Token(#[from] SecretError),
    #[error("{path} can't be opened")]
    InWork { path: PathBuf, source: io::Error },
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
    in_work: Arc<InWork>,
    /// What the process before died of, perhaps: it is taken record by record.
    suspect: Option<Suspect>,
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
        let client = Client::new(&settings)?;
        let path = dir.join("uplink_in_work");
        let in_work = InWork::open(&path).map_err(|source| UplinkError::InWork { path, source })?;
        Ok(Self {
            suspect: Suspect::of(&in_work),
            in_work: Arc::new(in_work),
            client,
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
            Ok((batch, None)) => return self.put_suspect_aside(&batch).await,
            Ok((batch, Some(body))) => (batch, body),
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
        let round = self.put_aside(batch).await;
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

    /// The next batch and its body; no body for a record that is not to be touched any more.
    async fn peek(&mut self) -> Result<(Batch, Option<Vec<u8>>), JournalError> {
        let journal = self.journal.clone();
        let (mut records_max, bytes_max) = (self.records_max, self.settings.batch_bytes_max);
        if self.suspect.is_some() {
            records_max = 1;
        }
        let (in_work, suspect) = (self.in_work.clone(), self.suspect);
        let (batch, body) = spawn_blocking(move || {
            let batch = journal.peek_batch(records_max, bytes_max)?;
            let deaths = suspect.map_or(0, |suspect| suspect.deaths_of(&batch));
            if deaths >= DEATHS_MAX {
                return Ok((batch, None));
            }
            in_work.begin(&Suspect::name(&batch), deaths);
            let body = client::encode(&batch.records);
            in_work.done();
            Ok((batch, Some(body)))
        })
        .await
        .expect("reading a journal does not panic")?;
        if self
            .suspect
            .is_some_and(|suspect| suspect.is_behind(&batch))
        {
            self.suspect = None;
        }
        Ok((batch, body))
    }

    /// Puts aside the record that was alone in work at too many deaths.
    async fn put_suspect_aside(&mut self, batch: &Batch) -> Round {
        let text = format!("a record was in work at {DEATHS_MAX} deaths, it is put aside");
        self.meters.counters.set_last_error(&text);
        tracing::error!(
            deaths = DEATHS_MAX,
            "record put aside that the daemon has died of"
        );
        self.suspect = None;
        self.put_aside(batch).await
    }

    /// Keeps a batch of one record for people to look at, and goes on behind it.
    async fn put_aside(&mut self, batch: &Batch) -> Round {
        let (aside, guilty) = (self.aside.clone(), batch.records[0].clone());
        // A failure to write is counted there; the record is not to be sent again either way.
        let _ = spawn_blocking(move || aside.put(&guilty)).await;
        self.meters.records_put_aside.increment();
        self.acknowledge(batch.end).await
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
