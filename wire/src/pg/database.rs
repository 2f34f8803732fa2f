//! How the server is, every minute: who is connected, what is held up, what it does for itself, and what of its
//! settings hides things from an operator.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{BackendPid, CorrelationId};
use crate::time::{Instant, Micros};

/// The server as a whole. Counts are what was added since the look before; a part that could not be asked is
/// empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Database {
    /// Since the look before; 0 in the first record, which has no counts.
    pub interval_us: Micros,
    pub version: String,
    pub connections: Connections,
    /// The session whose transaction is the oldest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_transaction: Option<OldTransaction>,
    /// Who keeps dead rows from being removed, the oldest first.
    pub horizons: Vec<Horizon>,
    pub replicas: Vec<Replica>,
    pub slots: Vec<Slot>,
    pub databases: Vec<DatabaseCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoints: Option<Checkpoints>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wal_bytes: Option<u64>,
    /// Of the connected database: those with the most dead rows, and those that were read as a whole the most.
    pub tables: Vec<Table>,
    pub settings: BTreeMap<String, String>,
    /// What a setting, or a missing extension, hides.
    pub hints: Vec<String>,
}

/// Client backends by state, against the limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Connections {
    pub active: u32,
    pub idle: u32,
    pub idle_in_transaction: u32,
    pub max: u32,
    /// Of them kept for superusers and those with the privilege.
    pub reserved: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OldTransaction {
    pub pid: BackendPid,
    pub age_us: Micros,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<CorrelationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// Something that still needs rows of an old transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Horizon {
    /// `session`, `prepared transaction`, `replication slot` or `replica`.
    pub holder: String,
    /// Its pid or its name.
    pub name: String,
    /// In transactions.
    pub age: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Replica {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay_lag_us: Option<Micros>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay_lag_bytes: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Slot {
    pub name: String,
    pub is_active: bool,
    /// WAL that is kept for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retained_bytes: Option<u64>,
}

/// What happened in one database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DatabaseCounts {
    pub name: String,
    pub commits: u64,
    pub rollbacks: u64,
    pub blocks_hit: u64,
    pub blocks_read: u64,
    pub rows_returned: u64,
    pub rows_written: u64,
    pub temporary_files: u64,
    pub temporary_bytes: u64,
    pub deadlocks: u64,
    pub conflicts: u64,
    pub read_us: Micros,
    pub write_us: Micros,
    /// Transactions since its oldest unfrozen one: at two thousand million it stops.
    pub frozen_age: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checkpoints {
    /// Because it was time; because there was too much WAL, or somebody asked.
    pub timed: u64,
    pub requested: u64,
    pub write_us: Micros,
    pub sync_us: Micros,
    pub buffers_written: u64,
}

/// A table that may want care.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Table {
    pub name: String,
    pub live_rows: u64,
    pub dead_rows: u64,
    /// Since the look before.
    pub sequential_scans: u64,
    pub sequential_rows_read: u64,
    pub index_scans: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vacuumed_at_us: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analyzed_at_us: Option<Instant>,
}

impl Database {
    pub const KIND: &'static str = "pg_database";
}
