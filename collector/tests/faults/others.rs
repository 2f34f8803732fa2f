//! The ways in beside the socket: datagrams, and the spool folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::UdpSocket;

use wire::frame::{ACK, encode};

use crate::bench::{Bench, Collector, await_that, framed};

/// Where its log says that datagrams arrive.
fn port(bench: &Bench) -> (Collector, UdpSocket) {
    bench.write_settings("udp = 127.0.0.1:0");
    let (collector, ready) = bench.start_and_tell();
    let address = ready.split("udp=").nth(1).unwrap();
    let address = address.split_whitespace().next().unwrap().trim_matches('"');
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(address).unwrap();
    (collector, socket)
}

#[test]
fn a_record_may_come_as_a_datagram_between_any_nonsense() {
    let bench = Bench::new();
    let (collector, socket) = port(&bench);
    let half = &framed(9, 1000)[..100];
    let two = [framed(8, 1), framed(9, 1)].concat();
    let stat = encode(br#"{"v":1,"kind":"stat","project":"shop","at_us":1,"body":{}}"#).unwrap();
    let garbage = encode(b"garbage").unwrap();
    for (number, nonsense) in [b"".as_slice(), b"x", half, &two, &stat, &garbage]
        .iter()
        .enumerate()
    {
        socket.send(nonsense).unwrap();
        socket.send(&framed(number as u64, 60_000)).unwrap();
    }
    // What has no answer is taken by the end at the latest.
    collector.terminate();
    assert!(collector.wait().success());
    assert_eq!(bench.journaled().0, (0..6).collect::<BTreeSet<u64>>());
}

#[test]
fn the_numbers_of_requests_are_added_up_into_a_record_per_project() {
    let bench = Bench::new();
    let (collector, socket) = port(&bench);
    for (project, route, wall_us) in [("shop", "/a", 10), ("blog", "/a", 7), ("shop", "/a", 30)] {
        let stat = format!(
            r#"{{"v":1,"kind":"stat","project":"{project}","at_us":1,"body":{{"method":"GET","route":"{route}","status":200,"wall_us":{wall_us},"client":"192.0.2.7"}}}}"#
        );
        socket.send(&encode(stat.as_bytes()).unwrap()).unwrap();
    }
    socket
        .send(&encode(br#"{"kind":"stat","project":"no good"}"#).unwrap())
        .unwrap();
    collector.terminate();
    assert!(collector.wait().success());
    let (records, _) = bench.records("traffic");
    let mut sums: BTreeMap<String, (u64, i64)> = BTreeMap::new();
    for record in &records {
        assert_eq!(record["body"]["clients"][0]["value"], "192.0.2.7");
        for route in record["body"]["routes"].as_array().unwrap() {
            let key = format!("{} {}", record["project"].as_str().unwrap(), route["route"]);
            let sum = sums.entry(key).or_default();
            sum.0 += route["count"].as_u64().unwrap();
            sum.1 += route["wall_us"].as_i64().unwrap();
        }
    }
    // The first interval may end in between.
    let expected = [("blog \"/a\"", (1, 7)), ("shop \"/a\"", (2, 40))];
    assert_eq!(
        sums,
        expected.map(|(key, sum)| (key.to_owned(), sum)).into()
    );
}

#[test]
fn a_request_whose_record_was_lost_is_recorded_from_its_numbers() {
    let bench = Bench::new();
    let (collector, socket) = port(&bench);
    let id = "a82409f1-8d09-4979-9cd5-f2bb0329602a";
    let lost = format!(r#"{{"correlation_id":"{id}","reason":"slow","why":"budget_encode"}}"#);
    for lost in [lost.as_str(), "null"] {
        let stat = format!(
            r#"{{"v":1,"kind":"stat","project":"shop","at_us":1763892202000000,"body":{{"method":"POST","route":"/cron/export","wall_us":90000000,"captured":true,"lost":{lost}}}}}"#
        );
        socket.send(&encode(stat.as_bytes()).unwrap()).unwrap();
    }
    let golden = include_bytes!("../../../wire/testdata/stat_lost.json");
    socket.send(&encode(golden).unwrap()).unwrap();
    collector.terminate();
    assert!(collector.wait().success());
    let (records, _) = bench.records("request");
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["at_us"], 1_763_892_202_000_000_i64);
    let body = &records[0]["body"];
    assert_eq!(
        (&body["correlation_id"], &body["wall_us"]),
        (&id.into(), &90_000_000.into())
    );
    assert_eq!(
        body["listener"]["skipped"][0],
        "all but its numbers: budget_encode"
    );
    let sql = &records[1]["body"]["sql"];
    assert_eq!((&sql["count"], &sql["omitted"]), (&81.into(), &79.into()));
    let update = &sql["queries"][1];
    assert_eq!(
        (&update["sql"], &update["caller"]),
        (
            &"UPDATE stock SET price_cents = ?, priced_at = now() WHERE sku = ?".into(),
            &r"Shop\Cron\RepriceJob::run".into()
        )
    );
}

#[test]
fn frames_that_wait_in_the_spool_folder_are_taken_once() {
    let bench = Bench::new();
    fs::create_dir_all(bench.spool()).unwrap();
    for number in 0..50 {
        let name = format!("{number:04}.frame");
        fs::write(bench.spool().join(name), framed(number, 1000)).unwrap();
    }
    fs::write(bench.spool().join("0050.frame"), "garbage").unwrap();
    fs::write(bench.spool().join("0051.part"), "young").unwrap();
    fs::write(bench.spool().join("breaker"), "!!!").unwrap();
    let collector = bench.start();
    // While they are taken, others are served.
    assert_eq!(bench.connect().exchange(&framed(1000, 10)), Some(ACK));
    let mut left = BTreeSet::new();
    await_that("the folder is empty", || {
        left = names(&bench);
        left.len() <= 2
    });
    assert_eq!(left, ["0051.part", "breaker"].map(String::from).into());
    collector.kill();
    let expected: BTreeSet<u64> = (0..50).chain([1000]).collect();
    assert_eq!(bench.journaled().0, expected);
}

#[test]
fn a_part_that_was_left_for_long_is_cleared_away() {
    let bench = Bench::new();
    fs::create_dir_all(bench.spool()).unwrap();
    let old = fs::File::create(bench.spool().join("0001.part")).unwrap();
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(600);
    old.set_modified(long_ago).unwrap();
    let _collector = bench.start();
    await_that("the old part is gone", || names(&bench).is_empty());
}

/// What PHP does: a file that is written beside and then gets its name.
fn leave(bench: &Bench, name: &str, bytes: &[u8]) {
    let part = bench.spool().join(format!("{name}.part"));
    fs::write(&part, bytes).unwrap();
    fs::rename(part, bench.spool().join(format!("{name}.frame"))).unwrap();
}

#[test]
fn frames_that_come_while_it_runs_are_taken_also_from_a_folder_that_was_made_anew() {
    let bench = Bench::new();
    let collector = bench.start();
    for number in 0..20 {
        leave(&bench, &format!("{number:04}"), &framed(number, 100));
    }
    await_that("the folder is empty", || names(&bench).is_empty());
    // As a cleaner of temporary folders does.
    fs::remove_dir(bench.spool()).unwrap();
    await_that("the folder is there again", || bench.spool().is_dir());
    leave(&bench, "0020", &framed(20, 100));
    await_that("the folder is empty again", || names(&bench).is_empty());
    collector.kill();
    assert_eq!(bench.journaled().0, (0..=20).collect());
}

#[test]
fn a_frame_that_was_in_work_at_three_deaths_is_put_aside_and_holds_up_no_other() {
    let bench = Bench::new();
    let in_work = bench.journal().join("spool_in_work");
    fs::create_dir_all(bench.spool()).unwrap();
    fs::create_dir_all(bench.journal()).unwrap();
    // What two deaths leave: it is tried once more.
    leave(&bench, "0001", &framed(1, 100));
    fs::write(&in_work, "1 0001.frame").unwrap();
    let collector = bench.start();
    await_that("the folder is empty", || names(&bench).is_empty());
    collector.terminate();
    assert!(collector.wait().success());
    // What three leave.
    leave(&bench, "0002", &framed(2, 100));
    leave(&bench, "0003", &framed(3, 100));
    fs::write(&in_work, "2 0002.frame").unwrap();
    let collector = bench.start();
    await_that("the folder is empty", || names(&bench).is_empty());
    collector.kill();
    assert_eq!(bench.journaled().0, [1, 3].into());
    let aside = fs::read(bench.journal().join("put_aside-0002.frame")).unwrap();
    assert_eq!(aside, framed(2, 100));
}

fn names(bench: &Bench) -> BTreeSet<String> {
    let entries = fs::read_dir(bench.spool()).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}
