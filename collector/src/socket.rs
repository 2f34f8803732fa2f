//! The unix socket: made so that at no moment anybody can connect whom the settings do not allow.
//!
//! A fresh socket is bound beside its place, gets mode and group, and is then renamed into place.
//! That also replaces what a killed daemon has left; a socket at which somebody listens is left
//! alone.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::Gid;
use thiserror::Error;
use tokio::net::{UnixListener, UnixSocket};

use crate::settings;

/// Connections that wait to be accepted: a burst of PHP workers must not find the door shut. The
/// kernel cuts it to `net.core.somaxconn`.
const BACKLOG: u32 = 1024;

/// Why there is no socket.
#[derive(Debug, Error)]
pub enum SocketError {
    #[error("folder {path} of the socket can't be made")]
    Folder { path: PathBuf, source: io::Error },
    #[error("somebody listens at {path} already")]
    Taken { path: PathBuf },
    #[error("{path} is not a socket, so it is left alone")]
    Foreign { path: PathBuf },
    #[error("socket {path} can't be bound")]
    Bind { path: PathBuf, source: io::Error },
    #[error("socket {path} can't be given to group {group}")]
    Group {
        path: PathBuf,
        group: u32,
        source: io::Error,
    },
    #[error("socket {path} can't be given mode {mode:04o}")]
    Mode {
        path: PathBuf,
        mode: u32,
        source: io::Error,
    },
    #[error("socket {path} can't be put into its place")]
    Place { path: PathBuf, source: io::Error },
}

/// A listening socket; its file goes when it is dropped.
#[derive(Debug)]
pub struct Socket {
    path: PathBuf,
    listener: UnixListener,
}

// === impl Socket ===

impl Socket {
    /// Makes the socket and listens. Must be called within a tokio runtime.
    pub fn open(settings: &settings::Socket) -> Result<Self, SocketError> {
        let path = settings.path.clone();
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|source| SocketError::Folder {
                path: folder.to_owned(),
                source,
            })?;
        }
        check_place(&path)?;
        let fresh = PathBuf::from(format!("{}.new", path.display()));
        // Left by a daemon that was killed in these very lines.
        let _ = fs::remove_file(&fresh);
        let bind = || {
            let socket = UnixSocket::new_stream()?;
            socket.bind(&fresh)?;
            socket.listen(BACKLOG)
        };
        let listener = bind().map_err(|source| SocketError::Bind {
            path: fresh.clone(),
            source,
        })?;
        let placed = restrict(&fresh, settings).and_then(|()| {
            fs::rename(&fresh, &path).map_err(|source| SocketError::Place {
                path: path.clone(),
                source,
            })
        });
        if let Err(error) = placed {
            let _ = fs::remove_file(&fresh);
            return Err(error);
        }
        Ok(Self { path, listener })
    }

    pub fn listener(&self) -> &UnixListener {
        &self.listener
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // PHP sees "no such file" at once, which is cheaper than "connection refused".
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether the place is free, or held by a socket that nobody listens at.
fn check_place(path: &Path) -> Result<(), SocketError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.file_type().is_socket() => Err(SocketError::Foreign {
            path: path.to_owned(),
        }),
        Ok(_) if std::os::unix::net::UnixStream::connect(path).is_ok() => Err(SocketError::Taken {
            path: path.to_owned(),
        }),
        // What can't be looked at can't be bound either, which tells the reason.
        Ok(_) | Err(_) => Ok(()),
    }
}

fn restrict(path: &Path, settings: &settings::Socket) -> Result<(), SocketError> {
    let settings::Socket { mode, group, .. } = *settings;
    if let Some(group) = group {
        rustix::fs::chown(path, None, Some(Gid::from_raw(group)))
            .map_err(io::Error::from)
            .map_err(|source| SocketError::Group {
                path: path.to_owned(),
                group,
                source,
            })?;
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(|source| {
        SocketError::Mode {
            path: path.to_owned(),
            mode,
            source,
        }
    })
}
