//! What a machine's newest reading tells beside its load, in lines.

use wire::host::{Cpu, HostMetrics, Memory, Pressure};

use crate::format;

/// Shares from which on a figure is worth a word in the list.
const PRESSURE_MIN: f64 = 20.0;
const IOWAIT_MIN: f64 = 20.0;
const STEAL_MIN: f64 = 10.0;
const MEMORY_USED_MIN: f64 = 90.0;
const DISK_USED_MIN: f64 = 90.0;

/// Members of a list that are told.
const LISTED_MAX: usize = 5;

/// What is out of the ordinary, in a few words each.
pub(super) fn notes(reading: &HostMetrics) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |name: &str, percent: f64, least: f64| {
        if percent >= least {
            notes.push(format!("{name} {percent:.0} %"));
        }
    };
    if let Some(cpu) = &reading.cpu {
        note("iowait", cpu.iowait_percent, IOWAIT_MIN);
        note("stolen", cpu.steal_percent, STEAL_MIN);
    }
    if let Some(pressure) = &reading.pressure {
        note("CPU pressure", pressure.cpu_some_percent, PRESSURE_MIN);
        note("I/O pressure", pressure.io_some_percent, PRESSURE_MIN);
        let memory = pressure.memory_some_percent;
        note("memory pressure", memory, PRESSURE_MIN);
    }
    if let Some(memory) = &reading.memory {
        note("memory used", used_percent(memory), MEMORY_USED_MIN);
    }
    if let Some(fullest) = reading.filesystems.first() {
        let name = format!("{} full", fullest.mount);
        note(&name, fullest.used_percent, DISK_USED_MIN);
    }
    notes
}

/// All of it.
pub(super) fn lines(reading: &HostMetrics) -> Vec<String> {
    let mut lines = vec![format!(
        "load {} {} {}{}",
        format::load(reading.load1),
        format::load(reading.load5),
        format::load(reading.load15),
        reading
            .runnable
            .map(|it| format!(", {it} tasks run or wait for a CPU"))
            .unwrap_or_default()
    )];
    lines.extend(reading.cpu.as_ref().map(cpu));
    lines.extend(reading.pressure.as_ref().map(pressure));
    lines.extend(reading.memory.as_ref().map(memory));
    for disk in reading.disks.iter().take(LISTED_MAX) {
        lines.push(format!(
            "disk {}: busy {:.0} %, reads {}/s, writes {}/s, {:.1} under way",
            disk.name,
            disk.busy_percent,
            format::bytes(whole(disk.read_bytes_per_s)),
            format::bytes(whole(disk.written_bytes_per_s)),
            disk.queue
        ));
    }
    for it in reading.filesystems.iter().take(LISTED_MAX) {
        lines.push(format!(
            "{}: {:.0} % full, {} left",
            it.mount,
            it.used_percent,
            format::bytes(it.available_bytes)
        ));
    }
    for process in reading.top_cpu.iter().take(LISTED_MAX) {
        let Some(percent) = process.cpu_percent else {
            continue;
        };
        let pool = process
            .pool
            .as_ref()
            .map(|pool| format!(" of pool {pool}"))
            .unwrap_or_default();
        lines.push(format!(
            "{percent:.0} % of a core: pid {} {}{pool}, {}",
            process.pid,
            process.name,
            format::bytes(process.resident_bytes)
        ));
    }
    lines
}

fn cpu(cpu: &Cpu) -> String {
    format!(
        "CPU: user {:.0} %, system {:.0} %, iowait {:.0} %, stolen {:.0} %, idle {:.0} %",
        cpu.user_percent,
        cpu.system_percent,
        cpu.iowait_percent,
        cpu.steal_percent,
        cpu.idle_percent
    )
}

fn pressure(it: &Pressure) -> String {
    format!(
        "stalled (PSI): CPU {:.0} %, I/O {:.0} % (all {:.0} %), memory {:.0} % (all {:.0} %)",
        it.cpu_some_percent,
        it.io_some_percent,
        it.io_full_percent,
        it.memory_some_percent,
        it.memory_full_percent
    )
}

fn memory(memory: &Memory) -> String {
    format!(
        "memory: {} of {} to be had, swap {} of {} used",
        format::bytes(memory.available_bytes),
        format::bytes(memory.total_bytes),
        format::bytes(memory.swap_used_bytes),
        format::bytes(memory.swap_total_bytes)
    )
}

fn used_percent(memory: &Memory) -> f64 {
    let total = memory.total_bytes.max(1) as f64;
    (1.0 - memory.available_bytes as f64 / total) * 100.0
}

fn whole(amount: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast saturates, and a rate is not negative"
    )]
    let whole = amount as u64;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading() -> HostMetrics {
        serde_json::from_value(serde_json::json!({
            "role": "db", "cores": 4, "load1": 9.0, "load5": 4.0, "load15": 1.0, "interval_us": 10_000_000,
            "cpu": {"user_percent": 10.0, "system_percent": 5.0, "iowait_percent": 45.0,
                "steal_percent": 0.0, "idle_percent": 40.0},
            "pressure": {"cpu_some_percent": 3.0, "io_some_percent": 71.0, "io_full_percent": 60.0,
                "memory_some_percent": 0.0, "memory_full_percent": 0.0},
            "memory": {"total_bytes": 8_589_934_592_u64, "available_bytes": 429_496_729,
                "swap_total_bytes": 0, "swap_used_bytes": 0},
        }))
        .expect("a reading")
    }

    #[test]
    fn what_is_out_of_the_ordinary_is_told_in_the_list() {
        let wanted = ["iowait 45 %", "I/O pressure 71 %", "memory used 95 %"];
        assert_eq!(notes(&reading()), wanted);
    }

    #[test]
    fn all_of_a_reading_is_told_below() {
        let lines = lines(&reading());
        assert_eq!(lines[0], "load 9.0 4.0 1.0");
        assert!(lines[1].starts_with("CPU: user 10 %"), "{lines:?}");
        assert!(lines[2].contains("I/O 71 % (all 60 %)"), "{lines:?}");
        assert!(
            lines[3].starts_with("memory: 409.6 MiB of 8.0 GiB"),
            "{lines:?}"
        );
    }
}
