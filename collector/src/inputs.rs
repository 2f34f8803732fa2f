//! All ways in at work: the socket, the UDP port, the spool folder; and PHP-FPM, which is asked.
//!
//! Each takes until it is told to stop. Told to leave, they also give up what is not whole by then: the
//! other end has had no acknowledgement.

use std::io;

use daemon::host::Pace;
use daemon::outbox::Outbox;
use thiserror::Error;
use tokio::net::UnixListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::datagram::Port;
use crate::fpm::Fpm;
use crate::intake::Intake;
use crate::receive::Receiver;
use crate::settings::Collector;
use crate::sockets::Sockets;
use crate::spool::{Place, Spool, SpoolError};

/// Why records can't be taken.
#[derive(Debug, Error)]
pub enum InputsError {
    #[error("a socket can't be used")]
    Socket(#[source] io::Error),
    #[error("the spool folder can't be used")]
    Spool(#[from] SpoolError),
}

/// The ways in.
#[derive(Debug)]
pub struct Inputs {
    listener: UnixListener,
    receiver: Receiver,
    port: Option<Port>,
    spool: Option<Spool>,
    fpm: Option<(Fpm, Pace)>,
}

// === impl Inputs ===

impl Inputs {
    /// Must be called within a tokio runtime.
    pub fn open(
        settings: &Collector,
        sockets: Sockets,
        intake: &Intake,
        outbox: &Outbox,
    ) -> Result<Self, InputsError> {
        let (counters, producer) = (outbox.counters(), outbox.producer());
        let adopt = || {
            sockets.frames.set_nonblocking(true)?;
            let listener = UnixListener::from_std(sockets.frames)?;
            let port = sockets
                .datagrams
                .map(|socket| Port::open(socket, intake.clone(), counters, producer.clone()));
            Ok((listener, port.transpose()?))
        };
        let (listener, port) = adopt().map_err(InputsError::Socket)?;
        let users = settings.socket.users.clone();
        let receiver = Receiver::new(intake.clone(), counters, producer.clock().clone(), users);
        let spool = settings.spool_dir.clone().map(|dir| {
            let place = Place {
                dir,
                group: settings.socket.group,
                journal_dir: settings.journal.dir.clone(),
            };
            let clock = producer.clock().clone();
            Spool::open(place, intake.clone(), counters, clock)
        });
        Ok(Self {
            listener,
            receiver,
            port,
            spool: spool.transpose()?,
            fpm: None,
        })
    }

    /// Watches PHP-FPM beside them, as far as the settings name it.
    #[must_use]
    pub fn with_fpm(mut self, fpm: Fpm, pace: Pace) -> Self {
        self.fpm = Some((fpm, pace));
        self
    }

    /// Takes what comes until `stop`; `leave` is cancelled before it if there is no time for more.
    pub async fn run(self, stop: CancellationToken, leave: CancellationToken) {
        let mut tasks = JoinSet::new();
        if let Some(port) = self.port {
            tasks.spawn(port.run(stop.clone(), leave.clone()));
        }
        if let Some(spool) = self.spool {
            tasks.spawn(spool.run(stop.clone()));
        }
        if let Some((fpm, pace)) = self.fpm {
            tasks.spawn(fpm.run(pace, stop.clone()));
        }
        tasks.spawn(self.receiver.run(self.listener, stop, leave));
        tasks.join_all().await;
    }
}
