//! Graylog dies, freezes, crawls and resets; so does the store: every record is read all the same.

use std::collections::BTreeMap;

use serde_json::json;

use crate::graylog::{Graylog, event_id, forward_to, free_address, until};
use crate::harness::{Site, Store};
use crate::records::{now_us, record};

/// No copies but of what is in doubt.
const STRICT: &str = "replay_window = 0s";

/// Records of a few kinds, of about that size.
fn lines(count: usize, bytes: usize) -> Vec<String> {
    let kinds = ["weather", "tide", "moon"];
    let one = |number: usize| {
        let body = json!({"number": number, "text": "x".repeat(bytes)});
        record(kinds[number % kinds.len()], "web1", now_us(), &body)
    };
    (0..count).map(one).collect()
}

fn store_all(store: &Store, lines: &[String]) {
    for part in lines.chunks(2_000) {
        store.store(part);
    }
}

fn await_breaker(store: &Store, state: &str) {
    store.ask_until("/v1/health", |it| {
        it["forwarding"]["servers"][0]["breaker"] == state
    });
}

fn metric(store: &Store, name: &str) -> u64 {
    let text = String::from_utf8(store.get("/metrics").body).unwrap();
    let begin = format!("bitville_store_{name} ");
    let line = text.lines().find_map(|line| line.strip_prefix(&begin));
    line.unwrap_or_else(|| panic!("{name} is not in {text}"))
        .parse()
        .unwrap()
}

/// Those that were read more than once.
fn copies(read: &BTreeMap<String, usize>) -> usize {
    read.values().filter(|count| **count > 1).count()
}

#[test]
fn what_comes_in_an_outage_goes_when_it_is_over() {
    let site = Site::new();
    let address = free_address();
    forward_to(&site, &format!("tcp://{address}"), STRICT);
    let store = site.start();
    // Ten minutes of 50 records a second.
    let lines = lines(30_000, 100);
    store_all(&store, &lines);
    await_breaker(&store, "open");
    // It is told once a second.
    let health = store.ask_until("/v1/health", |it| {
        it["forwarding"]["records_waiting"] == lines.len()
    });
    assert!(
        health["forwarding"]["state"]
            .as_str()
            .unwrap()
            .contains("Connection refused"),
        "{health}"
    );
    let graylog = Graylog::start_at(&site, address, &[]);
    let read = graylog.await_all(&lines);
    assert_eq!(copies(&read), 0, "nothing was in doubt");
    assert_eq!(graylog.violations(), Vec::<String>::new());
    assert_in_order(&graylog, &lines);
}

/// Each kind in the order in which it came.
fn assert_in_order(graylog: &Graylog, lines: &[String]) {
    for kind in ["weather", "tide", "moon"] {
        let sent = lines
            .iter()
            .filter(|line| line.contains(kind))
            .map(|it| event_id(it));
        let read = graylog
            .messages()
            .into_iter()
            .filter(|it| it["_kind"] == kind);
        let read = read.map(|it| it["_event_id"].as_str().unwrap().to_owned());
        assert!(sent.eq(read), "{kind} is not in its order");
    }
}

#[test]
fn a_store_that_is_killed_sends_the_rest_and_what_was_in_doubt() {
    let site = Site::new();
    // Slow enough that it is killed in the middle, again and again.
    let graylog = Graylog::start(&site, &["--bytes-per-s", "400000"]);
    let more =
        format!("{STRICT}\nbatch_messages_max = 100\nreceipt_timeout = 30s\nsend_timeout = 30s");
    forward_to(&site, &graylog.url("tcp"), &more);
    let lines = lines(3_000, 100);
    let mut store = site.start();
    store_all(&store, &lines);
    for _ in 0..3 {
        let before = graylog.read().len();
        until("some more", || {
            (graylog.read().len() > before + 200).then_some(())
        });
        store.kill();
        store = site.start();
    }
    let read = graylog.await_all(&lines);
    // Three kinds, a batch of each under way at each of three kills.
    assert!(copies(&read) <= 3 * 3 * 100, "{} copies", copies(&read));
    until("the last receipt", || {
        let health = store.ask("/v1/health");
        (health["forwarding"]["records_waiting"] == 0).then_some(())
    });
}

#[test]
fn a_receiver_that_is_killed_with_bytes_unread_gets_them_again() {
    let site = Site::new();
    let slow = ["--bytes-per-s", "200000"];
    let graylog = Graylog::start(&site, &slow);
    let address = graylog.address;
    forward_to(
        &site,
        &graylog.url("tcp"),
        "receipt_timeout = 30s\nsend_timeout = 30s",
    );
    let store = site.start();
    let lines = lines(4_000, 400);
    store_all(&store, &lines);
    until("the first messages", || {
        (graylog.read().len() > 200).then_some(())
    });
    graylog.signal("-KILL");
    drop(graylog);
    let graylog = Graylog::start_at(&site, address, &[]);
    graylog.await_all(&lines);
    store.ask_until("/v1/health", |it| it["forwarding"]["records_waiting"] == 0);
}

#[test]
fn a_receiver_that_is_frozen_costs_nothing_but_time() {
    let site = Site::new();
    let graylog = Graylog::start(&site, &[]);
    forward_to(&site, &graylog.url("tcp"), STRICT);
    let store = site.start();
    let first = lines(200, 100);
    store_all(&store, &first);
    graylog.await_all(&first);
    graylog.signal("-STOP");
    // More than any socket buffer holds.
    let second = lines(3_000, 4_000);
    store_all(&store, &second);
    await_breaker(&store, "open");
    assert_eq!(store.get("/health").status, 200, "the store itself is well");
    graylog.signal("-CONT");
    graylog.await_all(&second);
    store.ask_until("/v1/health", |it| it["forwarding"]["records_waiting"] == 0);
}

#[test]
fn a_receiver_that_crawls_gets_smaller_batches_and_all_of_it() {
    let site = Site::new();
    let graylog = Graylog::start(&site, &["--bytes-per-s", "30000"]);
    // A batch of 2,000 would take ten times the receipt's timeout.
    forward_to(
        &site,
        &graylog.url("tcp"),
        "receipt_timeout = 1s\nsend_timeout = 2s",
    );
    let store = site.start();
    let lines = lines(400, 300);
    store_all(&store, &lines);
    graylog.await_all(&lines);
}

#[test]
fn a_receiver_that_resets_in_the_middle_gets_all_of_it_in_the_end() {
    let site = Site::new();
    let graylog = Graylog::start(&site, &["--reset-after", "7"]);
    forward_to(&site, &graylog.url("tcp"), STRICT);
    let store = site.start();
    let lines = lines(200, 100);
    store_all(&store, &lines);
    graylog.await_all(&lines);
    store.ask_until("/v1/health", |it| it["forwarding"]["records_waiting"] == 0);
    assert_eq!(metric(&store, "forward_records_put_aside_total"), 0);
}

#[test]
fn one_record_that_is_not_taken_holds_up_no_other() {
    let site = Site::new();
    let graylog = Graylog::start(&site, &["--poison", "hemlock"]);
    forward_to(
        &site,
        &graylog.url("tcp"),
        &format!("{STRICT}\nbreaker_failures = 1000"),
    );
    let store = site.start();
    let mut lines = lines(50, 100);
    let poison = record("weather", "web1", now_us(), &json!({"drink": "hemlock"}));
    lines.insert(20, poison.clone());
    store_all(&store, &lines);
    lines.remove(20);
    graylog.await_all(&lines);
    // Others that come while it is suspected show that it is the record, not the server.
    until("the verdict", || {
        store_all(&store, &self::lines(1, 10));
        (metric(&store, "forward_records_put_aside_total") == 1).then_some(())
    });
    let seen = store.ask(&format!("/v1/records/{}", event_id(&poison)));
    assert_eq!(seen["forwarded"], "put_aside");
    store.ask_until("/v1/health", |it| it["forwarding"]["records_waiting"] == 0);
}

#[test]
fn what_was_received_right_before_an_outage_goes_again() {
    let site = Site::new();
    let graylog = Graylog::start(&site, &[]);
    let address = graylog.address;
    forward_to(&site, &graylog.url("tcp"), "replay_window = 60s");
    let store = site.start();
    let before = lines(100, 100);
    store_all(&store, &before);
    let read = graylog.await_all(&before);
    assert_eq!(copies(&read), 0);
    store.ask_until("/v1/health", |it| it["forwarding"]["records_waiting"] == 0);
    drop(graylog);
    let during = lines(100, 100);
    store_all(&store, &during);
    await_breaker(&store, "open");
    let graylog = Graylog::start_at(&site, address, &[]);
    graylog.await_all(&during);
    until("the copies", || {
        (copies(&graylog.read()) >= before.len()).then_some(())
    });
}

#[test]
fn what_waits_can_be_skipped_in_the_midst_of_sending() {
    let site = Site::new();
    let graylog = Graylog::start(&site, &["--bytes-per-s", "100000"]);
    let more =
        format!("{STRICT}\nbatch_messages_max = 20\nreceipt_timeout = 30s\nsend_timeout = 30s");
    forward_to(&site, &graylog.url("tcp"), &more);
    let store = site.start();
    let lines = lines(3_000, 400);
    store_all(&store, &lines);
    until("the first messages", || {
        (graylog.read().len() > 50).then_some(())
    });
    assert!(site.run(&["forward", "skip"]).status.success());
    let last = format!("/v1/records/{}", event_id(&lines[2_999]));
    store.ask_until(&last, |it| it["forwarded"] == "skipped");
    let read = graylog.read().len();
    assert!(
        read < lines.len(),
        "{read} were read before they could be skipped"
    );
    // What comes then goes as ever.
    let next = self::lines(10, 10);
    store_all(&store, &next);
    graylog.await_all(&next);
}

#[test]
fn the_next_server_takes_over() {
    let site = Site::new();
    let dead = free_address();
    let graylog = Graylog::start(&site, &[]);
    forward_to(
        &site,
        &format!("tcp://{dead}, {}", graylog.url("tcp")),
        STRICT,
    );
    let store = site.start();
    let lines = lines(100, 100);
    store_all(&store, &lines);
    let read = graylog.await_all(&lines);
    assert_eq!(copies(&read), 0);
    let health = store.ask("/v1/health");
    assert_eq!(
        health["forwarding"]["servers"][1]["breaker"], "closed",
        "{health}"
    );
}

#[test]
fn what_is_removed_before_it_was_forwarded_is_counted() {
    let site = Site::new();
    let store = site.start();
    store_all(&store, &lines(300, 1_000));
    store.stop();
    let today = day_file(&site);
    std::fs::copy(&today, site.data().join("2020-01-01.db")).unwrap();
    forward_to(&site, &format!("tcp://{}", free_address()), "");
    let store = site.start();
    let health = store.ask_until("/v1/health", |it| it["forwarding"]["records_lost"] == 300);
    assert_eq!(health["forwarding"]["records_waiting"], 300, "{health}");
}

#[test]
fn in_live_order_what_is_new_does_not_wait_for_what_is_late() {
    let site = Site::new();
    let store = site.start();
    let late = lines(2_000, 100);
    store_all(&store, &late);
    store.stop();
    // As if they had come two hours ago.
    let connection = rusqlite::Connection::open(day_file(&site)).unwrap();
    let two_hours = 7_200 * crate::records::S;
    connection
        .execute(
            "UPDATE record SET received_at_us = received_at_us - ?1",
            [two_hours],
        )
        .unwrap();
    drop(connection);
    let graylog = Graylog::start(&site, &[]);
    let more = format!("{STRICT}\norder = live\nreplay_rate = 100\nbatch_messages_max = 50");
    forward_to(&site, &graylog.url("tcp"), &more);
    let store = site.start();
    let live = lines(20, 100);
    store_all(&store, &live);
    let read = graylog.await_all(&live);
    assert!(
        read.len() < late.len(),
        "the late ones are still on their way: {}",
        read.len()
    );
    let health = store.ask("/v1/health");
    assert!(
        health["forwarding"]["lag_us"].as_i64().unwrap() >= two_hours,
        "{health}"
    );
    let read = graylog.await_all(&late);
    assert_eq!(copies(&read), 0);
}

fn day_file(site: &Site) -> std::path::PathBuf {
    let entries = std::fs::read_dir(site.data()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut days = paths.filter(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("20") && name.strip_suffix(".db").is_some()
    });
    days.next().unwrap()
}
