//! Accepts connections and lets each speak, within bounds.
//!
//! Nothing that one connection sends, or does not send, disturbs another: connections, frames in
//! hand, and the time for a frame are bounded. When all places are taken, the kernel's backlog waits.

use std::sync::Arc;
use std::time::Duration;

use daemon::clock::Clock;
use daemon::counters::{Counter, Counters, Gauge};
use daemon::log::Sparingly;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::intake::Intake;

mod connection;

use connection::Connection;

/// Connections at one time: more than the PHP workers of any machine hand over at once, and with
/// their read buffers no more than some 40 MiB.
const CONNECTIONS_MAX: u32 = 512;

/// Frames above [`connection::SMALL_FRAME_BYTES`] in hand at one time: 64 MiB.
const LARGE_FRAMES_MAX: usize = 16;

/// When the process is out of files, accepting pauses for this long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How often trouble with accepting is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Accepts connections.
#[derive(Debug)]
pub struct Receiver {
    office: Arc<Office>,
    places: Arc<Semaphore>,
    clock: Clock,
}

/// What all connections share.
#[derive(Debug)]
struct Office {
    intake: Intake,
    large_frames: Arc<Semaphore>,
    counters: Counters,
    connections_accepted: Counter,
    connections_open: Gauge,
    connections_timed_out: Counter,
    frames_accepted: Counter,
}

// === impl Receiver ===

impl Receiver {
    pub fn new(intake: Intake, counters: &Counters, clock: Clock) -> Self {
        let office = Office {
            intake,
            large_frames: Arc::new(Semaphore::new(LARGE_FRAMES_MAX)),
            connections_accepted: counters.counter("connections_accepted"),
            connections_open: counters.gauge("connections_open"),
            connections_timed_out: counters.counter("connections_timed_out"),
            frames_accepted: counters.counter("frames_accepted"),
            counters: counters.clone(),
        };
        Self {
            office: Arc::new(office),
            places: Arc::new(Semaphore::new(CONNECTIONS_MAX as usize)),
            clock,
        }
    }

    /// Accepts until `stop`, then returns when every connection has finished the frame in its hand.
    pub async fn run(self, listener: &UnixListener, stop: CancellationToken) {
        let mut logged = Sparingly::new(LOG_INTERVAL);
        while let Some(place) = self.place(&stop).await {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(self.serve(stream, place, stop.clone()));
                }
                Err(error) => {
                    self.office.counters.counter("accepts_failed").increment();
                    if logged.now(&self.clock) {
                        tracing::warn!(%error, "connection can't be accepted");
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        // Whoever gets every place is alone.
        let _ = self.places.acquire_many(CONNECTIONS_MAX).await;
    }

    /// A place for one more connection, unless it is time to stop.
    async fn place(&self, stop: &CancellationToken) -> Option<OwnedSemaphorePermit> {
        tokio::select! {
            () = stop.cancelled() => None,
            place = self.places.clone().acquire_owned() => place.ok(),
        }
    }

    fn serve(
        &self,
        stream: UnixStream,
        place: OwnedSemaphorePermit,
        stop: CancellationToken,
    ) -> impl Future<Output = ()> + use<> {
        let office = self.office.clone();
        let places = self.places.clone();
        async move {
            office.connections_accepted.increment();
            office.count_open(&places);
            Connection::new(stream, &office).run(stop).await;
            drop(place);
            office.count_open(&places);
        }
    }
}

// === impl Office ===

impl Office {
    /// Counts a refusal. PHP gets the answer, the operator the counter; the log has the details for
    /// who looks for them.
    fn refuse(&self, counter: &'static str, error: &dyn std::error::Error) {
        self.counters.counter(counter).increment();
        self.counters.set_last_error(&error.to_string());
        tracing::debug!(%error, counter, "frame refused");
    }

    fn count_open(&self, places: &Semaphore) {
        let open = CONNECTIONS_MAX as usize - places.available_permits();
        self.connections_open.set_size(open as u64);
    }
}
