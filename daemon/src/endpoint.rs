//! An agent's own HTTP endpoint on loopback: is it alive, is it ready, and its numbers.
//!
//! | path | answers |
//! |---|---|
//! | `/health/live` | 200 while the process answers |
//! | `/health/ready` | 200 while it takes records, else 503; both with JSON that says why |
//! | `/health` | as `/health/ready` |
//! | `/metrics` | every counter and gauge, in Prometheus' text format |
//! | `/status` | [`Status`] as JSON, what the `status` command shows |
//!
//! A store that is away is no reason to be called unready: that is what the journal is for. It is told as
//! a problem. There is no secret in any answer, and nothing can be changed here.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::clock::{Monotonic, micros};
use crate::exposition::{self, Exposition};
use crate::listen::{self, Limits};
use crate::outbox::Insight;
use crate::status::Status;

/// A probe, a scraper and some people.
const LIMITS: Limits = Limits {
    connections_max: 16,
    headers_timeout: Duration::from_secs(5),
    drain_timeout: Duration::from_secs(1),
};

/// Rates are of the last minute, by counts taken this often.
const RATE_STEP: Duration = Duration::from_secs(10);
const RATE_STEPS: usize = 6;

/// The gauge that says that the journal takes nothing: 1 while it does not.
pub const JOURNAL_FAILING: &str = "journal_failing";

/// What the answers are made of.
#[derive(Clone, Debug)]
pub struct Endpoint {
    insight: Insight,
    past: Arc<Mutex<VecDeque<Moment>>>,
}

/// Counts as they were.
#[derive(Clone, Debug)]
struct Moment {
    at: Monotonic,
    counts: BTreeMap<String, u64>,
}

/// Whether the daemon does what it is for.
#[derive(Debug, Serialize)]
struct Verdict {
    live: bool,
    ready: bool,
    problems: Vec<String>,
}

// === impl Endpoint ===

impl Endpoint {
    pub fn new(insight: Insight) -> Self {
        let first = Moment::of(&insight);
        Self {
            insight,
            past: Arc::new(Mutex::new(VecDeque::from([first]))),
        }
    }

    /// Answers until `stop`.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        let steps = self.clone().remember(stop.clone());
        let router = Router::new()
            .route("/health", get(ready))
            .route("/health/ready", get(ready))
            .route("/health/live", get(live))
            .route("/metrics", get(metrics))
            .route("/status", get(status))
            .with_state(self);
        tokio::join!(steps, listen::serve(listener, router, None, LIMITS, stop));
    }

    async fn remember(self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(RATE_STEP);
        ticks.tick().await;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            let moment = Moment::of(&self.insight);
            let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
            past.push_back(moment);
            if past.len() > RATE_STEPS {
                past.pop_front();
            }
        }
    }

    /// Reads the journal's oldest record, so not on the runtime's threads.
    async fn status(&self) -> Status {
        let endpoint = self.clone();
        spawn_blocking(move || endpoint.status_now())
            .await
            .expect("reading the state does not panic")
    }

    fn status_now(&self) -> Status {
        let health = self.insight.health();
        let now = Moment {
            at: self.insight.producer().clock().monotonic(),
            counts: health.counters.clone(),
        };
        let past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let (rates, span) = past
            .front()
            .map(|past| rates(past, &now))
            .unwrap_or_default();
        drop(past);
        let gauge = |name: &str| health.gauges.get(name).copied().unwrap_or_default();
        let is_ready = gauge(JOURNAL_FAILING) == 0;
        let mut problems = Vec::new();
        if !is_ready {
            problems.push("the journal takes no records: nothing is acknowledged".to_owned());
        }
        if gauge("breaker_open") != 0 {
            problems.push("the store can't be reached: records wait in the journal".to_owned());
        }
        if health
            .counters
            .get("records_lost")
            .is_some_and(|lost| *lost > 0)
        {
            problems.push("records were lost: the journal was full or damaged".to_owned());
        }
        let producer = self.insight.producer();
        Status {
            project: producer.project().as_str().to_owned(),
            host: producer.host().as_str().to_owned(),
            is_ready,
            problems,
            oldest_unsent_us: self.insight.oldest_unsent(),
            rates,
            rates_us: micros(span),
            health,
        }
    }
}

// === impl Moment ===

impl Moment {
    fn of(insight: &Insight) -> Self {
        Self {
            at: insight.producer().clock().monotonic(),
            counts: insight.counts(),
        }
    }
}

/// Growth per second of what has grown.
fn rates(past: &Moment, now: &Moment) -> (BTreeMap<String, f64>, Duration) {
    let span = now.at - past.at;
    let grown = |(name, count): (&String, &u64)| {
        let before = past.counts.get(name).copied().unwrap_or_default();
        let growth = count.saturating_sub(before);
        (growth > 0 && !span.is_zero()).then(|| (name.clone(), growth as f64 / span.as_secs_f64()))
    };
    (now.counts.iter().filter_map(grown).collect(), span)
}

async fn live(State(endpoint): State<Endpoint>) -> impl IntoResponse {
    let verdict = Verdict::of(endpoint.status().await);
    Json(verdict)
}

async fn ready(State(endpoint): State<Endpoint>) -> impl IntoResponse {
    let verdict = Verdict::of(endpoint.status().await);
    let code = if verdict.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (code, Json(verdict))
}

async fn metrics(State(endpoint): State<Endpoint>) -> impl IntoResponse {
    let text = exposition(&endpoint.status().await);
    ([(CONTENT_TYPE, exposition::CONTENT_TYPE)], text)
}

async fn status(State(endpoint): State<Endpoint>) -> impl IntoResponse {
    Json(endpoint.status().await)
}

// === impl Verdict ===

impl Verdict {
    fn of(status: Status) -> Self {
        Self {
            live: true,
            ready: status.is_ready,
            problems: status.problems,
        }
    }
}

fn exposition(status: &Status) -> String {
    let health = &status.health;
    let mut metrics = Exposition::new(&health.agent);
    metrics.info(&[
        ("version", &health.version),
        ("project", &status.project),
        ("host", &status.host),
    ]);
    metrics.gauge("ready", u8::from(status.is_ready));
    metrics.gauge("uptime_seconds", health.uptime_us.as_seconds());
    if let Some(bytes) = health.rss_bytes {
        metrics.gauge("resident_bytes", bytes);
    }
    let oldest = status.oldest_unsent_us.unwrap_or_default();
    metrics.gauge("oldest_unsent_seconds", oldest.as_seconds());
    for (name, count) in &health.counters {
        metrics.counter(name, count);
    }
    for (name, level) in &health.gauges {
        metrics.gauge(name, level);
    }
    metrics.into_text()
}

#[cfg(test)]
mod tests;
