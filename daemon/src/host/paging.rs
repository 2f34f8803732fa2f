//! What goes between memory and disk.

use std::time::Duration;

use wire::host::Paging;

use super::per_second;

/// Totals since boot, from `/proc/vmstat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paged {
    pub swapped_in_bytes: u64,
    pub swapped_out_bytes: u64,
    pub major_faults: u64,
}

// === impl Paged ===

impl Paged {
    pub(super) fn take() -> Option<Self> {
        let totals = procfs::vmstat().ok()?;
        let total = |name: &str| {
            totals
                .get(name)
                .and_then(|total| u64::try_from(*total).ok())
        };
        Some(Self {
            swapped_in_bytes: total("pswpin")? * procfs::page_size(),
            swapped_out_bytes: total("pswpout")? * procfs::page_size(),
            major_faults: total("pgmajfault")?,
        })
    }

    pub(super) fn since(self, earlier: Self, interval: Duration) -> Option<Paging> {
        let rate = |earlier, now| per_second(earlier, now, interval);
        Some(Paging {
            swapped_in_bytes_per_s: rate(earlier.swapped_in_bytes, self.swapped_in_bytes)?,
            swapped_out_bytes_per_s: rate(earlier.swapped_out_bytes, self.swapped_out_bytes)?,
            major_faults_per_s: rate(earlier.major_faults, self.major_faults)?,
        })
    }
}
