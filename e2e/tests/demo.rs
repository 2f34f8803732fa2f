//! The README's first command: the recording, the report, and the journey in the console.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use e2e::lab::bin_dir;
use e2e::pty::Pty;
use e2e::{await_some, root};

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

/// Types the keys of a journey one by one, and knows how many there were.
struct Journey {
    terminal: Pty,
    keys: usize,
}

impl Journey {
    /// One key, after which all of this is to be seen.
    fn step(&mut self, key: &str, wanted: &[&str]) -> String {
        self.keys += 1;
        self.terminal.type_text(key);
        self.terminal.await_screen(wanted)
    }
}

#[test]
fn an_operator_gets_from_the_start_to_function_and_sql_and_who_waited_in_six_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut demo = Command::new(root().join("scripts/demo"));
    demo.env("TMPDIR", folder.path())
        .env("BITVILLE_BIN_DIR", bin_dir());
    let mut journey = Journey {
        terminal: Pty::start(&demo, 120, 40),
        keys: 0,
    };
    let terminal = &mut journey.terminal;
    terminal.await_screen(&["suspects of spike", "POST /cron/reprice", "held locks"]);

    // The first suspect of the newest spike is the request that held the locks.
    journey.step("\r", &["▸ POST /cron/reprice", "waterfall"]);
    // Its function profile: the function whose turn it is, and what it called.
    journey.step("f", &["functions", "RuleBook"]);
    // Its SQL, with the function that ran it: the culprit is named.
    journey.step("s", &CULPRIT[1..]);
    // The requests that waited for it.
    journey.step("l", &["POST /checkout", "waited"]);
    // One of them.
    journey.step("\r", &["▸ POST /checkout", "waited for POST /cron/reprice"]);
    // At once, from wherever one is; `q` would lead back a screen at a time.
    journey.step("\x03", &[]);
    assert!(journey.keys <= 6, "{} keys", journey.keys);
    journey.terminal.await_end();
    await_some("the demo is gone", Duration::from_secs(60), || {
        (entries(folder.path()) == 0).then_some(())
    });
}
