//! `bitville-pgagent`: sees what happens in the database, harms nothing.
//!
//! Modules stand in the order in which a sample comes about: settings say where to look, the session
//! is the one way in, the probes ask, the sample is what they saw, the schedule says when, the server's log
//! tells the rest, the survey asks what is asked seldom, and the sampler drives it all into the outlet. What lies behind that, and the machine's own metrics, which
//! need no database, is `daemon::outbox`.
//!
//! Never here: a second query at once, a transaction, a query without deadlines, a statement's values
//! in a record.

pub mod settings;

pub mod projects;

pub mod session;

pub mod probe;

pub mod sample;

pub mod alarm;
pub mod cost;
pub mod schedule;

pub mod titles;

pub mod serverlog;

pub mod condition;
pub mod hints;
pub mod statements;
pub mod texts;

pub mod survey;

pub mod sampler;

pub mod outlet;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use daemon::clock::Clock;
use daemon::health::{Agent, Past};
use daemon::outbox::{Outbox, OutboxError};
use daemon::settings::EXIT_CONFIG;
use daemon::{log, outbox, shutdown, systemd};
use thiserror::Error;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use wire::host::Role;

use crate::outlet::Outlet;
use crate::sampler::Sampler;
use crate::serverlog::report::Reporter;
use crate::serverlog::watch::LogWatch;
use crate::settings::Settings;

/// How long the last records may take to the store. What does not make it stays in the journal.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// The sampler and the uplink: a batch that is being packed must not hold up a sample.
const THREADS: usize = 2;

/// Why the daemon can't run.
#[derive(Debug, Error)]
pub enum RunError {
    #[error("the runtime can't be started")]
    Runtime(#[source] std::io::Error),
    #[error("the thread for the server's log can't be started")]
    Thread(#[source] std::io::Error),
    #[error("signals can't be received")]
    Signals(#[source] std::io::Error),
    #[error("the outbox can't be opened")]
    Outbox(#[from] OutboxError),
}

/// The whole program behind its flags: reads the settings, and either says that they are in order or
/// runs until it is told to stop.
pub fn start(path: &Path, is_check_only: bool) -> ExitCode {
    let settings = match Settings::load(path) {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("{}", log::chain(&error));
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    if is_check_only {
        println!("{}: in order", path.display());
        return ExitCode::SUCCESS;
    }
    log::init();
    match block_on(settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = log::chain(&error), "can't run");
            ExitCode::FAILURE
        }
    }
}

fn block_on(settings: Settings) -> Result<(), RunError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()
        .map_err(RunError::Runtime)?;
    runtime.block_on(async {
        let stop = shutdown::token().map_err(RunError::Signals)?;
        run(settings, stop).await
    })
}

/// Watches until `stop`, then sends what is left for the drain time. A database that is away is no reason
/// to end: the machine is still to be watched, and the database comes back.
pub async fn run(settings: Settings, stop: CancellationToken) -> Result<(), RunError> {
    let Settings {
        project,
        database,
        sampling,
        log,
        journal,
        host_metrics,
        uplink,
    } = settings;
    let version = env!("CARGO_PKG_VERSION");
    let agent = Agent {
        name: "pgagent",
        version,
        past: Past::default(),
    };
    let outbox = outbox::Settings {
        agent,
        project,
        journal: journal.clone(),
        uplink,
    };
    let mut outbox = Outbox::open(outbox, Clock::system())?.start(DRAIN_TIMEOUT);
    let pace = outbox.pace(host_metrics);
    outbox.report_host(Role::Db, host_metrics, pace);

    let reporter = |log: &settings::Log| Reporter {
        prefix: sampling.prefix.clone(),
        projects: sampling.projects.clone(),
        with_values: log.with_values,
    };
    let watch = log
        .as_ref()
        .map(|log| LogWatch::start(&log.wanted, reporter(log), &journal, &outbox));
    let watch = watch.transpose().map_err(RunError::Thread)?;
    let signpost = watch
        .as_ref()
        .zip(log)
        .and_then(|(watch, log)| watch.signpost(log.wanted));

    systemd::ready();
    tracing::info!(version, "ready");
    Sampler::new(
        database,
        sampling,
        Outlet::new(&outbox, journal.disk_bytes_max),
        signpost,
    )
    .run(stop)
    .await;
    systemd::stopping();
    if let Some(watch) = watch {
        // Its last step may take as long as a piece of the log and a sync.
        let _ = spawn_blocking(|| watch.close()).await;
    }

    outbox.close().await;
    tracing::info!("stopped");
    Ok(())
}
