//! Workers come and go, and nobody notices.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use rustix::process::Signal;
use wire::frame::{ACK, NAK};

use crate::bench::{Bench, Client, Collector, await_that, framed};

/// Clients that do as PHP does: a connection for each frame, and another one when that fails.
struct Crowd {
    is_over: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
    clients: Vec<JoinHandle<Sent>>,
}

/// What a client has seen.
#[derive(Default)]
struct Sent {
    kept: BTreeSet<u64>,
    refused_connections: u64,
    unanswered: u64,
}

impl Crowd {
    fn start(bench: &Bench, clients: u64) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let acknowledged = Arc::new(AtomicU64::new(0));
        let clients = (0..clients).map(|client| {
            let (path, is_over, acknowledged) =
                (bench.socket(), is_over.clone(), acknowledged.clone());
            thread::spawn(move || {
                let mut sent = Sent::default();
                let mut number = client << 32;
                while !is_over.load(Ordering::Relaxed) {
                    number += 1;
                    let padding = usize::try_from(number * 7_919 % 20_000).unwrap();
                    let Ok(stream) = UnixStream::connect(&path) else {
                        sent.refused_connections += 1;
                        continue;
                    };
                    match Client::new(stream).exchange(&framed(number, padding)) {
                        Some(ACK) => {
                            sent.kept.insert(number);
                            acknowledged.fetch_add(1, Ordering::Relaxed);
                        }
                        Some(other) => panic!("a good frame is answered {other:#04x}"),
                        None => sent.unanswered += 1,
                    }
                }
                sent
            })
        });
        Self {
            clients: clients.collect(),
            is_over,
            acknowledged,
        }
    }

    /// Waits until so many more frames are acknowledged.
    fn go_on(&self, frames: u64) {
        let until = self.acknowledged.load(Ordering::Relaxed) + frames;
        await_that("frames are acknowledged", || {
            self.acknowledged.load(Ordering::Relaxed) >= until
        });
    }

    fn end(self) -> Sent {
        self.is_over.store(true, Ordering::Relaxed);
        let mut all = Sent::default();
        for client in self.clients {
            let sent = client.join().unwrap();
            all.kept.extend(sent.kept);
            all.refused_connections += sent.refused_connections;
            all.unanswered += sent.unanswered;
        }
        all
    }
}

/// Waits for a worker that is none of these and alone.
fn await_successor(collector: &Collector, before: &BTreeSet<u32>) -> BTreeSet<u32> {
    let mut workers = BTreeSet::new();
    await_that("another worker is there alone", || {
        workers = collector.workers();
        workers.len() == 1 && workers.is_disjoint(before)
    });
    workers
}

#[test]
fn a_worker_that_is_replaced_refuses_no_connection_and_leaves_no_frame_unanswered() {
    let bench = Bench::new();
    let collector = bench.start();
    let crowd = Crowd::start(&bench, 4);
    let mut workers = collector.workers();
    for _ in 0..5 {
        crowd.go_on(100);
        collector.signal(Signal::HUP);
        workers = await_successor(&collector, &workers);
    }
    crowd.go_on(100);
    let sent = crowd.end();
    collector.terminate();
    assert!(collector.wait().success());
    assert_eq!((sent.refused_connections, sent.unanswered), (0, 0));
    assert_eq!(bench.journaled().0, sent.kept);
}

#[test]
fn a_worker_that_is_killed_under_load_is_followed_by_another_and_loses_nothing() {
    let bench = Bench::new();
    let collector = bench.start();
    let crowd = Crowd::start(&bench, 4);
    for _ in 0..8 {
        let workers = collector.workers();
        collector.kill_workers();
        await_successor(&collector, &workers);
        crowd.go_on(50);
    }
    let sent = crowd.end();
    collector.terminate();
    assert!(collector.wait().success());
    // The supervisor held the socket all the time.
    assert_eq!(sent.refused_connections, 0);
    let journaled = bench.journaled().0;
    let missing: Vec<_> = sent.kept.difference(&journaled).collect();
    assert!(missing.is_empty(), "acknowledged and lost: {missing:?}");
}

#[test]
fn a_supervisor_that_is_killed_under_load_takes_its_worker_along_and_loses_nothing() {
    let bench = Bench::new();
    let mut collector = bench.start();
    let crowd = Crowd::start(&bench, 4);
    for _ in 0..5 {
        crowd.go_on(50);
        collector.kill();
        collector = bench.start();
    }
    crowd.go_on(50);
    let sent = crowd.end();
    collector.terminate();
    assert!(collector.wait().success());
    let journaled = bench.journaled().0;
    let missing: Vec<_> = sent.kept.difference(&journaled).collect();
    assert!(missing.is_empty(), "acknowledged and lost: {missing:?}");
}

#[test]
fn changed_settings_are_taken_up_and_wrong_ones_change_nothing() {
    let bench = Bench::new();
    let collector = bench.start();
    let workers = collector.workers();
    bench.write_settings("socket_mode = 0999");
    collector.signal(Signal::HUP);
    let told = collector.wait_for("settings not reloaded");
    assert!(
        told.contains("an octal mode from 0000 to 0777 is allowed"),
        "{told}"
    );
    assert_eq!(collector.workers(), workers);
    assert_eq!(bench.connect().exchange(&framed(1, 1)), Some(ACK));

    bench.write_settings("journal_dir = /elsewhere");
    collector.signal(Signal::HUP);
    collector.wait_for("settings not reloaded");

    let elsewhere = bench.socket().with_file_name("other.sock");
    let text = fs::read_to_string(bench.settings()).unwrap();
    let text = text
        .lines()
        .filter(|line| *line != "journal_dir = /elsewhere")
        .map(|line| match line.strip_prefix("socket = ") {
            Some(_) => format!("socket = {}\n", elsewhere.display()),
            None => format!("{line}\n"),
        });
    fs::write(bench.settings(), text.collect::<String>()).unwrap();
    collector.signal(Signal::HUP);
    await_successor(&collector, &workers);
    let moved = UnixStream::connect(&elsewhere).unwrap();
    assert_eq!(Client::new(moved).exchange(&framed(2, 1)), Some(ACK));
    assert!(!bench.socket().exists());

    // The same path with another mode: the file is a new one, and stays.
    let workers = collector.workers();
    let text = fs::read_to_string(bench.settings()).unwrap();
    fs::write(bench.settings(), format!("{text}socket_mode = 0600\n")).unwrap();
    collector.signal(Signal::HUP);
    await_successor(&collector, &workers);
    let mode = fs::metadata(&elsewhere).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    collector.terminate();
    assert!(collector.wait().success());
    assert!(!elsewhere.exists());
    assert_eq!(bench.journaled().0, [1, 2].into());
}

#[test]
fn counts_go_on_from_worker_to_worker() {
    let bench = Bench::new();
    let collector = bench.start();
    for round in 1..=3 {
        let mut client = bench.connect();
        for number in 0..10 {
            assert_eq!(
                client.exchange(&framed(round * 100 + number, 10)),
                Some(ACK)
            );
        }
        assert_eq!(
            client.exchange(&wire::frame::encode(b"bad").unwrap()),
            Some(NAK)
        );
        let workers = collector.workers();
        collector.signal(Signal::HUP);
        await_successor(&collector, &workers);
    }
    collector.terminate();
    assert!(collector.wait().success());
    let (reports, _) = bench.records("agent_health");
    let counters = &reports.last().unwrap()["body"]["counters"];
    assert_eq!(counters["frames_accepted"], 30);
    assert_eq!(
        counters["frames_refused_body"]
            .as_u64()
            .or(counters["frames_refused_json"].as_u64()),
        Some(3),
        "{counters}"
    );
    assert_eq!(counters["workers_recycled_reload"], 3);
    // The process that operators know is the supervisor.
    let pids: BTreeSet<u64> = reports
        .iter()
        .map(|report| report["body"]["pid"].as_u64().unwrap())
        .collect();
    assert_eq!(pids.len(), 1, "{pids:?}");
}

#[test]
fn a_thousand_connections_that_say_nothing_keep_nobody_out() {
    let bench = Bench::new();
    let collector = bench.start();
    // More than there are places, and as many files again here.
    let silent: Vec<Client> = (0..1_000).map(|_| bench.connect()).collect();
    let half: Vec<Client> = (0..100)
        .map(|_| {
            let mut client = bench.connect();
            client.send(&framed(9, 100)[..50]).unwrap();
            client
        })
        .collect();
    for number in 0..100 {
        assert_eq!(bench.connect().exchange(&framed(number, 1_000)), Some(ACK));
    }
    drop((silent, half));
    collector.terminate();
    assert!(collector.wait().success());
    assert_eq!(bench.journaled().0, (0..100).collect());
}

#[test]
fn users_that_are_not_named_are_not_served() {
    // Root and the collector's own user always may, so this needs a process of a third one.
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"\nSKIPPED: only root can speak as another user\n",
        );
        return;
    }
    let bench = Bench::new();
    let frame = bench.settings().with_file_name("frame");
    fs::write(&frame, framed(1, 10)).unwrap();
    for folder in [
        bench.settings().parent().unwrap(),
        bench.socket().parent().unwrap(),
    ] {
        fs::create_dir_all(folder).unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    for (user, expected) in [("12345", "none"), ("12346", "06")] {
        bench.write_settings("socket_users = 12346\nsocket_mode = 0666");
        let collector = bench.start();
        let script = "use IO::Socket::UNIX; local $/; \
            my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die; \
            open(my $f, '<', $ARGV[1]); $SIG{PIPE} = 'IGNORE'; print {$s} <$f>; $s->flush; \
            my $byte; print sysread($s, $byte, 1) ? unpack('H2', $byte) : 'none'";
        let output = Command::new("setpriv")
            .args(["--reuid", user, "--clear-groups", "perl", "-e", script])
            .args([bench.socket(), frame.clone()])
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            expected,
            "{output:?}"
        );
        collector.terminate();
        assert!(collector.wait().success());
    }
    let (reports, _) = bench.records("agent_health");
    let refused = |report: &serde_json::Value| {
        report["body"]["counters"]["connections_refused_user"] == 1
            && report["body"]["last_error"]
                .as_str()
                .unwrap()
                .contains("user 12345")
    };
    assert!(reports.iter().any(refused), "{reports:?}");
}
