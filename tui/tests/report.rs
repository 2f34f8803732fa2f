//! The program as a script uses it, against a server that behaves like a store, and one that
//! misbehaves.

#[path = "support/fixture.rs"]
mod fixture;
#[path = "support/server.rs"]
mod server;

use std::net::TcpListener;
use std::process::{Command, Output};

use server::Mood;

fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").expect("a free port")
}

fn run(url: &str, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bitville-tui"))
        .args(words)
        .env_clear()
        .env("BITVILLE_URL", url)
        .env("BITVILLE_SETTINGS", "/dev/null")
        .output()
        .expect("the program runs")
}

/// Exit code, standard output and standard error.
fn outcome(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn the_newest_incident_names_the_blocker() {
    let url = server::start(listener(), Mood::Good);
    let (code, page, errors) = outcome(&run(&url, &["report"]));
    assert_eq!((code, &*errors), (Some(0), ""));
    assert!(page.starts_with("# Spike 3: "), "{page}");
    assert!(page.contains("`POST /cron/reprice`"));
    assert!(page.contains("`Shop\\Pricing\\Repricer::store`"));
}

#[test]
fn json_is_the_same_in_full() {
    let url = server::start(listener(), Mood::Good);
    let (code, json, _) = outcome(&run(&url, &["report", "--spike", "3", "--format", "json"]));
    assert_eq!(code, Some(0));
    let incident: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(incident["culprit"]["row"]["url"], "/cron/reprice");
    let (_, json, _) = outcome(&run(&url, &["spikes", "--format", "json"]));
    let spikes: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(spikes.as_array().map(Vec::len), Some(3));
}

#[test]
fn a_spike_that_is_not_there_has_an_exit_code_of_its_own() {
    let url = server::start(listener(), Mood::Good);
    let (code, page, errors) = outcome(&run(&url, &["report", "--spike", "99"]));
    assert_eq!((code, &*page), (Some(3), ""));
    assert!(
        errors.contains("no spike 99 in the last 7 days"),
        "{errors}"
    );
}

#[test]
fn trouble_with_the_store_is_told_in_words() {
    let refusing = server::start(listener(), Mood::Refusing);
    let raving = server::start(listener(), Mood::Raving);
    // Bound once and let go: nobody listens there.
    let nobody = format!(
        "http://{}",
        listener().local_addr().expect("a bound socket")
    );
    let cases = [
        (
            &refusing,
            "the store refuses the read token (none was given",
        ),
        (&raving, "answers, but not like a store: /v1/overview: "),
        (
            &nobody,
            "cannot reach the store (connection refused) at http://127.0.0.1:",
        ),
    ];
    for (url, words) in cases {
        let (code, page, errors) = outcome(&run(url, &["report"]));
        assert_eq!((code, &*page), (Some(1), ""));
        assert!(errors.contains(words), "{errors}");
    }
}

#[test]
fn without_a_terminal_it_says_what_to_do() {
    let (code, _, errors) = outcome(&run("http://127.0.0.1:1", &[]));
    assert_eq!(code, Some(2));
    assert!(
        errors.contains("`bitville-tui report` prints the newest incident"),
        "{errors}"
    );
}

#[test]
fn a_wrong_url_is_a_matter_of_settings() {
    let (code, _, errors) = outcome(&run("store:7802", &["report"]));
    assert_eq!(code, Some(78));
    assert!(
        errors.contains("http://HOST:PORT or https://HOST:PORT is allowed"),
        "{errors}"
    );
}
