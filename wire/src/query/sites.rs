//! Projects and hosts: who reports, and how they are.

use serde::{Deserialize, Serialize};

use crate::fpm::InFlight;
use crate::host::{HostMetrics, Role};
use crate::ids::{Host, Project};
use crate::time::{Instant, Micros};

/// `GET /v1/projects`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Projects {
    pub projects: Vec<ProjectSeen>,
}

/// A project, and the last hour of it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectSeen {
    pub project: Project,
    pub hosts: Vec<Host>,
    /// Captured requests that began in the last hour, and those of them that failed.
    pub requests: u64,
    pub errors: u64,
    /// All requests, if a collector tells of them.
    pub traffic: Option<u64>,
    /// The time of its newest record; absent from a store that does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at_us: Option<Instant>,
}

/// `GET /v1/hosts`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hosts {
    pub hosts: Vec<HostSeen>,
}

/// The last that was heard of a host.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostSeen {
    pub project: Project,
    pub host: Host,
    pub metrics: Option<MetricsSeen>,
    pub clock: Option<ClockSeen>,
    /// Its PHP-FPM pools.
    pub pools: Vec<PoolSeen>,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricsSeen {
    pub at_us: Instant,
    pub role: Role,
    pub cores: u32,
    pub load1: f64,
    pub busy_percent: Option<f64>,
    /// All of the reading: CPU by mode, pressure, memory, disks, processes.
    #[serde(default)]
    pub reading: Option<Box<HostMetrics>>,
}

/// A host's clock beside the store's.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockSeen {
    pub at_us: Instant,
    /// How far it is behind the store's, as its batches showed it, the time on the way included;
    /// negative if it is ahead.
    pub behind_us: Micros,
    /// Whether that is so much that times are corrected before they are compared.
    pub is_corrected: bool,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolSeen {
    pub at_us: Instant,
    pub address: String,
    pub pool: Option<String>,
    /// Why it did not answer.
    pub error: Option<String>,
    pub active: Option<u64>,
    pub idle: Option<u64>,
    pub total: Option<u64>,
    pub listen_queue: Option<u64>,
    pub children_max_reached: Option<u64>,
    /// The age of its oldest request.
    pub oldest_us: Option<Micros>,
    /// The requests in flight, the oldest first.
    #[serde(default)]
    pub requests: Vec<InFlight>,
    /// How many more there were.
    #[serde(default)]
    pub requests_more: u64,
}
