//! The lab: up when made, down when dropped.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::api::Api;
use crate::root;

/// A lab in a folder of its own and on ports of its own, beside one that a person may have up.
#[derive(Debug)]
pub struct Lab {
    folder: TempDir,
    port: u16,
}

impl Lab {
    /// Starts everything; `first_port` and the ones behind it must be free.
    pub fn up(first_port: u16) -> Self {
        // Short, since the sockets in it have paths of at most 107 bytes; open, since PostgreSQL
        // and PHP run under users of their own.
        let folder = tempfile::Builder::new()
            .prefix("bv-lab.")
            .permissions(Permissions::from_mode(0o755))
            .tempdir()
            .expect("a folder");
        let lab = Self {
            folder,
            port: first_port,
        };
        lab.run(&["up"]);
        lab
    }

    /// The lab's own folder.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("lab")
    }

    /// How many captured requests PHP says were acknowledged to it, from the listener's trace file.
    pub fn acknowledged_by_php(&self) -> usize {
        self.outcomes("acked")
    }

    /// How many captured requests PHP gave up because its budget of time was spent.
    pub fn given_up_by_php(&self) -> usize {
        self.outcomes("skipped:budget")
    }

    /// How many captured requests PHP sent by datagram or left in the spool folder: nobody answers there.
    pub fn unanswered_to_php(&self) -> usize {
        self.outcomes("sent") + self.outcomes("spooled")
    }

    fn outcomes(&self, begin: &str) -> usize {
        let trace = self.trace();
        let outcomes = trace.lines().filter_map(|line| line.split(' ').nth(3));
        outcomes
            .filter(|outcome| outcome.starts_with(begin))
            .count()
    }

    /// The listener's trace: a line per captured request, with what became of it.
    pub fn trace(&self) -> String {
        std::fs::read_to_string(self.folder().join("php/trace.log")).unwrap_or_default()
    }

    /// The settings file that all of the lab's parts share.
    pub fn settings(&self) -> PathBuf {
        self.folder().join("settings.ini")
    }

    /// The query API of the lab's store.
    pub fn api(&self) -> Api {
        let token_file = self.folder().join("secrets/read.token");
        let token = std::fs::read_to_string(&token_file)
            .unwrap_or_else(|error| panic!("{}: {error}", token_file.display()));
        Api {
            address: format!("127.0.0.1:{}", self.port + 3),
            token: token.trim().to_owned(),
        }
    }

    /// Runs `scripts/lab` with these arguments to its end, which must be a good one.
    pub fn run(&self, arguments: &[&str]) {
        let status = self
            .command(arguments)
            .status()
            .expect("scripts/lab starts");
        assert!(status.success(), "scripts/lab {arguments:?}: {status}");
    }

    /// Starts `scripts/lab` with these arguments and leaves it running.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().expect("scripts/lab starts")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(root().join("scripts/lab"));
        command
            .args(arguments)
            .env("BITVILLE_LAB_DIR", self.folder())
            .env("BITVILLE_LAB_PORT", self.port.to_string())
            // Enough of a calm time for a spike to stand out of; the lab's 90 are for who measures.
            .env("BITVILLE_LAB_BASELINE_S", "50")
            .stdin(Stdio::null());
        command
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.command(&["down"]).status();
    }
}

/// The programs that `scripts/test` built.
pub fn bin_dir() -> PathBuf {
    std::env::var_os("BITVILLE_BIN_DIR").map_or_else(
        || root().join("target/debug"),
        |dir| Path::new(&dir).to_owned(),
    )
}
