//! The watch itself: keeps the session, and takes a sample of it whenever one is due.
//!
//! ```text
//! open the session -> wait until due -> activity -> somebody waits? -> locks -> names -> journal -> survey
//!       ^                  ^                                                                          |
//!       |                  +--------------------------------------------------------------------------+
//!       +-- the session is over: wait at least a second, longer each time
//! ```
//!
//! Where there is no session, the titles of the server's processes are read instead.
//!
//! A query that fails costs its own part of the sample and no more: without locks there is still the
//! activity, without names there are still numbers. Only the end of the session ends the loop.

use std::time::Duration;

use daemon::backoff::Backoff;
use daemon::clock::{Clock, Monotonic, micros};
use daemon::counters::{Counter, Gauge};
use daemon::log::{Sparingly, chain};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wire::ids::BackendPid;
use wire::pg::database::Database;
use wire::pg::statements::Statements;
use wire::pg::{Activity, Locks};

use crate::alarm::Alarm;
use crate::cost::CostMeter;
use crate::outlet::Outlet;
use crate::probe::activity::Snapshot;
use crate::probe::locks::LockWaits;
use crate::probe::names::Names;
use crate::sample::Sample;
use crate::schedule::{Schedule, Tick};
use crate::serverlog::watch::Signpost;
use crate::session::{Session, SessionError};
use crate::settings::{self, Sampling};
use crate::survey::{Moment, Report, Survey};
use crate::titles;

/// Never come back faster than this: a server that is starting or full has better things to do.
const RECONNECT_LEAST: Duration = Duration::from_secs(1);
/// What chance adds to it at most, after many failures.
const RECONNECT_JITTER_MOST: Duration = Duration::from_secs(10);

/// A server on another machine has its titles there.
const INTERVAL_WITHOUT_TITLES: Duration = Duration::from_secs(60);

/// How often all sessions are told, those too that do nothing.
const FULL_INTERVAL: Duration = Duration::from_secs(60);

/// How often the same trouble is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Watches one server.
#[derive(Debug)]
pub struct Sampler {
    database: settings::Database,
    sampling: Sampling,
    outlet: Outlet,
    clock: Clock,
    /// Of the server that was last seen.
    postmaster: Option<BackendPid>,
    max_connections: u32,
    schedule: Schedule,
    alarm: Alarm,
    /// When all sessions are told the next time.
    full_due: Option<Monotonic>,
    names: Names,
    survey: Survey,
    meter: CostMeter,
    counts: Counts,
    /// One per class of trouble, so that one does not hide the other.
    logged_session: Sparingly,
    logged_query: Sparingly,
}

/// What `agent_health` shows of the watch.
#[derive(Debug)]
struct Counts {
    ticks: Counter,
    ticks_late: Counter,
    title_samples: Counter,
    query_timeouts: Counter,
    query_failures: Counter,
    reconnects: Counter,
    waits_omitted: Counter,
    blockers_omitted: Counter,
    interval_us: Gauge,
    cost_permille: Gauge,
    session_open: Gauge,
    clock_offset_us: Gauge,
}

// === impl Sampler ===

impl Sampler {
    pub fn new(
        database: settings::Database,
        sampling: Sampling,
        outlet: Outlet,
        signpost: Option<Signpost>,
    ) -> Self {
        let clock = outlet.producer().clock().clone();
        Self {
            schedule: Schedule::new(
                sampling.interval,
                sampling.budget_permille,
                clock.monotonic(),
            ),
            postmaster: None,
            max_connections: 0,
            alarm: Alarm::default(),
            full_due: None,
            counts: Counts::new(&outlet),
            names: Names::default(),
            survey: Survey::new(sampling.scope, signpost),
            meter: CostMeter::default(),
            logged_session: Sparingly::new(LOG_INTERVAL),
            logged_query: Sparingly::new(LOG_INTERVAL),
            database,
            sampling,
            outlet,
            clock,
        }
    }

    /// Watches until it is time to stop, whatever the server does.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut backoff = Backoff::new(RECONNECT_JITTER_MOST);
        let mut random = StdRng::from_os_rng();
        loop {
            let database = self.database.clone();
            let Some(opened) = self.meanwhile(Session::open(&database), &stop).await else {
                return;
            };
            match opened {
                Ok(session) => {
                    if self.watch(session, &stop).await {
                        backoff.succeeded();
                    }
                    if stop.is_cancelled() {
                        return;
                    }
                }
                Err(error) => self.note_session(&error),
            }
            let wait = RECONNECT_LEAST + backoff.failed(&mut random);
            if self.meanwhile(sleep(wait), &stop).await.is_none() {
                return;
            }
            self.counts.reconnects.increment();
        }
    }

    /// Waits for something that is no session, and tells meanwhile what the titles of the server's processes
    /// say; nothing comes of it if it is time to stop.
    async fn meanwhile<T>(
        &mut self,
        work: impl Future<Output = T>,
        stop: &CancellationToken,
    ) -> Option<T> {
        let mut work = std::pin::pin!(work);
        let mut rest = self.sampling.interval;
        loop {
            tokio::select! {
                () = stop.cancelled() => return None,
                done = &mut work => return Some(done),
                () = sleep(rest) => rest = self.take_titles(rest).await,
            }
        }
    }

    /// A sample without a session; gives how long to rest until the next.
    async fn take_titles(&mut self, weight: Duration) -> Duration {
        if !self.database.is_local() {
            return INTERVAL_WITHOUT_TITLES;
        }
        let began = self.clock.monotonic();
        let postmaster = self.postmaster;
        let titles = spawn_blocking(move || titles::read(postmaster)).await;
        let titles = titles.unwrap_or_default();
        if !titles.is_empty() {
            self.counts.title_samples.increment();
            let activity = titles::activity(&titles, self.max_connections, micros(weight));
            let at = self.clock.now();
            self.outlet.put(Activity::KIND, at, &activity).await;
        }
        // Reading takes CPU all the while, of which there is a hundredth.
        let took = self.clock.monotonic() - began;
        self.sampling.interval.max(took * 100)
    }

    /// Takes samples until the session is over; tells whether any was taken.
    async fn watch(&mut self, mut session: Session, stop: &CancellationToken) -> bool {
        self.greet(&session);
        let mut is_any_taken = false;
        while !session.is_over() {
            tokio::select! {
                () = stop.cancelled() => return is_any_taken,
                () = sleep(self.schedule.due() - self.clock.monotonic()) => {}
            }
            is_any_taken |= self.tick(&mut session).await;
        }
        self.counts.session_open.set(0);
        is_any_taken
    }

    fn greet(&mut self, session: &Session) {
        let facts = session.facts();
        // It may be another server by now, with other objects behind the same numbers.
        self.names = Names::default();
        self.survey.greet(self.clock.monotonic());
        self.postmaster = titles::postmaster_of(facts.pid);
        self.max_connections = facts.max_connections;
        self.counts.session_open.set(1);
        tracing::info!(
            version = facts.version,
            backend_pid = facts.pid,
            max_connections = facts.max_connections,
            "session opened"
        );
        if !facts.sees_all {
            let text = "the role may not see other users' statements: grant it pg_monitor";
            tracing::warn!(text);
            self.outlet.counters().set_last_error(text);
        }
    }

    async fn tick(&mut self, session: &mut Session) -> bool {
        let tick = self.schedule.begin(self.clock.monotonic());
        self.counts.ticks.increment();
        if tick.is_late {
            self.counts.ticks_late.increment();
        }
        let taken = self.take(session, tick).await;
        let is_taken = taken.is_ok();
        let now = self.clock.monotonic();
        let cost = self.meter.spent(session.facts().pid, now - tick.began);
        match taken {
            Ok(snapshot) if !session.is_over() => self.survey(session, &snapshot).await,
            Ok(_) => {}
            Err(error) => self.note_query(&error),
        }
        let asked = self.clock.monotonic() - now;
        self.schedule
            .owe(self.meter.spent(session.facts().pid, asked));
        self.schedule
            .end(tick, self.clock.monotonic(), cost, is_taken);
        self.counts
            .interval_us
            .set(micros(self.schedule.interval()).0);
        self.counts
            .cost_permille
            .set(self.schedule.cost_permille().into());
        is_taken
    }

    /// Asks the one thing besides that is due.
    async fn survey(&mut self, session: &mut Session, snapshot: &Snapshot) {
        let moment = Moment {
            snapshot,
            names: &mut self.names,
            prefix: &self.sampling.prefix,
            clock: &self.clock,
            is_tight: self.schedule.is_tight(),
        };
        match self.survey.step(session, moment).await {
            Ok(None) => {}
            Ok(Some(Report::Statements(statements))) => {
                let kind = Statements::KIND;
                self.outlet.put_spare(kind, snapshot.at, &statements).await;
            }
            Ok(Some(Report::Database(database))) => {
                self.outlet
                    .put(Database::KIND, snapshot.at, &database)
                    .await;
            }
            Err(error) => self.note_query(&error),
        }
    }

    /// One sample, from the server into the journal.
    async fn take(&mut self, session: &mut Session, tick: Tick) -> Result<Snapshot, SessionError> {
        let snapshot = Snapshot::take(session).await?;
        self.counts
            .clock_offset_us
            .set((snapshot.at - self.clock.now()).0);
        let waits = match LockWaits::take(session, &snapshot).await {
            Ok(waits) => waits,
            Err(error) => {
                self.note_query(&error);
                None
            }
        };
        self.learn_names(session, &snapshot, waits.as_ref(), tick.began)
            .await;
        let is_full = self.full_due.is_none_or(|due| tick.began >= due);
        if is_full {
            self.full_due = Some(tick.began + FULL_INTERVAL);
        }
        let sample = Sample {
            snapshot: &snapshot,
            waits: waits.as_ref(),
            names: &self.names,
            facts: session.facts(),
            prefix: &self.sampling.prefix,
            projects: &self.sampling.projects,
            weight: micros(tick.weight),
            is_full,
        };
        let locks = sample.locks();
        let activity = sample.activity(micros(self.clock.monotonic() - tick.began));
        let is_urgent = self
            .alarm
            .see(activity.active.sum(), activity.active.lock, tick.weight);
        self.schedule.set_urgent(is_urgent);
        self.counts
            .blockers_omitted
            .add(sample.blockers_omitted() as u64);
        self.outlet
            .put(Activity::KIND, snapshot.at, &activity)
            .await;
        if let Some(locks) = locks {
            self.counts.waits_omitted.add(locks.waits_omitted.into());
            self.outlet.put(Locks::KIND, snapshot.at, &locks).await;
        }
        Ok(snapshot)
    }

    /// Asks for the names that the sample lacks, while the session is good for it.
    async fn learn_names(
        &mut self,
        session: &mut Session,
        snapshot: &Snapshot,
        waits: Option<&LockWaits>,
        now: Monotonic,
    ) {
        if session.is_over() {
            return;
        }
        let wanted = crate::sample::wanted_names(snapshot, waits, session.facts().database);
        let missing = self.names.missing(wanted, now);
        if !missing.is_empty()
            && let Err(error) = self.names.ask(session, &missing, now).await
        {
            self.note_query(&error);
        }
    }

    fn note_session(&mut self, error: &SessionError) {
        self.outlet.counters().set_last_error(&chain(error));
        if self.logged_session.now(&self.clock) {
            tracing::warn!(error = chain(error), "no session, trying again");
        }
    }

    fn note_query(&mut self, error: &SessionError) {
        let count = if error.is_timeout() {
            &self.counts.query_timeouts
        } else {
            &self.counts.query_failures
        };
        count.increment();
        self.outlet.counters().set_last_error(&chain(error));
        if self.logged_query.now(&self.clock) {
            tracing::warn!(error = chain(error), "part of a sample is missing");
        }
    }
}

// === impl Counts ===

impl Counts {
    fn new(outlet: &Outlet) -> Self {
        let counters = outlet.counters();
        Self {
            ticks: counters.counter("ticks"),
            ticks_late: counters.counter("ticks_late"),
            title_samples: counters.counter("title_samples"),
            query_timeouts: counters.counter("query_timeouts"),
            query_failures: counters.counter("query_failures"),
            reconnects: counters.counter("reconnects"),
            waits_omitted: counters.counter("waits_omitted"),
            blockers_omitted: counters.counter("blockers_omitted"),
            interval_us: counters.gauge("interval_us"),
            cost_permille: counters.gauge("cost_permille"),
            session_open: counters.gauge("session_open"),
            clock_offset_us: counters.gauge("clock_offset_us"),
        }
    }
}
