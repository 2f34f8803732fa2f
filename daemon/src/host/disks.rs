//! Disks: whole devices, no partitions, and none that live in memory or in files.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use wire::host::Disk;

use super::{per_second, round};

/// Disks of one record; the busiest are told.
const DISKS_MAX: usize = 16;

/// The kernel counts sectors of this size, whatever the device has.
const SECTOR_BYTES: u64 = 512;

/// Totals since boot by name, from `/proc/diskstats`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiskTotals(pub BTreeMap<String, DiskTotal>);

/// See the kernel's `Documentation/admin-guide/iostats.rst`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskTotal {
    pub reads: u64,
    pub writes: u64,
    pub read_bytes: u64,
    pub written_bytes: u64,
    /// Time with an operation under way, and the sum of all operations' times.
    pub busy_ms: u64,
    pub weighted_ms: u64,
}

// === impl DiskTotals ===

impl DiskTotals {
    /// Empty where the kernel does not tell.
    pub(super) fn take() -> Self {
        let disks = procfs::diskstats().unwrap_or_default();
        let whole = disks.into_iter().filter(|disk| {
            let is_real = !disk.name.starts_with("loop") && !disk.name.starts_with("ram");
            is_real && Path::new("/sys/block").join(&disk.name).exists()
        });
        let totals = whole.map(|disk| {
            let total = DiskTotal {
                reads: disk.reads,
                writes: disk.writes,
                read_bytes: disk.sectors_read.saturating_mul(SECTOR_BYTES),
                written_bytes: disk.sectors_written.saturating_mul(SECTOR_BYTES),
                busy_ms: disk.time_in_progress,
                weighted_ms: disk.weighted_time_in_progress,
            };
            (disk.name, total)
        });
        Self(totals.collect())
    }

    /// What was done in between, by those that did anything.
    pub(super) fn since(&self, earlier: &Self, interval: Duration) -> Vec<Disk> {
        let disks = self.0.iter().filter_map(|(name, now)| {
            let earlier = earlier.0.get(name).filter(|earlier| *earlier != now)?;
            now.since(*earlier, name, interval)
        });
        let mut disks: Vec<Disk> = disks.collect();
        disks.sort_by(|a, b| b.busy_percent.total_cmp(&a.busy_percent));
        disks.truncate(DISKS_MAX);
        disks
    }
}

// === impl DiskTotal ===

impl DiskTotal {
    fn since(self, earlier: Self, name: &str, interval: Duration) -> Option<Disk> {
        let rate = |earlier, now| per_second(earlier, now, interval);
        Some(Disk {
            name: name.to_owned(),
            read_bytes_per_s: rate(earlier.read_bytes, self.read_bytes)?,
            written_bytes_per_s: rate(earlier.written_bytes, self.written_bytes)?,
            reads_per_s: rate(earlier.reads, self.reads)?,
            writes_per_s: rate(earlier.writes, self.writes)?,
            // Milliseconds per second are tenths of a percent; a late reading may measure above all.
            busy_percent: round((rate(earlier.busy_ms, self.busy_ms)? / 10.0).min(100.0)),
            queue: round(rate(earlier.weighted_ms, self.weighted_ms)? / 1_000.0),
        })
    }
}
