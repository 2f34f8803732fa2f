//! A TLS identity: a certificate chain and its key, from PEM files.
//!
//! TLS 1.2 and 1.3 by rustls, with ring. The files are read once, at the start.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

/// Why there is no identity.
#[derive(Debug, Error)]
pub enum IdentityError {
    #[error("{path} can't be read")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} holds no certificate: PEM is allowed, with BEGIN CERTIFICATE")]
    NoCertificate { path: PathBuf },
    #[error("{path} holds no key: PEM is allowed, with BEGIN PRIVATE KEY")]
    NoKey { path: PathBuf },
    #[error("{path} is open to everybody (mode {mode:04o}): 0600 or 0640 is allowed")]
    Open { path: PathBuf, mode: u32 },
    #[error("the certificate in {certificate} and the key in {key} can't be used: {source}")]
    Mismatch {
        certificate: PathBuf,
        key: PathBuf,
        source: rustls::Error,
    },
}

/// Where an identity is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl IdentityFiles {
    /// Reads and checks both files.
    pub fn read(&self) -> Result<TlsAcceptor, IdentityError> {
        let (chain, key) = read_pair(&self.certificate, &self.key)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
        let config = config.map_err(|source| IdentityError::Mismatch {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            source,
        })?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// A certificate with what is between it and its authority, and its key, from a file that is not
/// everybody's.
pub fn read_pair(
    certificate: &Path,
    key: &Path,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), IdentityError> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&read(certificate)?)
        .collect::<Result<_, _>>()
        .unwrap_or_default();
    if chain.is_empty() {
        return Err(IdentityError::NoCertificate {
            path: certificate.to_owned(),
        });
    }
    check_mode(key)?;
    let read_key = PrivateKeyDer::from_pem_slice(&read(key)?);
    let key = read_key.map_err(|_| IdentityError::NoKey {
        path: key.to_owned(),
    })?;
    Ok((chain, key))
}

fn read(path: &Path) -> Result<Vec<u8>, IdentityError> {
    std::fs::read(path).map_err(|source| IdentityError::Read {
        path: path.to_owned(),
        source,
    })
}

/// Who can read the key can be the store.
fn check_mode(path: &Path) -> Result<(), IdentityError> {
    let metadata = std::fs::metadata(path).map_err(|source| IdentityError::Read {
        path: path.to_owned(),
        source,
    })?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o007 != 0 {
        return Err(IdentityError::Open {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}
