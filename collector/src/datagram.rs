//! The UDP port: a record that the socket could not take, and every request's few numbers.
//!
//! A datagram is one frame, with no answer; an empty one is PHP's question whether anybody listens,
//! which the kernel answers. What can't be used is counted by reason, like a frame of the socket.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use daemon::counters::{Counter, Counters};
use serde::Deserialize;
use thiserror::Error;
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;
use wire::frame::{Decoder, FrameError};

use crate::admit;
use crate::intake::Intake;

/// The most that UDP carries, and one more so that nothing is cut unnoticed.
const DATAGRAM_BYTES_MAX: usize = 65_536;

/// What the kernel holds for us while we are busy: some thousand requests' numbers. It cuts this to
/// `net.core.rmem_max`.
const RECEIVE_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// Why there is no port.
#[derive(Debug, Error)]
#[error("UDP port {address} can't be opened")]
pub struct PortError {
    address: SocketAddr,
    source: io::Error,
}

/// The open port.
#[derive(Debug)]
pub struct Port {
    socket: UdpSocket,
    office: Arc<Office>,
}

#[derive(Debug)]
struct Office {
    intake: Intake,
    counters: Counters,
    received: Counter,
    accepted: Counter,
    stats: Counter,
}

/// Just enough of a body to know whether it is a record or a request's numbers.
#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow)]
    kind: std::borrow::Cow<'a, str>,
}

// === impl Port ===

impl Port {
    /// Opens the port. Must be called within a tokio runtime.
    pub fn open(
        address: SocketAddr,
        intake: Intake,
        counters: &Counters,
    ) -> Result<Self, PortError> {
        let open = || {
            let socket = std::net::UdpSocket::bind(address)?;
            // A smaller buffer drops sooner, which is no reason to have none.
            let _ =
                rustix::net::sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER_BYTES);
            socket.set_nonblocking(true)?;
            UdpSocket::from_std(socket)
        };
        let socket = open().map_err(|source| PortError { address, source })?;
        let office = Office {
            intake,
            received: counters.counter("datagrams_received"),
            accepted: counters.counter("datagrams_accepted"),
            stats: counters.counter("datagrams_stats"),
            counters: counters.clone(),
        };
        Ok(Self {
            socket,
            office: Arc::new(office),
        })
    }

    /// Where it is, with the number that the kernel has chosen if none was asked for.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Receives until `stop`; what the kernel holds by then is taken as well.
    pub async fn run(self, stop: CancellationToken) {
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        loop {
            let received = tokio::select! {
                biased;
                received = self.socket.recv_from(&mut buffer) => received,
                () = stop.cancelled() => return,
            };
            // An error is the news of an earlier answer that nobody took; there are none.
            if let Ok((bytes, _)) = received
                && bytes > 0
            {
                self.office.take(&buffer[..bytes]).await;
            }
        }
    }
}

// === impl Office ===

impl Office {
    async fn take(&self, datagram: &[u8]) {
        self.received.increment();
        let body = match whole_body(datagram) {
            Ok(Some(body)) => body,
            Ok(None) => {
                return self.refuse("datagrams_refused_length", "it is not one whole frame");
            }
            Err(error) => return self.refuse("datagrams_refused_frame", &error.to_string()),
        };
        let kind = serde_json::from_slice::<Kind<'_>>(&body).map(|body| body.kind == "stat");
        if kind.unwrap_or(false) {
            self.stats.increment();
            return;
        }
        match admit::admit(body) {
            Ok(line) => {
                // The journal tells by its own counters what it could not keep.
                if self.intake.submit(line).await.is_kept().await {
                    self.accepted.increment();
                }
            }
            Err(error) => self.refuse(admit::counter_name(&error), &error.to_string()),
        }
    }

    fn refuse(&self, counter: &'static str, why: &str) {
        self.counters.counter(counter).increment();
        self.counters
            .set_last_error(&format!("a datagram was refused: {why}"));
    }
}

/// The body of a datagram that is exactly one frame.
fn whole_body(datagram: &[u8]) -> Result<Option<Vec<u8>>, FrameError> {
    let mut decoder = Decoder::default();
    decoder.push(datagram);
    let body = decoder.next_body()?;
    Ok(body.filter(|_| !decoder.is_mid_frame()))
}

#[cfg(test)]
mod tests;
