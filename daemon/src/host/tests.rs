use std::time::Duration;

use super::*;

fn reading(seconds: u64, cpu: CpuTicks, stalled: Option<StalledMicros>) -> Reading {
    Reading {
        at: Monotonic(Duration::from_secs(seconds)),
        cores: 2,
        load1: 1.5,
        load5: 1.0,
        load15: 0.5,
        runnable: Some(3),
        cpu,
        memory: None,
        stalled,
        blocked: Some(2),
        paged: None,
        disks: DiskTotals::default(),
        filesystems: Vec::new(),
        nets: NetTotals::default(),
        processes: Processes::default(),
    }
}

#[test]
fn rates_are_growth_per_second_of_what_was_there_before() {
    let disk = |reads, read_bytes, busy_ms, weighted_ms| disks::DiskTotal {
        reads,
        read_bytes,
        busy_ms,
        weighted_ms,
        ..disks::DiskTotal::default()
    };
    let net = |received_bytes, drops| nets::NetTotal {
        received_bytes,
        drops,
        ..nets::NetTotal::default()
    };
    let mut first = reading(10, CpuTicks::default(), None);
    first.paged = Some(Paged {
        swapped_in_bytes: 4_096,
        swapped_out_bytes: 0,
        major_faults: 5,
    });
    first.disks.0 = [
        ("idle".to_owned(), disk(7, 7, 7, 7)),
        ("sda".to_owned(), disk(10, 5_120, 100, 100)),
        ("sdb".to_owned(), disk(10, 0, 0, 0)),
        ("reset".to_owned(), disk(10, 9_999, 0, 0)),
    ]
    .into();
    first.nets.0 = [("eth0".to_owned(), net(1_000, 1))].into();
    let mut second = reading(12, CpuTicks::default(), None);
    second.paged = Some(Paged {
        swapped_in_bytes: 12_288,
        swapped_out_bytes: 0,
        major_faults: 6,
    });
    second.disks.0 = [
        ("idle".to_owned(), disk(7, 7, 7, 7)),
        ("sda".to_owned(), disk(30, 25_600, 600, 3_100)),
        ("sdb".to_owned(), disk(12, 0, 5_000, 0)),
        ("reset".to_owned(), disk(11, 10, 0, 0)),
        ("new".to_owned(), disk(99, 99, 99, 99)),
    ]
    .into();
    second.nets.0 = [
        ("eth0".to_owned(), net(6_000, 4)),
        ("new".to_owned(), net(9, 9)),
    ]
    .into();
    let metrics = between(Role::Web, &first, &second);
    let paging = metrics.paging.unwrap();
    let expected = wire::host::Paging {
        swapped_in_bytes_per_s: 4_096.0,
        swapped_out_bytes_per_s: 0.0,
        major_faults_per_s: 0.5,
    };
    assert_eq!(paging, expected);
    let told: Vec<(&str, f64, f64, f64)> = metrics
        .disks
        .iter()
        .map(|disk| {
            (
                disk.name.as_str(),
                disk.reads_per_s,
                disk.busy_percent,
                disk.queue,
            )
        })
        .collect();
    assert_eq!(told, [("sdb", 1.0, 100.0, 0.0), ("sda", 10.0, 25.0, 1.5)]);
    assert_eq!(metrics.nets.len(), 1);
    assert_eq!(
        (metrics.nets[0].received_bytes_per_s, metrics.nets[0].drops),
        (2_500.0, 3)
    );
    assert_eq!(metrics.blocked, Some(2));
}

#[test]
fn percentages_are_shares_of_the_time_between_two_readings() {
    let earlier = CpuTicks {
        user: 100,
        system: 50,
        iowait: 0,
        steal: 7,
        idle: 1_000,
    };
    let later = CpuTicks {
        user: 150,
        system: 75,
        iowait: 5,
        steal: 7,
        idle: 1_020,
    };
    let stalled = StalledMicros {
        io_some: 4_000_000,
        ..StalledMicros::default()
    };
    let first = reading(10, earlier, Some(StalledMicros::default()));
    let metrics = between(Role::Web, &first, &reading(20, later, Some(stalled)));
    assert_eq!(
        metrics.cpu,
        Some(Cpu {
            user_percent: 50.0,
            system_percent: 25.0,
            iowait_percent: 5.0,
            steal_percent: 0.0,
            idle_percent: 20.0,
        })
    );
    assert_eq!(metrics.interval_us, Micros::from_seconds(10));
    assert!((metrics.pressure.unwrap().io_some_percent - 40.0).abs() < f64::EPSILON);
}

#[test]
fn a_kernel_without_pressure_gives_none_and_not_zero() {
    let ticks = CpuTicks {
        idle: 1,
        ..CpuTicks::default()
    };
    let metrics = between(
        Role::Db,
        &reading(0, CpuTicks::default(), None),
        &reading(1, ticks, None),
    );
    assert_eq!(metrics.pressure, None);
}

#[test]
fn two_readings_of_the_same_moment_know_no_shares() {
    let same = reading(5, CpuTicks::default(), Some(StalledMicros::default()));
    let metrics = between(Role::Web, &same, &same);
    assert_eq!((metrics.cpu, metrics.pressure), (None, None));
}

#[test]
fn totals_that_run_backwards_give_no_negative_share() {
    let earlier = CpuTicks {
        iowait: 10,
        idle: 10,
        ..CpuTicks::default()
    };
    let later = CpuTicks {
        iowait: 9,
        idle: 20,
        ..CpuTicks::default()
    };
    let metrics = between(
        Role::Web,
        &reading(0, earlier, None),
        &reading(1, later, None),
    );
    assert!((metrics.cpu.unwrap().idle_percent - 100.0).abs() < f64::EPSILON);
}

#[test]
fn this_machine_can_be_read() {
    let mut host = Host::open(Role::Web, Clock::system()).unwrap();
    let metrics = host.metrics().unwrap();
    assert!(metrics.cores > 0 && metrics.interval_us.0 >= 0);
    assert!(metrics.memory.unwrap().total_bytes > 0);
    assert!(metrics.processes.unwrap() > 0 && !metrics.top_memory.is_empty());
}
