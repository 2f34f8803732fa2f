//! The API's own description, tags of answers, and the stream of news.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::harness::{Answer, Site, Store, exchange};
use crate::records::{S, now_us, request};

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// What a path takes, by what it says when it is given something else.
fn taken(store: &Store, path: &str) -> BTreeSet<String> {
    let answer = store.get(&format!("{path}?nonsense=1"));
    assert_eq!(answer.status, 400, "{path}: {answer:?}");
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    let listed = detail.split("allowed are ").nth(1).unwrap_or_default();
    let names = listed.split(", ").filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

#[test]
fn every_path_takes_what_its_description_says() {
    let site = Site::new();
    let store = site.start();
    let document = store.ask("/v1/openapi.json");
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 18, "{}", paths.len());
    for (path, item) in paths {
        let parameters = item["get"]["parameters"].as_array().into_iter().flatten();
        let described: BTreeSet<String> = parameters
            .filter(|it| it["in"] == "query")
            .map(|it| it["name"].as_str().unwrap().to_owned())
            .collect();
        let path = path
            .replace("{spike_id}", "1")
            .replace("{correlation_id}", &Uuid::nil().to_string());
        assert_eq!(taken(&store, &path), described, "{path}");
    }
    let missing = store.get("/v1/nothing").json();
    let detail = missing["detail"].as_str().unwrap();
    for path in paths.keys().filter(|path| !path.contains('{')) {
        assert!(detail.contains(path.as_str()), "{path} is not in: {detail}");
    }
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    let site = Site::new();
    let document = site.start().ask("/v1/openapi.json");
    let text = document.to_string();
    let references = text.split(r##""$ref":"#"##).skip(1);
    let mut seen = 0;
    for reference in references {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
        seen += 1;
    }
    assert!(seen > 50, "{seen}");
    let required = &document["components"]["schemas"]["RequestRow"]["required"];
    assert!(
        strings(required).any(|name| name == "correlation_id"),
        "{required}"
    );
}

#[test]
fn an_answer_that_can_not_have_changed_is_not_made_again() {
    let site = Site::new();
    let store = site.start();
    let (from, to) = (now_us() - 600 * S, now_us() + 600 * S);
    let path = format!("/v1/requests?from_at_us={from}&to_at_us={to}");
    let bearer = format!("Authorization: Bearer {}", store.read_token);
    let ask = |tag: &str| {
        let known = format!("If-None-Match: {tag}");
        exchange(store.query, "GET", &path, &[&bearer, &known], &[]).unwrap()
    };
    let first = ask("\"nothing\"");
    assert_eq!(first.status, 200);
    let tag = first
        .head
        .lines()
        .find_map(|line| line.strip_prefix("etag: "))
        .unwrap()
        .to_owned();
    assert_eq!(ask(&tag).status, 304);
    assert!(ask(&tag).body.is_empty());
    let line = request(Uuid::new_v4(), ("GET", "/"), now_us(), S, ("SELECT 1", "f"));
    store.store(&[line]);
    let changed = ask(&tag);
    assert_eq!(changed.status, 200);
    assert_eq!(changed.json()["total"], 1);
    // Nor is what retention has taken still there for who knew it.
    let tag_of = |answer: &Answer| {
        let lines = &mut answer.head.lines();
        lines
            .find_map(|line| line.strip_prefix("etag: "))
            .unwrap()
            .to_owned()
    };
    let with_old = site.data().join("2026-01-01.db");
    std::fs::write(&with_old, "").unwrap();
    let tag = tag_of(&ask("\"nothing\""));
    assert_eq!(ask(&tag).status, 304);
    std::fs::remove_file(&with_old).unwrap();
    assert_eq!(ask(&tag).status, 200);
}

#[test]
fn a_stream_tells_of_what_is_stored() {
    let site = Site::new();
    let store = site.start();
    let mut stream = TcpStream::connect(store.query).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    write!(
        stream,
        "GET /v1/live HTTP/1.1\r\nHost: store\r\nAuthorization: Bearer {}\r\n\r\n",
        store.read_token
    )
    .unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().contains("200"));
    assert!(lines.any(|line| line == "content-type: text/event-stream"));
    let at_us = now_us();
    let line = request(Uuid::new_v4(), ("GET", "/"), at_us, S, ("SELECT 1", "f"));
    store.store(&[line]);
    assert!(lines.any(|line| line == "event: stored"));
    let data = lines.find(|line| line.starts_with("data: ")).unwrap();
    assert_eq!(
        data,
        format!(r#"data: {{"newest_at_us":{at_us},"records":1}}"#)
    );
    // A stream that is open does not keep the store from stopping.
    assert_eq!(store.stop(), Some(0));
}
