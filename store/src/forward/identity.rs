//! Whom to trust and who we are, for TLS and HTTPS alike.

use std::sync::Arc;

use daemon::authority::{self, AuthorityError};
use daemon::identity::{self, IdentityError};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use thiserror::Error;

use crate::settings::Graylog;

/// Why no connection with TLS can be made.
#[derive(Debug, Error)]
pub(crate) enum TlsError {
    #[error("[graylog] ca_file can't be used")]
    Authority(#[from] AuthorityError),
    #[error("[graylog] client_cert and client_key can't be used")]
    Identity(#[from] IdentityError),
    #[error("TLS can't be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// The client's side of TLS.
pub(super) fn read(settings: &Graylog) -> Result<Arc<ClientConfig>, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let builder = match &settings.ca_file {
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in authority::certificates(path)? {
                roots.add(certificate)?;
            }
            builder.with_root_certificates(roots)
        }
        None => builder.with_platform_verifier()?,
    };
    let config = match (&settings.client_cert, &settings.client_key) {
        (Some(certificate), Some(key)) => {
            let (chain, key) = identity::read_pair(certificate, key)?;
            builder.with_client_auth_cert(chain, key)?
        }
        _ => builder.with_no_client_auth(),
    };
    Ok(Arc::new(config))
}
