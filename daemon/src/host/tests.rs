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
    }
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
}
