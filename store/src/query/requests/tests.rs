use std::sync::Arc;

use daemon::clock::Clock;
use rusqlite::params;

use super::*;
use crate::calendar::Day;
use crate::db::files::Files;
use crate::db::meta::Meta;
use crate::db::reader::Reader;
use crate::query::bench::{Bench, NOON, request};
use crate::settings::Durability;

const ID: [u8; 16] = [7; 16];

/// URLs of the requests that a filter leaves, out of a few that differ.
fn left(filter: &str) -> Vec<String> {
    let mut bench = Bench::new();
    let at = |minutes: i64| NOON + Micros::from_seconds(60 * minutes);
    let profile = r#","profile":{"shape":"call_pairs","metrics":["calls","wall_us"],
        "names":["main()","Cart::total"],"edges":[[-1,0,1,9],[0,1,1,8]]}"#;
    let sql = r#","sql":{"count":3,"total_us":70000,"queries":[
        {"start_us":1,"duration_us":70000,"sql":"SELECT * FROM cart WHERE id = 7"}]}"#;
    let more = r#","status":503,"client":"10.0.0.7","memory":{"peak_used_bytes":70000000,"peak_allocated_bytes":1}"#;
    let records = [
        ("request", at(0), request(1, "/plain", 700_000, "")),
        ("request", at(1), request(2, "/profile", 800_000, profile)),
        ("request", at(2), request(3, "/sql_1", 900_000, sql)),
        ("request", at(70), request(4, "/error", 2_500_000, more)),
    ];
    bench.store(Day::of(NOON), &records);
    let question = Question {
        range: Range {
            from_at_us: NOON,
            to_at_us: at(300),
        },
        filter: Filter::parse(filter, at(300)).unwrap(),
        sort: Sort::parse("at_us").unwrap(),
        limit: 10,
        cursor: None,
    };
    let page = ask(&bench.ask(), &question).unwrap();
    assert!(page.total_is_exact);
    assert_eq!(page.total, page.requests.len() as u64, "{filter}");
    let urls = page.requests.into_iter();
    urls.map(|row| row.url.split('?').next().unwrap().to_owned())
        .collect()
}

#[test]
fn every_field_of_the_filter_language_finds_what_it_says() {
    let all = ["/plain", "/profile", "/sql_1", "/error"];
    for (filter, expected) in [
        ("", &all[..]),
        ("project:shop host:web1 method:GET", &all),
        ("project:other", &[]),
        ("host!=web1", &[]),
        ("url:/plain*", &["/plain"]),
        ("url:/sql_1*", &["/sql_1"]),
        ("url:/sql%", &[]),
        (r#"route:"GET /plain","GET /error""#, &["/plain", "/error"]),
        ("-route:*r*", &["/plain", "/sql_1"]),
        ("method:POST", &[]),
        ("status:503", &["/error"]),
        ("status:5xx", &["/error"]),
        ("-status:5xx", &["/plain", "/profile", "/sql_1"]),
        ("status>=500", &["/error"]),
        ("error:yes", &["/error"]),
        ("duration>=800ms duration<1s", &["/profile", "/sql_1"]),
        ("memory>64MiB", &["/error"]),
        ("sql:3", &["/sql_1"]),
        ("sql_time>50ms", &["/sql_1"]),
        ("lock>0s", &[]),
        ("client:10.0.0.7", &["/error"]),
        ("-client:10.0.0.7", &["/plain", "/profile", "/sql_1"]),
        ("function:Cart::total", &["/profile"]),
        ("function:cart::*", &["/profile"]),
        ("function:Nobody", &[]),
        (
            &format!(
                "fingerprint:{}",
                wire::sql::fingerprint("select * from cart where id=1")
            ),
            &["/sql_1"],
        ),
        ("time>-4h", &["/error"]),
        ("ERROR", &["/error"]),
    ] {
        assert_eq!(left(filter), expected, "{filter}");
    }
}

#[test]
fn a_request_over_midnight_has_its_waiting_of_both_days() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::create(folder.path()).unwrap();
    let today = Day::parse("2025-11-23").unwrap();
    for (day, waited_us) in [(today.plus(-1), 3), (today, 4), (today.plus(1), 5)] {
        let connection = files.open_writer(day, Durability::Normal).unwrap();
        let sql = "INSERT INTO lock_time VALUES (?1, ?2, 10)";
        connection.execute(sql, params![ID, waited_us]).unwrap();
    }
    // A file that the writer has only just made.
    std::fs::write(files.path_of(today.plus(2)), "").unwrap();
    let begin = today.start().0;
    let connection = files.open_writer(today, Durability::Normal).unwrap();
    connection
        .execute(
            "INSERT INTO request (record_id, correlation_id, source_id, route_id, at_us, wall_us,
             url, reason, is_error, sql_count, sql_us, functions, fingerprints)
             VALUES (1, ?1, 1, 1, ?2, 9, '/', 'slow', 0, 0, 0, x'', x'')",
            params![ID, begin],
        )
        .unwrap();
    connection
        .execute_batch(
            "INSERT INTO source VALUES (1, 'shop', 'web1'); INSERT INTO route VALUES (1, 'GET /');",
        )
        .unwrap();
    let (clock, _) = Clock::manual(Instant(begin));
    let ask_with = Ask {
        reader: Reader::new(files.clone(), clock),
        meta: Arc::new(Meta::open(&files).unwrap()),
        now: Instant(begin),
    };
    let question = Question {
        range: Range {
            from_at_us: Instant(begin),
            to_at_us: Instant(begin + 1),
        },
        filter: Filter::default(),
        sort: Sort::parse("-lock_us").unwrap(),
        limit: 10,
        cursor: None,
    };
    let page = ask(&ask_with, &question).unwrap();
    assert_eq!(page.total, 1);
    assert_eq!(page.requests[0].lock_us, Micros(12));
    assert_eq!(page.requests[0].blocked_us, Micros(30));
}
