//! Export to the letter, replay moved in time.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::Site;
use crate::records::{S, now_us, record, request};

#[test]
fn an_unknown_kind_is_exported_to_the_letter() {
    let site = Site::new();
    let store = site.start();
    let event_id = Uuid::now_v7();
    let at = now_us();
    // Spacing, number forms, key order and escapes that no parser would give back.
    let line = format!(
        r#"{{"v":1,"kind":"weather_2","event_id":"{event_id}","project":"shop","host":"web \"1\"","at_us":{at},"body":{{ "z": 1.50e3, "a":[ ], "text":"\u00e9\/", "a2":{{"b":null}} }}}}"#
    );
    store.store(std::slice::from_ref(&line));
    assert_eq!(site.export(), [line]);
}

#[test]
fn a_time_out_of_bounds_is_exported_as_it_came() {
    let site = Site::new();
    let store = site.start();
    let lines = [
        record("weather", "a", 0, &json!({})),
        record("weather", "a", i64::MAX, &json!({})),
    ];
    store.store(&lines);
    let times: Vec<Value> = site
        .export()
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["at_us"].clone())
        .collect();
    assert_eq!(times, [json!(0), json!(i64::MAX)]);
    let data = store.ask("/v1/overview")["data"].clone();
    let days =
        (data["to_at_us"].as_i64().unwrap() - data["from_at_us"].as_i64().unwrap()) / (86_400 * S);
    assert!(
        (9..=11).contains(&days),
        "clamped to retention and two days ahead: {days}"
    );
}

#[test]
fn an_export_can_be_cut_by_time_and_project() {
    let site = Site::new();
    let store = site.start();
    let at = now_us() - 100 * S;
    let lines = [
        record("weather", "a", at, &json!({})),
        record("weather", "b", at + S, &json!({})).replace("\"shop\"", "\"blog\""),
        record("weather", "c", at + 2 * S, &json!({})),
    ];
    store.store(&lines);
    let export = |arguments: &[&str]| {
        let arguments: Vec<&str> = ["export"].iter().chain(arguments).copied().collect();
        let output = site.run(&arguments);
        assert!(output.status.success(), "{output:?}");
        let plain = zstd::decode_all(output.stdout.as_slice()).unwrap();
        String::from_utf8(plain).unwrap().lines().count()
    };
    assert_eq!(export(&["--project", "blog"]), 1);
    assert_eq!(export(&["--from", &(at + S).to_string()]), 2);
    assert_eq!(export(&["--from", "-1h", "--to", &(at + S).to_string()]), 1);
}

#[test]
fn a_replay_moves_all_times_keeps_what_belongs_together_and_is_new_data() {
    let site = Site::new();
    let store = site.start();
    let begin = now_us() - 3 * 3_600 * S;
    let id = Uuid::new_v4();
    let original = [
        record(
            "weather",
            "web1",
            begin,
            &json!({"sky_at_us": begin - 5, "span_us": 7}),
        ),
        request(id, ("GET", "/"), begin + S, S, ("", "")),
        record("weather", "web1", begin + 10 * S, &json!({})),
    ];
    store.store(&original);
    let recording = site.path("recording.zst");
    std::fs::write(&recording, site.run(&["export"]).stdout).unwrap();

    let other = Site::new();
    let target = other.start();
    let token = other.path("token");
    std::fs::write(&token, &other.ingest_token).unwrap();
    set_private(&token);
    let end = now_us() - 60 * S;
    let output = other.run(&[
        "replay",
        recording.to_str().unwrap(),
        "--url",
        &format!("http://{}", target.ingest),
        "--token-file",
        token.to_str().unwrap(),
        "--end",
        &end.to_string(),
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let read = |line: &String| serde_json::from_str::<Value>(line).unwrap();
    let replayed: Vec<Value> = other.export().iter().map(read).collect();
    let times: Vec<i64> = replayed
        .iter()
        .map(|it| it["at_us"].as_i64().unwrap())
        .collect();
    assert_eq!(times, [end - 10 * S, end - 9 * S, end]);
    assert_eq!(
        replayed[0]["body"],
        json!({"sky_at_us": end - 10 * S - 5, "span_us": 7})
    );
    assert_eq!(replayed[1]["body"]["correlation_id"], id.to_string());
    for (before, after) in original.iter().map(read).zip(&replayed) {
        assert_eq!(before["kind"], after["kind"]);
        assert_ne!(before["event_id"], after["event_id"]);
    }
}

fn set_private(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
