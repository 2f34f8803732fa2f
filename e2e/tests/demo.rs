//! The README's first command: the recording, the report, and the journey in the console.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use e2e::console::Console;
use e2e::lab::bin_dir;
use e2e::{await_some, root, skipped};

/// What the recorded spike is known to be: who did it, with which statement, in which function.
const CULPRIT: &[&str] = &[
    "POST /cron/reprice",
    "UPDATE stock SET price_cents",
    "RepriceJob::run",
];

/// The demo's report, with `folder` for its temporary files.
fn report(folder: &Path) -> String {
    let output = Command::new(root().join("scripts/demo"))
        .arg("--report")
        .env("BITVILLE_BIN_DIR", bin_dir())
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .output()
        .expect("scripts/demo runs");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    String::from_utf8(output.stdout).expect("a report is UTF-8")
}

fn entries(folder: &Path) -> usize {
    folder.read_dir().expect("a folder").count()
}

#[test]
fn the_report_names_the_blocking_request_its_sql_and_its_function_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let report = report(folder.path());
    for wanted in CULPRIT {
        assert!(
            report.contains(wanted),
            "{wanted:?} is missing in the report:\n{report}"
        );
    }
    assert_eq!(entries(folder.path()), 0, "temporary files of the demo");
}

#[test]
fn an_operator_gets_from_the_spike_to_who_waited_in_six_keys() {
    if Command::new("tmux").arg("-V").output().is_err() {
        return skipped("the journey in the console", "tmux is not installed");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let command = format!(
        "TMPDIR={} BITVILLE_BIN_DIR={} {}",
        folder.path().display(),
        bin_dir().display(),
        root().join("scripts/demo").display()
    );
    let console = Console::start(&command, 120, 40);

    console.await_screen(&["suspects", "POST /cron/reprice"]);
    // 1: the first suspect of the newest spike is the request that held the locks.
    console.press("Enter");
    console.await_screen(&["POST /cron/reprice", "waterfall"]);
    // 2: its function profile.
    console.press("f");
    console.await_screen(&["RuleBook"]);
    // 3: its SQL, with the function that ran it.
    console.press("s");
    console.await_screen(&["UPDATE stock SET price_cents", "RepriceJob::run"]);
    // 4: the requests that waited for it.
    console.press("l");
    console.await_screen(&["POST /checkout", "waited"]);
    // 5: one of them.
    console.press("Enter");
    console.await_screen(&["POST /checkout", "waited for POST /cron/reprice"]);
    // At once, from wherever one is; `q` would lead back a screen at a time.
    console.press("C-c");
    await_some("the demo is gone", Duration::from_secs(60), || {
        (entries(folder.path()) == 0).then_some(())
    });
}
