//! A store with the recorded spike in it, on a port of its own: up when made, down when dropped.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::api::Api;
use crate::lab::bin_dir;
use crate::{await_some, root};

/// What `scripts/demo` shows.
const RECORDING: &str = "e2e/recordings/lock-pile-up.ndjson.zst";

/// The store and all that a console needs to ask it.
#[derive(Debug)]
pub struct DemoStore {
    folder: TempDir,
    ingest: String,
    query: String,
    process: Option<Child>,
}

// === impl DemoStore ===

impl DemoStore {
    /// One that tests share which change nothing; it goes with the last of them.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<DemoStore>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let store = Arc::new(Self::start());
            *shared = Arc::downgrade(&store);
            store
        })
    }

    /// One of its own, filled.
    pub fn start() -> Self {
        let any = "127.0.0.1:0".to_owned();
        let mut store = Self {
            folder: tempfile::tempdir().expect("a folder"),
            ingest: any.clone(),
            query: any,
            process: None,
        };
        store.write_settings();
        store.add_token("read", "read.token");
        store.add_token("ingest", "ingest.token");
        store.run();
        store.replay();
        let api = store.api();
        await_some("the store finds the spike", Duration::from_secs(60), || {
            let answer = api.get("/v1/spikes?from_at_us=-1h").ok()?;
            answer["spikes"].as_array().filter(|it| !it.is_empty())?;
            Some(())
        });
        store
    }

    /// What a console is told with `--settings`.
    pub fn settings(&self) -> PathBuf {
        self.folder.path().join("settings.ini")
    }

    pub fn api(&self) -> Api {
        let token = self.folder.path().join("read.token");
        let token = std::fs::read_to_string(token).expect("a token");
        Api {
            address: self.query.clone(),
            token: token.trim().to_owned(),
        }
    }

    /// A console on this store.
    pub fn console(&self) -> Command {
        let mut command = Command::new(bin_dir().join("bitville-tui"));
        command.arg("--settings").arg(self.settings());
        command
    }

    /// Ends the store in order; what it has stays.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let pid = i32::try_from(process.id()).ok().and_then(Pid::from_raw);
            let pid = pid.expect("a process has a pid");
            kill_process(pid, Signal::TERM).expect("the store is there");
            process.wait().expect("the store ends");
        }
    }

    /// Starts it, the second time where it was before.
    pub fn run(&mut self) {
        let log = self.folder.path().join("store.log");
        let errors = File::create(&log).expect("a log");
        let process = self
            .command()
            .stdin(Stdio::null())
            .stderr(errors)
            .spawn()
            .expect("bitville-store runs");
        self.process = Some(process);
        let ready = await_some("the store is ready", Duration::from_secs(60), || {
            let log = std::fs::read_to_string(&log).ok()?;
            log.lines()
                .find(|line| line.contains("store ready"))
                .map(str::to_owned)
        });
        self.ingest = told(&ready, "ingest=");
        self.query = told(&ready, "query=");
        self.write_settings();
    }

    /// Sends the recording, with its times moved to now: once more, it is new data.
    pub fn replay(&self) {
        let status = self
            .command()
            .arg("replay")
            .arg(root().join(RECORDING))
            .args(["--url", &format!("http://{}", self.ingest), "--token-file"])
            .arg(self.folder.path().join("ingest.token"))
            .status()
            .expect("bitville-store runs");
        assert!(status.success(), "the recording is replayed: {status}");
    }

    fn add_token(&self, role: &str, file: &str) {
        let output = self
            .command()
            .args(["token", "add", role, "--role", role])
            .output()
            .expect("bitville-store runs");
        assert!(output.status.success(), "{output:?}");
        let path = self.folder.path().join(file);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .expect("a file for a token");
        file.write_all(&output.stdout).expect("a token is kept");
    }

    fn command(&self) -> Command {
        let mut command = Command::new(bin_dir().join("bitville-store"));
        command.env("BITVILLE_SETTINGS", self.settings());
        command
    }

    fn write_settings(&self) {
        let folder: &Path = self.folder.path();
        let text = format!(
            "[project]\nname = shop\n[store]\ningest_listen = {ingest}\nquery_listen = {query}\n\
             data_dir = {folder}/data\n[tui]\nurl = http://{query}\ntoken_file = {folder}/read.token\n",
            ingest = self.ingest,
            query = self.query,
            folder = folder.display(),
        );
        std::fs::write(self.settings(), text).expect("settings are written");
    }
}

impl Drop for DemoStore {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What stands behind a name in a line of the log.
fn told(line: &str, name: &str) -> String {
    let value = line.split_whitespace().find_map(|it| it.strip_prefix(name));
    value.expect("the store tells where it listens").to_owned()
}
