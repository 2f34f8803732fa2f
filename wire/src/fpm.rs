//! What PHP-FPM says of itself: its pools' state with the requests in flight, and its slow log.

use serde::{Deserialize, Serialize};

use crate::time::Micros;

/// The most requests in flight that one record lists; the oldest are.
pub const REQUESTS_MAX: usize = 100;

/// The most frames of one stack.
pub const FRAMES_MAX: usize = 200;

/// One pool at one moment. While the pool does not answer, only `address` and `error` are there: in PHP 7.4
/// the status page waits in the pool's own queue, so that silence is what an exhausted pool looks like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FpmStatus {
    /// Where the pool was asked.
    pub address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    pub pool: Option<Pool>,
}

/// What the status page tells of a pool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    pub pool: String,
    /// `static`, `dynamic` or `ondemand`.
    pub manager: String,
    pub uptime_us: Micros,
    /// Totals since the pool's start.
    pub accepted: u64,
    pub children_max_reached: u64,
    pub slow_requests: u64,
    /// Connections that wait for a worker; the most that ever did; the most that can. Of a port alone: FPM does
    /// not know a unix socket's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen_queue: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen_queue_peak: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen_queue_max: Option<u64>,
    pub idle: u64,
    pub active: u64,
    pub total: u64,
    pub active_peak: u64,
    /// The requests in flight but ours, the oldest first.
    pub requests: Vec<InFlight>,
    /// How many more there were.
    pub requests_more: u64,
}

/// A request that has not finished.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InFlight {
    pub pid: u64,
    pub method: String,
    /// The script as FPM knows it, and the query without its values but for `_url`, where Phalcon's rewrite
    /// rules put the path.
    pub uri: String,
    pub script: String,
    pub age_us: Micros,
    pub content_bytes: u64,
    /// Requests that this worker has served, this one with them.
    pub served: u64,
}

/// An entry of the slow log: where a request was when it had taken too long.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FpmSlow {
    pub pool: String,
    pub pid: u64,
    /// The log's own time, which has no zone.
    pub logged: String,
    pub script: String,
    /// The innermost function first.
    pub stack: Vec<Frame>,
    /// Whether there was more than is kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_cut: bool,
}

/// A place in a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    pub function: String,
    pub file: String,
    pub line: u64,
}

impl FpmStatus {
    pub const KIND: &'static str = "fpm_status";
}

impl FpmSlow {
    pub const KIND: &'static str = "fpm_slow";
}
