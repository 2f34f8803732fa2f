//! Everything that the collector listens at, as one set that outlives its workers.
//!
//! The supervisor opens the set once, or is given parts of it by systemd, and hands each worker copies: a
//! connection that comes between two workers waits in the kernel.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use listenfd::ListenFd;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::settings::Collector;
use crate::socket::{self, SocketError};

/// What the kernel holds of datagrams while we are busy: some thousand requests' numbers. It cuts this to
/// `net.core.rmem_max`.
const RECEIVE_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// Why there is no set.
#[derive(Debug, Error)]
pub enum SocketsError {
    #[error("the socket can't be opened")]
    Frames(#[from] SocketError),
    #[error("UDP port {address} can't be opened")]
    Datagrams {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("[collector] health_listen {address} can't be listened at")]
    Health {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("a socket can't be copied for a worker")]
    Copy(#[source] io::Error),
}

/// The sockets.
#[derive(Debug)]
pub struct Sockets {
    pub frames: UnixListener,
    pub datagrams: Option<UdpSocket>,
    pub health: Option<TcpListener>,
    /// None if systemd has made it.
    file: Option<Arc<OwnFile>>,
}

/// A socket's file that goes when nobody here needs it any more; unless another has taken its place.
#[derive(Debug)]
struct OwnFile {
    path: PathBuf,
    inode: Option<u64>,
}

/// Sockets that systemd has opened for us, by what they are.
#[derive(Debug, Default)]
pub struct Inherited {
    frames: Option<UnixListener>,
    datagrams: Option<UdpSocket>,
    health: Option<TcpListener>,
}

/// Which sockets travel to a worker, in the order in which they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    Frames,
    Datagrams,
    Health,
}

// === impl Inherited ===

impl Inherited {
    /// Takes what `LISTEN_FDS` names. To be called first thing, while the process has one thread.
    pub fn take() -> Self {
        let mut given = ListenFd::from_env();
        let mut inherited = Self::default();
        for index in 0..given.len() {
            // Each is asked what it is by trying; what is none of these stays closed to us.
            if let Ok(Some(listener)) = given.take_unix_listener(index) {
                inherited.frames = Some(listener);
            } else if let Ok(Some(socket)) = given.take_udp_socket(index) {
                inherited.datagrams = Some(socket);
            } else if let Ok(Some(listener)) = given.take_tcp_listener(index) {
                inherited.health = Some(listener);
            }
        }
        inherited
    }
}

// === impl Sockets ===

impl Sockets {
    /// Opens what the settings name and systemd has not opened.
    pub fn open(settings: &Collector, inherited: Inherited) -> Result<Self, SocketsError> {
        Self::open_rest(settings, inherited, false)
    }

    fn open_rest(
        settings: &Collector,
        inherited: Inherited,
        is_move: bool,
    ) -> Result<Self, SocketsError> {
        let Inherited {
            frames,
            datagrams,
            health,
        } = inherited;
        let datagrams = match (datagrams, settings.udp) {
            (None, Some(address)) => Some(open_datagrams(address)?),
            (given, _) => given,
        };
        let health = match (health, settings.health_listen) {
            (None, Some(address)) => Some(open_health(address)?),
            (given, _) => given,
        };
        // The file last: who finds it shall find somebody behind it.
        let (frames, file) = match frames {
            Some(given) => (given, None),
            None => (
                socket::open(&settings.socket, is_move)?,
                Some(Arc::new(OwnFile::at(&settings.socket.path))),
            ),
        };
        Ok(Self {
            frames,
            datagrams,
            health,
            file,
        })
    }

    /// The sockets again, as a worker has got them.
    pub fn from_parts(parts: Vec<(Purpose, OwnedFd)>) -> Option<Self> {
        let (mut frames, mut datagrams, mut health) = (None, None, None);
        for (purpose, socket) in parts {
            match purpose {
                Purpose::Frames => frames = Some(UnixListener::from(socket)),
                Purpose::Datagrams => datagrams = Some(UdpSocket::from(socket)),
                Purpose::Health => health = Some(TcpListener::from(socket)),
            }
        }
        Some(Self {
            frames: frames?,
            datagrams,
            health,
            file: None,
        })
    }

    /// What to hand to a worker.
    pub fn parts(&self) -> Vec<(Purpose, BorrowedFd<'_>)> {
        let frames = Some((Purpose::Frames, self.frames.as_fd()));
        let datagrams = self.datagrams.as_ref();
        let datagrams = datagrams.map(|socket| (Purpose::Datagrams, socket.as_fd()));
        let health = self.health.as_ref();
        let health = health.map(|socket| (Purpose::Health, socket.as_fd()));
        [frames, datagrams, health].into_iter().flatten().collect()
    }

    /// Takes the socket's file away: PHP then sees "no such file" at once, which is cheaper than
    /// "connection refused".
    pub fn hide(&mut self) {
        self.file = None;
    }

    /// These sockets for new settings: those whose address is still the same are kept, with what waits at
    /// them.
    ///
    /// A file of ours in the same place is replaced.
    pub fn moved(&self, from: &Collector, to: &Collector) -> Result<Self, SocketsError> {
        let is_same = |a: &Collector, b: &Collector| {
            let (a, b) = (&a.socket, &b.socket);
            (&a.path, a.mode, a.owner, a.group) == (&b.path, b.mode, b.owner, b.group)
        };
        let mut kept = Inherited::default();
        if self.file.is_none() || is_same(from, to) {
            kept.frames = Some(self.frames.try_clone().map_err(SocketsError::Copy)?);
        }
        if from.udp == to.udp {
            kept.datagrams = copy(self.datagrams.as_ref(), UdpSocket::try_clone)?;
        }
        if from.health_listen == to.health_listen {
            kept.health = copy(self.health.as_ref(), TcpListener::try_clone)?;
        }
        let has_kept_file = kept.frames.is_some();
        let mut moved = Self::open_rest(to, kept, from.socket.path == to.socket.path)?;
        if has_kept_file {
            moved.file.clone_from(&self.file);
        }
        Ok(moved)
    }

    /// Gives up these sockets for those of new settings.
    pub fn replace(&mut self, moved: Self) {
        *self = moved;
    }
}

// === impl OwnFile ===

impl OwnFile {
    fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            inode: inode(path),
        }
    }
}

impl Drop for OwnFile {
    fn drop(&mut self) {
        if self.inode.is_some() && inode(&self.path) == self.inode {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn inode(path: &Path) -> Option<u64> {
    Some(fs::symlink_metadata(path).ok()?.ino())
}

fn copy<T>(
    socket: Option<&T>,
    try_clone: impl Fn(&T) -> io::Result<T>,
) -> Result<Option<T>, SocketsError> {
    socket
        .map(try_clone)
        .transpose()
        .map_err(SocketsError::Copy)
}

fn open_datagrams(address: SocketAddr) -> Result<UdpSocket, SocketsError> {
    let open = || {
        let socket = UdpSocket::bind(address)?;
        // A smaller buffer drops sooner, which is no reason to have none.
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER_BYTES);
        Ok(socket)
    };
    open().map_err(|source| SocketsError::Datagrams { address, source })
}

fn open_health(address: SocketAddr) -> Result<TcpListener, SocketsError> {
    TcpListener::bind(address).map_err(|source| SocketsError::Health { address, source })
}
