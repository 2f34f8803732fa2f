//! Sends a recording through a store's ingest, moved so that its last record is at a given time.
//!
//! The file is read twice: once for the time of its last record, once to send it. Order is kept;
//! batches are small, so that the spike detector sees the data grow as it would live.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use daemon::clock::Clock;
use daemon::secret::Secret;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{StatusCode, redirect};
use thiserror::Error;
use wire::batch::{self, Problem, Receipt};
use wire::limits::LINE_BYTES_MAX;
use wire::time::Instant;

use super::shift::{self, ShiftError};

/// Where a recording goes.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Scheme, host and port of the ingest listener.
    pub(crate) url: String,
    pub(crate) token: Secret,
}

/// Why a recording can't be sent.
#[derive(Debug, Error)]
pub(crate) enum ReplayError {
    #[error("recording {path} can't be read; zstd-compressed NDJSON is allowed")]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("recording {path}, line {line} is no record")]
    Line {
        path: PathBuf,
        line: usize,
        source: ShiftError,
    },
    #[error("recording {path} has no records")]
    Empty { path: PathBuf },
    #[error("the HTTP client for {url} can't be made")]
    Client { url: String, source: reqwest::Error },
    #[error("{url} can't be reached")]
    Send { url: String, source: reqwest::Error },
    #[error("{url} answered {status}: {detail}")]
    Refused {
        url: String,
        status: StatusCode,
        detail: String,
    },
    #[error("{url} was busy {ATTEMPTS_MAX} times in a row")]
    Busy { url: String },
}

/// Records and plain bytes of one batch: what an agent sends at once.
const BATCH_RECORDS: usize = 500;
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// How often a busy store is asked again.
const ATTEMPTS_MAX: usize = 10;

/// How long one batch may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How much of an answer is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

const ZSTD_LEVEL: i32 = 1;

/// A batch being filled.
#[derive(Debug, Default)]
struct Batch {
    plain: Vec<u8>,
    records: usize,
}

struct Sender<'t> {
    http: reqwest::Client,
    target: &'t Target,
    url: String,
    sent: Receipt,
}

/// Sends a recording so that its last record is at `end`; without one, every record is sent as it is, so
/// that a store which has it knows it.
pub(crate) async fn replay(
    path: &Path,
    target: &Target,
    end: Option<Instant>,
    clock: &Clock,
) -> Result<(), ReplayError> {
    let mut newest: Option<Instant> = None;
    let mut total = 0_u64;
    each_line(path, |number, line| {
        let at_us = shift::time_of(line).map_err(|source| line_error(path, number, source))?;
        newest = newest.max(Some(at_us));
        total += 1;
        Ok(())
    })?;
    let newest = newest.ok_or_else(|| ReplayError::Empty {
        path: path.to_owned(),
    })?;
    let span = end.map(|end| end - newest);
    let mut sender = Sender::try_new(target)?;
    let begun = clock.monotonic();
    let mut lines = Lines::open(path)?;
    loop {
        let mut batch = Batch::default();
        while batch.records < BATCH_RECORDS && batch.plain.len() < BATCH_BYTES {
            let Some((number, line)) = lines.next()? else {
                break;
            };
            match span {
                None => batch.plain.extend_from_slice(line),
                Some(span) => {
                    let line = shift::shift(line, span).map_err(|e| line_error(path, number, e))?;
                    batch.plain.extend_from_slice(&line);
                }
            }
            batch.plain.push(b'\n');
            batch.records += 1;
        }
        if batch.records == 0 {
            break;
        }
        sender.send(&batch).await?;
        progress(&sender.sent, total);
    }
    let seconds = (clock.monotonic() - begun).as_secs_f64();
    if std::io::stderr().is_terminal() {
        eprint!("\r");
    }
    eprintln!(
        "{} records stored, {} known, {} put aside, in {seconds:.1} s",
        sender.sent.stored,
        sender.sent.known,
        sender.sent.put_aside.len()
    );
    if let Some(first) = sender.sent.put_aside.first() {
        eprintln!("first put aside: {}", first.reason);
    }
    Ok(())
}

fn progress(sent: &Receipt, total: u64) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    let done = sent.stored + sent.known + sent.put_aside.len() as u64;
    eprint!("\r{done} of {total} records");
    // Progress that can't be shown is no reason to stop.
    let _ = std::io::stderr().flush();
}

fn line_error(path: &Path, line: usize, source: ShiftError) -> ReplayError {
    ReplayError::Line {
        path: path.to_owned(),
        line,
        source,
    }
}

// === Lines ===

/// The lines of a recording, one at a time.
struct Lines<'p> {
    path: &'p Path,
    plain: Box<dyn BufRead>,
    number: usize,
    line: Vec<u8>,
}

fn each_line(
    path: &Path,
    mut take: impl FnMut(usize, &[u8]) -> Result<(), ReplayError>,
) -> Result<(), ReplayError> {
    let mut lines = Lines::open(path)?;
    while let Some((number, line)) = lines.next()? {
        take(number, line)?;
    }
    Ok(())
}

impl<'p> Lines<'p> {
    fn open(path: &'p Path) -> Result<Self, ReplayError> {
        let read_error = |source| ReplayError::Read {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(read_error)?;
        let plain = zstd::stream::read::Decoder::new(file).map_err(read_error)?;
        Ok(Self {
            path,
            plain: Box::new(BufReader::new(plain)),
            number: 0,
            line: Vec::new(),
        })
    }

    fn next(&mut self) -> Result<Option<(usize, &[u8])>, ReplayError> {
        loop {
            self.line.clear();
            let bound = LINE_BYTES_MAX as u64 + 1;
            let read = self
                .plain
                .by_ref()
                .take(bound)
                .read_until(b'\n', &mut self.line);
            let read = read.map_err(|source| ReplayError::Read {
                path: self.path.to_owned(),
                source,
            })?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if !self.line.trim_ascii().is_empty() {
                return Ok(Some((self.number, self.line.trim_ascii())));
            }
        }
    }
}

// === impl Sender ===

impl<'t> Sender<'t> {
    fn try_new(target: &'t Target) -> Result<Self, ReplayError> {
        // Installed once per process; a second time changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .user_agent(concat!("bitville/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            // The token goes where the operator said and nowhere else.
            .redirect(redirect::Policy::none())
            .no_proxy();
        // Plain HTTP needs no certificates, and a machine without any must not fail for want of them.
        let builder = if target.url.starts_with("https://") {
            builder
        } else {
            builder.tls_certs_only(std::iter::empty())
        };
        let client_error = |source| ReplayError::Client {
            url: target.url.clone(),
            source,
        };
        Ok(Self {
            http: builder.build().map_err(client_error)?,
            url: format!("{}{}", target.url.trim_end_matches('/'), batch::PATH),
            target,
            sent: Receipt::default(),
        })
    }

    async fn send(&mut self, batch: &Batch) -> Result<(), ReplayError> {
        let body = zstd::bulk::compress(&batch.plain, ZSTD_LEVEL)
            .expect("memory to memory, within the bound it asks for");
        for _ in 0..ATTEMPTS_MAX {
            let Some(receipt) = self.post(body.clone()).await? else {
                continue;
            };
            self.sent.stored += receipt.stored;
            self.sent.known += receipt.known;
            self.sent.put_aside.extend(receipt.put_aside);
            return Ok(());
        }
        Err(ReplayError::Busy {
            url: self.url.clone(),
        })
    }

    /// `None` when the store was busy; then it has been waited for.
    async fn post(&self, body: Vec<u8>) -> Result<Option<Receipt>, ReplayError> {
        let send_error = |source| ReplayError::Send {
            url: self.url.clone(),
            source,
        };
        let mut answer = self
            .http
            .post(&self.url)
            .header(
                AUTHORIZATION,
                format!("Bearer {}", self.target.token.reveal()),
            )
            .header(CONTENT_TYPE, batch::CONTENT_TYPE)
            .header(CONTENT_ENCODING, "zstd")
            .body(body)
            .send()
            .await
            .map_err(send_error)?;
        let status = answer.status();
        if matches!(
            status,
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
        ) {
            let seconds = answer
                .headers()
                .get(RETRY_AFTER)
                .and_then(|value| value.to_str().ok());
            let seconds = seconds
                .and_then(|value| value.parse().ok())
                .unwrap_or(1)
                .min(30);
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            return Ok(None);
        }
        let mut text = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(send_error)? {
            text.extend_from_slice(&chunk);
            if text.len() > ANSWER_BYTES_MAX {
                break;
            }
        }
        let detail = match serde_json::from_slice::<Receipt>(&text) {
            Ok(receipt) if status.is_success() => return Ok(Some(receipt)),
            _ => serde_json::from_slice::<Problem>(&text).map_or_else(
                |_| "no answer of a store".to_owned(),
                |problem| problem.detail,
            ),
        };
        Err(ReplayError::Refused {
            url: self.url.clone(),
            status,
            detail,
        })
    }
}
