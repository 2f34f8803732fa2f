//! Nothing acknowledged is lost, however the program ends.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::mpsc;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::harness::{Site, exchange};
use crate::records::{now_us, record};

/// How often the store is killed, and how many acknowledged batches that takes.
const ROUNDS: usize = 6;
const BATCHES_PER_ROUND: usize = 12;
const SENDERS: usize = 3;

fn event_id(line: &str) -> String {
    let record: Value = serde_json::from_str(line).unwrap();
    record["event_id"].as_str().unwrap().to_owned()
}

#[test]
fn every_acknowledged_record_survives_kill_9_in_a_loop() {
    let site = Site::new();
    let acknowledged = Mutex::new(BTreeSet::new());
    for _ in 0..ROUNDS {
        let store = site.start();
        let (told, tell) = mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..SENDERS {
                let (told, acknowledged) = (told.clone(), &acknowledged);
                let (address, token) = (store.ingest, store.ingest_token.clone());
                scope.spawn(move || {
                    let bearer = format!("Authorization: Bearer {token}");
                    loop {
                        let body = json!({"text": "x".repeat(2_000)});
                        let lines: Vec<String> = (0..40)
                            .map(|_| record("weather", "web1", now_us(), &body))
                            .collect();
                        let body = lines.join("\n");
                        let answer =
                            exchange(address, "POST", "/v1/records", &[&bearer], body.as_bytes());
                        // The store is gone: so is this sender.
                        let Ok(answer) = answer else { return };
                        if answer.status == 200 {
                            let ids = lines.iter().map(|line| event_id(line));
                            acknowledged.lock().unwrap().extend(ids);
                            let _ = told.send(());
                        }
                    }
                });
            }
            assert_eq!(
                tell.iter().take(BATCHES_PER_ROUND).count(),
                BATCHES_PER_ROUND
            );
            store.kill();
        });
    }
    check_integrity(&site);
    let lines = site.export();
    let stored: BTreeSet<String> = lines.iter().map(|line| event_id(line)).collect();
    assert_eq!(stored.len(), lines.len(), "nothing is stored twice");
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() >= ROUNDS * BATCHES_PER_ROUND * 40);
    let lost: Vec<&String> = acknowledged.difference(&stored).collect();
    assert!(
        lost.is_empty(),
        "{} of {} lost",
        lost.len(),
        acknowledged.len()
    );
}

fn check_integrity(site: &Site) {
    let files: Vec<_> = std::fs::read_dir(site.data())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "db"))
        .collect();
    assert!(files.len() >= 2, "{files:?}");
    for path in files {
        let connection = Connection::open(&path).unwrap();
        let verdict: String = connection
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(verdict, "ok", "{}", path.display());
    }
}

#[test]
fn sigterm_ends_the_store_in_order_and_leaves_no_wal() {
    let site = Site::new();
    let store = site.start();
    store.store(&[record("weather", "web1", now_us(), &json!({}))]);
    assert_eq!(store.stop(), Some(0));
    let left: Vec<_> = std::fs::read_dir(site.data())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "db-wal"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(site.export().len(), 1);
}
