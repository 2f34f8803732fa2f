//! What was known of spikes when they had ended.

use rusqlite::{OptionalExtension, Row, params};
use wire::ids::SpikeId;
use wire::query::{Spike, SpikeEvidence};
use wire::time::{Instant, Micros, Range};

use super::{Meta, SPIKE_COLUMNS, spike_of};
use crate::calendar::DAY_US;
use crate::db::DbError;
use crate::limits;
use crate::unzip;

/// Fast to write, and a fifth of the text.
const ZSTD_LEVEL: i32 = 3;

/// Evidence as it was kept.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) evidence: SpikeEvidence,
    /// Where the data that it was made of begins.
    pub(crate) from_at_us: Instant,
    /// Whether no data came since that may change it.
    pub(crate) is_current: bool,
}

// === impl Meta ===

impl Meta {
    pub(crate) fn evidence(&self, id: SpikeId) -> Result<Option<Kept>, DbError> {
        let inner = self.lock();
        let sql = "SELECT from_at_us, doubted_at_us, zstd FROM evidence WHERE spike_id = ?1";
        let mut statement = inner.connection.prepare_cached(sql)?;
        let row = |row: &Row<'_>| {
            let doubted: Option<i64> = row.get(1)?;
            Ok((row.get(0)?, doubted.is_none(), row.get::<_, Vec<u8>>(2)?))
        };
        let Some((from_at_us, is_current, zstd)) = statement.query_row([id.0], row).optional()?
        else {
            return Ok(None);
        };
        drop(statement);
        drop(inner);
        let broken = |detail: String| DbError::Body { detail };
        let text = unzip::plain(&zstd, limits::EVIDENCE_BYTES_MAX)
            .map_err(|error| broken(format!("evidence of spike {}: {error}", id.0)))?;
        let evidence = serde_json::from_slice(&text)
            .map_err(|error| broken(format!("evidence of spike {}: {error}", id.0)))?;
        Ok(Some(Kept {
            evidence,
            from_at_us: Instant(from_at_us),
            is_current,
        }))
    }

    /// Keeps evidence in the place of what was kept. That of more than the bound is not kept, and `false` told.
    pub(crate) fn keep_evidence(&self, evidence: &SpikeEvidence) -> Result<bool, DbError> {
        let broken = |detail: String| DbError::Body { detail };
        let text = serde_json::to_vec(evidence).map_err(|error| broken(error.to_string()))?;
        if text.len() > limits::EVIDENCE_BYTES_MAX {
            return Ok(false);
        }
        let zstd = zstd::bulk::compress(&text, ZSTD_LEVEL).map_err(|e| broken(e.to_string()))?;
        // What is compared with an earlier day was told then; the time before is what it stands on.
        let baseline = evidence.suspects.first().map(|it| it.baseline.from_at_us);
        let from_at_us = baseline.unwrap_or(evidence.spike.begin_at_us);
        let inner = self.lock();
        inner.connection.execute(
            "INSERT OR REPLACE INTO evidence (spike_id, judged_at_us, from_at_us, zstd)
             SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (SELECT 1 FROM spike WHERE id = ?1)",
            params![
                evidence.spike.id.0,
                evidence.judged_at_us.0,
                from_at_us.0,
                zstd
            ],
        )?;
        self.count_change();
        Ok(true)
    }

    /// Doubts the evidence of spikes that data of that time may change: it lies in them, in what is before them,
    /// or in the same time of an earlier day.
    pub(crate) fn doubt_evidence(
        &self,
        news: Range,
        before: Micros,
        now: Instant,
    ) -> Result<(), DbError> {
        let inner = self.lock();
        let touches = |days: i64| {
            let back = days * DAY_US;
            format!(
                "(spike.begin_at_us - {back} - ?3 - 4 * (spike.end_at_us - spike.begin_at_us) <= ?2
                  AND spike.end_at_us - {back} + ?3 >= ?1)"
            )
        };
        let sql = format!(
            "UPDATE evidence SET doubted_at_us = ?4 WHERE spike_id IN
             (SELECT id FROM spike WHERE end_at_us IS NOT NULL AND ({} OR {} OR {}))",
            touches(0),
            touches(1),
            touches(7)
        );
        let params = params![news.from_at_us.0, news.to_at_us.0, before.0, now.0];
        inner.connection.prepare_cached(&sql)?.execute(params)?;
        Ok(())
    }

    /// Doubts a spike's evidence no longer.
    pub(crate) fn trust_evidence(&self, id: SpikeId) -> Result<(), DbError> {
        let inner = self.lock();
        let sql = "UPDATE evidence SET doubted_at_us = NULL WHERE spike_id = ?1";
        inner.connection.execute(sql, [id.0])?;
        Ok(())
    }

    /// The newest spike that is over and whose evidence is missing or was doubted, but for what was doubted
    /// since `calm` and what `data`, the time of the oldest record, has nothing of any more.
    pub(crate) fn evidence_due(
        &self,
        data: Instant,
        calm: Instant,
    ) -> Result<Option<Spike>, DbError> {
        let inner = self.lock();
        let mut statement = inner.connection.prepare_cached(&format!(
            "SELECT {SPIKE_COLUMNS} FROM spike LEFT JOIN evidence ON spike_id = id
             WHERE end_at_us IS NOT NULL AND ((spike_id IS NULL AND end_at_us > ?1)
              OR (from_at_us >= ?1 AND doubted_at_us <= ?2))
             ORDER BY begin_at_us DESC LIMIT 1"
        ))?;
        let spike = statement.query_row([data.0, calm.0], spike_of);
        Ok(spike.optional()?)
    }
}
