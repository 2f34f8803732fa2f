//! The UDP port: a record that the socket could not take, and every request's few numbers.
//!
//! A datagram is one frame, with no answer; an empty one is PHP's question whether anybody listens,
//! which the kernel answers. What can't be used is counted by reason, like a frame of the socket.

use std::io;
use std::time::Duration;

use daemon::clock::{Monotonic, micros};
use daemon::counters::{Counter, Counters};
use daemon::producer::Producer;
use serde::{Deserialize, Serialize};
use tokio::net::UdpSocket;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use wire::frame::{Decoder, FrameError};
use wire::ids::{Kind, Project};
use wire::record::{Record, RecordError};
use wire::request::Request;
use wire::time::Instant;
use wire::traffic::{Stat, Traffic};

use crate::admit;
use crate::intake::Intake;
use crate::tally::Tally;

/// The most that UDP carries, and one more so that nothing is cut unnoticed.
const DATAGRAM_BYTES_MAX: usize = 65_536;

/// What a stopping port still takes of what the kernel holds: more than it can hold of whole records.
const LAST_DATAGRAMS_MAX: usize = 10_000;

/// How long requests' numbers are added up.
const TALLY_INTERVAL: Duration = Duration::from_secs(10);

/// The open port.
#[derive(Debug)]
pub struct Port {
    socket: UdpSocket,
    intake: Intake,
    producer: Producer,
    tally: Tally,
    tally_since: Monotonic,
    counts: Counts,
}

#[derive(Debug)]
struct Counts {
    all: Counters,
    received: Counter,
    accepted: Counter,
    stats: Counter,
    /// Requests whose record nobody took, and that are known by their numbers.
    lost: Counter,
}

/// Just enough of a body to know whether it is a record or a request's numbers.
#[derive(Deserialize)]
struct Peek<'a> {
    #[serde(borrow)]
    kind: std::borrow::Cow<'a, str>,
}

// === impl Port ===

impl Port {
    /// Takes over a bound socket. Must be called within a tokio runtime.
    pub fn open(
        socket: std::net::UdpSocket,
        intake: Intake,
        counters: &Counters,
        producer: Producer,
    ) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let socket = UdpSocket::from_std(socket)?;
        let counts = Counts {
            all: counters.clone(),
            received: counters.counter("datagrams_received"),
            accepted: counters.counter("datagrams_accepted"),
            stats: counters.counter("datagrams_stats"),
            lost: counters.counter("datagrams_stats_of_lost_records"),
        };
        Ok(Self {
            socket,
            intake,
            tally: Tally::default(),
            tally_since: producer.clock().monotonic(),
            producer,
            counts,
        })
    }

    /// Receives until `stop`; then takes what the kernel holds by then, unless `leave` says that another
    /// process goes on with the socket.
    pub async fn run(mut self, stop: CancellationToken, leave: CancellationToken) {
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        let mut ticks = tokio::time::interval(TALLY_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let received = tokio::select! {
                // Datagrams last: under a flood there is always one more.
                biased;
                () = stop.cancelled() => break,
                _ = ticks.tick() => {
                    self.submit_tally().await;
                    continue;
                }
                received = self.socket.recv_from(&mut buffer) => received,
            };
            // An error is the news of an earlier answer that nobody took; there are none.
            if let Ok((bytes, _)) = received {
                self.take(&buffer[..bytes]).await;
            }
        }
        if !leave.is_cancelled() {
            for _ in 0..LAST_DATAGRAMS_MAX {
                let Ok((bytes, _)) = self.socket.try_recv_from(&mut buffer) else {
                    break;
                };
                self.take(&buffer[..bytes]).await;
            }
        }
        self.submit_tally().await;
    }

    async fn take(&mut self, datagram: &[u8]) {
        if datagram.is_empty() {
            return;
        }
        self.counts.received.increment();
        let body = match whole_body(datagram) {
            Ok(Some(body)) => body,
            Ok(None) => {
                return self.refuse("datagrams_refused_length", "it is not one whole frame");
            }
            Err(error) => return self.refuse("datagrams_refused_frame", &error.to_string()),
        };
        if serde_json::from_slice::<Peek<'_>>(&body).is_ok_and(|peek| peek.kind == Stat::KIND) {
            return self.add(&body).await;
        }
        match admit::admit(body) {
            Ok(line) => {
                // The journal tells by its own counters what it could not keep.
                if self.intake.submit(line).await.is_kept().await {
                    self.counts.accepted.increment();
                }
            }
            Err(error) => self.refuse(admit::counter_name(&error), &error.to_string()),
        }
    }

    async fn add(&mut self, body: &[u8]) {
        let stat = match serde_json::from_slice::<Stat>(body) {
            Ok(stat) => stat,
            Err(error) => return self.refuse("datagrams_refused_stat", &error.to_string()),
        };
        if let Some(request) = stat.lost_request() {
            self.counts.lost.increment();
            let record = self.record(Request::KIND, stat.project.clone(), stat.at_us, &request);
            self.submit(record).await;
        }
        if self.tally.add(stat) {
            self.counts.stats.increment();
        } else {
            self.refuse("datagrams_refused_project", "it is of one project too many");
        }
    }

    /// Makes a record of each project's sums.
    async fn submit_tally(&mut self) {
        let now = self.producer.clock().monotonic();
        let interval = now - std::mem::replace(&mut self.tally_since, now);
        for (project, traffic) in self.tally.take(micros(interval)) {
            // It is of the time when the sums began.
            let at_us = self.producer.clock().now() - traffic.interval_us;
            let record = self.record(Traffic::KIND, project, at_us, &traffic);
            self.submit(record).await;
        }
    }

    /// Puts a record of our own into the journal. Those made here always fit into one.
    async fn submit(&mut self, record: Result<Record, RecordError>) {
        if let Ok(record) = record {
            self.intake.submit(record.to_line()).await.is_kept().await;
        }
    }

    fn record<T: Serialize>(
        &self,
        kind: &str,
        project: Project,
        at_us: Instant,
        body: &T,
    ) -> Result<Record, RecordError> {
        let kind = Kind::try_new(kind).expect("the kinds in wire are valid names");
        let event_id = self.producer.clock().event_id();
        let host = self.producer.host().clone();
        Record::try_new(kind, event_id, project, host, at_us, body)
    }

    fn refuse(&self, counter: &'static str, why: &str) {
        self.counts.all.counter(counter).increment();
        self.counts
            .all
            .set_last_error(&format!("a datagram was refused: {why}"));
    }
}

/// The body of a datagram that is exactly one frame.
fn whole_body(datagram: &[u8]) -> Result<Option<Vec<u8>>, FrameError> {
    let mut decoder = Decoder::default();
    decoder.push(datagram);
    let body = decoder.next_body()?;
    Ok(body.filter(|_| !decoder.is_mid_frame()))
}

#[cfg(test)]
mod tests;
