//! One pool: where it is, how it is asked, and what its status page means.
//!
//! The page's JSON has blanks in its names, and differs between versions of PHP: what is missing reads as
//! nothing. FPM miscounts `active` over connections that are kept, so each question has one of its own.

use std::fmt::{self, Display};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use wire::fpm::{FpmStatus, InFlight, Pool, REQUESTS_MAX};
use wire::text;
use wire::time::Micros;

mod repair;

use super::fastcgi::{self, Answer, FastCgiError};

/// One read of the answer.
const READ_BYTES: usize = 16 * 1024;

/// Longer addresses of requests, and of scripts, are cut.
const TEXT_BYTES_MAX: usize = 2_048;

/// A pool to ask: `/run/php/www.sock:/status` or `127.0.0.1:9000:/status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    place: Place,
    /// `pm.status_path`.
    status_path: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Socket(PathBuf),
    Port(String),
}

/// Why a pool does not tell.
#[derive(Debug, Error)]
enum AskError {
    #[error("can't be connected to: {0}")]
    Connect(std::io::Error),
    #[error("the connection failed: {0}")]
    Connection(std::io::Error),
    #[error("the connection ended before the answer was whole")]
    End,
    #[error("{0}")]
    FastCgi(#[from] FastCgiError),
    #[error("the answer is no status page: {0}")]
    Json(#[from] serde_json::Error),
}

/// The page as PHP 7.4 to 8 write it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Page {
    pool: String,
    #[serde(rename = "process manager")]
    manager: String,
    #[serde(rename = "start since")]
    uptime_s: i64,
    #[serde(rename = "accepted conn")]
    accepted: u64,
    #[serde(rename = "listen queue")]
    listen_queue: u64,
    #[serde(rename = "max listen queue")]
    listen_queue_peak: u64,
    #[serde(rename = "listen queue len")]
    listen_queue_max: u64,
    #[serde(rename = "idle processes")]
    idle: u64,
    #[serde(rename = "active processes")]
    active: u64,
    #[serde(rename = "total processes")]
    total: u64,
    #[serde(rename = "max active processes")]
    active_peak: u64,
    #[serde(rename = "max children reached")]
    children_max_reached: u64,
    #[serde(rename = "slow requests")]
    slow_requests: u64,
    processes: Vec<Worker>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Worker {
    pid: u64,
    state: String,
    requests: u64,
    #[serde(rename = "request duration", deserialize_with = "age")]
    age_us: i64,
    #[serde(rename = "request method")]
    method: String,
    #[serde(rename = "request uri")]
    uri: String,
    #[serde(rename = "content length")]
    content_bytes: u64,
    script: String,
}

/// FPM subtracts from a moment that it read before, and writes what is below zero as a huge number without a
/// sign: such a request has only just begun.
fn age<'de, D: Deserializer<'de>>(input: D) -> Result<i64, D::Error> {
    let written = i128::deserialize(input)?;
    Ok(i64::try_from(written).unwrap_or(0).max(0))
}

// === impl Target ===

impl Target {
    /// Reads an entry of the settings.
    pub fn parse(text: &str) -> Result<Self, String> {
        let refuse = || {
            format!(
                "a pool's socket or HOST:PORT, a colon and its pm.status_path are allowed \
                 (/run/php/www.sock:/status), got {text:?}"
            )
        };
        let (place, _) = text.rsplit_once(":/").ok_or_else(refuse)?;
        let status_path = text[place.len() + 1..].to_owned();
        let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
        let place = match place.rsplit_once(':') {
            _ if place.starts_with('/') => Place::Socket(PathBuf::from(place)),
            Some((host, port)) if !host.is_empty() && is_port(port) => {
                Place::Port(place.to_owned())
            }
            _ => return Err(refuse()),
        };
        if text.len() > TEXT_BYTES_MAX || status_path.contains('?') {
            return Err(refuse());
        }
        Ok(Self { place, status_path })
    }

    /// Asks once, and waits for as long as it takes. A pool that can't answer is an answer too.
    pub(super) async fn ask(&self) -> FpmStatus {
        let (pool, error) = match self.page().await {
            Ok(page) => (Some(self.pool(page)), None),
            Err(error) => (None, Some(error.to_string())),
        };
        FpmStatus {
            address: self.to_string(),
            error,
            pool,
        }
    }

    /// What there is to say of a pool that has not answered for so long.
    pub(super) fn silent(&self, waited: Duration) -> FpmStatus {
        let seconds = waited.as_secs().max(1);
        FpmStatus {
            address: self.to_string(),
            error: Some(format!(
                "no answer within {seconds} s: all workers are busy, or the queue is full"
            )),
            pool: None,
        }
    }

    fn pool(&self, page: Page) -> Pool {
        let mut pool = page.pool(&self.status_path);
        if let Place::Socket(_) = self.place {
            // FPM asks the kernel for a port's queue alone, and writes zeros for a socket's.
            pool.listen_queue = None;
            pool.listen_queue_peak = None;
            pool.listen_queue_max = None;
        }
        pool
    }

    async fn page(&self) -> Result<Page, AskError> {
        match &self.place {
            Place::Socket(path) => {
                let stream = UnixStream::connect(path).await;
                self.converse(stream.map_err(AskError::Connect)?).await
            }
            Place::Port(address) => {
                let stream = TcpStream::connect(address).await;
                self.converse(stream.map_err(AskError::Connect)?).await
            }
        }
    }

    async fn converse(
        &self,
        mut stream: impl AsyncRead + AsyncWrite + Unpin,
    ) -> Result<Page, AskError> {
        let path = self.status_path.as_str();
        let question = fastcgi::encode(&[
            ("GATEWAY_INTERFACE", "CGI/1.1"),
            ("SERVER_PROTOCOL", "HTTP/1.1"),
            ("SERVER_SOFTWARE", "bitville"),
            ("REQUEST_METHOD", "GET"),
            ("REQUEST_URI", path),
            ("SCRIPT_NAME", path),
            ("SCRIPT_FILENAME", path),
            ("QUERY_STRING", "json&full"),
        ]);
        stream
            .write_all(&question)
            .await
            .map_err(AskError::Connection)?;
        let mut answer = Answer::default();
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let read = stream
                .read(&mut buffer)
                .await
                .map_err(AskError::Connection)?;
            if read == 0 {
                return Err(AskError::End);
            }
            if answer.push(&buffer[..read])? {
                return Page::parse(answer.body()?);
            }
        }
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Socket(path) => write!(f, "{}", path.display()),
            Place::Port(address) => f.write_str(address),
        }
    }
}

// === impl Page ===

impl Page {
    fn parse(body: &[u8]) -> Result<Self, AskError> {
        // FPM passes on what clients send: bytes that are no text must not hide a whole pool.
        let text = String::from_utf8_lossy(body);
        serde_json::from_str(&text)
            .or_else(|_| serde_json::from_str(&repair::repair(&text)))
            .map_err(AskError::Json)
    }

    /// `status_path` tells our own question among the requests.
    fn pool(self, status_path: &str) -> Pool {
        let mut requests: Vec<InFlight> = self
            .processes
            .into_iter()
            .filter(|worker| worker.state == "Running" || worker.state.starts_with("Reading"))
            .map(Worker::request)
            .filter(|request| request.uri.split('?').next() != Some(status_path))
            .collect();
        requests.sort_by_key(|request| std::cmp::Reverse(request.age_us));
        let requests_more = requests.len().saturating_sub(REQUESTS_MAX) as u64;
        requests.truncate(REQUESTS_MAX);
        Pool {
            pool: self.pool,
            manager: self.manager,
            uptime_us: Micros::from_seconds(self.uptime_s),
            accepted: self.accepted,
            children_max_reached: self.children_max_reached,
            slow_requests: self.slow_requests,
            listen_queue: Some(self.listen_queue),
            listen_queue_peak: Some(self.listen_queue_peak),
            listen_queue_max: Some(self.listen_queue_max),
            idle: self.idle,
            active: self.active,
            total: self.total,
            active_peak: self.active_peak,
            requests,
            requests_more,
        }
    }
}

// === impl Worker ===

impl Worker {
    fn request(self) -> InFlight {
        let cut = |text: &str| text::cut(text, TEXT_BYTES_MAX).to_owned();
        let uri = match self.uri.split_once('?') {
            Some((path, query)) => cut(&format!("{path}?{}", redact(query))),
            None => cut(&self.uri),
        };
        InFlight {
            pid: self.pid,
            method: cut(&self.method),
            uri,
            script: cut(&self.script),
            age_us: Micros(self.age_us),
            content_bytes: self.content_bytes,
            served: self.requests,
        }
    }
}

/// Leaves the names, as the listener does, and the value of the one that is the path: FPM knows a request by
/// its script alone, and Phalcon's rewrite rules put the address into `_url`.
fn redact(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some(("_url", _)) => pair.to_owned(),
        Some((name, _)) => format!("{name}=[redacted]"),
        // What has no name may be anything.
        None => "[redacted]".to_owned(),
    });
    pairs.collect::<Vec<String>>().join("&")
}

#[cfg(test)]
mod tests;
