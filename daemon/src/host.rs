//! What the machine says of itself, from `/proc`: load, CPU time, memory, pressure, disks, network, and the
//! processes that take most.
//!
//! A [`Reading`] is a set of totals since boot; two of them make a [`HostMetrics`], by arithmetic
//! that knows no file. What has begun or gone between them has no rate. What the kernel does not offer (pressure before 4.20 or with `psi=0`) is
//! absent, never zero.

mod disks;
mod filesystems;
mod nets;
mod pace;
mod paging;
mod processes;

pub use pace::Pace;

use procfs::{
    CpuPressure, Current, CurrentSI, IoPressure, KernelStats, LoadAverage, Meminfo, MemoryPressure,
};
use std::time::Duration;

use thiserror::Error;
use wire::host::{Cpu, Filesystem, HostMetrics, Memory, Pressure, Role};
use wire::time::Micros;

use crate::clock::{Clock, Monotonic, micros};

use disks::DiskTotals;
use nets::NetTotals;
use paging::Paged;
use processes::Processes;

/// Why there is no reading.
#[derive(Debug, Error)]
pub enum HostError {
    #[error("/proc/loadavg can't be read")]
    Load(#[source] procfs::ProcError),
    #[error("/proc/stat can't be read")]
    Stat(#[source] procfs::ProcError),
}

/// The machine's state and totals at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub at: Monotonic,
    pub cores: u32,
    pub load1: f64,
    pub load5: f64,
    pub load15: f64,
    pub runnable: Option<u32>,
    pub blocked: Option<u32>,
    pub cpu: CpuTicks,
    pub memory: Option<Memory>,
    pub stalled: Option<StalledMicros>,
    pub paged: Option<Paged>,
    pub disks: DiskTotals,
    pub filesystems: Vec<Filesystem>,
    pub nets: NetTotals,
    pub processes: Processes,
}

/// CPU time since boot, of all cores, in the kernel's ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTicks {
    pub user: u64,
    pub system: u64,
    pub iowait: u64,
    pub steal: u64,
    pub idle: u64,
}

/// Time since boot in which some or all tasks were stalled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StalledMicros {
    pub cpu_some: u64,
    pub io_some: u64,
    pub io_full: u64,
    pub memory_some: u64,
    pub memory_full: u64,
}

/// Turns readings of this machine into metrics, each over the time since the one before.
#[derive(Debug)]
pub struct Host {
    role: Role,
    clock: Clock,
    last: Reading,
}

// === impl Host ===

impl Host {
    /// Takes the reading that the first metrics are counted from.
    pub fn open(role: Role, clock: Clock) -> Result<Self, HostError> {
        let last = Reading::take(clock.monotonic())?;
        Ok(Self { role, clock, last })
    }

    /// The machine since the last call.
    pub fn metrics(&mut self) -> Result<HostMetrics, HostError> {
        let current = Reading::take(self.clock.monotonic())?;
        let previous = std::mem::replace(&mut self.last, current);
        Ok(between(self.role, &previous, &self.last))
    }
}

// === impl Reading ===

impl Reading {
    fn take(at: Monotonic) -> Result<Self, HostError> {
        let load = LoadAverage::current().map_err(HostError::Load)?;
        let stat = KernelStats::current().map_err(HostError::Stat)?;
        let total = &stat.total;
        Ok(Self {
            at,
            cores: u32::try_from(stat.cpu_time.len()).unwrap_or(u32::MAX),
            load1: tidy(load.one),
            load5: tidy(load.five),
            load15: tidy(load.fifteen),
            runnable: stat.procs_running,
            cpu: CpuTicks {
                // The kernel counts guests' time in user and nice already.
                user: total.user + total.nice,
                system: total.system + total.irq.unwrap_or(0) + total.softirq.unwrap_or(0),
                iowait: total.iowait.unwrap_or(0),
                steal: total.steal.unwrap_or(0),
                idle: total.idle,
            },
            blocked: stat.procs_blocked,
            memory: memory(),
            stalled: stalled(),
            paged: Paged::take(),
            disks: DiskTotals::take(),
            filesystems: filesystems::take(),
            nets: NetTotals::take(),
            processes: Processes::take(),
        })
    }
}

// === impl CpuTicks ===

impl CpuTicks {
    fn since(self, earlier: Self) -> Self {
        // The kernel's iowait may run backwards by a tick; nothing else should.
        Self {
            user: self.user.saturating_sub(earlier.user),
            system: self.system.saturating_sub(earlier.system),
            iowait: self.iowait.saturating_sub(earlier.iowait),
            steal: self.steal.saturating_sub(earlier.steal),
            idle: self.idle.saturating_sub(earlier.idle),
        }
    }

    fn sum(self) -> u64 {
        self.user + self.system + self.iowait + self.steal + self.idle
    }
}

/// What happened between two readings.
pub fn between(role: Role, previous: &Reading, current: &Reading) -> HostMetrics {
    let interval = current.at - previous.at;
    let interval_us = micros(interval);
    let (top_cpu, top_memory) = current.processes.top(&previous.processes, interval);
    HostMetrics {
        role,
        cores: current.cores,
        load1: current.load1,
        load5: current.load5,
        load15: current.load15,
        runnable: current.runnable,
        interval_us,
        cpu: cpu_percent(previous.cpu, current.cpu),
        memory: current.memory,
        pressure: previous
            .stalled
            .zip(current.stalled)
            .and_then(|(previous, current)| pressure_percent(previous, current, interval_us)),
        blocked: current.blocked,
        paging: previous
            .paged
            .zip(current.paged)
            .and_then(|(previous, current)| current.since(previous, interval)),
        disks: current.disks.since(&previous.disks, interval),
        filesystems: current.filesystems.clone(),
        nets: current.nets.since(&previous.nets, interval),
        processes: current.processes.count(),
        top_cpu,
        top_memory,
    }
}

/// Absent if no tick has passed: a share of nothing is unknown.
fn cpu_percent(previous: CpuTicks, current: CpuTicks) -> Option<Cpu> {
    let spent = current.since(previous);
    let sum = spent.sum();
    let percent = |ticks: u64| round(100.0 * ticks as f64 / sum as f64);
    (sum > 0).then(|| Cpu {
        user_percent: percent(spent.user),
        system_percent: percent(spent.system),
        iowait_percent: percent(spent.iowait),
        steal_percent: percent(spent.steal),
        idle_percent: percent(spent.idle),
    })
}

fn pressure_percent(
    previous: StalledMicros,
    current: StalledMicros,
    interval_us: Micros,
) -> Option<Pressure> {
    let percent = |current: u64, previous: u64| {
        let stalled = current.saturating_sub(previous) as f64;
        // The two files are read a moment after the clock, so a full stall may measure above 100.
        round((100.0 * stalled / interval_us.0 as f64).min(100.0))
    };
    (interval_us.0 > 0).then(|| Pressure {
        cpu_some_percent: percent(current.cpu_some, previous.cpu_some),
        io_some_percent: percent(current.io_some, previous.io_some),
        io_full_percent: percent(current.io_full, previous.io_full),
        memory_some_percent: percent(current.memory_some, previous.memory_some),
        memory_full_percent: percent(current.memory_full, previous.memory_full),
    })
}

fn memory() -> Option<Memory> {
    let info = Meminfo::current().ok()?;
    Some(Memory {
        total_bytes: info.mem_total,
        available_bytes: info.mem_available?,
        swap_total_bytes: info.swap_total,
        swap_used_bytes: info.swap_total.saturating_sub(info.swap_free),
    })
}

fn stalled() -> Option<StalledMicros> {
    let io = IoPressure::current().ok()?;
    let memory = MemoryPressure::current().ok()?;
    Some(StalledMicros {
        cpu_some: CpuPressure::current().ok()?.some.total,
        io_some: io.some.total,
        io_full: io.full.total,
        memory_some: memory.some.total,
        memory_full: memory.full.total,
    })
}

/// How much a total has grown per second. None if no time has passed, or if it has shrunk: then it counts
/// something else than before.
fn per_second(previous: u64, current: u64, interval: Duration) -> Option<f64> {
    let grown = current.checked_sub(previous)?;
    (!interval.is_zero()).then(|| round(grown as f64 / interval.as_secs_f64()))
}

/// The kernel shows two decimals; without this 0.1 would travel as 0.10000000149.
fn tidy(load: f32) -> f64 {
    round(f64::from(load))
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests;
