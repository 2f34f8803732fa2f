//! What the console asks the store, and what it gets: the query API's types.
//!
//! `docs/api.md` has the paths, parameters and an example of each answer. All times are
//! [`Instant`]s and [`Micros`]; a *load* is a mean number of sessions or requests that were active
//! at once, so one that lasted half the range weighs 0.5. A share is 0 to 1.

mod compared;
mod forwarding;
mod health;
mod lock_tree;
mod profiles;
mod sites;
mod suspects;

use serde::{Deserialize, Serialize};

use crate::agent::Gap;
use crate::histogram::Histogram;
use crate::host::Role;
use crate::ids::{BackendPid, CorrelationId, EventId, Host, Project, SpikeId};
use crate::request::Request;
use crate::time::{Instant, Micros, Range};

pub use compared::{ComparedFigure, FigureKind, RequestComparison};
pub use forwarding::{BreakerState, ForwardServer, Forwarding, RecordSeen, Standing};
pub use health::{AgentSeen, Health};
pub use lock_tree::{AwaitedLock, LockMoment, LockNode, LockTree};
pub use profiles::{
    CallRow, FunctionChange, FunctionDetail, FunctionGraph, FunctionRow, Functions, FunctionsDiff,
    LogEntry, Logs, StatementCaller, StatementCounts, StatementDetail, StatementPlan,
    StatementRoute, StatementRow, Statements, WaitEvent, Waits,
};
pub use sites::{ClockSeen, HostSeen, Hosts, MetricsSeen, PoolSeen, ProjectSeen, Projects};
pub use suspects::{
    BaselineKind, Confidence, SpikeEvidence, Suspect, SuspectEvent, SuspectKind, SuspectPart,
    Suspects,
};

/// `GET /v1/overview`: where to begin.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub version: String,
    /// The store's clock.
    pub now_at_us: Instant,
    pub projects: Vec<Project>,
    pub hosts: Vec<Host>,
    /// From the oldest to the newest record, if there is one.
    pub data: Option<Range>,
}

/// `GET /v1/timeline`: series on one time axis, each with one value per bucket.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    pub from_at_us: Instant,
    pub bucket_us: Micros,
    pub buckets: usize,
    pub hosts: Vec<HostSeries>,
    pub sessions: SessionSeries,
    pub requests: RequestSeries,
    #[serde(default)]
    pub traffic: TrafficSeries,
    /// Records that agents had to give up in this range.
    pub gaps: Vec<GapSeen>,
}

/// One host's load average; `None` where nothing was reported.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostSeries {
    pub host: Host,
    pub role: Role,
    pub cores: u32,
    pub load1: Vec<Option<f64>>,
    /// CPU in use, all modes but idle and iowait, in percent of all cores.
    pub cpu_percent: Vec<Option<f64>>,
    /// The share of time in which all tasks were stalled for want of memory or disk, in percent.
    #[serde(default)]
    pub stalled_percent: Vec<Option<f64>>,
}

/// Average active database sessions by what they do; `None` where no sample was taken.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionSeries {
    pub cpu: Vec<Option<f64>>,
    pub io: Vec<Option<f64>>,
    pub lock: Vec<Option<f64>>,
    pub client: Vec<Option<f64>>,
    pub other: Vec<Option<f64>>,
    pub idle_in_transaction: Vec<Option<f64>>,
}

/// Captured requests: those over the threshold, errors and samples.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RequestSeries {
    /// How many began in the bucket.
    pub count: Vec<u32>,
    pub errors: Vec<u32>,
    /// Their load: how many were in flight on average.
    pub in_flight: Vec<f64>,
    pub p95_us: Vec<Option<Micros>>,
}

/// All requests, captured or not; `None` where no collector told of any.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrafficSeries {
    pub per_s: Vec<Option<f64>>,
    pub errors_per_s: Vec<Option<f64>>,
    /// How many were in flight on average, by their wall time.
    pub in_flight: Vec<Option<f64>>,
    /// To within an eighth, below.
    pub p95_us: Vec<Option<Micros>>,
    /// How their wall times (microseconds) are spread, by halves of a power of two.
    #[serde(default)]
    pub walls: Vec<Histogram>,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapSeen {
    pub host: Host,
    pub at_us: Instant,
    pub gap: Gap,
}

/// `GET /v1/spikes`: the newest first.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spikes {
    pub spikes: Vec<Spike>,
}

/// A time in which something was far above its usual.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spike {
    pub id: SpikeId,
    /// The project and host whose series rose, where the series has one.
    pub project: Option<Project>,
    pub host: Option<Host>,
    pub measure: Measure,
    pub begin_at_us: Instant,
    pub peak_at_us: Instant,
    /// `None` while it runs.
    pub end_at_us: Option<Instant>,
    pub peak: f64,
    /// The series' median before the spike.
    pub baseline: f64,
    /// What most database sessions did at its worst: `cpu`, `io`, `lock`, `client` or `other`.
    pub wait_class: Option<String>,
    /// One line that says why this is a spike.
    pub reason: String,
}

/// Which series rose.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// A host's load average.
    Load,
    /// The share of time, in percent, in which all of a host's tasks were stalled for want of memory or disk.
    Pressure,
    /// Average active database sessions.
    Sessions,
    /// Captured requests in flight.
    Requests,
    /// Requests that wait for a PHP-FPM worker.
    Queue,
    /// Failed requests a second, captured or not.
    Errors,
    /// Within how many seconds 95 % of all requests were answered.
    Wall,
}

impl Measure {
    /// As JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Pressure => "pressure",
            Self::Sessions => "sessions",
            Self::Requests => "requests",
            Self::Queue => "queue",
            Self::Errors => "errors",
            Self::Wall => "wall",
        }
    }
}

/// `GET /v1/requests`: a page of captured requests.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Requests {
    pub requests: Vec<RequestRow>,
    /// How many match, on all pages.
    pub total: u64,
    /// `false` where counting would take long: then there are about, or at least, so many.
    #[serde(default = "yes")]
    pub total_is_exact: bool,
    /// Pass it as `cursor` to get the next page.
    pub next: Option<String>,
}

/// One request in a list.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestRow {
    pub correlation_id: CorrelationId,
    pub at_us: Instant,
    pub project: Project,
    pub host: Host,
    pub method: String,
    pub url: String,
    /// Method and route: what requests are grouped by.
    pub label: String,
    pub status: Option<u16>,
    pub reason: String,
    pub is_error: bool,
    pub wall_us: Micros,
    pub sql_count: u32,
    pub sql_us: Micros,
    /// Its sessions' time in lock waits, from the samples.
    pub lock_us: Micros,
    /// The time that others waited for locks it held.
    pub blocked_us: Micros,
    pub memory_peak_bytes: Option<u64>,
    #[serde(default)]
    pub client: Option<String>,
}

/// `GET /v1/requests/{correlation_id}`: one request with everything.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestDetail {
    pub row: RequestRow,
    pub event_id: EventId,
    pub request: Request,
    /// What its database sessions did, sample by sample, oldest first.
    pub samples: Vec<SessionSample>,
    /// Locks that it waited for.
    pub waited_for: Vec<LockWait>,
    /// Locks that others waited for because of it, the longest wait first.
    pub blocked: Vec<LockWait>,
    /// The same route's captured requests outside of the spike, to compare with.
    pub baseline: Option<RouteBaseline>,
    /// The same of all the project's captured requests.
    #[serde(default)]
    pub overall: Option<RouteBaseline>,
    /// What its database sessions did, from the samples.
    #[serde(default)]
    pub database: DatabaseTime,
    /// Log entries about it, oldest first.
    #[serde(default)]
    pub logs: Vec<LogEntry>,
    /// The time as it came, where the clock of its host was so wrong that it had to be moved.
    #[serde(default)]
    pub given_at_us: Option<Instant>,
}

/// The time of a request's database sessions by what they did. Each sample stands for its interval.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseTime {
    pub cpu_us: Micros,
    pub io_us: Micros,
    pub lock_us: Micros,
    /// The database waited for PHP to take or to send.
    pub client_us: Micros,
    pub other_us: Micros,
    pub idle_in_transaction_us: Micros,
}

/// One sample of one session.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSample {
    pub at_us: Instant,
    pub pid: BackendPid,
    pub state: Option<String>,
    /// `cpu`, `io`, `lock`, `client`, `other` or `idle_in_transaction`.
    pub wait_class: String,
    pub wait_event: Option<String>,
    pub query: Option<String>,
    /// What the sample stands for.
    #[serde(default)]
    pub interval_us: Micros,
    /// Found by the backend's pid and the time, since it did not carry the request's id.
    #[serde(default)]
    pub is_by_pid: bool,
}

/// One session that waited for another, over all samples that saw the two together.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockWait {
    pub waiter: Party,
    /// Whom it waited for at first hand.
    pub blocker: Party,
    /// Who stands at the root of the chain; the blocker itself when it waited for nobody.
    pub root: Party,
    pub lock_type: Option<String>,
    pub mode: Option<String>,
    pub relation: Option<String>,
    pub begin_at_us: Instant,
    pub end_at_us: Instant,
    pub waited_us: Micros,
}

/// A session that takes part in a lock wait, and the request behind it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    pub pid: BackendPid,
    pub correlation_id: Option<CorrelationId>,
    /// The request's label, once the request has arrived; else user and application.
    pub label: String,
    pub url: Option<String>,
    pub state: Option<String>,
    /// Its statement, or its last one when idle in transaction.
    pub query: Option<String>,
    /// The PHP function that issued that statement, if the request tells.
    pub caller: Option<String>,
    /// Of one that others wait for: the statement of its request that took the lock, when `query`
    /// takes none because the session is idle in transaction or has gone on.
    #[serde(default)]
    pub took_lock: Option<LockStatement>,
}

/// A statement that took a lock.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockStatement {
    /// Normalized.
    pub query: String,
    /// How often the request issued it in a transaction.
    pub count: u32,
    pub caller: Option<String>,
}

// === impl Party ===

impl Party {
    /// The statement that matters to those who wait for this session.
    pub fn lock_query(&self) -> Option<&str> {
        match &self.took_lock {
            Some(statement) => Some(&statement.query),
            None => self.query.as_deref(),
        }
    }

    /// The PHP function that issued [`Party::lock_query`].
    pub fn lock_caller(&self) -> Option<&str> {
        match &self.took_lock {
            Some(statement) => statement.caller.as_deref(),
            None => self.caller.as_deref(),
        }
    }
}

/// What requests of one route usually cost.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RouteBaseline {
    pub label: String,
    pub range: Range,
    pub count: u64,
    pub wall_avg_us: Micros,
    pub wall_p50_us: Micros,
    pub wall_p95_us: Micros,
    pub sql_avg_us: Micros,
    pub sql_count_avg: f64,
}

/// `GET /v1/locks`: who waited for whom over a range.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockEpisodes {
    pub episodes: Vec<LockEpisode>,
}

/// All waiting behind one root, until nobody has waited for it for 30 s.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockEpisode {
    pub root: Party,
    pub begin_at_us: Instant,
    pub end_at_us: Instant,
    /// The moment with the most waiters.
    pub worst_at_us: Instant,
    pub waiters_peak: u32,
    /// The waiters' time, added up.
    pub waited_us: Micros,
    pub relation: Option<String>,
    pub victims: Vec<LockVictim>,
}

/// Waiters of one kind: the same request label and statement.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockVictim {
    pub label: String,
    pub query: Option<String>,
    /// How many sessions.
    pub count: u32,
    pub waited_us: Micros,
    /// The one that waited longest.
    pub correlation_id: Option<CorrelationId>,
}

fn yes() -> bool {
    true
}
