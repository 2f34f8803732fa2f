//! The processes that take most CPU and those that hold most memory.
//!
//! One file is read per process. On a machine with more of them than the bound, those with the lowest
//! numbers are looked at, and the count of all says that there were others.

use std::collections::HashMap;
use std::time::Duration;

use procfs::WithCurrentSystemInfo;
use wire::host::Process;

use super::round;

/// Processes that are looked at: some 10 µs each, so 4 % of a core at the densest.
const PROCESSES_MAX: usize = 4_096;

/// Processes of one list.
const TOP_MAX: usize = 10;

/// What a worker of PHP-FPM calls itself before its pool.
const POOL_TITLE: &str = "php-fpm: pool ";

/// What the kernel calls such a worker begins with this.
const POOL_NAME: &str = "php-fpm";

/// Longer names of pools are cut.
const POOL_CHARS_MAX: usize = 64;

/// All processes of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Processes {
    pub seen: HashMap<Identity, Seen>,
    pub all: usize,
}

/// A process by its number and the time of its start: numbers are used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    pub pid: i32,
    pub started_ticks: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub name: String,
    pub user_id: u32,
    pub state: char,
    pub cpu_ticks: u64,
    pub resident_bytes: u64,
}

// === impl Processes ===

impl Processes {
    /// Empty where `/proc` can't be listed. Who ends while we look is left out.
    pub(super) fn take() -> Self {
        let Ok(all) = procfs::process::all_processes() else {
            return Self::default();
        };
        let mut processes = Self::default();
        for process in all.flatten() {
            processes.all += 1;
            if processes.seen.len() < PROCESSES_MAX
                && let (Ok(stat), Ok(user_id)) = (process.stat(), process.uid())
            {
                let identity = Identity {
                    pid: stat.pid,
                    started_ticks: stat.starttime,
                };
                let seen = Seen {
                    user_id,
                    state: stat.state,
                    cpu_ticks: stat.utime + stat.stime,
                    resident_bytes: stat.rss_bytes().get(),
                    name: stat.comm,
                };
                processes.seen.insert(identity, seen);
            }
        }
        processes
    }

    pub(super) fn count(&self) -> Option<u32> {
        (self.all > 0).then(|| u32::try_from(self.all).unwrap_or(u32::MAX))
    }

    /// Who took most CPU since, and who holds most memory.
    pub(super) fn top(&self, earlier: &Self, interval: Duration) -> (Vec<Process>, Vec<Process>) {
        let hertz = procfs::ticks_per_second();
        let all: Vec<(Identity, Option<f64>, &Seen)> = self
            .seen
            .iter()
            .map(|(identity, now)| {
                let before = earlier.seen.get(identity);
                let percent = before.and_then(|before| {
                    let ticks = now.cpu_ticks.checked_sub(before.cpu_ticks)?;
                    let seconds = ticks as f64 / hertz as f64;
                    (!interval.is_zero()).then(|| round(100.0 * seconds / interval.as_secs_f64()))
                });
                (*identity, percent, now)
            })
            .collect();
        let cpu = |entry: &(Identity, Option<f64>, &Seen)| entry.1.unwrap_or_default();
        let mut by_cpu: Vec<_> = all.iter().filter(|entry| cpu(entry) > 0.0).collect();
        by_cpu.sort_by(|a, b| cpu(b).total_cmp(&cpu(a)).then(a.0.pid.cmp(&b.0.pid)));
        let mut by_memory: Vec<_> = all
            .iter()
            .filter(|entry| entry.2.resident_bytes > 0)
            .collect();
        by_memory.sort_by_key(|entry| (std::cmp::Reverse(entry.2.resident_bytes), entry.0.pid));
        let told = |list: Vec<&(Identity, Option<f64>, &Seen)>| {
            list.into_iter()
                .take(TOP_MAX)
                .map(|(identity, percent, seen)| tell(*identity, *percent, seen))
                .collect()
        };
        (told(by_cpu), told(by_memory))
    }
}

fn tell(identity: Identity, cpu_percent: Option<f64>, seen: &Seen) -> Process {
    Process {
        pid: identity.pid,
        name: seen.name.clone(),
        pool: seen
            .name
            .starts_with(POOL_NAME)
            .then(|| pool(identity.pid))
            .flatten(),
        user_id: seen.user_id,
        state: seen.state,
        cpu_percent,
        resident_bytes: seen.resident_bytes,
    }
}

/// The pool in a worker's title. Nothing else of any command line is read.
fn pool(pid: i32) -> Option<String> {
    let title = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
    let name = title.strip_prefix(POOL_TITLE)?;
    let name = name.trim_end_matches(['\0', ' ']);
    Some(name.chars().take(POOL_CHARS_MAX).collect())
}

#[cfg(test)]
mod tests;
