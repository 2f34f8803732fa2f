//! What watching costs: CPU time of the agent, and of the server's process that answers it.
//!
//! The kernel counts both. The server's process is looked up by the pid that the session told, as the
//! agent runs beside its server; where that is not so, the time that its answers took stands in for
//! it, which is more than they cost.

use std::time::Duration;

use procfs::process::Process;
use wire::ids::BackendPid;

/// Reads the kernel's counts, and tells what was added since the last reading.
#[derive(Debug, Default)]
pub struct CostMeter {
    own: Option<Duration>,
    server: Option<(BackendPid, Duration)>,
}

/// What the server's processes are called. A pid from another machine may name anything here.
const SERVER_NAMES: [&str; 2] = ["postgres", "postmaster"];

// === impl CostMeter ===

impl CostMeter {
    /// What was spent since the last call. `asked` is how long the server took to answer.
    pub fn spent(&mut self, server: BackendPid, asked: Duration) -> Duration {
        let own = own_time();
        let own_spent = added(self.own, own);
        self.own = own;

        let time = server_time(server);
        let before = self
            .server
            .filter(|(pid, _)| *pid == server)
            .map(|(_, time)| time);
        self.server = time.map(|time| (server, time));
        let server_spent = if time.is_some() {
            added(before, time)
        } else {
            asked
        };
        own_spent + server_spent
    }
}

fn added(before: Option<Duration>, now: Option<Duration>) -> Duration {
    now.zip(before)
        .map_or(Duration::ZERO, |(now, before)| now.saturating_sub(before))
}

/// CPU time of all our threads, as fine as the kernel's tick of 10 ms: enough for an average.
fn own_time() -> Option<Duration> {
    let stat = Process::myself().ok()?.stat().ok()?;
    let ticks = stat.utime + stat.stime;
    Some(Duration::from_secs(ticks) / u32::try_from(procfs::ticks_per_second()).ok()?)
}

/// CPU time of the server's process to the nanosecond: it has one thread.
fn server_time(pid: BackendPid) -> Option<Duration> {
    let process = Process::new(pid).ok()?;
    if !SERVER_NAMES.contains(&process.stat().ok()?.comm.as_str()) {
        return None;
    }
    Some(Duration::from_nanos(
        process.schedstat().ok()?.sum_exec_runtime,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_is_no_server_is_not_read_as_one() {
        let own_pid = BackendPid::try_from(std::process::id()).unwrap();
        assert_eq!(server_time(own_pid), None);
        let asked = Duration::from_millis(7);
        assert!(CostMeter::default().spent(own_pid, asked) >= asked);
    }

    #[test]
    fn only_what_was_added_counts() {
        let second = Duration::from_secs(1);
        assert_eq!(added(Some(second), Some(3 * second)), 2 * second);
        assert_eq!(added(None, Some(second)), Duration::ZERO);
        assert_eq!(added(Some(second), Some(Duration::ZERO)), Duration::ZERO);
    }
}
