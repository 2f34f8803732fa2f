//! One connection to a GELF TCP input: it carries one batch, and its end is the receipt.
//!
//! GELF over TCP has no answer. What the peer's kernel has acknowledged may still lie unread when the peer
//! dies, so neither a write nor an empty send queue says anything. But a server that reads decodes every
//! frame before it meets our end of stream, and only then closes: so after the last byte we shut down for
//! writing and wait for its own end. It counts if
//!
//! - all was written, and the end of stream came after that;
//! - the kernel has left the connection without an error, which it does when the peer has acknowledged our
//!   last byte and our end. A peer that closes with data unread resets instead, or its end comes while ours
//!   is not acknowledged; the socket then still has a peer.
//!
//! `getpeername` tells the two apart: it fails on a socket that has left for `TIME_WAIT`, and on no other that is
//! without an error. (`inet_getname` and `tcp_fin` in Linux's `net/ipv4`.)

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::ledger::Batch;
use crate::settings::{Graylog, Server};

/// One connection.
#[derive(Debug)]
pub(super) enum Connection {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Why a batch is in doubt.
#[derive(Debug, Error)]
pub(crate) enum SendError {
    #[error("no connection")]
    Connect(#[source] io::Error),
    #[error("no connection within {0:?}")]
    ConnectTimeout(Duration),
    #[error("the server hung up on it")]
    HungUp,
    #[error("the batch can't be written")]
    Write(#[source] io::Error),
    #[error("the server took no byte for {0:?}")]
    WriteTimeout(Duration),
    #[error("no receipt")]
    Receipt(#[source] io::Error),
    #[error("no receipt within {0:?}")]
    ReceiptTimeout(Duration),
    #[error("the request failed")]
    Http(#[source] reqwest::Error),
    #[error("the server answered {status}, 202 is wanted{hint}")]
    Answer { status: u16, hint: &'static str },
}

/// What is written at a time: between two the connection is looked at.
const CHUNK_BYTES: usize = 256 * 1024;

/// What the kernel takes of us: more would only be more in doubt.
const SEND_BUFFER_BYTES: usize = 256 * 1024;

/// A peer that is silent for long is asked whether it is there.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(15);

/// How often the kernel is asked whether it has left the connection: the peer's last acknowledgement is on
/// its way with, or right behind, its end of stream.
const LEAVE_INTERVAL: Duration = Duration::from_millis(2);

// === impl Connection ===

impl Connection {
    /// Connects to a server, with TLS if it wants that.
    pub(super) async fn open(
        server: &Server,
        tls: Option<&Arc<ClientConfig>>,
        settings: &Graylog,
    ) -> Result<Self, SendError> {
        let opening = Self::open_without_limit(server, tls, settings.send_timeout);
        let opened = timeout(settings.connect_timeout, opening).await;
        opened
            .map_err(|_| SendError::ConnectTimeout(settings.connect_timeout))?
            .map_err(SendError::Connect)
    }

    async fn open_without_limit(
        server: &Server,
        tls: Option<&Arc<ClientConfig>>,
        user_timeout: Duration,
    ) -> io::Result<Self> {
        let (host, port) = match server {
            Server::Tcp { host, port } | Server::Tls { host, port } => (host.as_str(), *port),
            Server::Http { .. } => return Err(io::Error::other("HTTP has a client of its own")),
        };
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        set_options(&stream, user_timeout)?;
        let Server::Tls { .. } = server else {
            return Ok(Self::Plain(stream));
        };
        let config = tls.ok_or_else(|| io::Error::other("TLS was not set up"))?;
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let connector = TlsConnector::from(Arc::clone(config));
        let stream = connector.connect(name, stream).await?;
        Ok(Self::Tls(Box::new(stream)))
    }

    /// Sends a batch and waits until the server has read it to its end.
    pub(super) async fn send(
        &mut self,
        batch: &Batch,
        settings: &Graylog,
    ) -> Result<(), SendError> {
        self.write(batch, settings.send_timeout).await?;
        let receipt = timeout(settings.receipt_timeout, self.receipt()).await;
        receipt
            .map_err(|_| SendError::ReceiptTimeout(settings.receipt_timeout))?
            .map_err(SendError::Receipt)
    }

    async fn write(&mut self, batch: &Batch, send_timeout: Duration) -> Result<(), SendError> {
        let late = |_| SendError::WriteTimeout(send_timeout);
        for slice in &batch.slices {
            for chunk in slice.bytes().chunks(CHUNK_BYTES) {
                if self.is_hung_up().map_err(SendError::Write)? {
                    return Err(self.farewell(send_timeout).await);
                }
                let mut rest = chunk;
                while !rest.is_empty() {
                    let written = timeout(send_timeout, self.write_some(rest)).await;
                    let written = written.map_err(late)?.map_err(SendError::Write)?;
                    rest = &rest[written..];
                }
            }
        }
        let ended = timeout(send_timeout, self.end()).await;
        ended.map_err(late)?.map_err(SendError::Write)
    }

    /// Why the server hung up, if it says so: TLS has words for that, such as a certificate that is missing.
    async fn farewell(&mut self, patience: Duration) -> SendError {
        let mut last = [0; 1];
        let read = match self {
            Self::Plain(_) => return SendError::HungUp,
            Self::Tls(stream) => timeout(patience, stream.read(&mut last)).await,
        };
        match read {
            Ok(Err(error)) => SendError::Write(error),
            _ => SendError::HungUp,
        }
    }

    async fn write_some(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match self {
            Self::Plain(stream) => stream.write(bytes).await?,
            Self::Tls(stream) => stream.write(bytes).await?,
        };
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(written)
    }

    /// Says that nothing follows, in TLS first.
    async fn end(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.shutdown().await,
            Self::Tls(stream) => stream.shutdown().await,
        }
    }

    async fn receipt(&mut self) -> io::Result<()> {
        let mut answer = [0; 512];
        let read = match self {
            Self::Plain(stream) => stream.read(&mut answer).await,
            Self::Tls(stream) => stream.read(&mut answer).await,
        };
        match read {
            Ok(0) => {}
            // A GELF input has nothing to say.
            Ok(_) => {
                return Err(io::Error::other(
                    "the server answers: it is no GELF TCP input",
                ));
            }
            // TLS 1.3 lets a server leave without a word of its own (RFC 8446, section 6.1).
            Err(error) if self.is_tls() && error.kind() == io::ErrorKind::UnexpectedEof => {}
            Err(error) => return Err(error),
        }
        while self.tcp().peer_addr().is_ok() {
            tokio::time::sleep(LEAVE_INTERVAL).await;
        }
        self.tcp().take_error()?.map_or(Ok(()), Err)
    }

    /// Whether the server has closed its side, or all of it: what is written then may be lost unnoticed.
    pub(super) fn is_hung_up(&self) -> io::Result<bool> {
        let flags = PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR;
        let fd = self.tcp().as_fd();
        let mut fds = [PollFd::from_borrowed_fd(fd, flags)];
        let now = Timespec::default();
        poll(&mut fds, Some(&now))?;
        Ok(fds[0].revents().intersects(flags))
    }

    fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }
}

/// A peer that is gone is noticed while nothing is sent, and while something is.
fn set_options(stream: &TcpStream, user_timeout: Duration) -> io::Result<()> {
    sockopt::set_socket_send_buffer_size(stream, SEND_BUFFER_BYTES)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, KEEPALIVE_IDLE)?;
    sockopt::set_tcp_keepintvl(stream, KEEPALIVE_IDLE / 3)?;
    sockopt::set_tcp_keepcnt(stream, 3)?;
    let millis = u32::try_from(user_timeout.as_millis()).unwrap_or(u32::MAX);
    sockopt::set_tcp_user_timeout(stream, millis)?;
    Ok(())
}

// === impl SendError ===

impl SendError {
    /// Whether the server may have died with what it had in memory.
    pub(super) fn is_loss(&self) -> bool {
        match self {
            Self::Connect(_) | Self::HungUp | Self::Write(_) | Self::Receipt(_) => true,
            Self::Http(error) => error.is_connect(),
            _ => false,
        }
    }

    /// Whether the connection stood, and what was sent on it failed.
    pub(super) fn is_of_batch(&self) -> bool {
        !matches!(self, Self::Connect(_) | Self::ConnectTimeout(_))
    }

    /// Whether the server would not have what was sent, as opposed to not getting round to it.
    pub(super) fn is_refusal(&self) -> bool {
        match self {
            Self::HungUp | Self::Write(_) | Self::Receipt(_) => true,
            Self::Answer { status, .. } => matches!(status, 400 | 413 | 422),
            _ => false,
        }
    }
}
