//! Accepts connections and lets each speak, within bounds.
//!
//! Nothing that one connection sends, or does not send, disturbs another: connections, frames in
//! hand, and the time for a frame are bounded. When all places are taken, who has been silent for longest
//! makes room; the kernel's backlog waits for that moment.

use std::sync::Arc;
use std::time::Duration;

use daemon::clock::Clock;
use daemon::counters::{Counter, Counters, Gauge};
use daemon::log::Sparingly;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::intake::Intake;

mod connection;
mod silent;

use connection::Connection;
use silent::Silent;

/// Connections at one time: more than the PHP workers of any machine hand over at once. One that has said
/// nothing yet costs a kilobyte, with its read buffer 17.
const CONNECTIONS_MAX: usize = 2048;

/// Frames above [`connection::SMALL_FRAME_BYTES`] in hand at one time: 64 MiB.
const LARGE_FRAMES_MAX: usize = 16;

/// When the process is out of files, accepting pauses for this long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a frame that is not whole may still take while another worker waits for the place. PHP gives itself
/// 50 ms for all of it.
const LEAVE_GRACE: Duration = Duration::from_millis(100);

/// How often trouble with accepting is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Accepts connections.
#[derive(Debug)]
pub struct Receiver {
    office: Arc<Office>,
    places: Arc<Semaphore>,
    clock: Clock,
    /// Whose processes may speak; empty if everybody's.
    users: Vec<u32>,
}

/// What all connections share.
#[derive(Debug)]
struct Office {
    intake: Intake,
    large_frames: Arc<Semaphore>,
    silent: Silent,
    counters: Counters,
    connections_accepted: Counter,
    connections_open: Gauge,
    connections_timed_out: Counter,
    connections_cut: Counter,
    frames_accepted: Counter,
}

// === impl Receiver ===

impl Receiver {
    pub fn new(intake: Intake, counters: &Counters, clock: Clock, users: Vec<u32>) -> Self {
        let office = Office {
            intake,
            large_frames: Arc::new(Semaphore::new(LARGE_FRAMES_MAX)),
            silent: Silent::default(),
            connections_accepted: counters.counter("connections_accepted"),
            connections_open: counters.gauge("connections_open"),
            connections_timed_out: counters.counter("connections_timed_out"),
            connections_cut: counters.counter("connections_cut"),
            frames_accepted: counters.counter("frames_accepted"),
            counters: counters.clone(),
        };
        Self {
            office: Arc::new(office),
            places: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            clock,
            users,
        }
    }

    /// Accepts until `stop`, then returns when every connection has finished the frame in its hand; after
    /// `leave`, when the time for that is over.
    pub async fn run(
        self,
        listener: UnixListener,
        stop: CancellationToken,
        leave: CancellationToken,
    ) {
        let mut logged = Sparingly::new(LOG_INTERVAL);
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            while connections.try_join_next().is_some() {}
            match accepted {
                Ok((stream, _)) if self.is_welcome(&stream) => {
                    let Some(place) = self.place(&stop).await else {
                        break;
                    };
                    connections.spawn(self.serve(stream, place, stop.clone()));
                }
                // Closed without a word.
                Ok(_) => {}
                Err(error) => {
                    self.office.counters.counter("accepts_failed").increment();
                    if logged.now(&self.clock) {
                        tracing::warn!(%error, "connection can't be accepted");
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(listener);
        let hurry = async {
            leave.cancelled().await;
            tokio::time::sleep(LEAVE_GRACE).await;
        };
        tokio::select! {
            () = async { while connections.join_next().await.is_some() {} } => {}
            // What is cut here has had no acknowledgement.
            () = hurry => {}
        }
    }

    /// Whether the process at the other end may speak. The kernel says whose it is.
    fn is_welcome(&self, stream: &UnixStream) -> bool {
        if self.users.is_empty() {
            return true;
        }
        let Ok(peer) = stream.peer_cred() else {
            self.refuse_user("a user that the kernel does not tell");
            return false;
        };
        let is_ours = peer.uid() == 0 || peer.uid() == rustix::process::geteuid().as_raw();
        if is_ours || self.users.contains(&peer.uid()) {
            return true;
        }
        let pid = peer.pid().unwrap_or_default();
        self.refuse_user(&format!("user {} (process {pid})", peer.uid()));
        false
    }

    fn refuse_user(&self, who: &str) {
        let counters = &self.office.counters;
        counters.counter("connections_refused_user").increment();
        let text =
            format!("a connection of {who} was refused: it is not in [collector] socket_users");
        counters.set_last_error(&text);
    }

    /// A place for one more connection, unless it is time to stop.
    async fn place(&self, stop: &CancellationToken) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            return Some(place);
        }
        if self.office.silent.cut_oldest() {
            self.office.connections_cut.increment();
        }
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
        let open = CONNECTIONS_MAX - places.available_permits();
        self.connections_open.set_size(open as u64);
    }
}
