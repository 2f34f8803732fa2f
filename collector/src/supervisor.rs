//! The process that stays: holds the sockets, keeps one worker at work, replaces it when it is due and
//! when it has died.
//!
//! ```text
//!            start             standby: the one before is told to leave     the one before is gone
//!   (none) -------> preparing ----------------------------------> standby ------------------------> opening
//!                                                                                                     |
//!   a new one begins: memory, requests, reload                                           ready        v
//!   serving <---------------------------------------------------------------------------------------- +
//! ```
//!
//! It takes no record and reads no byte of any, so that nothing that comes from outside can end it; its
//! own memory is small and does not grow. A worker that dies is followed by another at once, and with
//! backoff if that dies too. If the supervisor itself is killed, its worker sees the end of the link and
//! goes; the next supervisor waits for that.

use std::fs::File;
use std::process::ExitStatus;
use std::time::Duration;

use daemon::clock::{Clock, Monotonic};
use daemon::counters::Counters;
use daemon::health::Past;
use daemon::journal;
use daemon::log::chain;
use daemon::systemd;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::time::{MissedTickBehavior, timeout};

use crate::link::{Order, Report, Welcome};
use crate::sockets::{Inherited, Sockets};

mod error;
mod given;
mod hand;
mod policy;
mod signals;

use error::ReloadError;
pub use error::SupervisorError;
pub use given::Given;
pub use hand::HandError;
use hand::{Event, Hand, Stage};
use policy::{Reason, Recycling, Restarts};
use signals::{Signals, Wish};

/// How often workers are looked at.
const TICK: Duration = Duration::from_secs(1);

/// A worker that says nothing for so long hangs. It speaks every second.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// A worker that leaves has 0.1 s for what is in hand.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(3);

/// What one worker takes to follow another, at most.
const HANDOVER_TIMEOUT: Duration = Duration::from_secs(5);

/// What a stopping worker may take beyond its drain time: the frames in hand and the last sync.
const STOP_MARGIN: Duration = Duration::from_secs(10);

/// A worker of a supervisor that was killed goes within this.
const ORPHAN_TIMEOUT: Duration = Duration::from_secs(15);

/// Keeps a worker at work.
#[derive(Debug)]
pub struct Supervisor {
    given: Given,
    sockets: Sockets,
    clock: Clock,
    random: StdRng,
    started: Monotonic,
    recycling: Recycling,
    restarts: Restarts,
    /// The daemon's counts as a worker last told them.
    past: Past,
    /// What the supervisor itself counts.
    counters: Counters,
    current: Option<Hand>,
    next: Option<Hand>,
    /// When a dead worker is followed by another.
    restart_at: Option<Monotonic>,
    /// Whether a worker has ever been ready.
    has_been_ready: bool,
    /// Keeps a second supervisor from the journal's folder.
    _lock: File,
}

/// What the supervisor wakes up for.
#[derive(Debug)]
enum Wake {
    Wish(Wish),
    Current(Event),
    Next(Event),
    Tick,
    Restart,
}

// === impl Supervisor ===

impl Supervisor {
    /// Takes the journal's folder and opens the sockets. Must be called within a tokio runtime.
    pub async fn open(given: Given, inherited: Inherited) -> Result<Self, SupervisorError> {
        let clock = Clock::system();
        let collector = &given.settings.collector;
        let lock = journal::claim(&collector.journal.dir)?;
        // Whatever still holds the journal is a worker whose supervisor was killed. The sockets are its
        // too, until it is gone.
        journal::await_free(&collector.journal.dir, ORPHAN_TIMEOUT, &clock).await?;
        let sockets = Sockets::open(collector, inherited)?;
        Ok(Self {
            sockets,
            started: clock.monotonic(),
            clock,
            random: StdRng::from_os_rng(),
            recycling: Recycling::new(),
            restarts: Restarts::new(),
            past: Past::default(),
            counters: Counters::default(),
            current: None,
            next: None,
            restart_at: None,
            has_been_ready: false,
            _lock: lock,
            given,
        })
    }

    /// Runs until it is told to stop and its worker has gone.
    pub async fn run(mut self) -> Result<(), SupervisorError> {
        let mut signals = Signals::new().map_err(SupervisorError::Signals)?;
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.next = Some(self.start_worker().await?);
        loop {
            let restart_at = self.restart_at;
            let wake = tokio::select! {
                wish = signals.next() => Wake::Wish(wish),
                event = event_of(&mut self.current) => Wake::Current(event),
                event = event_of(&mut self.next) => Wake::Next(event),
                () = until(&self.clock, restart_at) => Wake::Restart,
                _ = ticks.tick() => Wake::Tick,
            };
            match wake {
                Wake::Wish(Wish::Stop) => return self.stop(signals).await,
                Wake::Wish(Wish::Reload) => self.reload().await,
                Wake::Current(event) => self.hear_current(event).await?,
                Wake::Next(event) => self.hear_next(event).await?,
                Wake::Restart => self.restart().await,
                Wake::Tick => self.look().await,
            }
        }
    }

    async fn start_worker(&mut self) -> Result<Hand, HandError> {
        self.counters.counter("workers_started").increment();
        let welcome = Welcome {
            sockets: self.sockets.parts().iter().map(|part| part.0).collect(),
            settings_path: self.given.path.clone(),
            settings: self.given.text.clone(),
        };
        Hand::start(&self.sockets, &welcome, self.clock.monotonic()).await
    }

    async fn hear_current(&mut self, event: Event) -> Result<(), SupervisorError> {
        let now = self.clock.monotonic();
        let Some(worker) = &mut self.current else {
            return Ok(());
        };
        worker.heard = now;
        match event {
            Event::Report(Report::Ready) => {
                worker.stage = Stage::Serving;
                self.tell_ready();
            }
            Event::Report(Report::Pulse(pulse)) => {
                worker.taken = pulse.taken;
                self.past = pulse.past;
            }
            Event::Report(Report::Standby) => {}
            Event::Gone(status) => {
                let is_expected = worker.stage == Stage::Leaving;
                let lived = now - worker.begun;
                self.current = None;
                if !is_expected {
                    self.note_death(status, lived)?;
                }
                self.promote().await;
                self.have_successor();
            }
        }
        Ok(())
    }

    async fn hear_next(&mut self, event: Event) -> Result<(), SupervisorError> {
        let now = self.clock.monotonic();
        match event {
            Event::Report(_) => {
                if let Some(worker) = &mut self.next {
                    worker.stage = Stage::Standby;
                    worker.heard = now;
                }
                match &mut self.current {
                    Some(current) => {
                        current.stage = Stage::Leaving;
                        current.order(&Order::Leave, now).await;
                    }
                    None => self.promote().await,
                }
            }
            Event::Gone(status) => {
                let lived = self.next.take().map(|worker| now - worker.begun);
                self.note_death(status, lived.unwrap_or_default())?;
                if self.current.is_some() {
                    // The old one stays, unless it was told to leave; then its end is the time to go on.
                    self.restart_at = None;
                }
            }
        }
        Ok(())
    }

    /// Gives the place to the one that waits for it, if there is one.
    async fn promote(&mut self) {
        let is_waiting = self
            .next
            .as_ref()
            .is_some_and(|next| next.stage == Stage::Standby);
        if self.current.is_some() || !is_waiting {
            return;
        }
        self.restart_at = None;
        let past = self.past();
        if let Some(mut worker) = self.next.take() {
            worker.stage = Stage::Opening;
            worker.order(&Order::Go(past), self.clock.monotonic()).await;
            self.current = Some(worker);
        }
    }

    /// Sees to it that there is a worker, or a time at which there will be one.
    fn have_successor(&mut self) {
        let is_none = self.current.is_none() && self.next.is_none();
        if is_none && self.restart_at.is_none() {
            self.restart_at = Some(self.clock.monotonic());
        }
    }

    /// What the next worker goes on from.
    fn past(&self) -> Past {
        let mut past = self.past.clone();
        past.pid = Some(std::process::id());
        past.uptime = self.clock.monotonic() - self.started;
        // The supervisor's own numbers are its own to tell.
        past.counts.extend(self.counters.counts());
        past
    }

    fn note_death(&mut self, status: ExitStatus, lived: Duration) -> Result<(), SupervisorError> {
        if !self.has_been_ready {
            return Err(SupervisorError::First(status));
        }
        self.counters.counter("workers_died").increment();
        let wait = self.restarts.died(lived, &mut self.random);
        tracing::error!(%status, ?lived, ?wait, "worker died, starting another");
        if self.next.is_none() {
            self.restart_at = Some(self.clock.monotonic() + wait);
        }
        Ok(())
    }

    async fn restart(&mut self) {
        self.restart_at = None;
        if self.next.is_some() {
            return;
        }
        match self.start_worker().await {
            Ok(worker) => self.next = Some(worker),
            Err(error) => {
                let wait = self.restarts.died(Duration::ZERO, &mut self.random);
                tracing::error!(error = chain(&error), ?wait, "worker can't be started");
                self.restart_at = Some(self.clock.monotonic() + wait);
            }
        }
    }

    /// Looks at the workers: who hangs is killed, who has had enough is replaced.
    async fn look(&mut self) {
        systemd::alive();
        let now = self.clock.monotonic();
        for worker in [&mut self.current, &mut self.next].into_iter().flatten() {
            let allowed = match worker.stage {
                Stage::Leaving => LEAVE_TIMEOUT,
                Stage::Standby => Duration::MAX,
                Stage::Preparing | Stage::Opening | Stage::Serving => SILENCE_MAX,
            };
            if now - worker.heard > allowed {
                tracing::error!(pid = worker.pid, stage = ?worker.stage, "worker hangs, killing it");
                self.counters.counter("workers_killed").increment();
                worker.kill();
                worker.heard = now;
            }
        }
        let due = self.current.as_ref().and_then(|worker| {
            let is_serving = worker.stage == Stage::Serving && self.next.is_none();
            let settings = self.given.settings.collector.worker;
            let worked = is_serving.then(|| worker.worked())?;
            self.recycling.reason(now, settings, worked)
        });
        if let Some(reason) = due {
            self.recycling.begun(now);
            self.replace(reason).await;
        }
    }

    /// Begins to replace the worker: the new one is prepared while the old one still serves.
    async fn replace(&mut self, reason: Reason) {
        self.counters.counter(reason.counter()).increment();
        match reason {
            Reason::Requests => tracing::debug!(?reason, "replacing the worker"),
            Reason::Memory | Reason::Reload => tracing::info!(?reason, "replacing the worker"),
        }
        match self.start_worker().await {
            Ok(worker) => self.next = Some(worker),
            Err(error) => {
                tracing::error!(
                    error = chain(&error),
                    "the old worker stays, a new one can't be started"
                );
            }
        }
    }

    /// Takes up changed settings with a fresh worker, or says why not and changes nothing.
    async fn reload(&mut self) {
        match self.read_again() {
            Ok((given, sockets)) => {
                self.given = given;
                self.sockets.replace(sockets);
                self.replace(Reason::Reload).await;
            }
            Err(error) => {
                tracing::error!(
                    error = chain(&error),
                    "settings not reloaded, the old ones stay"
                );
            }
        }
    }

    fn read_again(&self) -> Result<(Given, Sockets), ReloadError> {
        let given = Given::read(&self.given.path)?;
        let (old, new) = (&self.given.settings.collector, &given.settings.collector);
        if old.journal.dir != new.journal.dir {
            return Err(ReloadError::JournalDir);
        }
        let sockets = self.sockets.moved(old, new)?;
        Ok((given, sockets))
    }

    fn tell_ready(&mut self) {
        if std::mem::replace(&mut self.has_been_ready, true) {
            return;
        }
        systemd::ready();
        let collector = &self.given.settings.collector;
        let udp = self.sockets.datagrams.as_ref();
        let udp = udp.and_then(|socket| socket.local_addr().ok());
        let health = self.sockets.health.as_ref();
        let health = health.and_then(|listener| listener.local_addr().ok());
        let text = |address: Option<std::net::SocketAddr>| {
            address
                .map(|address| address.to_string())
                .unwrap_or_default()
        };
        tracing::info!(
            socket = %collector.socket.path.display(),
            udp = text(udp),
            health = text(health),
            version = env!("CARGO_PKG_VERSION"),
            "ready"
        );
    }

    /// Goes on until the place is taken again, if one worker has been told to make room for another.
    async fn finish_handover(&mut self) -> Result<(), SupervisorError> {
        let is_leaving = |worker: &Hand| worker.stage == Stage::Leaving;
        while self.next.is_some() && self.current.as_ref().is_none_or(is_leaving) {
            tokio::select! {
                event = event_of(&mut self.current) => self.hear_current(event).await?,
                event = event_of(&mut self.next) => self.hear_next(event).await?,
            }
        }
        Ok(())
    }

    /// Lets the worker finish, for its drain time and a little more.
    async fn stop(mut self, mut signals: Signals) -> Result<(), SupervisorError> {
        tracing::info!("stopping");
        systemd::stopping();
        self.sockets.hide();
        // Told in the middle of a replacement, so that there is somebody to drain.
        let _ = timeout(HANDOVER_TIMEOUT, self.finish_handover()).await;
        self.next = None;
        let Some(mut worker) = self.current.take() else {
            return Ok(());
        };
        worker.order(&Order::Stop, self.clock.monotonic()).await;
        let allowed = self.given.settings.collector.drain_timeout + STOP_MARGIN;
        let gone = async { while let Event::Report(_) = worker.event().await {} };
        tokio::select! {
            outcome = timeout(allowed, gone) => {
                if outcome.is_err() {
                    tracing::error!("worker does not end, killing it; what it had is in the journal");
                }
            }
            () = signals.stop() => return Err(SupervisorError::Impatient),
        }
        tracing::info!("stopped");
        Ok(())
    }
}

/// What a worker does next; for ever if there is none.
async fn event_of(worker: &mut Option<Hand>) -> Event {
    match worker {
        Some(worker) => worker.event().await,
        None => std::future::pending().await,
    }
}

async fn until(clock: &Clock, at: Option<Monotonic>) {
    match at {
        Some(at) => tokio::time::sleep(at - clock.monotonic()).await,
        None => std::future::pending().await,
    }
}
