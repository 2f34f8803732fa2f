//! What the server's log told: one record per entry, read for what it means.
//!
//! The entry's [`Event`] has what can be reckoned with; its texts are for people, and have lost the values
//! that they had. Names of classes are stable: what a later version adds is [`Event::Other`] to this one.

use serde::{Deserialize, Serialize};

use super::plan::Plan;
use crate::ids::{BackendPid, CorrelationId};
use crate::sql::Fingerprint;
use crate::time::Micros;

/// One entry of the log, with what belongs to it: detail, hint, context, statement.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Log {
    pub severity: Severity,
    /// Five characters; absent for success and where the log does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql_state: Option<String>,
    pub event: Event,
    /// The message, without values.
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// Normalized, wherever in the entry it stood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub statement_is_cut: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// A signed 64-bit number, as text: JSON readers round it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<BackendPid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader_pid: Option<BackendPid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_name: Option<String>,
    /// From the application name, if it carries one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<CorrelationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend_type: Option<String>,
    /// The line can be read in more than one way: somebody's name looks like the log's own text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_doubtful: bool,
    /// The entry was longer than the agent keeps.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_cut: bool,
}

/// How bad it is, in the server's words.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    Debug,
    #[default]
    Log,
    Info,
    Notice,
    Warning,
    Error,
    Fatal,
    Panic,
}

/// What an entry tells of, with its figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "class", rename_all = "snake_case")]
pub enum Event {
    /// A statement, or one phase of it, took so long.
    Duration {
        duration_us: Micros,
        phase: Phase,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// How many parameters it had.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parameters: Option<u32>,
    },
    /// A statement was logged for itself (`log_statement`).
    Statement {
        phase: Phase,
    },
    /// `auto_explain`: how a statement was carried out.
    Plan {
        duration_us: Micros,
        plan: Plan,
    },
    LockWait(LockWait),
    /// Both sides, and what each of them ran.
    Deadlock {
        parties: Vec<DeadlockParty>,
    },
    TemporaryFile {
        bytes: u64,
    },
    CheckpointStart {
        reasons: Vec<String>,
    },
    Checkpoint(Checkpoint),
    CheckpointsTooFrequent {
        apart_us: Micros,
    },
    Autovacuum(Autovacuum),
    Autoanalyze(Autovacuum),
    ConnectionReceived,
    ConnectionAuthenticated,
    ConnectionAuthorized,
    Disconnection {
        session_us: Micros,
    },
    /// A limit of time ended a statement or a session.
    Timeout {
        limit: Limit,
    },
    /// Somebody, or the server for somebody's sake, ended a statement.
    Cancelled {
        reason: Reason,
    },
    /// A session was thrown out.
    Terminated,
    /// There is no room for another session.
    Saturation {
        scope: Scope,
    },
    AuthenticationFailed,
    /// The server came, went, or comes back after a crash.
    ServerState {
        state: ServerState,
    },
    /// One of the server's processes died.
    Crash {
        process: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signal: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit_code: Option<u32>,
    },
    OutOfMemory {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<u64>,
    },
    DiskFull,
    /// Pages or files that are not what they should be.
    Corruption,
    ConfigReload,
    ConfigChange {
        parameter: String,
    },
    /// A client that speaks no, or another, protocol, or went away in the middle.
    Protocol,
    Replication,
    /// A statement failed; its SQLSTATE says how.
    Error,
    /// The line is none that the log's format allows.
    Unparsed,
    /// An entry that is understood as one, and tells nothing of the above.
    #[default]
    #[serde(other)]
    Other,
}

/// Which step of a statement: a simple query is one `statement`, an extended one has three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    #[default]
    Statement,
    Parse,
    Bind,
    Execute,
    Fetch,
    Fastpath,
    /// `log_duration` alone: a time without its statement.
    Unknown,
}

/// A wait for a lock that lasted longer than `deadlock_timeout`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockWait {
    pub outcome: LockOutcome,
    /// Who waits. Entries are written by the one who waits, so it is also the entry's pid.
    pub pid: BackendPid,
    pub mode: String,
    pub object: LockObject,
    pub waited_us: Micros,
    /// Who holds it, as the server saw it at that moment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holders: Vec<BackendPid>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queue: Vec<BackendPid>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockOutcome {
    #[default]
    Waiting,
    Acquired,
    Failed,
    DeadlockDetected,
    DeadlockAvoided,
}

/// What is locked, as the server describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockObject {
    /// `tuple (0,1) of relation 16417 of database 16416`
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<u64>,
    /// From the context of the entry, or asked of the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation_name: Option<String>,
}

/// One side of a deadlock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadlockParty {
    pub pid: BackendPid,
    pub mode: String,
    pub object: LockObject,
    pub blocker: BackendPid,
    /// What it ran, normalized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
}

/// A checkpoint, or a restartpoint of a standby, that is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    pub buffers: u64,
    pub write_us: Micros,
    pub sync_us: Micros,
    pub total_us: Micros,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync_files: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync_longest_us: Option<Micros>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_bytes: Option<u64>,
}

/// What autovacuum did to a table. Fields that the server's version does not tell are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Autovacuum {
    /// `database.schema.table`
    pub table: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_aggressive: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub to_prevent_wraparound: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_scans: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages_removed: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages_remain: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuples_removed: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuples_remain: Option<u64>,
    /// Dead, and still seen by somebody's old transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuples_not_removable: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buffer_hits: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buffer_misses: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buffers_dirtied: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elapsed_us: Option<Micros>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    Statement,
    Lock,
    IdleInTransaction,
    IdleSession,
    Transaction,
    /// Of logging in.
    Authentication,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    User,
    Autovacuum,
    /// A standby could not wait for the statement any longer.
    RecoveryConflict,
}

/// Who is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Server,
    /// What is left is kept for superusers, or for those with the privilege.
    Reserved,
    Role,
    Database,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerState {
    Starting,
    Ready,
    ShuttingDown,
    ShutDown,
    /// It found that it had not been shut down.
    Recovering,
    Recovered,
    /// A process died, and took all the others with it.
    Restarting,
}

impl Log {
    pub const KIND: &'static str = "pg_log";
}

impl Event {
    /// The class's name, as it stands in the record.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Duration { .. } => "duration",
            Self::Statement { .. } => "statement",
            Self::Plan { .. } => "plan",
            Self::LockWait(_) => "lock_wait",
            Self::Deadlock { .. } => "deadlock",
            Self::TemporaryFile { .. } => "temporary_file",
            Self::CheckpointStart { .. } => "checkpoint_start",
            Self::Checkpoint(_) => "checkpoint",
            Self::CheckpointsTooFrequent { .. } => "checkpoints_too_frequent",
            Self::Autovacuum(_) => "autovacuum",
            Self::Autoanalyze(_) => "autoanalyze",
            Self::ConnectionReceived => "connection_received",
            Self::ConnectionAuthenticated => "connection_authenticated",
            Self::ConnectionAuthorized => "connection_authorized",
            Self::Disconnection { .. } => "disconnection",
            Self::Timeout { .. } => "timeout",
            Self::Cancelled { .. } => "cancelled",
            Self::Terminated => "terminated",
            Self::Saturation { .. } => "saturation",
            Self::AuthenticationFailed => "authentication_failed",
            Self::ServerState { .. } => "server_state",
            Self::Crash { .. } => "crash",
            Self::OutOfMemory { .. } => "out_of_memory",
            Self::DiskFull => "disk_full",
            Self::Corruption => "corruption",
            Self::ConfigReload => "config_reload",
            Self::ConfigChange { .. } => "config_change",
            Self::Protocol => "protocol",
            Self::Replication => "replication",
            Self::Error => "error",
            Self::Unparsed => "unparsed",
            Self::Other => "other",
        }
    }
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Log => "LOG",
            Self::Info => "INFO",
            Self::Notice => "NOTICE",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
            Self::Panic => "PANIC",
        }
    }

    /// Whether a statement, a session or the server came to an end by it.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Error | Self::Fatal | Self::Panic)
    }
}

#[cfg(test)]
mod tests;
