//! Follows the store's stream of news, so that what is new is seen at once and not at the next round.
//!
//! A stream says only that there is something new; what it is, the ordinary questions tell. So nothing is lost
//! with it: while it can't be had, the console asks every ten seconds as ever, and comes back to it less and
//! less often.

use std::time::Duration;

use serde::Deserialize;

use crate::ask::Trouble;
use crate::client::Client;

/// The stream's path at the store.
const PATH: &str = "/v1/live";

/// The waits before it is tried again, by how often that has failed; the last one repeats.
const WAIT_SECONDS: [u64; 6] = [1, 1, 2, 5, 15, 60];

/// An event is a hundred bytes. What is longer is something else.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// What the store has to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The stream is open: the store is there.
    Open,
    /// So many records since the store's start.
    Stored { records: u64 },
    /// There is a new spike, or one has changed.
    Spikes,
}

/// Why a stream ended.
#[derive(Debug)]
enum End {
    /// In order, or with it broken after it had been open.
    Over,
    /// It could not be opened.
    Refused(Trouble),
    /// Nobody wants to know any more.
    Unwanted,
}

/// Follows the stream until `tell` says that nobody wants to know any more.
pub async fn follow(client: &Client, tell: impl Fn(News) -> bool) {
    let mut failures = 0;
    loop {
        match read(client, &tell).await {
            End::Unwanted | End::Refused(Trouble::NotInBundle { .. }) => return,
            End::Over => failures = 0,
            End::Refused(trouble) if trouble.may_pass() => failures += 1,
            // An older store has no such thing; a newer one may take its place.
            End::Refused(_) => failures = WAIT_SECONDS.len(),
        }
        let wait = WAIT_SECONDS[failures.min(WAIT_SECONDS.len() - 1)];
        tokio::time::sleep(Duration::from_secs(wait)).await;
    }
}

async fn read(client: &Client, tell: &impl Fn(News) -> bool) -> End {
    let mut stream = match client.stream(PATH).await {
        Ok(stream) => stream,
        Err(trouble) => return End::Refused(trouble),
    };
    if !tell(News::Open) {
        return End::Unwanted;
    }
    let mut events = Events::default();
    while let Ok(Some(piece)) = stream.next().await {
        let Some(news) = events.feed(&piece) else {
            return End::Over;
        };
        if !news.into_iter().all(tell) {
            return End::Unwanted;
        }
    }
    End::Over
}

/// Reads server-sent events, in whatever pieces they come.
#[derive(Debug, Default)]
struct Events {
    line: Vec<u8>,
    name: String,
    data: String,
}

#[derive(Debug, Deserialize)]
struct Stored {
    records: u64,
}

// === impl Events ===

impl Events {
    /// What a piece brings; nothing if this is no stream of events.
    fn feed(&mut self, piece: &[u8]) -> Option<Vec<News>> {
        let mut news = Vec::new();
        for byte in piece {
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                news.extend(self.take(&String::from_utf8_lossy(&line)));
            } else if self.line.len() + self.data.len() < LINE_BYTES_MAX {
                self.line.push(*byte);
            } else {
                return None;
            }
        }
        Some(news)
    }

    fn take(&mut self, line: &str) -> Option<News> {
        let line = line.trim_end_matches('\r');
        if line.is_empty() {
            let (name, data) = (
                std::mem::take(&mut self.name),
                std::mem::take(&mut self.data),
            );
            return news(&name, &data);
        }
        // A comment keeps the connection open and has no name before its colon.
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => self.data.push_str(value),
            _ => {}
        }
        None
    }
}

/// Events that this console does not know are none of its business.
fn news(name: &str, data: &str) -> Option<News> {
    match name {
        "stored" => {
            let stored: Stored = serde_json::from_str(data).ok()?;
            Some(News::Stored {
                records: stored.records,
            })
        }
        "spikes" => Some(News::Spikes),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
