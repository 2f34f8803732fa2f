//! The server's settings, those that matter here.

use std::collections::BTreeMap;

use crate::session::{Query, Session, SessionError};

/// Where and how the server logs, what it watches of itself, and what its limits are.
const NAMES: [&str; 34] = [
    "autovacuum",
    "cluster_name",
    "compute_query_id",
    "data_directory",
    "deadlock_timeout",
    "idle_in_transaction_session_timeout",
    "lc_messages",
    "lock_timeout",
    "log_autovacuum_min_duration",
    "log_checkpoints",
    "log_destination",
    "log_directory",
    "log_error_verbosity",
    "log_filename",
    "log_line_prefix",
    "log_lock_waits",
    "log_min_duration_statement",
    "log_temp_files",
    "log_timezone",
    "logging_collector",
    "maintenance_work_mem",
    "max_connections",
    "max_wal_size",
    "pg_stat_statements.max",
    "pg_stat_statements.track",
    "reserved_connections",
    "shared_buffers",
    "shared_preload_libraries",
    "statement_timeout",
    "superuser_reserved_connections",
    "track_activity_query_size",
    "track_io_timing",
    "wal_level",
    "work_mem",
];

/// Asks for them. A setting that is not there is one of another version.
pub async fn ask(session: &mut Session) -> Result<BTreeMap<String, String>, SessionError> {
    let query = Query::Settings;
    let rows = session.query(query, &[&NAMES.as_slice()]).await?;
    let pair = |row: &tokio_postgres::Row| Ok((row.try_get("name")?, row.try_get("setting")?));
    let settings = rows.iter().map(pair).collect::<Result<_, _>>();
    settings.map_err(|source| SessionError::Answer {
        query: query.name(),
        source,
    })
}
