//! What a machine says of itself: load, CPU, memory, pressure.
//!
//! Web and database servers send the same shape; `role` tells them apart.

use serde::{Deserialize, Serialize};

use crate::time::Micros;

/// What the machine serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Web,
    Db,
}

/// One reading. Percentages are of all cores together, over `interval_us`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostMetrics {
    pub role: Role,
    pub cores: u32,
    pub load1: f64,
    pub load5: f64,
    pub load15: f64,
    /// Tasks that run or wait for a CPU at this moment.
    pub runnable: Option<u32>,
    /// Time since the last reading.
    pub interval_us: Micros,
    pub cpu: Option<Cpu>,
    pub memory: Option<Memory>,
    pub pressure: Option<Pressure>,
}

/// Where the CPUs' time went, in percent; the sum is 100 but for rounding and guests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cpu {
    pub user_percent: f64,
    pub system_percent: f64,
    pub iowait_percent: f64,
    pub steal_percent: f64,
    pub idle_percent: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    pub total_bytes: u64,
    /// What can be had without swapping (`MemAvailable`).
    pub available_bytes: u64,
    pub swap_total_bytes: u64,
    pub swap_used_bytes: u64,
}

/// Pressure stall information: the share of the interval in which some or all tasks were stalled,
/// from the totals in `/proc/pressure` (see the kernel's `Documentation/accounting/psi.rst`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pressure {
    pub cpu_some_percent: f64,
    pub io_some_percent: f64,
    pub io_full_percent: f64,
    pub memory_some_percent: f64,
    pub memory_full_percent: f64,
}

impl HostMetrics {
    pub const KIND: &'static str = "host_metrics";
}
