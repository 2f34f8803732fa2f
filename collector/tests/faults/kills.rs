//! Nothing acknowledged is lost, whatever ends the process.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use wire::frame::{ACK, NAK};

use crate::bench::{Bench, Client, Collector, PROGRAM, framed};

const ROUNDS: u64 = 6;
const CLIENTS: u64 = 4;

/// Sends until the collector is gone; gives the requests that were acknowledged.
fn send_until_gone(mut client: Client, next: &AtomicU64, acknowledged: &AtomicU64) -> Vec<u64> {
    let mut kept = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let padding = usize::try_from(number * 7_919 % 20_000).unwrap();
        match client.exchange(&framed(number, padding)) {
            Some(ACK) => kept.push(number),
            Some(other) => panic!("a good frame is answered {other:#04x}"),
            None => return kept,
        }
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn every_acknowledged_frame_survives_kill_9_under_load() {
    let bench = Bench::new();
    let next = Arc::new(AtomicU64::new(0));
    let mut kept = BTreeSet::new();
    for round in 0..ROUNDS {
        let collector = bench.start();
        let acknowledged = Arc::new(AtomicU64::new(0));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (client, next, acknowledged) =
                    (bench.connect(), next.clone(), acknowledged.clone());
                thread::spawn(move || send_until_gone(client, &next, &acknowledged))
            })
            .collect();
        while acknowledged.load(Ordering::Relaxed) < 50 + round * 37 {
            thread::yield_now();
        }
        collector.kill();
        for client in clients {
            kept.extend(client.join().unwrap());
        }
    }
    let (journaled, recovery) = bench.journaled();
    let missing: Vec<_> = kept.difference(&journaled).collect();
    assert!(missing.is_empty(), "acknowledged and lost: {missing:?}");
    assert_eq!(recovery.missing_records, 0);
}

#[test]
fn sigterm_finishes_the_frame_in_hand_and_leaves_the_rest_in_the_journal() {
    let bench = Bench::new();
    let collector = bench.start();
    let (mut idle, mut busy) = (bench.connect(), bench.connect());
    assert_eq!(idle.exchange(&framed(1, 100)), Some(ACK));
    assert_eq!(busy.exchange(&framed(2, 100)), Some(ACK));
    let frame = framed(3, 30_000);
    let (first, rest) = frame.split_at(frame.len() / 2);
    busy.send(first).unwrap();
    collector.terminate();
    assert_eq!(idle.answer(), None);
    assert_eq!(busy.exchange(rest), Some(ACK));
    assert_eq!(busy.answer(), None);
    assert_eq!(collector.wait().code(), Some(0));
    assert!(!bench.socket().exists());
    assert_eq!(bench.journaled().0, BTreeSet::from([1, 2, 3]));
}

#[test]
fn a_full_disk_closes_the_connection_without_an_answer_and_leaves_no_half_record() {
    let bench = Bench::new();
    // Files that may not grow stand for a disk that is full: the same write fails in the same way.
    let mut command = std::process::Command::new("sh");
    let script = "trap '' XFSZ; ulimit -f 200; exec \"$0\" --settings \"$1\"";
    command.args(["-c", script, PROGRAM]).arg(bench.settings());
    let collector = Collector::start(&mut command);
    let mut client = bench.connect();
    let mut kept = BTreeSet::new();
    // Five times what fits: answers that come before they are true would never end.
    let refused = (0..100).find_map(|number| match client.exchange(&framed(number, 5_000)) {
        Some(ACK) => {
            kept.insert(number);
            None
        }
        other => Some(other),
    });
    assert_eq!(
        refused,
        Some(None),
        "it could not be kept: neither acknowledged nor refused"
    );
    collector.wait_for("journal takes no records");
    // It goes on serving: a small record still fits, or is again left without an answer.
    let after = bench.connect().exchange(&framed(1_000_000, 1));
    assert!(matches!(after, Some(ACK) | None), "{after:?}");
    collector.terminate();
    assert_eq!(collector.wait().code(), Some(0));
    let (journaled, recovery) = bench.journaled();
    assert!(kept.is_subset(&journaled) && kept.len() > 10);
    assert_eq!(recovery.torn_bytes, 0);
}

#[test]
fn a_log_that_nobody_reads_any_more_ends_nothing() {
    let bench = Bench::new();
    let mut collector = bench.start();
    collector.close_log();
    // Refused frames are logged at this level, so each of these meets the broken pipe.
    let mut client = bench.connect();
    for _ in 0..10 {
        assert_eq!(
            client.exchange(&wire::frame::encode(b"garbage").unwrap()),
            Some(NAK)
        );
    }
    assert_eq!(client.exchange(&framed(1, 10)), Some(ACK));
    collector.terminate();
    assert_eq!(collector.wait().code(), Some(0));
}
