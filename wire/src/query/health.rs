//! The store, and those who report to it.

use serde::{Deserialize, Serialize};

use super::Forwarding;
use crate::agent::AgentHealth;
use crate::ids::{Host, Project};
use crate::time::{Instant, Micros};

/// `GET /v1/health`: the store and those who report to it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub version: String,
    pub uptime_us: Micros,
    /// Records by what became of them since the start.
    pub records_stored: u64,
    pub records_known: u64,
    pub records_put_aside: u64,
    /// Records in the store now, by kind.
    pub records: std::collections::BTreeMap<String, u64>,
    pub database_bytes: u64,
    /// Days whose files are of an earlier version: questions pass them over until they are brought up.
    #[serde(default)]
    pub days_unread: u64,
    /// How far records have been forwarded; absent where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forwarding: Option<Forwarding>,
    pub agents: Vec<AgentSeen>,
}

/// The last that an agent said of itself.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentSeen {
    pub project: Project,
    pub host: Host,
    pub at_us: Instant,
    pub health: AgentHealth,
}
