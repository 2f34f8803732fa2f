//! What a store does to the collector: away, slow, wrong; and what a disk does.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use wire::frame::{ACK, NAK, encode};
use wire::limits::FRAME_BODY_BYTES_MAX;

use crate::bench::{Bench, await_that, framed};
use crate::store::{Manner, Store};

/// The numbers of the requests among what a store has committed.
fn requests(store: &Store) -> BTreeSet<u64> {
    let mut numbers = BTreeSet::new();
    for line in store.committed() {
        let record: serde_json::Value = serde_json::from_str(&line).unwrap();
        if record["kind"] == "request" {
            let number = record["body"]["n"].as_u64().unwrap();
            assert!(numbers.insert(number), "request {number} is there twice");
        }
    }
    numbers
}

fn gaps(store: &Store) -> u64 {
    let records = store.committed().into_iter();
    let records = records.map(|line| serde_json::from_str::<serde_json::Value>(&line).unwrap());
    records
        .filter(|record| record["kind"] == "gap")
        .map(|record| record["body"]["records"].as_u64().unwrap())
        .sum()
}

#[test]
fn everything_arrives_once_however_the_store_behaves() {
    let manners = [
        Manner::Status("500 Internal Server Error"),
        Manner::Garbage,
        Manner::Half,
        Manner::Status("429 Too Many Requests\r\nretry-after: 1"),
        Manner::Nothing,
        Manner::Silence,
        Manner::Status("503 Service Unavailable"),
        Manner::Status("302 Found\r\nlocation: http://127.0.0.1:1/"),
    ];
    let (store, url) = Store::start(&manners);
    let bench = Bench::new();
    bench.write_uplink(
        &url,
        "timeout = 1s\nbackoff_max = 50ms\nbreaker_failures = 2\nbreaker_reset = 50ms\nbatch_interval = 10ms",
    );
    let collector = bench.start();
    let mut sent = BTreeSet::new();
    // While the store does as it likes, PHP notices nothing.
    while store.met().len() <= manners.len() {
        let number = sent.len() as u64;
        assert_eq!(bench.connect().exchange(&framed(number, 500)), Some(ACK));
        sent.insert(number);
    }
    await_that("everything has arrived", || requests(&store) == sent);
    collector.terminate();
    assert!(collector.wait().success());
    assert_eq!(store.met()[..manners.len()], manners);
    assert_eq!(requests(&store), sent);
}

#[test]
fn a_store_that_does_not_answer_holds_up_nobody_who_hands_over() {
    // Silent for all of its time: the first batch is under way until the test is over.
    let (store, url) = Store::start(&[Manner::Silence]);
    let bench = Bench::new();
    bench.write_uplink(&url, "timeout = 300s\nbatch_interval = 10ms");
    let _collector = bench.start();
    let mut client = bench.connect();
    assert_eq!(client.exchange(&framed(0, 10)), Some(ACK));
    await_that("the store is asked", || !store.met().is_empty());
    for number in 1..500 {
        assert_eq!(client.exchange(&framed(number, 5_000)), Some(ACK));
    }
    assert_eq!(store.met().len(), 1);
}

#[test]
fn bytes_flipped_in_the_journal_cost_their_records_alone_and_are_told() {
    let bench = Bench::new();
    let collector = bench.start();
    let mut client = bench.connect();
    for number in 0..100 {
        assert_eq!(client.exchange(&framed(number, 1_000)), Some(ACK));
    }
    collector.terminate();
    assert!(collector.wait().success());
    let segment = bench.journal().join("00000000000000000001.segment");
    let mut content = fs::read(&segment).unwrap();
    for number in [20_u64, 50, 51] {
        let id = format!("-{number:012x}\"");
        let at = content
            .windows(id.len())
            .position(|window| window == id.as_bytes());
        content[at.unwrap()] ^= 0x40;
    }
    fs::write(&segment, content).unwrap();
    let mut command = bench.command();
    let output = command.arg("journal").output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("DAMAGED") && told.contains("2 records missing"),
        "{told}"
    );

    let (store, url) = Store::start(&[]);
    bench.write_uplink(&url, "batch_interval = 10ms");
    let _collector = bench.start();
    let expected: BTreeSet<u64> = (0..100).filter(|n| ![20, 50, 51].contains(n)).collect();
    await_that("the others arrive", || requests(&store) == expected);
    await_that("the gap is told", || gaps(&store) == 3);
}

#[test]
fn frames_that_never_end_and_frames_that_are_too_large_cost_nobody_anything() {
    let bench = Bench::new();
    let _collector = bench.start();
    // Two megabytes are announced; they never come. More of them than there are places for large frames.
    let endless: Vec<_> = (0..40)
        .map(|_| {
            let mut client = bench.connect();
            let frame = framed(9, 2_000_000);
            client.send(&frame[..100_000]).unwrap_or_default();
            client
        })
        .collect();
    let mut oversize = framed(9, 10);
    oversize[..4].copy_from_slice(&(FRAME_BODY_BYTES_MAX + 1).to_be_bytes());
    let mut client = bench.connect();
    assert_eq!(
        (client.exchange(&oversize), client.answer()),
        (Some(NAK), None)
    );
    let mut client = bench.connect();
    assert_eq!(client.exchange(&encode(b"[]").unwrap()), Some(NAK));
    for number in 0..50 {
        assert_eq!(bench.connect().exchange(&framed(number, 10_000)), Some(ACK));
    }
    drop(endless);
}

/// A file system of its own, gone when this is dropped.
struct Mounted<'b>(&'b Bench);

impl<'b> Mounted<'b> {
    /// None if this can't be done here.
    fn at_journal(bench: &'b Bench, size: &str) -> Option<Self> {
        fs::create_dir_all(bench.journal()).unwrap();
        let mut mount = Command::new("mount");
        mount.args([
            "-t",
            "tmpfs",
            "-o",
            &format!("size={size},mode=0700"),
            "tmpfs",
        ]);
        let status = mount.arg(bench.journal()).status();
        status
            .is_ok_and(|status| status.success())
            .then_some(Self(bench))
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .arg("-l")
            .arg(self.0.journal())
            .status();
    }
}

#[test]
fn a_disk_that_is_full_takes_nothing_and_takes_again_when_there_is_room() {
    let bench = Bench::new();
    let Some(_mounted) = Mounted::at_journal(&bench, "2m") else {
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"\nSKIPPED: a small file system can't be mounted here\n",
        );
        return;
    };
    let (store, url) = Store::start(&[Manner::Status("500 no"), Manner::Status("500 no")]);
    // The store is asked again only after the disk is full.
    bench.write_uplink(
        &url,
        "batch_interval = 10ms\nbreaker_failures = 1\nbreaker_reset = 600s",
    );
    let collector = bench.start();
    let mut kept = BTreeSet::new();
    let refused = (0..1_000).find(|&number| {
        let answer = bench.connect().exchange(&framed(number, 10_000));
        assert!(matches!(answer, Some(ACK) | None), "{answer:?}");
        if answer == Some(ACK) {
            kept.insert(number);
        }
        answer.is_none()
    });
    assert!(
        refused.is_some() && kept.len() > 50,
        "{} were kept",
        kept.len()
    );
    collector.wait_for("journal takes no records");
    collector.terminate();
    assert!(collector.wait().success());

    // The disk is as full as before; the store is back, takes what waits, and makes room by that.
    bench.write_uplink(
        &url,
        "batch_interval = 10ms\nbackoff_max = 50ms\nbreaker_reset = 50ms",
    );
    let collector = bench.start();
    await_that("what was kept arrives", || {
        kept.is_subset(&requests(&store))
    });
    await_that("there is room again", || {
        bench.connect().exchange(&framed(5_000, 10_000)) == Some(ACK)
    });
    await_that("that arrives too", || requests(&store).contains(&5_000));
    collector.terminate();
    assert!(collector.wait().success());
}
