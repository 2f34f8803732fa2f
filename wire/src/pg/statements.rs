//! What statements cost since the last look: `pg_stat_statements`, as differences.

use serde::{Deserialize, Serialize};

use crate::sql::Fingerprint;
use crate::time::Micros;

/// What was added in an interval, statement by statement, those that took most first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Statements {
    /// Since the look before.
    pub interval_us: Micros,
    /// The version of the extension.
    pub version: String,
    pub statements: Vec<Statement>,
    /// What was added by statements that are not listed.
    #[serde(default)]
    pub others: Counts,
    pub others_count: u32,
    /// Statements that the extension knows, and how many it can.
    pub known: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_max: Option<u32>,
    /// Entries that were pushed out for lack of room since the look before: what they had is not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evictions: Option<u64>,
    /// Somebody has reset the statistics in the interval: what was before it is not counted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_reset: bool,
}

/// One statement of one user in one database.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// A signed 64-bit number, as text: JSON readers round it.
    pub query_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Whether a client sent it, and no function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_top_level: Option<bool>,
    /// Once its text is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// Normalized; told now and then, as it does not change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    #[serde(flatten)]
    pub counts: Counts,
}

/// What a statement did and took. Figures that the version does not have are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    pub calls: u64,
    pub rows: u64,
    pub execution_us: Micros,
    pub planning_us: Micros,
    /// Time of reading and writing blocks, with `track_io_timing`.
    pub io_us: Micros,
    pub jit_us: Micros,
    pub blocks_hit: u64,
    pub blocks_read: u64,
    pub blocks_dirtied: u64,
    pub blocks_written: u64,
    pub temporary_blocks_read: u64,
    pub temporary_blocks_written: u64,
    pub wal_bytes: u64,
}

impl Statements {
    pub const KIND: &'static str = "pg_statements";
}

impl Counts {
    /// Adds another one's figures.
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.rows += other.rows;
        self.execution_us = self.execution_us + other.execution_us;
        self.planning_us = self.planning_us + other.planning_us;
        self.io_us = self.io_us + other.io_us;
        self.jit_us = self.jit_us + other.jit_us;
        self.blocks_hit += other.blocks_hit;
        self.blocks_read += other.blocks_read;
        self.blocks_dirtied += other.blocks_dirtied;
        self.blocks_written += other.blocks_written;
        self.temporary_blocks_read += other.temporary_blocks_read;
        self.temporary_blocks_written += other.temporary_blocks_written;
        self.wal_bytes += other.wal_bytes;
    }

    /// What was added since an earlier look; none if any figure has become less, which no figure does of
    /// itself: the entry is another one by now.
    pub fn since(&self, earlier: &Self) -> Option<Self> {
        let span = |now: Micros, then: Micros| (now >= then).then(|| now - then);
        Some(Self {
            calls: self.calls.checked_sub(earlier.calls)?,
            rows: self.rows.checked_sub(earlier.rows)?,
            execution_us: span(self.execution_us, earlier.execution_us)?,
            planning_us: span(self.planning_us, earlier.planning_us)?,
            io_us: span(self.io_us, earlier.io_us)?,
            jit_us: span(self.jit_us, earlier.jit_us)?,
            blocks_hit: self.blocks_hit.checked_sub(earlier.blocks_hit)?,
            blocks_read: self.blocks_read.checked_sub(earlier.blocks_read)?,
            blocks_dirtied: self.blocks_dirtied.checked_sub(earlier.blocks_dirtied)?,
            blocks_written: self.blocks_written.checked_sub(earlier.blocks_written)?,
            temporary_blocks_read: self
                .temporary_blocks_read
                .checked_sub(earlier.temporary_blocks_read)?,
            temporary_blocks_written: self
                .temporary_blocks_written
                .checked_sub(earlier.temporary_blocks_written)?,
            wal_bytes: self.wal_bytes.checked_sub(earlier.wal_bytes)?,
        })
    }
}
