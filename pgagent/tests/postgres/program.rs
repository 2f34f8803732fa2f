//! The program itself, as a unit runs it.

use std::process::{Child, Command, Stdio};

use crate::agent;
use crate::cluster::{Cluster, eventually};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_bitville-pgagent");

/// The program at work. Killed if the test forgets it.
pub(crate) struct Program(Child);

// === impl Program ===

impl Program {
    pub(crate) fn start(cluster: &Cluster, url: &str) -> Self {
        let settings = cluster.path("settings.ini");
        std::fs::write(&settings, agent::settings_text(cluster, url)).unwrap();
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(cluster.path("agent.log"))
            .unwrap();
        let program = Command::new(PROGRAM)
            .arg("--settings")
            .arg(settings)
            .stdin(Stdio::null())
            .stderr(log)
            .spawn();
        Self(program.unwrap())
    }

    /// Tells it to stop, and waits until it has.
    pub(crate) async fn stop(&mut self) {
        let told = Command::new("kill")
            .arg(self.0.id().to_string())
            .status()
            .unwrap();
        assert!(told.success());
        let status = eventually("the agent to stop", async || self.0.try_wait().unwrap()).await;
        assert!(status.success(), "{status}");
    }
}

impl Program {
    /// Ends it as the kernel does when memory is short.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails if it has ended, which is what was wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
