//! The watch itself: keeps the session, and takes a sample of it whenever one is due.
//!
//! ```text
//! open the session -> wait until due -> activity -> somebody waits? -> locks -> names -> journal
//!       ^                  ^                                                              |
//!       |                  +--------------------------------------------------------------+
//!       +-- the session is over: wait at least a second, longer each time
//! ```
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
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wire::pg::database::Database;
use wire::pg::statements::Statements;
use wire::pg::{Activity, Locks};

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

/// Never come back faster than this: a server that is starting or full has better things to do.
const RECONNECT_LEAST: Duration = Duration::from_secs(1);
/// What chance adds to it at most, after many failures.
const RECONNECT_JITTER_MOST: Duration = Duration::from_secs(10);

/// How often the same trouble is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Watches one server.
#[derive(Debug)]
pub struct Sampler {
    database: settings::Database,
    sampling: Sampling,
    outlet: Outlet,
    clock: Clock,
    schedule: Schedule,
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
            schedule: Schedule::new(sampling.interval, clock.monotonic()),
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
            let opened = tokio::select! {
                () = stop.cancelled() => return,
                opened = Session::open(&self.database) => opened,
            };
            match opened {
                Ok(session) => {
                    if self.watch(session, &stop).await {
                        backoff.succeeded();
                    }
                }
                Err(error) => self.note_session(&error),
            }
            let wait = RECONNECT_LEAST + backoff.failed(&mut random);
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(wait) => {}
            }
            self.counts.reconnects.increment();
        }
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
                self.outlet.put(kind, snapshot.at, &statements).await;
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
        let sample = Sample {
            snapshot: &snapshot,
            waits: waits.as_ref(),
            names: &self.names,
            facts: session.facts(),
            prefix: &self.sampling.prefix,
            weight: micros(tick.weight),
        };
        let locks = sample.locks();
        let activity = sample.activity(micros(self.clock.monotonic() - tick.began));
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
