//! What a machine says of itself: load, CPU, memory, pressure.
//!
//! Web and database servers send the same shape; `role` tells them apart.

use serde::{Deserialize, Serialize};

use crate::time::Micros;

/// What the machine serves.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Web,
    Db,
}

/// One reading. Percentages are of all cores together, over `interval_us`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Tasks that can't be interrupted: they wait for a disk, mostly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paging: Option<Paging>,
    /// Whole devices that did something in the interval, the busiest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disks: Vec<Disk>,
    /// What room there is on the machine's own disks, the fullest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filesystems: Vec<Filesystem>,
    /// Interfaces but loopback that carried something in the interval, the busiest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nets: Vec<Net>,
    /// All processes that there were, also those that were not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processes: Option<u32>,
    /// The processes that took most CPU in the interval, and those that hold most memory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub top_cpu: Vec<Process>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub top_memory: Vec<Process>,
}

/// What went between memory and disk, from `/proc/vmstat`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Paging {
    pub swapped_in_bytes_per_s: f64,
    pub swapped_out_bytes_per_s: f64,
    /// Faults that had to wait for a disk.
    pub major_faults_per_s: f64,
}

/// One disk over the interval, from `/proc/diskstats`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Disk {
    pub name: String,
    pub read_bytes_per_s: f64,
    pub written_bytes_per_s: f64,
    pub reads_per_s: f64,
    pub writes_per_s: f64,
    /// Share of the interval in which at least one operation was under way.
    pub busy_percent: f64,
    /// Operations under way on average.
    pub queue: f64,
}

/// One file system.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Filesystem {
    /// Where it is mounted.
    pub mount: String,
    pub total_bytes: u64,
    /// To anybody but root.
    pub available_bytes: u64,
    /// As `df` reckons.
    pub used_percent: f64,
    /// Where it has a fixed number of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inodes_used_percent: Option<f64>,
}

/// One network interface over the interval, from `/proc/net/dev`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Net {
    pub name: String,
    pub received_bytes_per_s: f64,
    pub sent_bytes_per_s: f64,
    pub received_packets_per_s: f64,
    pub sent_packets_per_s: f64,
    /// Errors and drops of both directions in the interval.
    pub errors: u64,
    pub drops: u64,
}

/// One process, from `/proc/PID/stat`. Arguments stay on the machine: they may hold secrets.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Process {
    pub pid: i32,
    /// As the kernel has it, at most 15 bytes.
    pub name: String,
    /// The pool of a PHP-FPM worker, by its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    pub user_id: u32,
    /// As in `/proc`: `R` runs, `D` waits for a disk, `S` sleeps.
    pub state: char,
    /// Of one core, over the interval; absent for one that was not there before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_percent: Option<f64>,
    pub resident_bytes: u64,
}

/// Where the CPUs' time went, in percent; the sum is 100 but for rounding and guests.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cpu {
    pub user_percent: f64,
    pub system_percent: f64,
    pub iowait_percent: f64,
    pub steal_percent: f64,
    pub idle_percent: f64,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pressure {
    pub cpu_some_percent: f64,
    pub io_some_percent: f64,
    pub io_full_percent: f64,
    pub memory_some_percent: f64,
    pub memory_full_percent: f64,
}

impl Pressure {
    /// How much of the time nothing got on, for want of memory or disk: the greater of both, since they may be at
    /// the same time.
    pub fn stalled_percent(&self) -> f64 {
        self.memory_full_percent.max(self.io_full_percent)
    }
}

impl HostMetrics {
    pub const KIND: &'static str = "host_metrics";
}
