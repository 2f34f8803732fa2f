//! Records in the order in which they came: what the forwarder reads.

use std::sync::Arc;

use uuid::Uuid;
use wire::time::Instant;

use crate::db::DbError;
use crate::db::reader::DayReader;

/// A record as it lies there.
#[derive(Debug)]
pub(crate) struct Followed<'r> {
    pub(crate) record_id: i64,
    pub(crate) event_id: Uuid,
    pub(crate) kind_id: i64,
    pub(crate) source_id: i64,
    pub(crate) at_us: Instant,
    pub(crate) given_at_us: Option<Instant>,
    pub(crate) received_at_us: Instant,
    pub(crate) zstd: &'r [u8],
}

/// The names that records have the numbers of.
#[derive(Debug)]
pub(crate) struct NamesOfDay {
    kinds: Vec<(i64, Arc<str>)>,
    sources: Vec<(i64, (String, String))>,
}

// === impl DayReader ===

impl DayReader {
    /// Gives records after one, through another, in their order, until `take` says that it has enough.
    pub(crate) fn follow(
        &self,
        after_id: i64,
        through_id: i64,
        mut take: impl FnMut(&Followed<'_>) -> Result<bool, DbError>,
    ) -> Result<(), DbError> {
        let sql = "SELECT record.id, event_id, kind_id, source_id, at_us, given_at_us,
                   received_at_us, body.zstd
                   FROM record JOIN body ON body.record_id = record.id
                   WHERE record.id > ?1 AND record.id <= ?2 ORDER BY record.id";
        let mut failed = Ok(());
        self.each(sql, (after_id, through_id), |row| {
            let followed = Followed {
                record_id: row.get(0)?,
                event_id: Uuid::from_bytes(row.get(1)?),
                kind_id: row.get(2)?,
                source_id: row.get(3)?,
                at_us: Instant(row.get(4)?),
                given_at_us: row.get::<_, Option<i64>>(5)?.map(Instant),
                received_at_us: Instant(row.get(6)?),
                zstd: row.get_ref(7)?.as_blob()?,
            };
            Ok(take(&followed).unwrap_or_else(|error| {
                failed = Err(error);
                false
            }))
        })?;
        failed
    }

    pub(crate) fn names(&self) -> Result<NamesOfDay, DbError> {
        let kinds = self.rows("SELECT id, name FROM kind ORDER BY id", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        let sql = "SELECT id, project, host FROM source ORDER BY id";
        let sources = self.rows(sql, [], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
        Ok(NamesOfDay { kinds, sources })
    }

    /// The newest record; 0 if there is none.
    pub(crate) fn last_id(&self) -> Result<i64, DbError> {
        let last = self.row("SELECT max(id) FROM record", [], |row| row.get(0))?;
        Ok(last.flatten().unwrap_or(0))
    }

    /// How many records came after one.
    pub(crate) fn records_after(&self, record_id: i64) -> Result<u64, DbError> {
        let sql = "SELECT count(*) FROM record WHERE id > ?1";
        Ok(self.row(sql, [record_id], |row| row.get(0))?.unwrap_or(0))
    }

    /// When the first record after one was received.
    pub(crate) fn received_after(&self, record_id: i64) -> Result<Option<Instant>, DbError> {
        let sql = "SELECT received_at_us FROM record WHERE id > ?1 ORDER BY id LIMIT 1";
        self.row(sql, [record_id], |row| row.get(0).map(Instant))
    }

    /// After and through which records lies what was received between two moments.
    pub(crate) fn received_between(
        &self,
        from: Instant,
        to: Instant,
    ) -> Result<Option<(i64, i64)>, DbError> {
        let sql = "SELECT min(id) - 1, max(id) FROM record
                   WHERE received_at_us >= ?1 AND received_at_us < ?2";
        let ends = self.row(sql, (from.0, to.0), |row| {
            let ends: (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
            Ok(ends.0.zip(ends.1))
        })?;
        Ok(ends.flatten())
    }

    /// Where a record is, by its id.
    pub(crate) fn record_id(&self, event_id: Uuid) -> Result<Option<i64>, DbError> {
        let sql = "SELECT id FROM record WHERE event_id = ?1";
        self.row(sql, [event_id.as_bytes()], |row| row.get(0))
    }
}

// === impl NamesOfDay ===

impl NamesOfDay {
    pub(crate) fn kind(&self, id: i64) -> Option<&Arc<str>> {
        let at = self.kinds.binary_search_by_key(&id, |it| it.0).ok()?;
        Some(&self.kinds[at].1)
    }

    /// Project and host.
    pub(crate) fn source(&self, id: i64) -> Option<(&str, &str)> {
        let at = self.sources.binary_search_by_key(&id, |it| it.0).ok()?;
        let (project, host) = &self.sources[at].1;
        Some((project, host))
    }
}
