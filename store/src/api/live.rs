//! What has changed, as server-sent events, so that a console need not ask again and again.
//!
//! A stream says only *that* something is new; what it is, is asked for by the ordinary paths. So a slow
//! reader costs nothing: it misses no event that a later one does not imply.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::stream::{self, Stream};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::Api;
use super::params::Params;
use crate::limits;
use crate::refusal::Refusal;

/// At most one event of a kind in this time.
const INTERVAL: Duration = Duration::from_secs(1);

/// Then a stream ends and its reader comes again, with its token, which may have been revoked.
const LIFETIME: Duration = Duration::from_secs(600);

/// A stream's state from one event to the next.
struct Watching {
    api: Api,
    ticks: Interval,
    end: Instant,
    seen: Seen,
    /// Events that a tick gave beside the first.
    waiting: Option<Event>,
    _place: OwnedSemaphorePermit,
}

/// What the reader knows of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    commits: u64,
    spikes: u64,
}

pub(super) async fn live(
    State(api): State<Api>,
    RawQuery(query): RawQuery,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refusal> {
    Params::parse(query.as_deref(), &[], api.clock.now())?;
    let place = Arc::clone(&api.streams).try_acquire_owned().map_err(|_| {
        let detail = format!("{} streams are open already", limits::STREAMS_MAX);
        Refusal::busy(detail, Duration::from_secs(5))
    })?;
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watching = Watching {
        ticks,
        end: Instant::now() + LIFETIME,
        // The first event says where things are.
        seen: Seen::default(),
        waiting: None,
        _place: place,
        api,
    };
    let events = stream::unfold(watching, |mut watching| async move {
        let event = watching.next().await?;
        Some((Ok(event), watching))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

// === impl Watching ===

impl Watching {
    /// The next event; nothing when the stream ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.take() {
                return Some(event);
            }
            tokio::select! {
                () = self.api.stop.cancelled() => return None,
                now = self.ticks.tick() => {
                    if now >= self.end {
                        return None;
                    }
                }
            }
            let stored = self.api.news.stored();
            let spikes = self.api.meta.spikes_version();
            if spikes != self.seen.spikes {
                self.seen.spikes = spikes;
                self.waiting = Some(Event::default().event("spikes").data("{}"));
            }
            if stored.commits != self.seen.commits {
                self.seen.commits = stored.commits;
                let data =
                    json!({"records": stored.records, "newest_at_us": stored.newest_at_us.0});
                return Some(Event::default().event("stored").data(data.to_string()));
            }
        }
    }
}
