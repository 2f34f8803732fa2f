//! The unix socket: made so that at no moment anybody can connect whom the settings do not allow.
//!
//! A fresh socket is bound beside its place, gets mode, owner and group, and is then renamed into place.
//! That also replaces what a killed daemon has left; a socket at which somebody listens is left
//! alone.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::{Gid, Uid, chown};
use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType, socket_with};
use thiserror::Error;

use crate::settings;

/// Connections that wait to be accepted: a burst of PHP workers must not find the door shut. The
/// kernel cuts it to `net.core.somaxconn`.
const BACKLOG: i32 = 1024;

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
    #[error("socket {path} can't be given to user {owner} and group {group}")]
    Owner {
        path: PathBuf,
        owner: String,
        group: String,
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

/// Makes the socket and listens. `is_ours` says that whoever listens there now is to be replaced.
pub fn open(settings: &settings::Socket, is_ours: bool) -> Result<UnixListener, SocketError> {
    let path = settings.path.clone();
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|source| SocketError::Folder {
            path: folder.to_owned(),
            source,
        })?;
    }
    check_place(&path, is_ours)?;
    let fresh = PathBuf::from(format!("{}.new", path.display()));
    // Left by a daemon that was killed in these very lines.
    let _ = fs::remove_file(&fresh);
    let listener = bind(&fresh).map_err(|source| SocketError::Bind {
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
    Ok(listener)
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    net::bind(&socket, &SocketAddrUnix::new(path)?)?;
    net::listen(&socket, BACKLOG)?;
    Ok(UnixListener::from(socket))
}

/// Whether the place is free, or held by a socket that nobody listens at.
fn check_place(path: &Path, is_ours: bool) -> Result<(), SocketError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.file_type().is_socket() => Err(SocketError::Foreign {
            path: path.to_owned(),
        }),
        Ok(_) if !is_ours && UnixStream::connect(path).is_ok() => Err(SocketError::Taken {
            path: path.to_owned(),
        }),
        // What can't be looked at can't be bound either, which tells the reason.
        Ok(_) | Err(_) => Ok(()),
    }
}

fn restrict(path: &Path, settings: &settings::Socket) -> Result<(), SocketError> {
    let settings::Socket {
        mode, owner, group, ..
    } = *settings;
    if owner.is_some() || group.is_some() {
        chown(path, owner.map(Uid::from_raw), group.map(Gid::from_raw))
            .map_err(io::Error::from)
            .map_err(|source| SocketError::Owner {
                path: path.to_owned(),
                owner: name(owner),
                group: name(group),
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

fn name(id: Option<u32>) -> String {
    id.map_or_else(|| "its own".to_owned(), |id| id.to_string())
}
