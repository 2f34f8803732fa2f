//! The site's own certificate authority: a PEM file of certificates to trust instead of the system's.

use std::io;
use std::path::{Path, PathBuf};

use reqwest::Certificate;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use thiserror::Error;

/// A bundle of all public authorities has some 250 KB.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Why there is no authority.
#[derive(Debug, Error)]
pub enum AuthorityError {
    #[error("{path} can't be read")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path}: at most {FILE_BYTES_MAX} bytes are allowed, got {given}")]
    Length { path: PathBuf, given: u64 },
    #[error("{path} holds no certificate: PEM is allowed, with BEGIN CERTIFICATE")]
    Empty { path: PathBuf },
    #[error("certificate {number} of {path} can't be used: {reason}")]
    Certificate {
        path: PathBuf,
        number: usize,
        reason: String,
    },
}

/// The certificates in a file, each of which can be trusted, as the HTTP client takes them.
pub fn read(path: &Path) -> Result<Vec<Certificate>, AuthorityError> {
    let numbered = (1..).zip(certificates(path)?);
    let each = numbered.map(|(number, der)| {
        Certificate::from_der(&der).map_err(|error| AuthorityError::Certificate {
            path: path.to_owned(),
            number,
            reason: error.to_string(),
        })
    });
    each.collect()
}

/// The same, as TLS takes them.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, AuthorityError> {
    let read_error = |source| AuthorityError::Read {
        path: path.to_owned(),
        source,
    };
    let given = std::fs::metadata(path).map_err(read_error)?.len();
    if given > FILE_BYTES_MAX {
        return Err(AuthorityError::Length {
            path: path.to_owned(),
            given,
        });
    }
    let text = std::fs::read(path).map_err(read_error)?;
    let mut certificates = Vec::new();
    // What is read here is thrown away: it finds what the client would find only when it is made.
    let mut roots = rustls::RootCertStore::empty();
    for (index, der) in CertificateDer::pem_slice_iter(&text).enumerate() {
        let unusable = |reason: String| AuthorityError::Certificate {
            path: path.to_owned(),
            number: index + 1,
            reason,
        };
        let der = der.map_err(|error| unusable(error.to_string()))?;
        roots
            .add(der.clone())
            .map_err(|error| unusable(error.to_string()))?;
        certificates.push(der);
    }
    if certificates.is_empty() {
        return Err(AuthorityError::Empty {
            path: path.to_owned(),
        });
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests;
