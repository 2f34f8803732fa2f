//! The console in a real terminal: tmux types the keys and shows the screen.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::await_some;

/// A program in a tmux session of its own, on a server socket of its own.
#[derive(Debug)]
pub struct Console {
    socket: PathBuf,
    // Holds the socket's folder until the session is over.
    _folder: TempDir,
}

impl Console {
    /// Starts `command` (a shell command) in a terminal of this size.
    pub fn start(command: &str, columns: u16, rows: u16) -> Self {
        let folder = tempfile::tempdir().expect("a folder for tmux's socket");
        let socket = folder.path().join("tmux");
        let console = Self {
            socket,
            _folder: folder,
        };
        let (columns, rows) = (columns.to_string(), rows.to_string());
        console.tmux(&["new-session", "-d", "-x", &columns, "-y", &rows, command]);
        console
    }

    /// Types one key, named as tmux names it (`Enter`, `s`, `Escape`).
    pub fn press(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    /// What stands on the screen now.
    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Waits until the screen shows all of these, and gives it.
    pub fn await_screen(&self, wanted: &[&str]) -> String {
        let mut last = String::new();
        let patience = Duration::from_secs(60);
        let what = format!("the screen shows {wanted:?}");
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            await_some(&what, patience, || {
                last = self.screen();
                wanted
                    .iter()
                    .all(|text| last.contains(text))
                    .then(|| last.clone())
            })
        }));
        found.unwrap_or_else(|_| panic!("{what}: not so; the last screen was:\n{last}"))
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux")
            .arg("-S")
            .arg(&self.socket)
            .args(arguments)
            .env("LC_ALL", "C.UTF-8")
            .output()
            .expect("tmux runs");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tmux {arguments:?}: {complaint}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // The program may have ended by itself, and its session with it.
        let _ = Command::new("tmux")
            .arg("-S")
            .arg(&self.socket)
            .arg("kill-server")
            .output();
    }
}
