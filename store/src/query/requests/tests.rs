use std::sync::Arc;

use daemon::clock::Clock;
use rusqlite::params;

use super::*;
use crate::db::files::Files;
use crate::db::meta::Meta;
use crate::db::reader::Reader;
use crate::settings::Durability;

const ID: [u8; 16] = [7; 16];

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
            "INSERT INTO request (record_id, correlation_id, project, host, at_us, end_at_us,
             wall_us, method, url, label, reason, is_error, sql_count, sql_us)
             VALUES (1, ?1, 'shop', 'web1', ?2, ?2 + 9, 9, 'GET', '/', 'GET /', 'slow', 0, 0, 0)",
            params![ID, begin],
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
        project: None,
        label: None,
        min_wall_us: None,
        sort: Sort::parse("-lock_us").unwrap(),
        limit: 10,
        cursor: None,
    };
    let page = ask(&ask_with, &question).unwrap();
    assert_eq!(page.total, 1);
    assert_eq!(page.requests[0].lock_us, Micros(12));
    assert_eq!(page.requests[0].blocked_us, Micros(30));
}

#[test]
fn a_cursor_is_read_back_as_it_was_written() {
    let cursor = Cursor {
        key: -1,
        day: Day::parse("2025-11-23").unwrap(),
        record_id: 677,
    };
    assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
    for text in [
        "",
        "1",
        "1~2025-11-23",
        "1~2025-11-31~2",
        "1~2025-11-23~2~3",
        "x~2025-11-23~2",
    ] {
        assert_eq!(Cursor::parse(text), None, "{text}");
    }
}
