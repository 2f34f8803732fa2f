//! The harness of the system tests: the lab as a value, the store's API, a console on a terminal.
//!
//! System tests drive `scripts/lab` and `scripts/demo` as an operator would, and ask the store over
//! its API what came of it. Where something can't run (no root, no Debian) a test says `SKIPPED` and
//! why; `scripts/test` counts that as skipped, never as passed.

pub mod api;
pub mod lab;
pub mod pty;
pub mod store;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("e2e lies in the workspace")
        .to_owned()
}

/// Says that a test could not run. Written past the test runner's capture, so that it is seen.
pub fn skipped(test: &str, why: &str) {
    // If standard error is gone there is nobody left to tell.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: {why}");
}

/// Whether this machine can run the lab at all: it needs root on Debian.
pub fn lab_possible() -> bool {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|meta| {
        use std::os::unix::fs::MetadataExt;
        meta.uid() == 0
    });
    is_root && Path::new("/etc/debian_version").exists()
}

/// Waits until `probe` gives a value; panics with what was awaited when `patience` is over.
pub fn await_some<T>(what: &str, patience: Duration, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(value) = probe() {
            return value;
        }
        assert!(
            Instant::now() < deadline,
            "{what}: not so after {patience:?}"
        );
        // The condition lies in another process, which can't wake us.
        std::thread::sleep(Duration::from_millis(100));
    }
}
