//! A collector in a folder of its own, and a client that frames as PHP does.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use daemon::journal::{Journal, JournalError, Options, Recovery};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use wire::frame;

/// Far beyond what anything here takes on a busy machine; a test that waits in vain ends.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_bitville-collector");

/// A folder with settings, a token and whatever the collector makes in it.
pub(crate) struct Bench {
    dir: TempDir,
}

/// A collector that runs; it is killed when this is dropped.
pub(crate) struct Collector {
    child: Child,
    lines: Receiver<String>,
}

/// A connection to it.
pub(crate) struct Client(UnixStream);

// === impl Bench ===

impl Bench {
    /// Settings whose store is nowhere, so that all stays in the journal.
    pub(crate) fn new() -> Self {
        let bench = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        let mut token = fs::File::options();
        let mut token = token
            .write(true)
            .create(true)
            .mode(0o600)
            .open(bench.token())
            .unwrap();
        token.write_all(b"token\n").unwrap();
        bench.write_settings("");
        bench
    }

    /// Settings with more keys of `[collector]`.
    pub(crate) fn write_settings(&self, more: &str) {
        self.write("http://127.0.0.1:1", "", more);
    }

    /// Settings with a store, and more keys of `[uplink]`.
    pub(crate) fn write_uplink(&self, url: &str, more: &str) {
        self.write(url, more, "");
    }

    fn write(&self, url: &str, uplink: &str, more: &str) {
        // Ports that two tests would both want, unless the test says which.
        let unless_given = |key: &str| {
            let line = format!("{key} =\n");
            if more.contains(&format!("{key} =")) {
                String::new()
            } else {
                line
            }
        };
        let ports = unless_given("udp") + &unless_given("health_listen");
        let text = format!(
            "[project]\nname = shop\n\
             [uplink]\nurl = {url}\ntoken_file = {}\n{uplink}\n\
             [collector]\nsocket = {}\njournal_dir = {}\nhost_metrics = off\n\
             spool_dir = {}\ndrain_timeout = 0s\n{ports}{more}\n",
            self.token().display(),
            self.socket().display(),
            self.journal().display(),
            self.spool().display(),
        );
        fs::write(self.settings(), text).unwrap();
    }

    pub(crate) fn settings(&self) -> PathBuf {
        self.dir.path().join("settings.ini")
    }

    pub(crate) fn token(&self) -> PathBuf {
        self.dir.path().join("token")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("run/collector.sock")
    }

    pub(crate) fn spool(&self) -> PathBuf {
        self.dir.path().join("spool")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.dir.path().join("journal")
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--settings").arg(self.settings());
        command
    }

    /// Starts a collector and waits until it is ready.
    pub(crate) fn start(&self) -> Collector {
        self.start_and_tell().0
    }

    /// Starts a collector; gives also the line of the log that says that it is ready.
    pub(crate) fn start_and_tell(&self) -> (Collector, String) {
        Collector::start_and_tell(&mut self.command())
    }

    pub(crate) fn connect(&self) -> Client {
        Client::new(UnixStream::connect(self.socket()).unwrap())
    }

    /// The numbers of the requests in the journal, each once; and how the journal was found.
    pub(crate) fn journaled(&self) -> (BTreeSet<u64>, Recovery) {
        let (records, recovery) = self.records("request");
        let mut numbers = BTreeSet::new();
        for record in records {
            let number = record["body"]["n"].as_u64().unwrap();
            assert!(numbers.insert(number), "request {number} is there twice");
        }
        (numbers, recovery)
    }

    /// The records of one kind in the journal; and how it was found.
    pub(crate) fn records(&self, kind: &str) -> (Vec<serde_json::Value>, Recovery) {
        let options = Options {
            memory_bytes_max: 0,
            disk_bytes_max: 1 << 30,
        };
        // The worker of a collector that was killed takes a moment to see it.
        let mut opened = None;
        await_that("the journal is free", || {
            opened = match Journal::open(&self.journal(), options) {
                Err(JournalError::Locked { .. }) => None,
                outcome => Some(outcome.unwrap()),
            };
            opened.is_some()
        });
        let (mut journal, recovery) = opened.unwrap();
        let mut records = Vec::new();
        loop {
            let batch = journal.peek_batch(1_000, 1 << 20).unwrap();
            if batch.records.is_empty() {
                return (records, recovery);
            }
            for line in &batch.records {
                let record: serde_json::Value = serde_json::from_slice(line).unwrap();
                if record["kind"] == kind {
                    records.push(record);
                }
            }
            journal.acknowledge(batch.end).unwrap();
        }
    }
}

// === impl Collector ===

impl Collector {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::start_and_tell(command).0
    }

    pub(crate) fn start_and_tell(command: &mut Command) -> (Self, String) {
        let collector = Self::spawn(command);
        let ready = collector.wait_for("ready");
        (collector, ready)
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (told, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // The test may be over before the program's last line, or want to hear no more.
                if told.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// Waits for a line of the log.
    pub(crate) fn wait_for(&self, text: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("the log never says {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Lets go of the log's pipe, with the next line that comes through it.
    pub(crate) fn close_log(&mut self) {
        self.lines = mpsc::channel().1;
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(pid(self.child.id()), signal).unwrap();
    }

    /// The processes that it has started and that have not ended.
    pub(crate) fn workers(&self) -> BTreeSet<u32> {
        let id = self.child.id();
        let path = format!("/proc/{id}/task/{id}/children");
        let text = fs::read_to_string(path).unwrap_or_default();
        let workers = text.split_whitespace().map(|pid| pid.parse().unwrap());
        workers.filter(|worker| !is_zombie(*worker)).collect()
    }

    /// Kills the workers of this moment, without a word.
    pub(crate) fn kill_workers(&self) {
        for worker in self.workers() {
            // It may have ended by itself.
            let _ = kill_process(pid(worker), Signal::KILL);
        }
    }

    pub(crate) fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // Gone already after `kill` and `wait`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

// === impl Client ===

impl Client {
    pub(crate) fn new(stream: UnixStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self(stream)
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    /// The next answer; none if the collector has closed the connection.
    pub(crate) fn answer(&mut self) -> Option<u8> {
        let mut byte = [0];
        match self.0.read(&mut byte) {
            Ok(1) => Some(byte[0]),
            Ok(_) => None,
            // A connection with unread bytes is reset when it is closed.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("no answer: {error}"),
        }
    }

    /// Sends a whole frame; gives its answer.
    pub(crate) fn exchange(&mut self, bytes: &[u8]) -> Option<u8> {
        match self.send(bytes) {
            Ok(()) => self.answer(),
            Err(_) => None,
        }
    }
}

fn pid(id: u32) -> Pid {
    Pid::from_raw(id.try_into().unwrap()).unwrap()
}

fn is_zombie(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit(") ")
        .next()
        .is_none_or(|rest| rest.starts_with('Z'))
}

/// Waits until something is so.
pub(crate) fn await_that(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + PATIENCE;
    while !is_so() {
        assert!(std::time::Instant::now() < deadline, "never: {what}");
        thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// The body of request `number`, with so many bytes of padding.
pub(crate) fn body(number: u64, padding: usize) -> Vec<u8> {
    let padding = "x".repeat(padding);
    format!(
        r#"{{"v":1,"kind":"request","event_id":"019ab1c2-0000-7000-8000-{number:012x}","project":"shop","host":"web1","at_us":1,"body":{{"n":{number},"p":"{padding}"}}}}"#
    )
    .into_bytes()
}

/// The frame of request `number`.
pub(crate) fn framed(number: u64, padding: usize) -> Vec<u8> {
    frame::encode(&body(number, padding)).unwrap()
}
