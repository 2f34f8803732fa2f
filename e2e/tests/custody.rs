//! From the acknowledgement to the store's table, with every process killed on the way.
//!
//! An acknowledgement is an obligation: what was acknowledged is in the store exactly once, and nothing is
//! there that was not sent.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use e2e::await_some;
use e2e::lab::bin_dir;
use serde_json::Value;
use wire::frame;

/// For a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(120);

const CLIENTS: u64 = 4;

/// Ports of this test's own.
const INGEST: &str = "127.0.0.1:18702";
const QUERY: &str = "127.0.0.1:18703";

/// A folder with settings for a store and a collector.
struct Site {
    dir: tempfile::TempDir,
}

/// A process that is killed with the test.
struct Running(Child);

/// Clients that do as PHP does, and remember what was acknowledged.
struct Crowd {
    is_over: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
    clients: Vec<JoinHandle<(BTreeSet<u64>, u64)>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Gone already after `kill`.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Kills it without a word.
    fn kill(self) {
        drop(self);
    }

    fn terminate(mut self) {
        let pid = self.0.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(told.expect("kill runs").success());
        assert!(self.0.wait().expect("it ends").success());
    }

    /// Kills the processes that it has started.
    fn kill_workers(&self) -> BTreeSet<String> {
        let workers = self.workers();
        for pid in &workers {
            // It may have ended by itself.
            let _ = Command::new("kill").args(["-KILL", pid]).status();
        }
        workers
    }

    fn workers(&self) -> BTreeSet<String> {
        let pid = self.0.id();
        let path = format!("/proc/{pid}/task/{pid}/children");
        let text = fs::read_to_string(path).unwrap_or_default();
        text.split_whitespace().map(str::to_owned).collect()
    }
}

// === impl Site ===

impl Site {
    fn new() -> Self {
        let site = Self {
            dir: tempfile::Builder::new()
                .prefix("bv-custody.")
                .tempdir()
                .expect("a folder"),
        };
        let path = |name: &str| site.path(name).display().to_string();
        let settings = format!(
            "[project]\nname = shop\n[store]\ningest_listen = {INGEST}\nquery_listen = {QUERY}\n\
             data_dir = {data}\n[uplink]\nurl = http://{INGEST}\ntoken_file = {token}\n\
             batch_interval = 10ms\nbackoff_max = 100ms\nbreaker_reset = 100ms\n\
             [collector]\nsocket = {socket}\nudp =\nspool_dir =\nhealth_listen =\n\
             journal_dir = {journal}\nhost_metrics = off\n",
            data = path("store"),
            token = path("token"),
            socket = path("collector.sock"),
            journal = path("journal"),
        );
        fs::write(site.path("settings.ini"), settings).expect("settings");
        let token = site.run(
            "bitville-store",
            &["token", "add", "web", "--role", "ingest"],
        );
        fs::write(site.path("token"), token).expect("a token");
        let chmod = Command::new("chmod")
            .arg("600")
            .arg(site.path("token"))
            .status();
        assert!(chmod.expect("chmod runs").success());
        site
    }

    /// Puts TLS between the two, with an authority of the site's own.
    fn with_tls(self) -> Self {
        let dir = self.path("tls").display().to_string();
        let told = self.run(
            "bitville-store",
            &["cert", "--dir", &dir, "--name", "localhost"],
        );
        let told = String::from_utf8(told).expect("UTF-8");
        // What it prints is what belongs into the settings.
        let identity: Vec<&str> = told
            .lines()
            .filter_map(|line| line.strip_prefix("[store] "))
            .collect();
        let text = fs::read_to_string(self.path("settings.ini")).expect("settings");
        let url = format!("https://{}", INGEST.replace("127.0.0.1", "localhost"));
        let text = text
            .replace(
                &format!("http://{INGEST}"),
                &format!("{url}\nca_file = {dir}/ca.pem"),
            )
            .replace("[store]\n", &format!("[store]\n{}\n", identity.join("\n")));
        fs::write(self.path("settings.ini"), text).expect("settings");
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs a command to its end, which must be a good one; gives what it prints.
    fn run(&self, program: &str, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new(bin_dir().join(program))
            .args(arguments)
            .arg("--settings")
            .arg(self.path("settings.ini"))
            .output()
            .expect("the program runs");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{program} {arguments:?}: {complaint}"
        );
        output.stdout
    }

    fn start(&self, program: &str) -> Running {
        let child = Command::new(bin_dir().join(program))
            .arg("--settings")
            .arg(self.path("settings.ini"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Running(child.expect("the program starts"))
    }

    /// Our records in the store's table, each with how often it is there.
    fn stored(&self) -> BTreeMap<u64, usize> {
        let packed = self.run("bitville-store", &["export"]);
        let plain = zstd::decode_all(packed.as_slice()).expect("an export is zstd");
        let mut numbers = BTreeMap::new();
        for line in String::from_utf8(plain).expect("UTF-8").lines() {
            let record: Value = serde_json::from_str(line).expect("a line of JSON");
            if record["kind"] == "custody" {
                let number = record["body"]["n"].as_u64().expect("ours");
                *numbers.entry(number).or_default() += 1;
            }
        }
        numbers
    }
}

// === impl Crowd ===

impl Crowd {
    fn start(socket: &Path) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let acknowledged = Arc::new(AtomicU64::new(0));
        let clients = (0..CLIENTS).map(|client| {
            let (socket, is_over) = (socket.to_owned(), is_over.clone());
            let acknowledged = acknowledged.clone();
            thread::spawn(move || {
                let (mut kept, mut number) = (BTreeSet::new(), client << 32);
                while !is_over.load(Ordering::Relaxed) {
                    number += 1;
                    if hand_over(&socket, number) {
                        kept.insert(number);
                        acknowledged.fetch_add(1, Ordering::Relaxed);
                    }
                }
                (kept, number)
            })
        });
        Self {
            clients: clients.collect(),
            is_over,
            acknowledged,
        }
    }

    /// Waits until so many more are acknowledged.
    fn go_on(&self, frames: u64) {
        let until = self.acknowledged.load(Ordering::Relaxed) + frames;
        await_some("frames are acknowledged", PATIENCE, || {
            (self.acknowledged.load(Ordering::Relaxed) >= until).then_some(())
        });
    }

    /// What was acknowledged, and the last number that each client has sent.
    fn end(self) -> (BTreeSet<u64>, Vec<u64>) {
        self.is_over.store(true, Ordering::Relaxed);
        let (mut kept, mut last) = (BTreeSet::new(), Vec::new());
        for client in self.clients {
            let (theirs, number) = client.join().expect("a client ends");
            kept.extend(theirs);
            last.push(number);
        }
        (kept, last)
    }
}

/// One record, of a kind that the store keeps without looking inside, over one connection, as PHP does. True if it was acknowledged.
fn hand_over(socket: &Path, number: u64) -> bool {
    let Ok(mut stream) = UnixStream::connect(socket) else {
        // Nobody is there: for as long as a start takes, not for a whole turn of the processor.
        thread::sleep(Duration::from_millis(1));
        return false;
    };
    let limit = Some(Duration::from_secs(60));
    stream.set_read_timeout(limit).expect("a timeout");
    stream.set_write_timeout(limit).expect("a timeout");
    let padding = "x".repeat(usize::try_from(number % 3_001).expect("small"));
    let body = format!(
        r#"{{"v":1,"kind":"custody","event_id":"019ab1c2-0000-7000-8000-{number:012x}","project":"shop","host":"web1","at_us":{},"body":{{"n":{number},"p":"{padding}"}}}}"#,
        1_795_712_400_000_000_i64
    );
    let frame = frame::encode(body.as_bytes()).expect("a frame");
    let mut answer = [0];
    stream.write_all(&frame).is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && answer[0] == frame::ACK
}

/// Everything acknowledged is there once, and nothing that nobody sent.
fn judge(site: &Site, kept: &BTreeSet<u64>, last: &[u64]) {
    let stored = await_some("all that was acknowledged is stored", PATIENCE, || {
        let stored = site.stored();
        kept.iter()
            .all(|number| stored.contains_key(number))
            .then_some(stored)
    });
    let twice: Vec<_> = stored.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "more than once: {twice:?}");
    let was_sent = |number: &u64| {
        let client = usize::try_from(number >> 32).expect("few clients");
        last.get(client).is_some_and(|last| number <= last)
    };
    assert!(
        stored.keys().all(was_sent),
        "something is there that nobody sent"
    );
    println!("{} acknowledged, {} stored", kept.len(), stored.len());
}

#[test]
fn what_was_acknowledged_is_stored_once_whoever_is_killed() {
    let site = Site::new();
    let mut store = site.start("bitville-store");
    let mut collector = site.start("bitville-collector");
    let crowd = Crowd::start(&site.path("collector.sock"));
    for round in 0..12 {
        crowd.go_on(100);
        match round % 3 {
            0 => {
                let killed = collector.kill_workers();
                await_some("another worker is there", PATIENCE, || {
                    let workers = collector.workers();
                    (!workers.is_empty() && workers.is_disjoint(&killed)).then_some(())
                });
            }
            1 => {
                collector.kill();
                collector = site.start("bitville-collector");
            }
            _ => {
                store.kill();
                store = site.start("bitville-store");
            }
        }
    }
    crowd.go_on(100);
    let (kept, last) = crowd.end();
    judge(&site, &kept, &last);
    collector.terminate();
    store.terminate();
}

#[test]
fn what_was_acknowledged_while_the_store_was_away_is_stored_once_when_it_is_back() {
    let site = Site::new();
    let collector = site.start("bitville-collector");
    let crowd = Crowd::start(&site.path("collector.sock"));
    crowd.go_on(2_000);
    collector.kill();
    let collector = site.start("bitville-collector");
    crowd.go_on(2_000);
    let (kept, last) = crowd.end();
    assert_eq!(site.stored(), BTreeMap::new());
    let store = site.start("bitville-store");
    judge(&site, &kept, &last);
    collector.terminate();
    store.terminate();
}

#[test]
fn records_travel_over_tls_to_a_store_of_the_site_s_own_authority() {
    let site = Site::new().with_tls();
    let store = site.start("bitville-store");
    let collector = site.start("bitville-collector");
    let crowd = Crowd::start(&site.path("collector.sock"));
    crowd.go_on(500);
    let (kept, last) = crowd.end();
    judge(&site, &kept, &last);
    // Who speaks plain HTTP to it gets nothing.
    let mut plain = std::net::TcpStream::connect(INGEST).expect("the store listens");
    plain.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    plain
        .write_all(b"POST /v1/records HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
        .expect("bytes are taken");
    let mut answer = Vec::new();
    // An end or a reset, and an alert of TLS at most.
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    collector.terminate();
    store.terminate();
}
