//! A disk that is short of room: the oldest days go first, then batches are refused.

use std::fs;

use serde_json::json;

use crate::harness::Site;
use crate::records::{now_us, record};

fn days(site: &Site) -> Vec<String> {
    let entries = fs::read_dir(site.data()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut days: Vec<String> = names
        .filter(|name| name.starts_with("20") && name.strip_suffix(".db").is_some())
        .collect();
    days.sort();
    days
}

fn weather() -> Vec<String> {
    let sky = json!({"sky": "x".repeat(1_000)});
    (0..300)
        .map(|_| record("weather", "web1", now_us(), &sky))
        .collect()
}

/// A site with today's file and, as copies of it, the three days before.
fn site_with_days() -> (Site, Vec<String>) {
    let site = Site::new();
    let store = site.start();
    store.store(&weather());
    store.stop();
    let today = days(&site).remove(0);
    let begin = wire::time::Instant(now_us());
    for back in 1..=3 {
        let at = begin.0 / 1_000_000 - back * 86_400;
        let name = std::process::Command::new("date")
            .args(["-u", "-d", &format!("@{at}"), "+%Y-%m-%d.db"])
            .output()
            .unwrap();
        let name = String::from_utf8(name.stdout).unwrap();
        fs::copy(site.data().join(&today), site.data().join(name.trim())).unwrap();
    }
    let days = days(&site);
    assert_eq!(days.len(), 4);
    (site, days)
}

fn add_settings(site: &Site, more: &str) {
    let path = site.path("settings.ini");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}{more}\n")).unwrap();
}

#[test]
fn the_oldest_days_go_when_the_databases_take_too_much() {
    let (site, before) = site_with_days();
    let bytes = fs::metadata(site.data().join(&before[0])).unwrap().len();
    let meta = fs::metadata(site.data().join("meta.db")).unwrap().len();
    add_settings(&site, &format!("disk_max = {}B", bytes * 5 / 2 + meta));
    let store = site.start();
    assert_eq!(days(&site), before[2..]);
    store.store(&weather());
    let metrics = String::from_utf8(store.get("/metrics").body).unwrap();
    assert!(
        metrics.contains("bitville_store_days_shed_total 2\n"),
        "{metrics}"
    );
}

#[test]
fn batches_are_refused_when_only_today_is_left_and_taken_when_there_is_room_again() {
    let (site, before) = site_with_days();
    add_settings(&site, "disk_free_min = 1000000GiB");
    let store = site.start();
    assert_eq!(days(&site), before[3..], "today stays");
    let lines = weather();
    let answer = store.send(&lines);
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(
        answer.head.to_lowercase().contains("retry-after: 10"),
        "{answer:?}"
    );
    let detail = answer.json()["detail"].to_string();
    assert!(detail.contains("has less than 1000000GiB left"), "{detail}");
    // What is there can still be asked for.
    assert_eq!(store.ask("/v1/health")["records"]["weather"], 300);
    store.stop();
    add_settings(&site, "");
    let path = site.path("settings.ini");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("1000000GiB", "0B")).unwrap();
    site.start().store(&lines);
}
