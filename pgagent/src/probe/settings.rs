//! The server's settings, those that matter here.

use std::collections::BTreeMap;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

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

/// One of them, as it is for us.
struct Setting {
    name: String,
    value: Option<String>,
    default: Option<String>,
    /// Our role has it otherwise than others have.
    is_own: bool,
    may_read_files: bool,
}

/// Asks for them, as they are for everybody else: our role logs less than others do, and ends earlier. What
/// those have is in the server's files; where we may not see them, it is not known and left out. A setting
/// that is not there is one of another version.
pub async fn ask(session: &mut Session) -> Result<BTreeMap<String, String>, SessionError> {
    let query = Query::Settings;
    let rows = session.query(query, &[&NAMES.as_slice()]).await?;
    let read = rows
        .iter()
        .map(Setting::from_row)
        .collect::<Result<Vec<_>, _>>();
    let read = read.map_err(|source| SessionError::Answer {
        query: query.name(),
        source,
    })?;
    let (own, others): (Vec<_>, Vec<_>) = read.into_iter().partition(|setting| setting.is_own);
    let mut settings: BTreeMap<String, String> = others
        .into_iter()
        .filter_map(|setting| Some((setting.name, setting.value?)))
        .collect();
    if own.iter().any(|setting| setting.may_read_files) {
        let mut in_files = in_files(session).await?;
        for setting in own {
            let value = in_files.remove(&setting.name).or(setting.default);
            settings.extend(value.map(|value| (setting.name, value)));
        }
    }
    Ok(settings)
}

/// What the server's files say, in the words that stand there.
async fn in_files(session: &mut Session) -> Result<BTreeMap<String, String>, SessionError> {
    let query = "the settings in the server's files";
    let text = "/* bitville-pgagent */
        SELECT f.name, f.setting FROM pg_catalog.pg_show_all_file_settings() AS f
         WHERE f.applied AND f.name = ANY ($1)";
    let names = NAMES.as_slice();
    let rows = session
        .ask(query, text, &[(&names, Type::TEXT_ARRAY)])
        .await?;
    let pair = |row: &Row| Ok((row.try_get("name")?, row.try_get("setting")?));
    let pairs = rows.iter().map(pair).collect::<Result<_, _>>();
    pairs.map_err(|source| SessionError::Answer { query, source })
}

// === impl Setting ===

impl Setting {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            name: row.try_get("name")?,
            value: row.try_get("setting")?,
            default: row.try_get("boot_val")?,
            is_own: row.try_get::<_, Option<bool>>("is_own")?.unwrap_or(false),
            may_read_files: row.try_get("may_read_files")?,
        })
    }
}
