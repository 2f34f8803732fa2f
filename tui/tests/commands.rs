//! The commands that print, as a script uses them, against a server that behaves like a store.

#[path = "support/fixture.rs"]
mod fixture;
#[path = "support/server.rs"]
mod server;

use std::net::TcpListener;
use std::process::{Command, Output};

use server::Mood;

fn run(words: &[&str]) -> Output {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    Command::new(env!("CARGO_BIN_EXE_bitville-tui"))
        .args(words)
        .env_clear()
        .env("BITVILLE_URL", server::start(listener, Mood::Good))
        .env("BITVILLE_SETTINGS", "/dev/null")
        .output()
        .expect("the program runs")
}

/// Standard output of a command that must go well.
fn printed(words: &[&str]) -> String {
    let output = run(words);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{words:?}: {errors}");
    assert_eq!(errors, "", "{words:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn requests_are_aligned_and_the_same_in_every_form() {
    let text = printed(&["requests", "--spike", "3", "--limit", "3"]);
    insta::assert_snapshot!(text);
    let csv = printed(&[
        "requests", "--spike", "3", "--limit", "3", "--format", "csv",
    ]);
    assert!(csv.starts_with("at_us,wall_us,sql_us,"), "{csv}");
    let json = printed(&[
        "requests", "--spike", "3", "--limit", "3", "--format", "json",
    ]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let rows = json["requests"].as_array().expect("rows");
    assert_eq!(csv.lines().count(), rows.len() + 1);
    let first = &rows[0];
    let row = csv.lines().nth(1).expect("a row");
    assert!(
        row.starts_with(&format!("{},{},", first["at_us"], first["wall_us"])),
        "{row}"
    );
}

#[test]
fn suspects_and_locks_name_the_blocker() {
    for words in [["suspects", "--spike", "3"], ["locks", "--spike", "3"]] {
        let text = printed(&words);
        assert!(text.contains("POST /cron/reprice"), "{text}");
    }
}

#[test]
fn a_bundle_is_read_without_sound_settings() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let bundle = path("incident.bvz");
    let written = run(&["bundle", "--spike", "3", "-o", &bundle]);
    assert!(written.status.success(), "{written:?}");
    let broken = path("broken.ini");
    let wrong = "[tui]\nurl = nonsense\ntheme = dark\n";
    std::fs::write(&broken, wrong).expect("written");
    let missing = path("missing.ini");
    let told = [
        (&broken, "broken.ini:3: [tui] theme: unknown"),
        (&missing, "cannot read "),
    ];
    for (settings, words) in told {
        let with = |words: &[&str]| run(&[&["--settings", settings], words].concat());
        let output = with(&["report", "--bundle", &bundle]);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{errors}");
        assert!(
            errors.starts_with("bitville-tui: without settings: "),
            "{errors}"
        );
        assert!(
            errors.contains(words) && errors.lines().count() == 1,
            "{errors}"
        );
        assert!(output.stdout.starts_with(b"# Spike 3: "));
        // The console would open: it lacks a terminal and nothing else.
        let output = with(&[&bundle]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(
            errors.contains("no terminal to open the console in"),
            "{errors}"
        );
        let output = with(&["report"]);
        assert_eq!(
            output.status.code(),
            Some(78),
            "without a bundle they are needed"
        );
    }
}

#[test]
fn the_report_is_there_in_four_forms() {
    for (format, begin) in [
        ("text", "Spike 3: "),
        ("md", "# Spike 3: "),
        ("json", "{"),
        ("csv", "share,extra_load,"),
    ] {
        let text = printed(&["report", "--format", format]);
        assert!(text.starts_with(begin), "{format}: {text}");
    }
    assert!(printed(&["spikes", "--format", "csv"]).starts_with("id,begin_at_us,"));
}

#[test]
fn what_is_not_there_and_what_is_wrong_have_exit_codes() {
    let nobody = "00000000-0000-4000-8000-000000000000";
    assert_eq!(run(&["request", nobody]).status.code(), Some(3));
    assert_eq!(run(&["requests", "--spike", "99"]).status.code(), Some(3));
    for wrong in [
        &["requests", "--spike", "3", "--range", "1h"][..],
        &["requests", "--limit", "0"],
        &["request", "x"],
        &["functions", "--baseline-from", "-1h"],
        &["requests", "--format", "xml"],
    ] {
        assert_eq!(run(wrong).status.code(), Some(2), "{wrong:?}");
    }
}
