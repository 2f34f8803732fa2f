//! What keeps a supervisor from running, and settings from being taken up.

use std::io;
use std::process::ExitStatus;

use daemon::journal::JournalError;
use daemon::settings::SettingsError;
use thiserror::Error;

use super::hand::HandError;
use crate::sockets::SocketsError;

/// Why there is no supervisor, or no longer.
#[derive(Debug, Error)]
pub enum SupervisorError {
    #[error("the journal's folder can't be taken")]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Sockets(#[from] SocketsError),
    #[error("signals can't be received")]
    Signals(#[source] io::Error),
    #[error(transparent)]
    Worker(#[from] HandError),
    #[error("the first worker ended before it was ready ({0}); its reason is above")]
    First(ExitStatus),
    #[error("told twice to stop, ended without a drain")]
    Impatient,
}

/// Why the settings can't be taken up while the daemon runs.
#[derive(Debug, Error)]
pub(super) enum ReloadError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("journal_dir can't be changed while the daemon runs: restart it")]
    JournalDir,
    #[error(transparent)]
    Sockets(#[from] SocketsError),
}
