//! GELF over HTTP: each message is a request, and 202 its receipt.
//!
//! Slower than TCP, for sites where something between ends TCP and so would answer for Graylog.

use std::sync::Arc;

use daemon::secret::{Secret, SecretError};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect;
use rustls::ClientConfig;
use thiserror::Error;

use super::connection::SendError;
use super::ledger::Batch;
use crate::gelf::message::DELIMITER;
use crate::settings::Graylog;

/// What Graylog's GELF HTTP input says when it has taken a message.
const ACCEPTED: u16 = 202;

/// Why there is no HTTP client.
#[derive(Debug, Error)]
pub(crate) enum HttpError {
    #[error("[graylog] http_header_file can't be used")]
    Header(#[from] SecretError),
    #[error("the HTTP client can't be made")]
    Client(#[from] reqwest::Error),
}

/// Makes the client for all servers that are asked by HTTP.
pub(super) fn client(
    settings: &Graylog,
    tls: Option<&Arc<ClientConfig>>,
) -> Result<reqwest::Client, HttpError> {
    // The client asks for a provider, even for plain HTTP; one that is there already will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(path) = &settings.http_header_file {
        let secret = Secret::from_file(path)?;
        // Both were checked: the name by the settings, the value by the file's reader.
        let name = HeaderName::try_from(&settings.http_header).ok();
        let value = HeaderValue::from_str(secret.reveal()).ok();
        if let Some((name, mut value)) = name.zip(value) {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
    }
    let builder = reqwest::Client::builder()
        .user_agent(concat!("bitville/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .timeout(settings.receipt_timeout)
        .connect_timeout(settings.connect_timeout)
        .redirect(redirect::Policy::none())
        .http1_only()
        .no_proxy();
    let builder = match tls {
        Some(config) => builder.tls_backend_preconfigured(ClientConfig::clone(config)),
        None => builder.tls_certs_only(std::iter::empty()),
    };
    Ok(builder.build()?)
}

/// Sends a batch's messages one after the other. What went before a failure goes again with the rest.
pub(super) async fn send(
    client: &reqwest::Client,
    url: &str,
    batch: &Batch,
) -> Result<(), SendError> {
    for slice in &batch.slices {
        let frames = slice.bytes().split(|byte| *byte == DELIMITER);
        for frame in frames.filter(|frame| !frame.is_empty()) {
            let request = client.post(url).body(frame.to_vec());
            let answer = request.send().await;
            // The address is in every log line already.
            let answer = answer.map_err(|error| SendError::Http(error.without_url()))?;
            let status = answer.status().as_u16();
            if status != ACCEPTED {
                return Err(SendError::Answer {
                    status,
                    hint: hint(status),
                });
            }
            // Read to its end, so that the connection can be used again.
            answer
                .bytes()
                .await
                .map_err(|error| SendError::Http(error.without_url()))?;
        }
    }
    Ok(())
}

fn hint(status: u16) -> &'static str {
    match status {
        401 | 403 => ": look at http_header and http_header_file",
        404 | 405 => ": the path of a GELF HTTP input is /gelf",
        413 => ": frame_max must be below the input's max_chunk_size",
        _ => "",
    }
}
