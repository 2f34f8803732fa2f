//! The servers of a destination: whom to send to now.
//!
//! Each has a breaker and a backoff of its own. The first in the settings is preferred; the next one takes
//! over while it is left alone, and gives back when its trial went well.

use std::sync::Arc;
use std::time::Duration;

use daemon::backoff::Backoff;
use daemon::breaker::{Breaker, State};
use daemon::clock::Monotonic;
use rand::SeedableRng;
use rand::rngs::StdRng;
use wire::query::{BreakerState, ForwardServer};

use super::connection::{Connection, SendError};
use crate::settings::{Graylog, Server};

/// A connection that waits for its batch is old after this: servers and what is between close idle ones.
const SPARE_AGE_MAX: Duration = Duration::from_secs(10);

/// All servers.
#[derive(Debug)]
pub(super) struct Servers {
    each: Vec<Candidate>,
    random: StdRng,
}

#[derive(Debug)]
struct Candidate {
    server: Arc<Server>,
    breaker: Breaker,
    backoff: Backoff,
    /// Not before that time, after a failure.
    retry_at: Option<Monotonic>,
    last_error: Option<String>,
    /// Connected while the batch before was waiting for its receipt.
    spare: Option<(Connection, Monotonic)>,
}

// === impl Servers ===

impl Servers {
    pub(super) fn new(settings: &Graylog) -> Self {
        let each = settings.servers.iter().map(|server| Candidate {
            server: Arc::new(server.clone()),
            breaker: Breaker::new(settings.breaker_failures, settings.breaker_reset),
            backoff: Backoff::new(settings.backoff_max),
            retry_at: None,
            last_error: None,
            spare: None,
        });
        Self {
            each: each.collect(),
            random: StdRng::from_os_rng(),
        }
    }

    /// Whom to send to now, or how long there is nobody.
    pub(super) fn pick(&self, now: Monotonic) -> Result<usize, Duration> {
        let waits = self.each.iter().map(|it| it.wait(now));
        let mut least = Duration::MAX;
        for (index, wait) in waits.enumerate() {
            match wait {
                None => return Ok(index),
                Some(wait) => least = least.min(wait),
            }
        }
        Err(least)
    }

    /// Begins a try with a server that was picked.
    pub(super) fn begin(
        &mut self,
        index: usize,
        now: Monotonic,
    ) -> (Arc<Server>, Option<Connection>) {
        let candidate = &mut self.each[index];
        candidate.breaker.ask(now);
        let spare = candidate.spare.take();
        let spare = spare.filter(|(_, made_at)| now - *made_at < SPARE_AGE_MAX);
        (Arc::clone(&candidate.server), spare.map(|it| it.0))
    }

    pub(super) fn succeeded(&mut self, index: usize, next: Option<Connection>, now: Monotonic) {
        let candidate = &mut self.each[index];
        if candidate.breaker.is_open() {
            tracing::info!(server = %candidate.server, "records are forwarded again");
        }
        candidate.breaker.succeeded();
        candidate.backoff.succeeded();
        candidate.retry_at = None;
        candidate.last_error = None;
        candidate.spare = next.map(|it| (it, now));
    }

    pub(super) fn failed(&mut self, index: usize, error: &SendError, now: Monotonic) {
        let candidate = &mut self.each[index];
        let text = daemon::log::chain(error);
        if candidate.breaker.failed(now) {
            let server = &candidate.server;
            tracing::warn!(%server, error = text, "records can't be forwarded, the breaker is open");
        }
        candidate.last_error = Some(text);
        candidate.spare = None;
        candidate.retry_at = Some(now + candidate.backoff.failed(&mut self.random));
    }

    /// Whether one of them is left alone.
    pub(super) fn is_any_open(&self) -> bool {
        self.each.iter().any(|it| it.breaker.is_open())
    }

    /// Whether there is nobody to send to.
    pub(super) fn is_down(&self) -> bool {
        self.each.iter().all(|it| it.breaker.is_open())
    }

    /// The last error of the most preferred server that has one.
    pub(super) fn last_error(&self) -> Option<&str> {
        self.each.iter().find_map(|it| it.last_error.as_deref())
    }

    pub(super) fn told(&self) -> Vec<ForwardServer> {
        let each = self.each.iter().map(|it| ForwardServer {
            url: it.server.to_string(),
            breaker: match it.breaker.state() {
                State::Closed { .. } => BreakerState::Closed,
                State::Open { .. } => BreakerState::Open,
                State::HalfOpen => BreakerState::HalfOpen,
            },
            last_error: it.last_error.clone(),
        });
        each.collect()
    }
}

// === impl Candidate ===

impl Candidate {
    /// How long it is left alone; none if it may be tried now.
    fn wait(&self, now: Monotonic) -> Option<Duration> {
        let retry = self
            .retry_at
            .map(|at| at - now)
            .filter(|wait| !wait.is_zero());
        match self.breaker.state() {
            State::Closed { .. } => retry,
            State::Open { until } if now < until => Some(until - now),
            State::Open { .. } => None,
            // Its trial is under way, and the end of that wakes us.
            State::HalfOpen => Some(Duration::MAX),
        }
    }
}

#[cfg(test)]
mod tests;
