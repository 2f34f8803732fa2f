//! A machine at one moment.

use std::fmt::Write as _;

use wire::figure::bytes;
use wire::host::{HostMetrics, Process, Role};

use crate::gelf::field;
use crate::gelf::level::Level;
use crate::gelf::map::Messages;
use crate::gelf::message::Fields;

/// From this load per core on, somebody waits for a CPU.
const LOAD_PER_CORE_HIGH: f64 = 1.5;

pub(in crate::gelf) fn write(messages: &mut Messages<'_>, metrics: &HostMetrics) {
    let is_busy = metrics.load1 > LOAD_PER_CORE_HIGH * f64::from(metrics.cores.max(1));
    let level = if is_busy {
        Level::Warning
    } else {
        Level::Informational
    };
    let mut short = format!("load {:.2} on {} cores", metrics.load1, metrics.cores);
    if let Some(cpu) = &metrics.cpu {
        let busy = cpu.user_percent + cpu.system_percent;
        let _ = write!(
            short,
            ", CPU {busy:.0} %, waiting for disks {:.0} %",
            cpu.iowait_percent
        );
    }
    if let Some(memory) = &metrics.memory {
        let _ = write!(
            short,
            ", {} of memory available",
            bytes(memory.available_bytes)
        );
    }
    messages.record(level, &short, &full(metrics), |out| fields(out, metrics));
}

fn fields(out: &mut Fields<'_>, metrics: &HostMetrics) {
    let role = match metrics.role {
        Role::Web => "web",
        Role::Db => "db",
    };
    out.text(field::ROLE, role);
    out.int(field::CORES, metrics.cores);
    out.float(field::LOAD1, metrics.load1);
    out.float(field::LOAD5, metrics.load5);
    out.float(field::LOAD15, metrics.load15);
    out.int(field::RUNNABLE, metrics.runnable);
    out.int(field::BLOCKED, metrics.blocked);
    out.int(field::PROCESSES, metrics.processes);
    out.int(field::INTERVAL_US, metrics.interval_us);
    if let Some(cpu) = &metrics.cpu {
        out.float(field::CPU_USER_PERCENT, cpu.user_percent);
        out.float(field::CPU_SYSTEM_PERCENT, cpu.system_percent);
        out.float(field::CPU_IOWAIT_PERCENT, cpu.iowait_percent);
        out.float(field::CPU_STEAL_PERCENT, cpu.steal_percent);
        out.float(field::CPU_IDLE_PERCENT, cpu.idle_percent);
    }
    if let Some(memory) = &metrics.memory {
        out.int(field::MEMORY_TOTAL_BYTES, memory.total_bytes);
        out.int(field::MEMORY_AVAILABLE_BYTES, memory.available_bytes);
        out.int(field::SWAP_TOTAL_BYTES, memory.swap_total_bytes);
        out.int(field::SWAP_USED_BYTES, memory.swap_used_bytes);
    }
    if let Some(pressure) = &metrics.pressure {
        out.float(field::PRESSURE_CPU_PERCENT, pressure.cpu_some_percent);
        out.float(field::PRESSURE_IO_PERCENT, pressure.io_some_percent);
        out.float(field::PRESSURE_MEMORY_PERCENT, pressure.memory_some_percent);
    }
    // Both lists have the worst first.
    out.float(
        field::DISK_BUSY_PERCENT,
        metrics.disks.first().map(|it| it.busy_percent),
    );
    out.float(
        field::DISK_USED_PERCENT,
        metrics.filesystems.first().map(|it| it.used_percent),
    );
    if let Some(process) = metrics.top_cpu.first() {
        out.text(field::TOP_PROCESS, process.name.as_str());
        out.float(field::TOP_PROCESS_PERCENT, process.cpu_percent);
    }
}

fn full(metrics: &HostMetrics) -> String {
    let mut text = String::new();
    processes(&mut text, "Processes by CPU", &metrics.top_cpu);
    processes(&mut text, "Processes by memory", &metrics.top_memory);
    for disk in &metrics.disks {
        let (read, written) = (disk.read_bytes_per_s, disk.written_bytes_per_s);
        let _ = writeln!(
            text,
            "disk {}: busy {:.0} %, {read:.0} B/s read, {written:.0} B/s written",
            disk.name, disk.busy_percent
        );
    }
    for filesystem in &metrics.filesystems {
        let (mount, free) = (&filesystem.mount, bytes(filesystem.available_bytes));
        let _ = writeln!(
            text,
            "{mount}: {:.0} % used, {free} free",
            filesystem.used_percent
        );
    }
    for net in &metrics.nets {
        let (received, sent) = (net.received_bytes_per_s, net.sent_bytes_per_s);
        let _ = writeln!(
            text,
            "{}: {received:.0} B/s received, {sent:.0} B/s sent",
            net.name
        );
    }
    text
}

fn processes(text: &mut String, name: &str, processes: &[Process]) {
    if !processes.is_empty() {
        let _ = writeln!(text, "{name}");
    }
    for process in processes {
        let (cpu, memory) = (
            process.cpu_percent.unwrap_or(0.0),
            bytes(process.resident_bytes),
        );
        let pool = process.pool.as_deref().unwrap_or_default();
        let _ = writeln!(
            text,
            "{cpu:>6.1} % {memory:>10} {} pid {} {pool}",
            process.name, process.pid
        );
    }
}
