//! A worker as its supervisor sees it: a process, a link to it, and how far it is.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use daemon::clock::Monotonic;
use thiserror::Error;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::policy::Worked;
use crate::link::{self, Link, Order, Report, Welcome};
use crate::sockets::Sockets;

/// This very program, also when its file has been replaced by a newer one.
const PROGRAM: &str = "/proc/self/exe";

/// What only the supervisor shall do or have.
const VARIABLES_KEPT: [&str; 6] = [
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
];

/// A worker reads what it is told at once; one that does not is not worth waiting for.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);

/// Why there is no worker.
#[derive(Debug, Error)]
pub enum HandError {
    #[error("the link to a worker can't be made")]
    Link(#[source] io::Error),
    #[error("{PROGRAM} can't be started as a worker")]
    Spawn(#[source] io::Error),
    #[error("a worker can't be given its sockets")]
    Sockets(#[source] io::Error),
    #[error("a worker does not listen to its welcome")]
    Welcome(#[source] io::Error),
}

/// How far a worker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It reads its settings.
    Preparing,
    /// It waits for its turn.
    Standby,
    /// It opens the journal.
    Opening,
    Serving,
    /// It was told to make room, and another waits.
    Leaving,
}

/// What a worker does.
#[derive(Debug)]
pub(super) enum Event {
    Report(Report),
    Gone(ExitStatus),
}

/// A running worker; it is killed when this is dropped.
#[derive(Debug)]
pub(super) struct Hand {
    process: Child,
    link: Link,
    pub(super) pid: u32,
    pub(super) stage: Stage,
    /// When it was started.
    pub(super) begun: Monotonic,
    /// When it last said something, or was last given something to do.
    pub(super) heard: Monotonic,
    pub(super) taken: u64,
    is_link_open: bool,
}

// === impl Hand ===

impl Hand {
    /// Starts a worker and tells it who it is.
    pub(super) async fn start(
        sockets: &Sockets,
        welcome: &Welcome,
        now: Monotonic,
    ) -> Result<Self, HandError> {
        let (ours, theirs) = UnixStream::pair().map_err(HandError::Link)?;
        let mut command = Command::new(PROGRAM);
        command
            .arg0("bitville-collector")
            .arg("worker")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .kill_on_drop(true);
        for name in VARIABLES_KEPT {
            command.env_remove(name);
        }
        let process = command.spawn().map_err(HandError::Spawn)?;
        link::send_sockets(&ours, sockets).map_err(HandError::Sockets)?;
        let mut hand = Self {
            pid: process.id().unwrap_or_default(),
            process,
            link: Link::new(ours).map_err(HandError::Link)?,
            stage: Stage::Preparing,
            begun: now,
            heard: now,
            taken: 0,
            is_link_open: true,
        };
        let sent = timeout(SEND_TIMEOUT, hand.link.send(welcome)).await;
        sent.unwrap_or_else(|late| Err(late.into()))
            .map_err(HandError::Welcome)?;
        Ok(hand)
    }

    /// Gives an order. A worker that can't take it is gone or stuck, which shows elsewhere.
    pub(super) async fn order(&mut self, order: &Order, now: Monotonic) {
        self.heard = now;
        let _ = timeout(SEND_TIMEOUT, self.link.send(order)).await;
    }

    /// What it does next. May be dropped while it waits: nothing is lost.
    pub(super) async fn event(&mut self) -> Event {
        // Its last words first: they are in the link when the process is gone already.
        if self.is_link_open {
            if let Some(report) = self.link.receive().await {
                return Event::Report(report);
            }
            self.is_link_open = false;
        }
        Event::Gone(self.process.wait().await.unwrap_or_default())
    }

    /// Ends it without a word. The journal survives that.
    pub(super) fn kill(&mut self) {
        // It fails only if the process is gone.
        let _ = self.process.start_kill();
    }

    pub(super) fn worked(&self) -> Worked {
        Worked {
            taken: self.taken,
            resident_bytes: self.resident_bytes(),
        }
    }

    fn resident_bytes(&self) -> Option<u64> {
        let process = procfs::process::Process::new(self.pid.try_into().ok()?).ok()?;
        Some(process.statm().ok()?.resident * procfs::page_size())
    }
}
