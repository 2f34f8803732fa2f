//! The HTTP side of the uplink: a batch's body, one POST, a bounded answer.
//!
//! TLS is rustls with ring and the system's roots, or the site's own. No proxy is taken from the environment and no
//! redirect is followed: the token goes where the settings say and nowhere else.

use std::sync::Once;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, redirect};

use super::answer::Verdict;
use super::{Payload, UplinkError};
use crate::authority;
use crate::clock::Clock;
use crate::log::chain;
use crate::secret::Secret;
use crate::settings;

/// An answer names at most every record of a batch with a reason; what is longer is no answer.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The web server's CPU belongs to PHP: level 1 costs a third of the default and packs JSON nearly
/// as well.
const ZSTD_LEVEL: i32 = 1;

/// Sends batches to one address with one token.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    url: String,
    token: Secret,
}

/// One record a line, compressed.
pub(super) fn encode(records: &[Payload]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(records.iter().map(|record| record.len() + 1).sum());
    for record in records {
        plain.extend_from_slice(record);
        plain.push(b'\n');
    }
    zstd::bulk::compress(&plain, ZSTD_LEVEL)
        .expect("memory to memory, within the bound it asks for")
}

// === impl Client ===

impl Client {
    pub(super) fn new(settings: &settings::Uplink) -> Result<Self, UplinkError> {
        install_tls();
        let builder = reqwest::Client::builder()
            .user_agent(concat!("bitville/", env!("CARGO_PKG_VERSION")))
            .timeout(settings.timeout)
            .connect_timeout(settings.timeout)
            .redirect(redirect::Policy::none())
            .http1_only()
            .no_proxy();
        // Plain HTTP needs no roots, and a machine without any must not fail for want of them.
        let builder = match &settings.ca_file {
            _ if settings.url.starts_with("http://") => builder.tls_certs_only(std::iter::empty()),
            Some(path) => builder.tls_certs_only(authority::read(path)?),
            None => builder,
        };
        let http = builder.build().map_err(|source| UplinkError::Client {
            url: settings.url.clone(),
            source,
        })?;
        let url = format!("{}{}", settings.url, wire::batch::PATH);
        Ok(Self {
            http,
            url,
            token: Secret::from_file(&settings.token_file)?,
        })
    }

    pub(super) fn set_token(&mut self, token: Secret) {
        self.token = token;
    }

    /// Sends a batch of `records` records and judges the answer.
    pub(super) async fn send(&self, body: Vec<u8>, records: usize, clock: &Clock) -> Verdict {
        match self.post(body, records, clock).await {
            Ok(verdict) => verdict,
            Err(error) => Verdict::Trouble(explain(chain(&error))),
        }
    }

    async fn post(
        &self,
        body: Vec<u8>,
        records: usize,
        clock: &Clock,
    ) -> Result<Verdict, reqwest::Error> {
        let mut response = self
            .http
            .post(&self.url)
            .header(AUTHORIZATION, format!("Bearer {}", self.token.reveal()))
            .header(CONTENT_TYPE, wire::batch::CONTENT_TYPE)
            .header(CONTENT_ENCODING, "zstd")
            .header(wire::batch::SENT_AT, clock.now().0)
            .body(body)
            .send()
            .await
            // The address is in every log line already.
            .map_err(reqwest::Error::without_url)?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER);
        let retry_after = retry_after
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let Some(answer) = read_bounded(&mut response).await? else {
            let text = format!("store's answer is longer than {ANSWER_BYTES_MAX} bytes");
            return Ok(Verdict::Trouble(text));
        };
        Ok(Verdict::of(
            status,
            retry_after.as_deref(),
            &answer,
            records,
            clock.now(),
        ))
    }
}

/// The TLS library names its reasons in one word; this one is what a wrong `ca_file` looks like.
fn explain(mut error: String) -> String {
    if error.contains("UnknownIssuer") {
        error.push_str(
            ": the store's certificate is not of an authority that is trusted, see [uplink] ca_file",
        );
    }
    error
}

/// The answer's body; `None` if it is too long.
async fn read_bounded(response: &mut Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(reqwest::Error::without_url)?
    {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// A client for a daemon on this machine.
pub(crate) fn plain_client(timeout: Duration) -> reqwest::Result<reqwest::Client> {
    install_tls();
    reqwest::Client::builder()
        .timeout(timeout)
        .redirect(redirect::Policy::none())
        .http1_only()
        .no_proxy()
        .tls_certs_only(std::iter::empty())
        .build()
}

/// Chooses the TLS provider for the process, once.
fn install_tls() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // It fails only if the program has chosen one before us, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
