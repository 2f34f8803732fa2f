//! `bitville-collector`: takes records from PHP, keeps them, sends them to the store.
//!
//! ```text
//! supervisor: settings, sockets ----- link ----- worker
//!                                                  |
//! PHP -> socket ---> receive -> admit -> intake -> journal -> uplink -> store
//!  |                   ^                    |
//!  |                   +------- ACK --------+
//!  +---> datagram, spool -> admit
//!            |
//!            +-> tally -> intake, every 10 s
//! PHP-FPM <- fpm -> intake, at the host metrics' pace
//! ```
//!
//! Two processes of one program: the supervisor stays and holds the sockets, its worker does the work and
//! is replaced now and then. Modules stand in the order in which a start and then a frame travel.
//! Everything behind the journal is `daemon::outbox`. An acknowledgement is sent when the record is in the
//! journal and at no other time; a connection that is closed without one has handed over nothing.

pub mod settings;

pub mod socket;
pub mod sockets;

pub mod link;
pub mod supervisor;
pub mod worker;

pub mod inputs;

pub mod receive;

pub mod tally;

pub mod datagram;

pub mod spool;

pub mod fpm;

pub mod admit;

pub mod intake;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use daemon::clock::Clock;
use daemon::inspect::{self, Wanted};
use daemon::log;
use daemon::settings::EXIT_CONFIG;
use daemon::status::{self, StatusError};

use crate::settings::Settings;
use crate::sockets::Inherited;
use crate::supervisor::{Given, Supervisor, SupervisorError};

/// What a status script returns for a program that is not running (LSB 3.1).
const EXIT_NOT_RUNNING: u8 = 3;

/// Reads the settings, and either says that they are in order or runs until told to stop.
pub fn start(path: &Path, is_check_only: bool) -> ExitCode {
    // While there is one thread: it takes variables out of the environment.
    let inherited = Inherited::take();
    let given = match Given::read(path) {
        Ok(given) => given,
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
    raise_files_limit();
    match block_on(supervise(given, inherited)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = log::chain(&error), "can't run");
            ExitCode::FAILURE
        }
    }
}

async fn supervise(given: Given, inherited: Inherited) -> Result<(), SupervisorError> {
    Supervisor::open(given, inherited).await?.run().await
}

/// Prints how the collector of these settings is.
pub fn show_status(path: &Path, is_json: bool) -> ExitCode {
    let settings = match Settings::load(path) {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("{}", log::chain(&error));
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    let Some(address) = settings.collector.health_listen else {
        eprintln!("[collector] health_listen is empty, so the collector tells nothing of itself");
        return ExitCode::from(EXIT_CONFIG);
    };
    match block_on(status::fetch(address, settings::Collector::SECTION)) {
        Ok(status) => {
            let text = if is_json {
                serde_json::to_string_pretty(&status).expect("a status is JSON") + "\n"
            } else {
                status.render()
            };
            print!("{text}");
            ExitCode::from(u8::from(!status.is_ready))
        }
        Err(error) => {
            eprintln!("{}", log::chain(&error));
            match error {
                StatusError::Away { .. } => ExitCode::from(EXIT_NOT_RUNNING),
                StatusError::Answer { .. } => ExitCode::FAILURE,
            }
        }
    }
}

/// Prints what waits in a journal: in this folder, or in the one of these settings.
pub fn show_journal(path: &Path, dir: Option<PathBuf>, wanted: Wanted) -> ExitCode {
    let dir = match dir.map_or_else(
        || Settings::load(path).map(|settings| settings.collector.journal.dir),
        Ok,
    ) {
        Ok(dir) => dir,
        Err(error) => {
            eprintln!("{}", log::chain(&error));
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    inspect::run(&dir, wanted, &Clock::system())
}

/// One thread is enough for a supervisor and for a question.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime of one thread needs no more than some file descriptors")
        .block_on(future)
}

/// Connections are files, and the usual limit of 1,024 is below what the receiver allows. A limit that is at
/// its maximum is left alone: whoever set it may forbid the very call.
fn raise_files_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if raised.current != limit.current
        && let Err(error) = setrlimit(Resource::Nofile, raised)
    {
        tracing::warn!(%error, "limit of open files can't be raised");
    }
}
