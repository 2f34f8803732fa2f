//! `bitville-collector`: takes records from PHP, keeps them, sends them to the store.
//!
//! ```text
//! PHP -> socket ---> receive -> admit -> intake -> journal -> uplink -> store
//!  |                   ^                    |
//!  |                   +------- ACK --------+
//!  +---> datagram, spool -> admit
//!            |
//!            +-> tally -> intake, every 10 s
//! ```
//!
//! Modules stand in the order in which a frame travels. Everything behind the journal is
//! `daemon::outbox`. An acknowledgement is sent when the record is in the journal and at no other
//! time; a connection that is closed without one has handed over nothing.

pub mod settings;

pub mod socket;

pub mod receive;

pub mod tally;

pub mod datagram;

pub mod spool;

pub mod admit;

pub mod intake;

use std::path::Path;
use std::process::ExitCode;

use daemon::clock::Clock;
use daemon::counters::Counters;
use daemon::health::Agent;
use daemon::outbox::{Outbox, OutboxError};
use daemon::producer::Producer;
use daemon::settings::EXIT_CONFIG;
use daemon::{log, outbox, shutdown, supervisor};
use thiserror::Error;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::datagram::{Port, PortError};
use crate::intake::Intake;
use crate::receive::Receiver;
use crate::settings::Settings;
use crate::socket::{Socket, SocketError};
use crate::spool::{Spool, SpoolError};

/// Receiving and sending are cheap and the cores belong to PHP. The journal has a thread of its own.
const THREADS: usize = 2;

/// Why the daemon can't run.
#[derive(Debug, Error)]
pub enum RunError {
    #[error("the runtime can't be started")]
    Runtime(#[source] std::io::Error),
    #[error("signals can't be received")]
    Signals(#[source] std::io::Error),
    #[error("the outbox can't be opened")]
    Outbox(#[from] OutboxError),
    #[error("the journal's thread can't be started")]
    Intake(#[source] std::io::Error),
    #[error("the socket can't be opened")]
    Socket(#[from] SocketError),
    #[error("datagrams can't be received")]
    Port(#[from] PortError),
    #[error("the spool folder can't be used")]
    Spool(#[from] SpoolError),
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

/// The ways in beside the socket, as far as the settings name them.
struct Others {
    port: Option<Port>,
    spool: Option<Spool>,
}

impl Others {
    fn open(
        settings: &settings::Collector,
        intake: &Intake,
        counters: &Counters,
        producer: &Producer,
    ) -> Result<Self, RunError> {
        let port = settings
            .udp
            .map(|address| Port::open(address, intake.clone(), counters, producer.clone()))
            .transpose()?;
        let spool = settings
            .spool_dir
            .as_ref()
            .map(|dir| {
                let clock = producer.clock().clone();
                Spool::open(
                    dir.clone(),
                    settings.socket.group,
                    intake.clone(),
                    counters,
                    clock,
                )
            })
            .transpose()?;
        Ok(Self { port, spool })
    }

    fn start(self, stop: &CancellationToken) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        if let Some(port) = self.port {
            tasks.spawn(port.run(stop.clone()));
        }
        if let Some(spool) = self.spool {
            tasks.spawn(spool.run(stop.clone()));
        }
        tasks
    }
}

/// Receives until `stop`, finishes the frames in hand, then sends what is left for the drain time.
pub async fn run(settings: Settings, stop: CancellationToken) -> Result<(), RunError> {
    let Settings {
        project,
        uplink,
        collector,
    } = settings;
    let agent = Agent {
        name: "collector",
        version: env!("CARGO_PKG_VERSION"),
    };
    let outbox = outbox::Settings {
        agent,
        project,
        journal: collector.journal.clone(),
        uplink,
    };
    let outbox = Outbox::open(outbox, Clock::system())?;
    let (intake, thread) =
        Intake::start(outbox.journal().clone(), outbox.counters()).map_err(RunError::Intake)?;
    // The journal's lock is held by now: whatever socket is there belongs to no collector of ours.
    let socket = Socket::open(&collector.socket)?;
    let others = Others::open(&collector, &intake, outbox.counters(), outbox.producer())?;
    let mut outbox = outbox.start(collector.drain_timeout);
    outbox.report_host(collector.role, collector.host_metrics);

    supervisor::ready();
    let udp = others.port.as_ref().and_then(|port| port.address().ok());
    let udp = udp.map(|address| address.to_string()).unwrap_or_default();
    let others = others.start(&stop);
    let path = socket.path().display();
    tracing::info!(socket = %path, udp, version = agent.version, "ready");
    Receiver::new(intake, outbox.counters(), outbox.producer().clock().clone())
        .run(socket.listener(), stop)
        .await;
    supervisor::stopping();

    drop(socket);
    others.join_all().await;
    // The receiver was the last to hold the intake, so the thread ends with what it still has.
    let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    outbox.close().await;
    tracing::info!("stopped");
    Ok(())
}
