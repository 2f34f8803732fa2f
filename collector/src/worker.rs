//! The process that works: receives, keeps and sends, until its supervisor wants another in its place.
//!
//! It does what its link tells it, and goes when that ends. What it is replaced for (memory that has grown,
//! a fault that shows with time) is the reason why all state that matters is in the journal, in the
//! kernel's sockets, or in the counts that go along to the next.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::Duration;

use daemon::clock::Clock;
use daemon::endpoint::Endpoint;
use daemon::health::{Agent, Past};
use daemon::log::chain;
use daemon::outbox::{self, Insight, Outbox, OutboxError};
use daemon::settings::SettingsError;
use daemon::{journal, log};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::fpm::Fpm;
use crate::inputs::{Inputs, InputsError};
use crate::intake::Intake;
use crate::link::{self, Link, Order, Pulse, Report, Welcome};
use crate::settings::Settings;
use crate::sockets::Sockets;

/// Receiving and sending are cheap and the cores belong to PHP. The journal has a thread of its own.
const THREADS: usize = 2;

/// How often the supervisor is told how far the worker is.
const PULSE_INTERVAL: Duration = Duration::from_secs(1);

/// The worker before has left its place already, but its process may take a moment to end.
const JOURNAL_PATIENCE: Duration = Duration::from_secs(10);

/// Why the worker can't work.
#[derive(Debug, Error)]
pub enum WorkerError {
    #[error(
        "standard input is not a supervisor's: a worker is started by bitville-collector alone"
    )]
    Link(#[source] io::Error),
    #[error("the supervisor has said no welcome")]
    Welcome,
    #[error("the supervisor has given no socket for frames")]
    Sockets,
    #[error("the supervisor can't be told")]
    Report(#[source] io::Error),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("the runtime can't be started")]
    Runtime(#[source] io::Error),
    #[error("signals can't be received")]
    Signals(#[source] io::Error),
    #[error("the outbox can't be opened")]
    Outbox(#[from] OutboxError),
    #[error("the journal's thread can't be started")]
    Intake(#[source] io::Error),
    #[error(transparent)]
    Inputs(#[from] InputsError),
}

/// How a worker ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Another is waiting, or nobody is left: at once.
    Leave,
    /// The daemon ends: in order.
    Stop,
}

/// Works until told otherwise.
pub fn start() -> ExitCode {
    log::init();
    match work() {
        // Without waiting for threads of the runtime: whatever they have, the journal has.
        Ok(()) => std::process::exit(0),
        Err(error) => {
            tracing::error!(error = chain(&error), "worker can't run");
            ExitCode::FAILURE
        }
    }
}

fn work() -> Result<(), WorkerError> {
    let stream = link::standard_input().map_err(WorkerError::Link)?;
    let sockets = link::receive_sockets(&stream).map_err(WorkerError::Link)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()
        .map_err(WorkerError::Runtime)?;
    let outcome = runtime.block_on(wait_for_turn(stream, sockets));
    if outcome.is_ok() {
        std::mem::forget(runtime);
    }
    outcome
}

/// Prepares all that can be prepared while another worker still serves.
async fn wait_for_turn(stream: UnixStream, sockets: Vec<OwnedFd>) -> Result<(), WorkerError> {
    let mut link = Link::new(stream).map_err(WorkerError::Link)?;
    let welcome: Welcome = link.receive().await.ok_or(WorkerError::Welcome)?;
    let settings = Settings::from_text(&welcome.settings_path, &welcome.settings)?;
    let sockets = welcome.sockets.into_iter().zip(sockets).collect();
    let sockets = Sockets::from_parts(sockets).ok_or(WorkerError::Sockets)?;
    link.send(&Report::Standby)
        .await
        .map_err(WorkerError::Report)?;
    match link.receive().await {
        Some(Order::Go(past)) => serve(settings, sockets, past, link).await,
        _ => Ok(()),
    }
}

async fn serve(
    settings: Settings,
    mut sockets: Sockets,
    past: Past,
    mut link: Link,
) -> Result<(), WorkerError> {
    let collector = &settings.collector;
    let clock = Clock::system();
    journal::await_free(&collector.journal.dir, JOURNAL_PATIENCE, &clock)
        .await
        .map_err(OutboxError::Journal)?;
    let outbox = Outbox::open(outbox_settings(&settings, past), clock)?;
    let (intake, thread) =
        Intake::start(outbox.journal().clone(), outbox.counters()).map_err(WorkerError::Intake)?;
    let listener = sockets.health.take().map(adopt).transpose()?;
    let inputs = Inputs::open(collector, sockets, &intake, &outbox)?;
    let fpm = Fpm::new(
        collector.fpm.clone(),
        collector.journal.dir.clone(),
        intake.clone(),
        outbox.counters(),
        outbox.producer().clone(),
    );
    let mut outbox = outbox.start(collector.drain_timeout);
    let pace = outbox.pace(collector.host_metrics);
    outbox.report_host(collector.role, collector.host_metrics, pace.clone());
    let inputs = inputs.with_fpm(fpm, pace);
    let insight = outbox.insight();
    let taken = outbox.counters().counter("records_kept");

    let (leave, stop) = (CancellationToken::new(), CancellationToken::new());
    let mut endpoint = JoinSet::new();
    if let Some(listener) = listener {
        endpoint.spawn(Endpoint::new(insight.clone()).serve(listener, stop.clone()));
    }
    // They hold the last ways to the intake: its thread ends after them, with all it was given.
    drop(intake);
    let inputs = tokio::spawn(inputs.run(stop.clone(), leave.clone()));
    link.send(&Report::Ready)
        .await
        .map_err(WorkerError::Report)?;
    let pulse = || pulse(taken.get(), &insight);
    let ending = follow(&mut link, pulse).await?;
    // While others are still served.
    outbox.end_host().await;
    if ending == Ending::Leave {
        leave.cancel();
    }
    stop.cancel();
    let _ = inputs.await;
    let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    match ending {
        Ending::Leave => outbox.leave(),
        Ending::Stop => outbox.close().await,
    }
    // If nobody listens any more, nobody needs the counts.
    let _ = link
        .send(&Report::Pulse(self::pulse(taken.get(), &insight)))
        .await;
    Ok(())
}

fn adopt(listener: std::net::TcpListener) -> Result<TcpListener, InputsError> {
    let adopt = || {
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener)
    };
    adopt().map_err(InputsError::Socket)
}

fn outbox_settings(settings: &Settings, past: Past) -> outbox::Settings {
    outbox::Settings {
        agent: Agent {
            name: "collector",
            version: env!("CARGO_PKG_VERSION"),
            past,
        },
        project: settings.project.clone(),
        journal: settings.collector.journal.clone(),
        uplink: settings.uplink.clone(),
    }
}

/// Obeys the link, and gives signs of life, until it is time to end.
async fn follow(link: &mut Link, pulse: impl Fn() -> Pulse) -> Result<Ending, WorkerError> {
    // Ctrl-C comes to the whole process group: the supervisor decides what it means. SIGTERM to this
    // process alone asks for another in its place.
    let mut interrupt = signal(SignalKind::interrupt()).map_err(WorkerError::Signals)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(WorkerError::Signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(WorkerError::Signals)?;
    let mut pulses = tokio::time::interval(PULSE_INTERVAL);
    pulses.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            order = link.receive() => match order {
                Some(Order::Go(_)) => {}
                Some(Order::Stop) => return Ok(Ending::Stop),
                Some(Order::Leave) | None => return Ok(Ending::Leave),
            },
            _ = terminate.recv() => return Ok(Ending::Leave),
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
            _ = pulses.tick() => {
                if link.send(&Report::Pulse(pulse())).await.is_err() {
                    return Ok(Ending::Leave);
                }
            }
        }
    }
}

fn pulse(taken: u64, insight: &Insight) -> Pulse {
    Pulse {
        taken,
        past: Past {
            counts: insight.counts(),
            last_error: insight.last_error(),
            ..Past::default()
        },
    }
}
