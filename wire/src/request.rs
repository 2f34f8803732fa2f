//! One PHP request as `php/listener.php` tells it.
//!
//! Tolerant by design: a listener of another version may lack a field or bring more. Only the id,
//! the wall time and the URL are required, since a request without them answers nothing. Fields
//! that are unknown here are kept, because the store keeps the body's text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{BackendPid, CorrelationId};
use crate::profile::Profile;
use crate::time::Micros;

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub correlation_id: CorrelationId,
    #[serde(default)]
    pub reason: String,
    #[serde(default)]
    pub method: String,
    /// Path and query; the query's values are redacted unless the site says otherwise.
    pub url: String,
    #[serde(default)]
    pub route: Option<String>,
    /// `CartController::submitAction`, if the framework tells.
    #[serde(default)]
    pub action: Option<String>,
    #[serde(default)]
    pub status: Option<u16>,
    #[serde(default)]
    pub sapi: String,
    #[serde(default)]
    pub pid: Option<i32>,
    #[serde(default)]
    pub client: Option<String>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub variables: Option<Variables>,
    /// A hash that two requests of the same session share.
    #[serde(default)]
    pub session: Option<String>,
    #[serde(default)]
    pub request_body_bytes: Option<u64>,
    #[serde(default)]
    pub response_body_bytes: Option<u64>,
    /// Files that were uploaded.
    #[serde(default)]
    pub files: Option<u32>,
    /// From the start of PHP's work to the hand-over.
    pub wall_us: Micros,
    /// Waiting before PHP, from the front end's `X-Request-Start`.
    #[serde(default)]
    pub queue_us: Option<Micros>,
    #[serde(default)]
    pub cpu_user_us: Option<Micros>,
    #[serde(default)]
    pub cpu_system_us: Option<Micros>,
    #[serde(default)]
    pub memory: Option<Memory>,
    #[serde(default)]
    pub runtime: Option<Runtime>,
    #[serde(default)]
    pub error: Option<Fault>,
    #[serde(default)]
    pub sql: Option<Sql>,
    #[serde(default)]
    pub profile: Option<Profile>,
    #[serde(default)]
    pub listener: Option<Listener>,
}

/// Request variables: names with redacted values; of cookies the names alone.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variables {
    #[serde(default)]
    pub get: BTreeMap<String, String>,
    #[serde(default)]
    pub post: BTreeMap<String, String>,
    #[serde(default)]
    pub cookies: Vec<String>,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// What the script used at its peak.
    pub peak_used_bytes: u64,
    /// What PHP took from the system at its peak.
    pub peak_allocated_bytes: u64,
    /// `memory_limit`; -1 is none.
    #[serde(default)]
    pub limit_bytes: Option<i64>,
}

/// The PHP around the request, at its end.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runtime {
    /// Its version.
    #[serde(default)]
    pub php: String,
    #[serde(default)]
    pub opcache: Option<Opcache>,
    #[serde(default)]
    pub fpm: Option<Fpm>,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opcache {
    /// Whether it takes no more scripts.
    #[serde(default)]
    pub full: bool,
    #[serde(default)]
    pub free_bytes: Option<u64>,
    #[serde(default)]
    pub wasted_bytes: Option<u64>,
    #[serde(default)]
    pub scripts: Option<u64>,
    #[serde(default)]
    pub misses: Option<u64>,
    /// Of the cache, since the server was started.
    #[serde(default)]
    pub restarts: Option<u64>,
}

/// The pool that served the request.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fpm {
    #[serde(default)]
    pub pool: Option<String>,
    #[serde(default)]
    pub active: Option<u32>,
    #[serde(default)]
    pub idle: Option<u32>,
    #[serde(default)]
    pub listen_queue: Option<u32>,
    #[serde(default)]
    pub max_children_reached: Option<u32>,
    /// How many requests the worker has served.
    #[serde(default)]
    pub worker_requests: Option<u64>,
}

/// What went wrong: a fatal error, an exception that the application caught, or an answer of 5xx.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    #[serde(rename = "type")]
    pub kind: String,
    pub message: String,
    #[serde(default)]
    pub file: Option<String>,
    #[serde(default)]
    pub line: Option<u32>,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sql {
    /// All statements, also those that are not in `queries`.
    pub count: u32,
    #[serde(default)]
    pub failed: u32,
    pub total_us: Micros,
    #[serde(default)]
    pub omitted: u32,
    #[serde(default)]
    pub transactions: Vec<Transaction>,
    #[serde(default)]
    pub queries: Vec<Query>,
    /// Those that are not in `queries`, by shape.
    #[serde(default)]
    pub repeated: Vec<Repeated>,
    #[serde(default)]
    pub connections: Vec<Connection>,
}

/// Statements that differ in their values alone.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeated {
    pub sql: String,
    pub count: u32,
    #[serde(default)]
    pub failed: u32,
    pub total_us: Micros,
    #[serde(default)]
    pub longest_us: Micros,
    /// Counted from the request's start.
    #[serde(default)]
    pub first_start_us: Micros,
    #[serde(default)]
    pub last_end_us: Micros,
}

/// A database connection of the request.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    pub connection: i64,
    #[serde(default)]
    pub backend_pid: Option<BackendPid>,
    #[serde(default)]
    pub persistent: bool,
    /// How its `application_name` came to be the request's: `environment`, `dsn` or `set_config`. If
    /// nothing is said, the name may be another request's.
    #[serde(default)]
    pub named_by: Option<String>,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Counted from the request's start.
    pub start_us: Micros,
    pub duration_us: Micros,
    /// `commit`, `rollback`, or `open` when the request ended first.
    pub end: String,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// Counted from the request's start.
    pub start_us: Micros,
    /// Prepare and execute; fetching is not in it.
    pub duration_us: Micros,
    pub sql: String,
    #[serde(default)]
    pub connection: Option<i64>,
    #[serde(default)]
    pub failed: bool,
    #[serde(default)]
    pub in_transaction: bool,
    /// `Class::method` of the first frame outside the framework.
    #[serde(default)]
    pub caller: Option<String>,
    /// `file:line` of that frame.
    #[serde(default)]
    pub caller_at: Option<String>,
    #[serde(default)]
    pub backend_pid: Option<BackendPid>,
    /// Types of what was bound, by name or by place from 1: `int`, `str(12)`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub binds: BTreeMap<String, String>,
    /// The values, if the site wants them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, Option<String>>,
}

/// What the listener says of itself.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    #[serde(default)]
    pub version: String,
    /// Time spent in the listener's own code, the hand-over not yet included.
    #[serde(default)]
    pub self_us: Micros,
    /// What the profiler has added to the request, by an estimate.
    #[serde(default)]
    pub profiler_us: Option<Micros>,
    #[serde(default)]
    pub profile_bytes: Option<u64>,
    /// What was left out, and why.
    #[serde(default)]
    pub skipped: Vec<String>,
}

impl Sql {
    /// Whether each statement is told, by itself or in a group. Of a record that was too large none is, and of one
    /// that was lost a few are.
    pub fn is_whole(&self) -> bool {
        let listed = self.queries.len() as u64;
        let repeated = self.repeated.iter().map(|group| u64::from(group.count));
        listed + repeated.sum::<u64>() >= u64::from(self.count)
    }
}

impl Request {
    pub const KIND: &'static str = "request";

    /// What requests are grouped by: the method with the route, else with the path.
    pub fn label(&self) -> String {
        let path = self.url.split('?').next().unwrap_or_default();
        format!("{} {}", self.method, self.route.as_deref().unwrap_or(path))
    }
}
