//! Secrets from files: tokens and passwords that appear in no log, process list or settings file.
//!
//! A file that everybody on the machine can read holds no secret, so it is refused.

use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A secret's text. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Why a secret can't be used.
#[derive(Debug, Error)]
pub enum SecretError {
    #[error("secret file {path} can't be read")]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("secret file {path} is open to everybody (mode {mode:04o}): 0600 or 0640 is allowed")]
    Open { path: PathBuf, mode: u32 },
    #[error("secret file {path} is empty: one line of printable ASCII is allowed")]
    Empty { path: PathBuf },
    #[error(
        "secret file {path}: one line of up to {SECRET_BYTES_MAX} bytes of printable ASCII is allowed"
    )]
    Form { path: PathBuf },
}

/// Longer than any token or password; a larger file is another file.
const SECRET_BYTES_MAX: usize = 4096;

/// The permission bits of everybody who is neither the owner nor in the group.
const MODE_OTHERS: u32 = 0o007;

// === impl Secret ===

impl Secret {
    /// Reads a file that holds one secret, with or without a newline at its end.
    pub fn from_file(path: &Path) -> Result<Self, SecretError> {
        let read_error = |source| SecretError::Read {
            path: path.to_owned(),
            source,
        };
        let metadata = fs::metadata(path).map_err(read_error)?;
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & MODE_OTHERS != 0 {
            return Err(SecretError::Open {
                path: path.to_owned(),
                mode,
            });
        }
        if metadata.len() > SECRET_BYTES_MAX as u64 {
            return Err(SecretError::Form {
                path: path.to_owned(),
            });
        }
        let text = fs::read_to_string(path).map_err(read_error)?;
        let text = text.trim();
        if text.is_empty() {
            return Err(SecretError::Empty {
                path: path.to_owned(),
            });
        }
        // It travels in a header or a connection string: no newline, no control character.
        if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(SecretError::Form {
                path: path.to_owned(),
            });
        }
        Ok(Self(text.to_owned()))
    }

    /// The secret itself. Never log what this gives.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests;
