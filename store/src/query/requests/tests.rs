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

/// A sort, and what ascends by it.
type SortKey<'k> = (&'k str, fn(&RequestRow) -> i64);

/// The ids of all pages, one behind the other.
fn paged(bench: &Bench, filter: &str, (sort, key): SortKey<'_>) -> Vec<(CorrelationId, i64)> {
    let end = NOON + Micros::from_seconds(6 * 3_600);
    let mut question = Question {
        range: Range {
            // With what may reach into it, a piece of fourteen minutes.
            from_at_us: NOON - Micros::from_seconds(240),
            to_at_us: end,
        },
        filter: Filter::parse(filter, end).unwrap(),
        sort: Sort::parse(sort).unwrap(),
        limit: 7,
        cursor: None,
    };
    let mut rows = Vec::new();
    loop {
        let page = ask(&bench.ask(), &question).unwrap();
        rows.extend(
            page.requests
                .iter()
                .map(|row| (row.correlation_id, key(row))),
        );
        let Some(next) = page.next else { break };
        question.cursor = Some(Cursor::parse(&next).unwrap());
    }
    rows
}

/// Whole hours are told by their index, the others and what a filter asks more of row by row; those of a piece with
/// few by their time.
#[test]
fn pages_of_an_index_are_those_of_its_rows() {
    let mut bench = Bench::new();
    for (day, ids) in [(0, 1..=130), (1, 131..=160), (0, 161..=240)] {
        let records: Vec<(&str, Instant, String)> = ids
            .map(|id: u64| {
                let step = i64::try_from(id).unwrap();
                let second = if id > 160 { step - 396 } else { (step * 7_919) % 21_600 - 200 };
                let at = NOON + Micros::from_seconds(second);
                let more = format!(
                    r#","sql":{{"count":1,"total_us":{}}},"memory":{{"peak_used_bytes":{},"peak_allocated_bytes":1}}"#,
                    step % 11 * 1_000,
                    step % 13 * 1_000_000
                );
                let route = if id.is_multiple_of(3) { "/a" } else { "/b" };
                ("request", at, request(id, route, 600_000 + step % 17 * 50_000, &more))
            })
            .collect();
        bench.store(Day::of(NOON).plus(day), &records);
    }
    let keys: [SortKey; 5] = [
        ("-wall_us", |row| -row.wall_us.0),
        ("wall_us", |row| row.wall_us.0),
        ("-sql_us", |row| -row.sql_us.0),
        ("-memory", |row| {
            -row.memory_peak_bytes.unwrap().cast_signed()
        }),
        ("-at_us", |row| -row.at_us.0),
    ];
    for key in keys {
        let all = paged(&bench, "", key);
        assert_eq!(all.len(), 240, "{}", key.0);
        assert!(all.is_sorted_by_key(|it| it.1), "{all:?}");
        assert_eq!(all, paged(&bench, "project:shop", key));
        let of_route = paged(&bench, "route:\"GET /a\"", key);
        assert_eq!(of_route.len(), 80);
        assert_eq!(
            of_route,
            paged(&bench, "route:\"GET /a\" project:shop", key)
        );
    }
}
