//! Network interfaces but loopback.

use std::collections::BTreeMap;
use std::time::Duration;

use wire::host::Net;

use super::per_second;

/// Interfaces of one record: a host of containers has hundreds, the busiest are told.
const NETS_MAX: usize = 16;

/// Totals since the interface is there, by name, from `/proc/net/dev`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetTotals(pub BTreeMap<String, NetTotal>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetTotal {
    pub received_bytes: u64,
    pub sent_bytes: u64,
    pub received_packets: u64,
    pub sent_packets: u64,
    pub errors: u64,
    pub drops: u64,
}

// === impl NetTotals ===

impl NetTotals {
    /// Empty where the kernel does not tell.
    pub(super) fn take() -> Self {
        let nets = procfs::net::dev_status().unwrap_or_default();
        let others = nets.into_values().filter(|net| net.name != "lo");
        let totals = others.map(|net| {
            let total = NetTotal {
                received_bytes: net.recv_bytes,
                sent_bytes: net.sent_bytes,
                received_packets: net.recv_packets,
                sent_packets: net.sent_packets,
                errors: net.recv_errs.saturating_add(net.sent_errs),
                drops: net.recv_drop.saturating_add(net.sent_drop),
            };
            (net.name, total)
        });
        Self(totals.collect())
    }

    /// What was carried in between, by those that carried anything.
    pub(super) fn since(&self, earlier: &Self, interval: Duration) -> Vec<Net> {
        let nets = self.0.iter().filter_map(|(name, now)| {
            let earlier = earlier.0.get(name).filter(|earlier| *earlier != now)?;
            now.since(*earlier, name, interval)
        });
        let mut nets: Vec<Net> = nets.collect();
        let bytes = |net: &Net| net.received_bytes_per_s + net.sent_bytes_per_s;
        nets.sort_by(|a, b| bytes(b).total_cmp(&bytes(a)));
        nets.truncate(NETS_MAX);
        nets
    }
}

// === impl NetTotal ===

impl NetTotal {
    fn since(self, earlier: Self, name: &str, interval: Duration) -> Option<Net> {
        let rate = |earlier, now| per_second(earlier, now, interval);
        Some(Net {
            name: name.to_owned(),
            received_bytes_per_s: rate(earlier.received_bytes, self.received_bytes)?,
            sent_bytes_per_s: rate(earlier.sent_bytes, self.sent_bytes)?,
            received_packets_per_s: rate(earlier.received_packets, self.received_packets)?,
            sent_packets_per_s: rate(earlier.sent_packets, self.sent_packets)?,
            errors: self.errors.saturating_sub(earlier.errors),
            drops: self.drops.saturating_sub(earlier.drops),
        })
    }
}
