//! What supervisor and worker say to each other: a socket pair, the worker's end of it as its standard
//! input.
//!
//! ```text
//! supervisor -> worker   one byte with the sockets (SCM_RIGHTS), then lines: a welcome, then orders
//! worker -> supervisor   lines: reports
//! ```
//!
//! A line is one JSON object. Both ends are the same program, started from the same file, so there are no
//! versions. The end of the stream says that the other one is gone, however it went.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream as StdStream;
use std::path::PathBuf;

use daemon::health::Past;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::sockets::{Purpose, Sockets};

/// The longest line is a welcome: a settings file of at most 1 MiB, which JSON at most
/// doubles but for control characters.
const LINE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// One for each [`Purpose`].
const SOCKETS_MAX: usize = 3;

/// What goes with the sockets: a message of no bytes would carry none.
const GREETING: u8 = b'b';

/// What a worker needs to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Welcome {
    /// What the sockets are, in the order in which they came.
    pub sockets: Vec<Purpose>,
    pub settings_path: PathBuf,
    /// The settings as the supervisor has checked them: the file may be half-edited by now.
    pub settings: String,
}

/// What a worker is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The place is free: open the journal and serve, and go on counting from there.
    Go(Past),
    /// Another takes over: be gone as soon as nothing is in hand.
    Leave,
    /// The daemon ends: finish, and send what waits for the drain time.
    Stop,
}

/// What a worker tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// All is prepared but for the journal.
    Standby,
    /// It serves.
    Ready,
    /// A sign of life, with what has been counted.
    Pulse(Pulse),
}

/// How far a worker is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Pulse {
    /// Records that this worker has taken.
    pub taken: u64,
    /// All counts of the daemon, those of earlier workers with them.
    pub past: Past,
}

/// One end.
#[derive(Debug)]
pub struct Link {
    stream: UnixStream,
    /// What was received and is not yet a whole line.
    held: Vec<u8>,
}

/// Sends the sockets. The stream is new and empty, so this does not wait.
pub fn send_sockets(stream: &StdStream, sockets: &Sockets) -> io::Result<()> {
    let parts = sockets.parts();
    let handles: Vec<BorrowedFd<'_>> = parts.into_iter().map(|(_, socket)| socket).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKETS_MAX))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(&handles)) {
        return Err(io::Error::other("too many sockets for one message"));
    }
    let greeting = [IoSlice::new(&[GREETING])];
    sendmsg(stream, &greeting, &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Receives the sockets; waits for them.
pub fn receive_sockets(stream: &StdStream) -> io::Result<Vec<OwnedFd>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKETS_MAX))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut greeting = [0];
    let mut buffers = [IoSliceMut::new(&mut greeting)];
    let received = recvmsg(stream, &mut buffers, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let mut sockets = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(handles) = message {
            sockets.extend(handles);
        }
    }
    if received.bytes == 1 && greeting[0] == GREETING {
        return Ok(sockets);
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "no greeting"))
}

/// The worker's end: its standard input.
pub fn standard_input() -> io::Result<StdStream> {
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    Ok(StdStream::from(input))
}

// === impl Link ===

impl Link {
    /// Must be called within a tokio runtime.
    pub fn new(stream: StdStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream: UnixStream::from_std(stream)?,
            held: Vec::new(),
        })
    }

    pub async fn send<T: Serialize>(&mut self, message: &T) -> io::Result<()> {
        let mut line = serde_json::to_vec(message).map_err(io::Error::other)?;
        line.push(b'\n');
        self.stream.write_all(&line).await
    }

    /// The next message; none if the other end is gone. May be dropped while it waits: nothing is lost.
    pub async fn receive<T: DeserializeOwned>(&mut self) -> Option<T> {
        loop {
            if let Some(end) = self.held.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.held.drain(..=end).collect();
                return serde_json::from_slice(&line).ok();
            }
            if self.held.len() > LINE_BYTES_MAX {
                return None;
            }
            match self.stream.read_buf(&mut self.held).await {
                Ok(bytes) if bytes > 0 => {}
                _ => return None,
            }
        }
    }
}
