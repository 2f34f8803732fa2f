//! One file of the spool folder: whether it holds one whole frame.
//!
//! Others may write into the folder, so nothing but a plain file of a frame's size is opened, and no link is
//! followed.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;
use wire::frame::{self, HEADER_BYTES, Header};
use wire::limits::FRAME_BODY_BYTES_MAX;

/// What a file in the folder is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Body(Vec<u8>),
    /// Nothing that a later look could read either.
    Bad(&'static str),
}

/// Reads a frame's file.
pub(super) fn read(path: &Path) -> io::Result<Found> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = fs::File::options()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path);
    let file = match file {
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return Ok(Found::Bad("spool_refused_type"));
        }
        file => file?,
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(Found::Bad("spool_refused_type"));
    }
    let bytes_max = HEADER_BYTES as u64 + u64::from(FRAME_BODY_BYTES_MAX);
    if metadata.len() > bytes_max {
        return Ok(Found::Bad("spool_refused_length"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    file.take(bytes_max).read_to_end(&mut bytes)?;
    Ok(body(&bytes))
}

fn body(bytes: &[u8]) -> Found {
    let Some((head, body)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        return Found::Bad("spool_refused_length");
    };
    match Header::try_from_bytes(*head) {
        Ok(header) if header.body_bytes as usize != body.len() => {
            Found::Bad("spool_refused_length")
        }
        Ok(header) if header.check(body).is_err() => Found::Bad("spool_refused_checksum"),
        Ok(_) => Found::Body(body.to_vec()),
        Err(frame::FrameError::Version { .. }) => Found::Bad("spool_refused_version"),
        Err(_) => Found::Bad("spool_refused_header"),
    }
}

#[cfg(test)]
mod tests;
