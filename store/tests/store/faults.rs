//! What the store bears: a reader that stays, clients that trickle, a disk that is full.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use crate::harness::Site;
use crate::records::{S, now_us, request};

/// Requests whose URLs do not compress, so that they take room.
fn large_requests(count: usize) -> Vec<String> {
    let at_us = now_us();
    let noise = || (0..60).map(|_| Uuid::new_v4().simple().to_string());
    (0..count)
        .map(|_| {
            let url = format!("/{}", noise().collect::<String>());
            request(Uuid::new_v4(), ("GET", &url), at_us, S, ("SELECT 1", "f"))
        })
        .collect()
}

fn file(site: &Site, end: &str) -> PathBuf {
    let entries = std::fs::read_dir(site.data()).unwrap();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    paths
        .find(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.starts_with("20") && name.ends_with(end)
        })
        .unwrap()
}

fn wal_bytes(site: &Site) -> u64 {
    std::fs::metadata(file(site, ".db-wal")).unwrap().len()
}

/// How much is sent while the reader stays, as bodies.
const ROUNDS: usize = 24;

#[test]
fn a_reader_that_stays_stops_nobody_and_the_wal_is_bounded_again_when_it_goes() {
    let site = Site::new();
    let store = site.start();
    store.store(&large_requests(10));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let reader = Connection::open_with_flags(file(&site, ".db"), flags).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let count = |reader: &Connection| -> i64 {
        let sql = "SELECT count(*) FROM record";
        reader.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(&reader), 10);
    for _ in 0..ROUNDS {
        store.store(&large_requests(1_000));
    }
    // It still sees what it saw, and everybody else sees all.
    assert_eq!(count(&reader), 10);
    let total = 10 + 1_000 * ROUNDS as u64;
    assert_eq!(store.ask("/v1/health")["records"]["request"], total);
    let grown = wal_bytes(&site);
    assert!(grown > 40_000_000, "{grown}");
    reader.execute_batch("COMMIT").unwrap();
    // As much again, and the WAL begins anew instead of growing.
    let mut largest = 0;
    for _ in 0..ROUNDS {
        store.store(&large_requests(1_000));
        largest = largest.max(wal_bytes(&site));
    }
    assert!(largest < grown + 40_000_000, "{grown} and then {largest}");
}

#[test]
fn clients_that_trickle_keep_nobody_out() {
    let site = Site::new();
    let store = site.start();
    let slow: Vec<TcpStream> = (0..40)
        .map(|number| {
            let mut stream = TcpStream::connect(store.ingest).unwrap();
            // Half of them never end their headers, half never their body.
            let head = if number % 2 == 0 {
                "POST /v1/records HTTP/1.1\r\nHost: x\r\nX-Slow: ".to_owned()
            } else {
                format!(
                    "POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\
                     Authorization: Bearer {}\r\n\r\n{{",
                    "bvt_wrong"
                )
            };
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    store.store(&large_requests(3));
    // Who does not end its headers in time is told to go.
    let begun = Instant::now();
    for mut stream in slow {
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let mut rest = Vec::new();
        // A reset is an end as well.
        let _ = stream.read_to_end(&mut rest);
    }
    assert!(begun.elapsed() < Duration::from_secs(60));
    store.store(&large_requests(3));
}

#[test]
fn a_full_disk_refuses_what_it_can_not_keep_and_goes_on_when_there_is_room() {
    let site = Site::new();
    let data = site.data();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"])
        .arg(&data)
        .output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        let _ = writeln!(
            std::io::stderr(),
            "\nSKIPPED: a small disk can't be mounted here"
        );
        return;
    }
    let _unmount = Unmount(data.clone());
    // The tokens lay beneath what was mounted.
    let settings = std::fs::read_to_string(site.path("settings.ini")).unwrap();
    std::fs::write(
        site.path("settings.ini"),
        format!("{settings}disk_free_min = 0B\n"),
    )
    .unwrap();
    let ingest_token = site.add_token("agent", "ingest");
    let store = site.start();
    let mut kept = 0;
    let refused = loop {
        let body = large_requests(200).join("\n");
        let answer = store.send_as(&ingest_token, body.as_bytes(), &[]);
        if answer.status != 200 {
            break answer;
        }
        kept += answer.json()["stored"].as_u64().unwrap();
        assert!(kept < 1_000_000, "the disk does not become full");
    };
    assert_eq!(refused.status, 503, "{refused:?}");
    let grown = Command::new("mount")
        .args(["-o", "remount,size=200m"])
        .arg(&data)
        .status()
        .unwrap();
    assert!(grown.success());
    let body = large_requests(200).join("\n");
    let answer = store.send_as(&ingest_token, body.as_bytes(), &[]);
    assert_eq!(answer.json()["stored"], 200, "{answer:?}");
    assert_eq!(store.stop(), Some(0));
    let output = site.run(&["check"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains(&format!("{} records", kept + 200)), "{told}");
}

/// Takes the small disk away, whatever became of the test.
struct Unmount(PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
