//! `pg_stat_statements`: which version there is, its counts, and its texts.
//!
//! The columns go by the version of the extension, which often stays behind the server's. The counts are read
//! through the function, without texts: those are in one file, of which the view reads all, even if nobody
//! asks for the text.

use std::fmt;

use tokio_postgres::Row;
use tokio_postgres::types::Type;
use wire::pg::statements::Counts;
use wire::time::{Instant, Micros};

use super::activity::Oid;
use super::stamp::Stamp;
use crate::session::{Session, SessionError};

/// Texts that are asked for at once, and how much of each.
pub const TEXTS_MAX: usize = 500;
const TEXT_CHARS_MAX: i32 = 8 * 1024;
/// The most entries that are looked at: twice the most that anybody sets `pg_stat_statements.max` to.
const ENTRIES_MAX: i64 = 50_000;

/// The extension as it is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    version: (u32, u32),
    /// Quoted, as it goes into a statement.
    schema: String,
}

/// Whose entry it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub user: Oid,
    pub database: Oid,
    pub query_id: i64,
    pub is_top_level: Option<bool>,
}

/// All counts at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    pub entries: Vec<Entry>,
    pub evictions: Option<i64>,
    pub reset_at: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    pub key: Key,
    pub counts: Counts,
    /// When its counting began, where the version tells.
    pub since: Option<Instant>,
}

// === impl Extension ===

impl Extension {
    /// Looks for it in the connected database; its counts are those of the whole server.
    pub async fn find(session: &mut Session) -> Result<Option<Self>, SessionError> {
        let text = "/* bitville-pgagent */
            SELECT e.extversion, pg_catalog.quote_ident(n.nspname) AS schema
              FROM pg_catalog.pg_extension AS e
              JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
             WHERE e.extname = 'pg_stat_statements'";
        let query = "the extension pg_stat_statements";
        let rows = session.ask(query, text, &[]).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let answer = |source| SessionError::Answer { query, source };
        let version: String = row.try_get("extversion").map_err(answer)?;
        let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
        Ok(Some(Self {
            version: (parts.next().unwrap_or(0), parts.next().unwrap_or(0)),
            schema: row.try_get("schema").map_err(answer)?,
        }))
    }

    fn has(&self, minor: u32) -> bool {
        self.version >= (1, minor)
    }

    /// Reads all counts.
    pub async fn look(&self, session: &mut Session) -> Result<Look, SessionError> {
        let query = "the counts of pg_stat_statements";
        let rows = session
            .ask(query, &self.counts_text(), &[(&ENTRIES_MAX, Type::INT8)])
            .await?;
        let entries = rows.iter().map(Entry::from_row).collect::<Result<_, _>>();
        let mut look = Look {
            entries: entries.map_err(|source| SessionError::Answer { query, source })?,
            ..Look::default()
        };
        if self.has(9) {
            let text = format!(
                "/* bitville-pgagent */ SELECT i.dealloc, i.stats_reset FROM {}.pg_stat_statements_info AS i",
                self.schema
            );
            let query = "the state of pg_stat_statements";
            let rows = session.ask(query, &text, &[]).await?;
            if let Some(row) = rows.first() {
                let answer = |source| SessionError::Answer { query, source };
                look.evictions = row.try_get("dealloc").map_err(answer)?;
                let reset: Option<Stamp> = row.try_get("stats_reset").map_err(answer)?;
                look.reset_at = reset.map(|stamp| stamp.0);
            }
        }
        Ok(look)
    }

    fn counts_text(&self) -> String {
        let (execution, planning, wal) = if self.has(8) {
            ("s.total_exec_time", "s.total_plan_time", "s.wal_bytes")
        } else {
            ("s.total_time", "0", "0")
        };
        let io = if self.has(11) {
            "s.shared_blk_read_time + s.shared_blk_write_time + s.local_blk_read_time + s.local_blk_write_time"
        } else {
            "s.blk_read_time + s.blk_write_time"
        };
        let temporary_io = if self.has(10) {
            " + s.temp_blk_read_time + s.temp_blk_write_time"
        } else {
            ""
        };
        let jit = if self.has(10) {
            "s.jit_generation_time + s.jit_inlining_time + s.jit_optimization_time + s.jit_emission_time"
        } else {
            "0"
        };
        let top_level = if self.has(9) {
            "s.toplevel"
        } else {
            "NULL::bool"
        };
        let since = if self.has(11) {
            "s.stats_since"
        } else {
            "NULL::timestamptz"
        };
        format!(
            "/* bitville-pgagent */
            SELECT s.userid, s.dbid, s.queryid, {top_level} AS toplevel, {since} AS since, s.calls, s.rows,
                   (1000 * ({execution}))::int8 AS execution_us, (1000 * ({planning}))::int8 AS planning_us,
                   (1000 * ({io}{temporary_io}))::int8 AS io_us, (1000 * ({jit}))::int8 AS jit_us,
                   s.shared_blks_hit + s.local_blks_hit AS hit, s.shared_blks_read + s.local_blks_read AS read,
                   s.shared_blks_dirtied + s.local_blks_dirtied AS dirtied,
                   s.shared_blks_written + s.local_blks_written AS written,
                   s.temp_blks_read, s.temp_blks_written, ({wal})::int8 AS wal_bytes
              FROM {schema}.pg_stat_statements(false) AS s
             WHERE s.queryid IS NOT NULL
             LIMIT $1",
            schema = self.schema,
        )
    }

    /// The texts of these statements. Reads the file of all texts.
    pub async fn texts(
        &self,
        session: &mut Session,
        query_ids: &[i64],
    ) -> Result<Vec<(i64, String, bool)>, SessionError> {
        let query = "the texts of pg_stat_statements";
        let text = format!(
            "/* bitville-pgagent */
            SELECT DISTINCT ON (s.queryid) s.queryid, left(s.query, $2) AS query,
                   length(s.query) > $2 AS is_cut
              FROM {}.pg_stat_statements(true) AS s WHERE s.queryid = ANY ($1)",
            self.schema
        );
        let ids = &query_ids[..query_ids.len().min(TEXTS_MAX)];
        let parameters: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 2] =
            [(&ids, Type::INT8_ARRAY), (&TEXT_CHARS_MAX, Type::INT4)];
        let rows = session.ask(query, &text, &parameters).await?;
        let text = |row: &Row| {
            let query: Option<String> = row.try_get("query")?;
            let is_cut: Option<bool> = row.try_get("is_cut")?;
            Ok((
                row.try_get("queryid")?,
                query.unwrap_or_default(),
                is_cut.unwrap_or(false),
            ))
        };
        let texts = rows.iter().map(text).collect::<Result<_, _>>();
        texts.map_err(|source| SessionError::Answer { query, source })
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.version.0, self.version.1)
    }
}

// === impl Entry ===

impl Entry {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let count = |name| Ok(u64::try_from(row.try_get::<_, i64>(name)?).unwrap_or(0));
        let span = |name| Ok(Micros(row.try_get::<_, i64>(name)?));
        Ok(Self {
            key: Key {
                user: row.try_get("userid")?,
                database: row.try_get("dbid")?,
                query_id: row.try_get("queryid")?,
                is_top_level: row.try_get("toplevel")?,
            },
            since: row
                .try_get::<_, Option<Stamp>>("since")?
                .map(|stamp| stamp.0),
            counts: Counts {
                calls: count("calls")?,
                rows: count("rows")?,
                execution_us: span("execution_us")?,
                planning_us: span("planning_us")?,
                io_us: span("io_us")?,
                jit_us: span("jit_us")?,
                blocks_hit: count("hit")?,
                blocks_read: count("read")?,
                blocks_dirtied: count("dirtied")?,
                blocks_written: count("written")?,
                temporary_blocks_read: count("temp_blks_read")?,
                temporary_blocks_written: count("temp_blks_written")?,
                wal_bytes: count("wal_bytes")?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_by_the_version_of_the_extension() {
        let text = |minor| {
            let extension = Extension {
                version: (1, minor),
                schema: "public".to_owned(),
            };
            extension.counts_text()
        };
        assert!(text(4).contains("s.total_time") && !text(4).contains("wal_bytes)::int8 AS x"));
        assert!(!text(7).contains("total_exec_time") && text(8).contains("s.total_exec_time"));
        assert!(!text(8).contains("s.toplevel") && text(9).contains("s.toplevel"));
        assert!(text(10).contains("s.blk_read_time") && text(10).contains("s.temp_blk_read_time"));
        assert!(text(11).contains("s.shared_blk_read_time") && text(11).contains("s.stats_since"));
        assert!(text(12).contains("s.stats_since"));
    }
}
