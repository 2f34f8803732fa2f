//! All sessions at one moment, as the server shows them.

use tokio_postgres::Row;
use wire::ids::BackendPid;
use wire::time::Instant;

use super::stamp::Stamp;
use crate::session::{Query, Session, SessionError};

/// An object's number in the server's catalogs.
pub type Oid = u32;

/// How much of a statement is asked for. The server itself keeps 1 KiB unless told otherwise.
pub const QUERY_CHARS_MAX: i32 = 1024;

/// All sessions but our own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The server's clock.
    pub at: Instant,
    pub backends: Vec<Backend>,
}

/// One process of the server, with numbers in place of names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backend {
    pub pid: BackendPid,
    pub leader_pid: Option<BackendPid>,
    pub database: Option<Oid>,
    pub user: Option<Oid>,
    pub application_name: Option<String>,
    pub client: Option<String>,
    pub backend_start: Option<Instant>,
    pub xact_start: Option<Instant>,
    pub query_start: Option<Instant>,
    pub state_change: Option<Instant>,
    pub wait_event_type: Option<String>,
    pub wait_event: Option<String>,
    pub state: Option<String>,
    pub query_id: Option<i64>,
    pub backend_type: Option<String>,
    /// The first [`QUERY_CHARS_MAX`] characters; absent for a session that is idle.
    pub query: Option<String>,
    /// The length of all that the server has kept of it.
    pub query_bytes: Option<i32>,
}

/// What a session does at the moment, as the sum of all is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It runs, or wants to: the server knows of nothing that it waits for.
    Cpu,
    Io,
    /// It waits for a lock that a user's statement holds.
    Lock,
    Client,
    /// Waits inside of the server: light-weight locks, other processes, timeouts, extensions.
    Other,
    /// Its transaction is open, and it does nothing.
    IdleInTransaction,
}

// === impl Class ===

impl Class {
    /// As records call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Io => "io",
            Self::Lock => "lock",
            Self::Client => "client",
            Self::Other => "other",
            Self::IdleInTransaction => "idle_in_transaction",
        }
    }
}

// === impl Snapshot ===

impl Snapshot {
    pub async fn take(session: &mut Session) -> Result<Self, SessionError> {
        let query = Query::Activity;
        let rows = session.query(query, &[&QUERY_CHARS_MAX]).await?;
        let answer = |source| SessionError::Answer {
            query: query.name(),
            source,
        };
        let first = rows.first().ok_or(SessionError::NoRows {
            query: query.name(),
        })?;
        let at = first.try_get::<_, Stamp>("now").map_err(answer)?.0;
        let backends = rows.iter().map(Backend::from_row).collect::<Result<_, _>>();
        Ok(Self {
            at,
            backends: backends.map_err(answer)?,
        })
    }

    /// Sessions that wait for a lock, the longest statement first.
    pub fn lock_waiters(&self) -> Vec<BackendPid> {
        let mut waiting: Vec<&Backend> = self
            .backends
            .iter()
            .filter(|backend| backend.waits_for_lock())
            .collect();
        waiting.sort_by_key(|backend| (backend.query_start, backend.pid));
        waiting.iter().map(|backend| backend.pid).collect()
    }
}

// === impl Backend ===

impl Backend {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let instant = |name: &str| -> Result<Option<Instant>, tokio_postgres::Error> {
            Ok(row.try_get::<_, Option<Stamp>>(name)?.map(|stamp| stamp.0))
        };
        Ok(Self {
            pid: row.try_get("pid")?,
            leader_pid: row.try_get("leader_pid")?,
            database: row.try_get("datid")?,
            user: row.try_get("usesysid")?,
            application_name: row.try_get("application_name")?,
            client: row.try_get("client")?,
            backend_start: instant("backend_start")?,
            xact_start: instant("xact_start")?,
            query_start: instant("query_start")?,
            state_change: instant("state_change")?,
            wait_event_type: row.try_get("wait_event_type")?,
            wait_event: row.try_get("wait_event")?,
            state: row.try_get("state")?,
            query_id: row.try_get("query_id")?,
            backend_type: row.try_get("backend_type")?,
            query: row.try_get("query")?,
            query_bytes: row.try_get("query_bytes")?,
        })
    }

    pub fn is_client(&self) -> bool {
        self.backend_type.as_deref() == Some("client backend")
    }

    pub fn waits_for_lock(&self) -> bool {
        self.wait_event_type.as_deref() == Some("Lock")
    }

    /// What the session does; nothing for one that is idle and for the server's own processes.
    pub fn class(&self) -> Option<Class> {
        let wait = self.wait_event_type.as_deref();
        match self.state.as_deref()? {
            "idle in transaction" | "idle in transaction (aborted)" => {
                Some(Class::IdleInTransaction)
            }
            "active" | "fastpath function call" => match wait {
                // A process in the main loop of its kind calls itself active while it has nothing to
                // do: a sender of WAL, a worker of logical replication.
                Some("Activity") => None,
                Some("Client") if self.backend_type.as_deref() == Some("walsender") => None,
                None => Some(Class::Cpu),
                Some("IO") => Some(Class::Io),
                Some("Lock") => Some(Class::Lock),
                Some("Client") => Some(Class::Client),
                Some(_) => Some(Class::Other),
            },
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
