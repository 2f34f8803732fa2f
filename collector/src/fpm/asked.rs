//! A pool and the question that is under way to it.
//!
//! A question that gets no answer waits in the pool's queue, also when we hang up: one a second would fill
//! the very queue that is short. So there is one at a time, and until it is answered each look tells how long
//! it has waited.

use std::time::Duration;

use daemon::clock::{Clock, Monotonic};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use wire::fpm::FpmStatus;

use super::pool::Target;

/// The page is made in a millisecond; what takes longer waits for a worker.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// A question that waits for longer may never have reached the pool.
const PATIENCE: Duration = Duration::from_secs(60);

/// One pool.
#[derive(Debug)]
pub(super) struct Asked {
    target: Target,
    question: Option<(AbortOnDropHandle<FpmStatus>, Monotonic)>,
}

// === impl Asked ===

impl Asked {
    pub(super) fn new(target: Target) -> Self {
        Self {
            target,
            question: None,
        }
    }

    /// What the pool says, or for how long it has said nothing. Takes a second at most.
    pub(super) async fn look(&mut self, clock: &Clock) -> FpmStatus {
        let now = clock.monotonic();
        let is_stale = |since: Monotonic| now - since >= PATIENCE;
        self.question = self.question.take().filter(|(_, since)| !is_stale(*since));
        let (question, since) = self.question.get_or_insert_with(|| {
            let target = self.target.clone();
            let question = tokio::spawn(async move { target.ask().await });
            (AbortOnDropHandle::new(question), now)
        });
        let since = *since;
        match timeout(ANSWER_TIMEOUT, question).await {
            Ok(outcome) => {
                self.question = None;
                outcome.unwrap_or_else(|_| self.target.silent(clock.monotonic() - since))
            }
            Err(_) => self.target.silent(clock.monotonic() - since),
        }
    }
}

#[cfg(test)]
mod tests {
    use wire::time::Instant;

    use super::*;

    #[tokio::test]
    async fn a_pool_that_is_silent_is_asked_once_and_told_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("www.sock");
        let target = Target::parse(&format!("{}:/status", path.display())).unwrap();
        let (clock, hands) = Clock::manual(Instant(0));
        let mut asked = Asked::new(target);
        let status = asked.look(&clock).await;
        assert!(status.error.unwrap().starts_with("can't be connected to"));

        // Somebody listens and never answers, as a pool whose workers are all busy.
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        for seconds in [0, 5, 30] {
            hands.advance(Duration::from_secs(seconds));
            let status = asked.look(&clock).await;
            assert!(status.error.unwrap().contains("no answer within"));
            assert!(status.pool.is_none() && status.address == path.display().to_string());
        }
        let _first = listener.accept().await.unwrap();
        let second = timeout(Duration::ZERO, listener.accept()).await;
        assert!(second.is_err(), "one question waits, not three");
        // After its time a new one is asked.
        hands.advance(PATIENCE);
        asked.look(&clock).await;
        listener.accept().await.unwrap();
    }
}
