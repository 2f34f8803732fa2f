//! The README's first command: the recording, the report, and the journey in the console.

use std::process::{Command, Stdio};

use e2e::console::Console;
use e2e::lab::bin_dir;
use e2e::{root, skipped};

/// What the recorded spike is known to be: who did it, with which statement, in which function.
const CULPRIT: &[&str] = &[
    "POST /cron/reprice",
    "UPDATE stock SET price_cents",
    "RepriceJob::run",
];

fn demo() -> Command {
    let mut command = Command::new(root().join("scripts/demo"));
    command
        .env("BITVILLE_BIN_DIR", bin_dir())
        .stdin(Stdio::null());
    command
}

#[test]
fn the_report_names_the_blocking_request_its_sql_and_its_function() {
    let output = demo().arg("--report").output().expect("scripts/demo runs");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let report = String::from_utf8(output.stdout).expect("a report is UTF-8");
    for wanted in CULPRIT {
        assert!(
            report.contains(wanted),
            "{wanted:?} is missing in the report:\n{report}"
        );
    }
}

#[test]
fn the_demo_leaves_nothing_behind() {
    let before = folders();
    let output = demo().arg("--report").output().expect("scripts/demo runs");
    assert!(output.status.success());
    assert_eq!(folders(), before, "temporary folders of the demo");
}

/// The demo's temporary folders that are there now.
fn folders() -> usize {
    let entries = std::fs::read_dir(std::env::temp_dir()).expect("the temporary folder");
    entries
        .flatten()
        .filter(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .starts_with("bitville-demo.")
        })
        .count()
}

#[test]
fn an_operator_gets_from_the_spike_to_who_waited_in_six_keys() {
    if Command::new("tmux").arg("-V").output().is_err() {
        return skipped("the journey in the console", "tmux is not installed");
    }
    let command = format!(
        "BITVILLE_BIN_DIR={} {}",
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
}
