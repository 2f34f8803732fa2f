//! A wall clock that is set while the collector runs: nothing but the times in records follows it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use wire::frame::ACK;

use crate::bench::{Bench, Collector, await_that, framed};
use crate::store::Store;

const DAY_US: i64 = 86_400_000_000;

/// Where Debian has the library that lets a process see another time.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten();
    let mut paths = folders.map(|folder| folder.path().join("faketime/libfaketime.so.1"));
    paths.find(|path| path.exists())
}

/// The times of the host's metrics so far, in the order of their event ids.
fn times(store: &Store) -> Vec<i64> {
    let records = store.committed().into_iter();
    let records = records.map(|line| serde_json::from_str::<serde_json::Value>(&line).unwrap());
    records
        .filter(|record| record["kind"] == "host_metrics")
        .map(|record| {
            assert!(record["body"]["interval_us"].as_i64().unwrap() > 0);
            record["at_us"].as_i64().unwrap()
        })
        .collect()
}

fn set_clock(path: &Path, offset: &str) {
    let fresh = path.with_extension("new");
    fs::write(&fresh, format!("{offset}\n")).unwrap();
    fs::rename(fresh, path).unwrap();
}

#[test]
fn a_clock_that_is_set_back_and_forth_loses_nothing_and_stops_nothing() {
    let Some(library) = library() else {
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"\nSKIPPED: no libfaketime (Debian package faketime) to set a clock with\n",
        );
        return;
    };
    let (store, url) = Store::start(&[]);
    let bench = Bench::new();
    bench.write_uplink(&url, "batch_interval = 10ms");
    let text = fs::read_to_string(bench.settings()).unwrap();
    let text = text.replace(
        "host_metrics = off",
        "host_metrics = on\nhost_metrics_interval = 1s",
    );
    fs::write(bench.settings(), text).unwrap();
    let clock = bench.settings().with_file_name("clock");
    set_clock(&clock, "+0");
    let mut command = bench.command();
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", &clock)
        // The clock that measures spans is nobody's to set.
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("FAKETIME_NO_CACHE", "1");
    let collector = Collector::start(&mut command);
    let mut sent = BTreeSet::new();
    for (round, (offset, days)) in [("+0", 0), ("-2d", -2), ("+30d", 30), ("+0", 0)]
        .iter()
        .enumerate()
    {
        set_clock(&clock, offset);
        let seen = times(&store).len();
        for number in 0..50 {
            let number = round as u64 * 100 + number;
            assert_eq!(bench.connect().exchange(&framed(number, 500)), Some(ACK));
            sent.insert(number);
        }
        // Three more readings, at least one of them at the time that the clock shows now.
        await_that("readings are taken and sent", || {
            times(&store).len() >= seen + 3
        });
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        let shown = i64::try_from(now.as_micros()).unwrap() + days * DAY_US;
        let is_near = |at: &i64| (at - shown).abs() < DAY_US / 24;
        assert!(
            times(&store).iter().filter(|at| is_near(at)).count() >= 1,
            "{offset}"
        );
    }
    collector.terminate();
    assert!(collector.wait().success());
    let arrived: BTreeSet<u64> = store
        .committed()
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter_map(|record| record["body"]["n"].as_u64())
        .collect();
    assert_eq!(arrived, sent);
}
