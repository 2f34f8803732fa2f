//! How far records have been forwarded to Graylog.

use serde::{Deserialize, Serialize};

use crate::ids::{EventId, Host, Kind, Project};
use crate::time::{Instant, Micros};

/// One destination, since its beginning.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forwarding {
    pub destination: String,
    pub servers: Vec<ForwardServer>,
    /// In words: `in step`, `catching up`, or what is in the way.
    pub state: String,
    /// How long the oldest record that waits has been here.
    pub lag_us: Micros,
    pub records_waiting: u64,
    /// Records and messages with a receipt.
    pub records: u64,
    pub messages: u64,
    /// Records that the settings leave out.
    pub records_filtered: u64,
    /// Records that the destination does not take.
    pub records_put_aside: u64,
    /// Records that were removed before they were forwarded.
    pub records_lost: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at_us: Option<Instant>,
    /// When retention removes the oldest record that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at_us: Option<Instant>,
    /// What an operator should act on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

/// One server of a destination.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardServer {
    pub url: String,
    pub breaker: BreakerState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    Closed,
    Open,
    HalfOpen,
}

/// `GET /v1/records/{event_id}`: a record's envelope, and whether it has been forwarded.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSeen {
    pub event_id: EventId,
    pub kind: Kind,
    pub project: Project,
    pub host: Host,
    pub at_us: Instant,
    pub received_at_us: Instant,
    pub forwarded: Standing,
}

/// Whether a record has been forwarded.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The destination has read it.
    Forwarded,
    Waiting,
    /// The settings leave it out.
    Filtered,
    /// Somebody wanted it left out.
    Skipped,
    /// The destination does not take it.
    PutAside,
    /// Records are not forwarded at all.
    Off,
}
