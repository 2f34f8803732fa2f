//! What the daemons say of themselves, and of what they had to give up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::time::{Instant, Micros};

/// A daemon's own state, every 10 s.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentHealth {
    /// `collector` or `pgagent`.
    pub agent: String,
    pub version: String,
    pub pid: u32,
    pub uptime_us: Micros,
    pub rss_bytes: Option<u64>,
    /// Cumulative since the start, such as `frames_accepted` or `frames_refused_checksum`.
    pub counters: BTreeMap<String, u64>,
    /// As they are now, such as `journal_bytes` or `breaker_open`.
    pub gauges: BTreeMap<String, i64>,
    pub last_error: Option<String>,
}

/// Records that were taken and then given up, so that the loss shows where the data is missing.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub reason: String,
    pub records: u64,
    pub bytes: u64,
    pub until_at_us: Option<Instant>,
}

impl AgentHealth {
    pub const KIND: &'static str = "agent_health";
}

impl Gap {
    pub const KIND: &'static str = "gap";
}
