//! The strict stand-in for Graylog (`examples/graylog`), as a process that can be killed and frozen.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::Site;

/// How long anything may take before a test gives up: generous, the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// Settings under which troubles pass quickly.
const SETTINGS: &str = "enabled = on\nbatch_interval = 50ms\nconnect_timeout = 1s\nsend_timeout = 1s\n\
                        receipt_timeout = 1s\nbreaker_failures = 3\nbreaker_reset = 1s\n\
                        backoff_max = 1s\nreplay_rate = 0\n";

/// A receiver that runs. It is killed when it is dropped.
pub(crate) struct Graylog {
    child: Child,
    pub(crate) address: SocketAddr,
    out: PathBuf,
}

/// Sends the site's records to those servers, with more settings.
pub(crate) fn forward_to(site: &Site, servers: &str, more: &str) {
    let path = site.path("settings.ini");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut text = text.split("[graylog]").next().unwrap().to_owned();
    // A setting that is given twice is refused, so those of the test take the place of ours.
    let given = |line: &&str| {
        more.lines()
            .any(|it| it.split('=').next() == line.split('=').next())
    };
    let _ = write!(text, "[graylog]\nservers = \"{servers}\"\n{more}\n");
    for line in SETTINGS.lines().filter(|line| !given(line)) {
        let _ = writeln!(text, "{line}");
    }
    std::fs::write(&path, text).unwrap();
}

/// A port that was free a moment ago: nobody listens there.
pub(crate) fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// Asks again and again until it is so.
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

// === impl Graylog ===

impl Graylog {
    pub(crate) fn start(site: &Site, options: &[&str]) -> Self {
        Self::start_at(site, "127.0.0.1:0".parse().unwrap(), options)
    }

    /// Starts it where one was before: what is read goes on in the same file.
    pub(crate) fn start_at(site: &Site, address: SocketAddr, options: &[&str]) -> Self {
        let out = site.path("graylog.out");
        let mut child = Command::new(program())
            .args(["--listen", &address.to_string(), "--out"])
            .arg(&out)
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().rsplit(' ').next().unwrap().parse().unwrap();
        Self {
            child,
            address,
            out,
        }
    }

    /// As `tcp://` and the like.
    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args([name, &pid]).status().unwrap();
        assert!(status.success());
    }

    /// How often each record was read, by its `_event_id`, messages of lists left out.
    pub(crate) fn read(&self) -> BTreeMap<String, usize> {
        read(&self.out)
    }

    /// All messages, in the order in which they were read.
    pub(crate) fn messages(&self) -> Vec<Value> {
        messages(&self.out)
    }

    /// Waits until all of them were read.
    pub(crate) fn await_all(&self, lines: &[String]) -> BTreeMap<String, usize> {
        let wanted: Vec<String> = lines.iter().map(|line| event_id(line)).collect();
        until("a message", || {
            let read = self.read();
            wanted
                .iter()
                .all(|id| read.contains_key(id))
                .then_some(read)
        })
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        let mut path = self.out.as_os_str().to_owned();
        path.push(".violations");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

impl Drop for Graylog {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn event_id(line: &str) -> String {
    let record: Value = serde_json::from_str(line).unwrap();
    record["event_id"].as_str().unwrap().to_owned()
}

fn read(out: &Path) -> BTreeMap<String, usize> {
    let mut read = BTreeMap::new();
    for message in messages(out) {
        if message["_part"] == 0 {
            let id = message["_event_id"].as_str().unwrap().to_owned();
            *read.entry(id).or_default() += 1;
        }
    }
    read
}

fn messages(out: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(out).unwrap_or_default();
    // The last line may be half written.
    let whole = text.rsplit_once('\n').map_or("", |it| it.0);
    whole
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Examples are built beside the tests.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples/graylog")
}
