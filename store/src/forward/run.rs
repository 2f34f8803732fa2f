//! The forwarder's thread: reads, sends, and writes down what has its receipt.
//!
//! All of it runs on one thread of its own, at a lower priority than the rest of the store: what it takes
//! is at most one core, and ingest goes first there too.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use daemon::clock::{Clock, Monotonic};
use daemon::log::Sparingly;
use thiserror::Error;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use wire::time::Instant;

use super::connection::{Connection, SendError};
use super::deliver::Means;
use super::http::{self, HttpError};
use super::identity::{self, TlsError};
use super::ledger::{Batch, Bounds, Ledger};
use super::pace::{LATE, Pace};
use super::server::Servers;
use super::source::Source;
use super::status::Status;
use super::streams::{Live, Replay, Stream};
use super::suspicion::Suspicion;
use crate::background;
use crate::db::DbError;
use crate::db::custody::{Custody, Place, Why};
use crate::db::files::Files;
use crate::settings::{Graylog, Order, Server, Store};
use crate::tally::Tally;

/// How long batches under way may still get their receipt once the store is told to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// How often the state is told, commands are looked for, and the cursor's place is marked.
pub(super) const TELL_INTERVAL: Duration = Duration::from_secs(1);

/// How often the same trouble is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// After the database can't be read or written.
const DB_TROUBLE_WAIT: Duration = Duration::from_secs(1);

/// Why records can't be forwarded.
#[derive(Debug, Error)]
pub(crate) enum ForwardError {
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("how far records have been forwarded can't be read")]
    Db(#[from] DbError),
    #[error("the forwarder's thread can't be started")]
    Spawn(#[source] std::io::Error),
}

/// What the thread works with.
#[derive(Debug)]
pub(super) struct Forwarder {
    pub(super) means: Arc<Means>,
    pub(super) retention: Duration,
    pub(super) clock: Clock,
    pub(super) custody: Custody,
    pub(super) source: Source,
    pub(super) live: Live,
    pub(super) replay: Replay,
    pub(super) servers: Servers,
    pub(super) pace: Pace,
    pub(super) bounds: Bounds,
    pub(super) suspicion: Suspicion,
    pub(super) deliveries: JoinSet<Delivery>,
    /// The last receipt before an outage that has not ended.
    pub(super) outage_at_us: Option<Instant>,
    /// Nothing new is sent: somebody wants to change what is under way.
    pub(super) is_holding: bool,
    pub(super) told_at: Option<Monotonic>,
    pub(super) told_state: String,
    /// Where the cursor was when it was marked last.
    pub(super) marked: Option<Place>,
    pub(super) status: Status,
    pub(super) tally: Tally,
    pub(super) logged: Logged,
}

/// A batch that was sent, or not.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) stream: Stream,
    pub(super) server: usize,
    pub(super) batch: Batch,
    pub(super) outcome: Result<Option<Connection>, SendError>,
}

#[derive(Debug)]
pub(super) struct Logged {
    pub(super) send: Sparingly,
    pub(super) db: Sparingly,
    pub(super) expiry: Sparingly,
}

/// Starts the thread, if the settings want records forwarded. It ends when `stop` is cancelled.
pub(crate) fn spawn(
    files: Files,
    settings: &Store,
    clock: Clock,
    tally: Tally,
    status: Status,
    stop: CancellationToken,
) -> Result<Option<thread::JoinHandle<()>>, ForwardError> {
    if !settings.graylog.is_on {
        return Ok(None);
    }
    let forwarder = Forwarder::new(files, settings, clock, tally, status)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ForwardError::Spawn)?;
    let thread = thread::Builder::new()
        .name("forward".to_owned())
        .spawn(move || {
            background::step_back(background::NICE_FORWARD);
            runtime.block_on(forwarder.run(stop));
        })
        .map_err(ForwardError::Spawn)?;
    Ok(Some(thread))
}

/// Whether what the settings name can be used: certificates, keys, secrets.
pub(crate) fn check(settings: &Store) -> Result<(), ForwardError> {
    if settings.graylog.is_on {
        means(&settings.graylog)?;
    }
    Ok(())
}

// === impl Forwarder ===

impl Forwarder {
    fn new(
        files: Files,
        settings: &Store,
        clock: Clock,
        tally: Tally,
        status: Status,
    ) -> Result<Self, ForwardError> {
        let graylog = settings.graylog.clone();
        let means = Arc::new(means(&graylog)?);
        let custody = Custody::open(&files, &graylog.destination)?;
        let source = Source::new(files, clock.clone(), graylog.clone());
        restore_cursors(&custody, &source)?;
        let now = clock.monotonic();
        Ok(Self {
            live: Live::new(custody.cursors()?, custody.ahead()?, now),
            outage_at_us: custody.totals()?.outage_at_us,
            source,
            replay: Replay::default(),
            servers: Servers::new(&graylog),
            pace: Pace::new(graylog.replay_rate, now),
            bounds: Bounds {
                messages_max: graylog.batch_messages_max,
                bytes_max: graylog.batch_bytes_max,
            },
            suspicion: Suspicion::default(),
            deliveries: JoinSet::new(),
            retention: settings.retention,
            is_holding: false,
            told_at: None,
            told_state: String::new(),
            marked: None,
            logged: Logged {
                send: Sparingly::new(LOG_INTERVAL),
                db: Sparingly::new(LOG_INTERVAL),
                expiry: Sparingly::new(LOG_INTERVAL * 60),
            },
            means,
            clock,
            custody,
            status,
            tally,
        })
    }

    async fn run(mut self, stop: CancellationToken) {
        loop {
            let wait = self.round();
            tokio::select! {
                () = stop.cancelled() => break,
                Some(delivery) = self.deliveries.join_next() => self.conclude(delivery),
                () = rest(wait) => {}
            }
        }
        self.source.close();
        let drained = tokio::time::timeout(DRAIN_TIMEOUT, async {
            while let Some(delivery) = self.deliveries.join_next().await {
                self.conclude(delivery);
            }
        });
        if drained.await.is_err() {
            tracing::warn!("stopped with batches in doubt, they are sent again");
        }
        self.tell(true);
    }

    /// Does what can be done now, and says how long to wait if nothing happens.
    fn round(&mut self) -> Duration {
        let done = self.obey().and_then(|()| self.fill());
        if let Err(error) = done {
            self.tell_trouble(&error);
            return DB_TROUBLE_WAIT;
        }
        let wait = self.launch();
        self.tell(false);
        // A load at a time: meanwhile the kernel sends what it was given, and then it wants more.
        if self.live.has_more() || self.replay.has_more() {
            return Duration::ZERO;
        }
        wait
    }

    pub(super) fn tell_trouble(&mut self, error: &DbError) {
        if self.logged.db.now(&self.clock) {
            let error = daemon::log::chain(error);
            tracing::error!(error, "records can't be read to be forwarded");
        }
    }

    pub(super) fn settings(&self) -> &Graylog {
        &self.means.settings
    }

    fn fill(&mut self) -> Result<(), DbError> {
        let (source, custody) = (&self.source, &self.custody);
        let settings = &self.means.settings;
        self.live
            .fill(source, settings.batch_interval, self.clock.monotonic())?;
        // Where what is new goes first, what is late is left for later, as soon as there is somebody to send to.
        let is_left = settings.order == Order::Live && !self.servers.is_down();
        let now = self.clock.now();
        if is_left && self.live.is_late(now) {
            let late = (Why::Backlog, now - LATE);
            self.live.leave(custody, source, late)?;
        }
        self.replay.fill(source, custody)?;
        // What is not wanted is done with already.
        self.write_down()
    }

    // --- sending

    /// Sends as many batches as there may be under way.
    fn launch(&mut self) -> Duration {
        let most = self.settings().batches_in_flight_max;
        let mut wait = self.settings().batch_interval.min(TELL_INTERVAL);
        while !self.is_holding && self.deliveries.len() < most {
            let now = self.clock.monotonic();
            let server = match self.servers.pick(now) {
                Ok(server) => server,
                Err(alone) => return wait.min(alone),
            };
            match self.take() {
                Ok(Some((stream, batch))) => self.send(server, stream, batch, now),
                Ok(None) => break,
                Err(paced) => {
                    wait = wait.min(paced);
                    break;
                }
            }
        }
        wait
    }

    /// The next batch, or how long late ones have to wait.
    fn take(&mut self) -> Result<Option<(Stream, Batch)>, Duration> {
        let (now, at_us) = (self.clock.monotonic(), self.clock.now());
        let mut paced = None;
        for stream in [Stream::Live, Stream::Replay] {
            let ledger = self.ledger(stream);
            let is_waiting = ledger.waiting() > 0 || ledger.has_suspects();
            let oldest = ledger.oldest_at_us();
            let is_late = stream == Stream::Replay
                || oldest.is_some_and(|oldest| Pace::is_late(oldest, at_us));
            let mut bounds = self.bounds;
            if is_waiting && is_late {
                if let Some(wait) = self.pace.wait(now) {
                    paced = Some(wait);
                    continue;
                }
                bounds.messages_max = bounds.messages_max.min(self.pace.messages_max());
            }
            // While more is read at once, it goes with what is there.
            let has_more = match stream {
                Stream::Live => self.live.has_more(),
                Stream::Replay => self.replay.has_more(),
            };
            if has_more && !self.ledger(stream).has_batch(bounds) {
                continue;
            }
            let is_due = self.suspicion.is_trial_due();
            let ledger = self.ledger(stream);
            let suspect = if is_due { ledger.take_suspect() } else { None };
            let batch = suspect.or_else(|| ledger.take(bounds));
            // With nothing else to send, the suspect is all there is to learn from.
            if let Some(batch) = batch.or_else(|| self.ledger(stream).take_suspect()) {
                if is_late {
                    self.pace.take(batch.messages);
                }
                return Ok(Some((stream, batch)));
            }
        }
        paced.map_or(Ok(None), Err)
    }

    fn send(&mut self, index: usize, stream: Stream, batch: Batch, now: Monotonic) {
        let (server, spare): (Arc<Server>, _) = self.servers.begin(index, now);
        let means = Arc::clone(&self.means);
        let is_more = self.ledger(stream).waiting() > 0;
        self.deliveries.spawn(async move {
            let outcome = means.deliver(&server, spare, &batch, is_more).await;
            Delivery {
                stream,
                server: index,
                batch,
                outcome,
            }
        });
    }

    pub(super) fn ledger(&mut self, stream: Stream) -> &mut Ledger {
        match stream {
            Stream::Live => &mut self.live.ledger,
            Stream::Replay => &mut self.replay.ledger,
        }
    }
}

/// Waits so long; not at all, but for others to have their turn, if that is no time.
async fn rest(wait: Duration) {
    if wait.is_zero() {
        tokio::task::yield_now().await;
    } else {
        tokio::time::sleep(wait).await;
    }
}

fn means(settings: &Graylog) -> Result<Means, ForwardError> {
    let wants_tls = |it: &Server| match it {
        Server::Tcp { .. } => false,
        Server::Tls { .. } => true,
        Server::Http { url } => url.starts_with("https:"),
    };
    let is_http = |it: &Server| matches!(it, Server::Http { .. });
    // Plain TCP needs no roots, and a machine without any must not fail for want of them.
    let tls = if settings.servers.iter().any(wants_tls) {
        Some(identity::read(settings)?)
    } else {
        None
    };
    let http = if settings.servers.iter().any(is_http) {
        Some(http::client(settings, tls.as_ref())?)
    } else {
        None
    };
    Ok(Means {
        settings: settings.clone(),
        tls,
        http,
    })
}

/// A day's file from a backup may end before the cursor. What comes next would never be sent.
fn restore_cursors(custody: &Custody, source: &Source) -> Result<(), DbError> {
    let reader = source.reader();
    let last_id = |day| -> Result<i64, DbError> {
        let reader = reader.day(day)?;
        reader.map_or(Ok(i64::MAX), |it| it.last_id())
    };
    for (day, cursor) in custody.cursors()? {
        let record_id = last_id(day)?;
        if cursor > record_id {
            tracing::warn!(%day, cursor, record_id, "the day ends before its cursor, it is set back");
            custody.add_stretches(Why::Again, &[], &[Place { day, record_id }])?;
        }
    }
    for (_, place) in custody.ahead()? {
        if place.record_id > last_id(place.day)? {
            return custody.set_ahead(&[]);
        }
    }
    Ok(())
}
