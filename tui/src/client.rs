//! One question to the store over HTTP, one answer or the reason why there is none.
//!
//! It asks once: when to ask again is the console's decision. An answer is bounded in size and
//! time, redirects and proxies are not followed (the token is meant for the store alone), and the
//! token is only ever in the header.

mod stacks;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use thiserror::Error;
use wire::batch::Problem;

use crate::ask::{Answer, Ask, Trouble};
use crate::bundle::{self, Bundle};

/// A timeline or a request with a thousand statements takes well under 1 MiB; a body beyond this is
/// a mistake and must not eat the operator's machine.
const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The store is a local network away at most.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest that an operator waits before he should be told. The store gives up earlier itself.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// A stream goes on until the store ends it, which it does after ten minutes.
const STREAM_TIMEOUT: Duration = Duration::from_secs(3_600);

/// The store says every 15 s that a stream is still open.
const STREAM_QUIET_MAX: Duration = Duration::from_secs(60);

/// A read token and where it comes from, for the error that names it.
#[derive(Clone)]
pub struct Token {
    header: HeaderValue,
    from: String,
}

#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<Token>,
    /// It answers instead of a store.
    bundle: Option<Bundle>,
    /// Good answers by their questions, if somebody wants them kept.
    kept: Mutex<Option<Answers>>,
}

/// An answer that goes on.
#[derive(Debug)]
pub struct Stream<'a> {
    client: &'a Client,
    response: Response,
}

type Answers = BTreeMap<String, Box<RawValue>>;

#[derive(Debug, Error)]
pub enum ClientError {
    #[error("store URL {given:?}: http://HOST:PORT or https://HOST:PORT is allowed")]
    Url { given: String },
    #[error("token from {from}: one line of printable ASCII is allowed")]
    Token { from: String },
    #[error("cannot prepare HTTPS")]
    Tls(#[source] reqwest::Error),
}

// === impl Token ===

impl Token {
    pub fn try_new(token: &str, from: impl Into<String>) -> Result<Self, ClientError> {
        let from = from.into();
        let is_sound = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        match HeaderValue::try_from(format!("Bearer {token}")) {
            Ok(mut header) if is_sound => {
                header.set_sensitive(true);
                Ok(Self { header, from })
            }
            _ => Err(ClientError::Token { from }),
        }
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token({})", self.from)
    }
}

// === impl Client ===

impl Client {
    pub fn try_new(base: &str, token: Option<Token>) -> Result<Self, ClientError> {
        let base = parse_base(base)?;
        // Another part of the process may have chosen the provider already; any one will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!("bitville-tui/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(ClientError::Tls)?;
        Ok(Self {
            http,
            base,
            token,
            bundle: None,
            kept: Mutex::new(None),
        })
    }

    /// A client that asks nobody: all its answers are the bundle's.
    #[must_use]
    pub fn with_bundle(self, bundle: Bundle) -> Self {
        Self {
            bundle: Some(bundle),
            ..self
        }
    }

    /// Another client of the same store that keeps each good answer; none for a bundle.
    pub fn keeping(&self) -> Option<Self> {
        self.bundle.is_none().then(|| Self {
            http: self.http.clone(),
            base: self.base.clone(),
            token: self.token.clone(),
            bundle: None,
            kept: Mutex::new(Some(Answers::new())),
        })
    }

    /// From now on keeps each good answer.
    pub fn keep_answers(&self) {
        *self.kept() = Some(Answers::new());
    }

    /// What was kept.
    pub fn kept_answers(&self) -> Answers {
        self.kept().take().unwrap_or_default()
    }

    fn kept(&self) -> MutexGuard<'_, Option<Answers>> {
        // The map is whole even if its holder has panicked.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub async fn fetch(&self, ask: &Ask) -> Result<Answer, Trouble> {
        if let Ask::Stacks { .. } = ask {
            let stacks = self.stacks(ask).await?;
            return Ok(Answer::Stacks(Box::new(stacks)));
        }
        let body = self.get(&ask.path(), &ask.parameters()).await?;
        ask.read(&body).map_err(|error| Trouble::Answer {
            url: self.name(),
            reason: format!("{}: {error}", ask.path()),
        })
    }

    /// Any question by its path and parameters, and its answer read as what it should be.
    pub async fn question<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&'static str, String)],
    ) -> Result<T, Trouble> {
        let body = self.get(path, parameters).await?;
        serde_json::from_slice(&body).map_err(|error| Trouble::Answer {
            url: self.name(),
            reason: format!("{path}: {error}"),
        })
    }

    /// The body of a good answer.
    async fn get(
        &self,
        path: &str,
        parameters: &[(&'static str, String)],
    ) -> Result<Vec<u8>, Trouble> {
        let question = bundle::question(path, parameters);
        if let Some(bundle) = &self.bundle {
            let answer = bundle.answer(&question).map(<[u8]>::to_vec);
            return answer.ok_or_else(|| Trouble::NotInBundle {
                path: path.to_owned(),
            });
        }
        let body = self.ask_store(path, parameters).await?;
        if let Some(kept) = &mut *self.kept() {
            let raw = String::from_utf8(body.clone()).ok();
            let raw = raw.and_then(|raw| RawValue::from_string(raw).ok());
            kept.extend(raw.map(|raw| (question, raw)));
        }
        Ok(body)
    }

    async fn ask_store(
        &self,
        path: &str,
        parameters: &[(&'static str, String)],
    ) -> Result<Vec<u8>, Trouble> {
        let request = self.request(path, parameters);
        let request = request.header(ACCEPT, "application/json");
        let response = request.send().await.map_err(|e| self.transport(&e))?;
        let status = response.status();
        let body = self.body(response).await?;
        if status == 200 {
            return Ok(body);
        }
        Err(self.refused(status, &body))
    }

    /// Opens a stream, which goes on until the store ends it.
    pub async fn stream(&self, path: &str) -> Result<Stream<'_>, Trouble> {
        if self.bundle.is_some() {
            let path = path.to_owned();
            return Err(Trouble::NotInBundle { path });
        }
        let request = self.request(path, &[]).timeout(STREAM_TIMEOUT);
        let request = request.header(ACCEPT, "text/event-stream");
        let response = request.send().await.map_err(|e| self.transport(&e))?;
        let status = response.status();
        if status == 200 {
            return Ok(Stream {
                client: self,
                response,
            });
        }
        let body = self.body(response).await?;
        Err(self.refused(status, &body))
    }

    fn request(&self, path: &str, parameters: &[(&'static str, String)]) -> RequestBuilder {
        let request = self.http.get(self.url(path, parameters));
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, token.header.clone()),
            None => request,
        }
    }

    /// What an answer means that is none.
    fn refused(&self, status: StatusCode, body: &[u8]) -> Trouble {
        match status.as_u16() {
            401 | 403 => Trouble::Token {
                from: match &self.token {
                    Some(token) => format!("from {}", token.from),
                    None => "none was given: --token-file or [tui] token_file".to_owned(),
                },
                detail: problem(status, body).detail,
            },
            _ => Trouble::Problem(problem(status, body)),
        }
    }

    fn url(&self, path: &str, parameters: &[(&'static str, String)]) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        url
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Trouble> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.transport(&e))? {
            if body.len() + chunk.len() > BODY_BYTES_MAX {
                return Err(Trouble::Answer {
                    url: self.name(),
                    reason: format!("the answer is longer than {BODY_BYTES_MAX} bytes"),
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn transport(&self, error: &reqwest::Error) -> Trouble {
        let url = self.name();
        if error.is_timeout() && !error.is_connect() {
            let seconds = ANSWER_TIMEOUT.as_secs();
            return Trouble::Slow { url, seconds };
        }
        Trouble::Unreachable {
            url,
            reason: root_cause(error),
        }
    }

    /// The store's address as the operator wrote it.
    fn name(&self) -> String {
        self.base.as_str().trim_end_matches('/').to_owned()
    }
}

// === impl Stream ===

impl Stream<'_> {
    /// What comes next; nothing when the store has ended it.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Trouble> {
        match tokio::time::timeout(STREAM_QUIET_MAX, self.response.chunk()).await {
            Ok(Ok(piece)) => Ok(piece.map(|piece| piece.to_vec())),
            Ok(Err(error)) => Err(self.client.transport(&error)),
            Err(_) => Err(Trouble::Slow {
                url: self.client.name(),
                seconds: STREAM_QUIET_MAX.as_secs(),
            }),
        }
    }
}

fn parse_base(given: &str) -> Result<Url, ClientError> {
    let wrong = || ClientError::Url {
        // A URL may carry a password by mistake; it is not repeated beyond its first part.
        given: given
            .split('@')
            .next_back()
            .unwrap_or_default()
            .chars()
            .take(200)
            .collect(),
    };
    let url = Url::parse(given).map_err(|_| wrong())?;
    let is_sound = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if is_sound { Ok(url) } else { Err(wrong()) }
}

/// The innermost error says what happened (`connection refused`); the layers above say where in
/// the HTTP library.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = cause.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}

/// The problem document that came, or one made of the status.
fn problem(status: StatusCode, body: &[u8]) -> Problem {
    serde_json::from_slice(body).unwrap_or_else(|_| {
        let title = status.canonical_reason().unwrap_or("unknown status");
        Problem::new(status.as_u16(), title, title.to_lowercase())
    })
}

#[cfg(test)]
mod tests;
