use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::db::reader::Reader;

/// The schemas of earlier stores, which are not to change any more.
const DAYS: [&str; 2] = [include_str!("day_1.sql"), include_str!("day_2.sql")];

const RECORDS: &[(&str, &str)] = &[
    (
        "request",
        r#"{"correlation_id":"7c9e6679-7425-40de-944b-e07fc1f90ae7","method":"GET","url":"/cart?a=1","route":"/cart","wall_us":1500000,"sql":{"count":2,"total_us":900,"queries":[{"start_us":1,"duration_us":400,"sql":"SELECT 1"},{"start_us":9,"duration_us":500,"sql":"SELECT 2"}]}}"#,
    ),
    ("from_tomorrow", r#"{"x": [1,  2]}"#),
    // What an earlier version took and this one would not.
    ("host_metrics", r#"{"load1":"much"}"#),
];

/// A day as a store of that version left it.
fn day_of_version(files: &Files, day: Day, version: usize) -> Connection {
    let connection = Connection::open(files.path_of(day)).unwrap();
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .unwrap();
    for step in &DAYS[..version] {
        connection.execute_batch(step).unwrap();
    }
    connection
        .pragma_update(None, "user_version", version)
        .unwrap();
    for (number, (kind, body)) in (1..).zip(RECORDS) {
        let given_at_us = day.start().0 + number;
        // The last one's clock was wrong.
        let at_us = if number == 3 {
            given_at_us + 77
        } else {
            given_at_us
        };
        connection
            .execute(
                "INSERT INTO record VALUES (?1, ?2, ?3, 'shop', 'we\"b', ?4, ?5, ?6)",
                params![
                    number,
                    [u8::try_from(number).unwrap(); 16],
                    kind,
                    at_us,
                    given_at_us,
                    given_at_us + 9
                ],
            )
            .unwrap();
        let zstd = zstd::bulk::compress(body.as_bytes(), 1).unwrap();
        connection
            .execute("INSERT INTO body VALUES (?1, ?2)", params![number, zstd])
            .unwrap();
    }
    connection
        .execute(
            "INSERT INTO put_aside VALUES (x'01', 5, 'agent', 'no record', x'02', 1)",
            [],
        )
        .unwrap();
    connection
}

fn lines(files: &Files) -> Vec<String> {
    let (clock, _) = daemon::clock::Clock::manual(Instant(0));
    let mut recording = Vec::new();
    let selection = crate::recording::Selection::default();
    crate::recording::export(files, &clock, &selection, &mut recording).unwrap();
    let text = zstd::decode_all(recording.as_slice()).unwrap();
    let text = String::from_utf8(text).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn folder() -> (TempDir, Files, Day) {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::create(folder.path()).unwrap();
    (folder, files, Day::parse("2025-11-23").unwrap())
}

#[test]
fn a_day_of_every_earlier_version_is_brought_up_to_the_letter() {
    for version in 1..=DAYS.len() {
        let (_folder, files, day) = folder();
        // Left open, so that its records are in the WAL.
        let _old = day_of_version(&files, day, version);
        assert_eq!(due(&files).unwrap(), [day]);
        assert_eq!(
            refile(&files, day, &CancellationToken::new()).unwrap(),
            Some(3)
        );
        assert_eq!(due(&files).unwrap(), []);
        let expected: Vec<String> = (1..)
            .zip(RECORDS)
            .map(|(number, (kind, body))| {
                let event_id = Uuid::from_bytes([number; 16]);
                let at_us = day.start().0 + i64::from(number);
                crate::recording::line(kind, event_id, ("shop", "we\"b"), at_us, body)
            })
            .collect();
        assert_eq!(lines(&files), expected, "version {version}");
        check_rows(&files);
    }
}

#[test]
fn a_day_of_version_3_is_stepped_up_where_it_lies() {
    let (_folder, files, day) = folder();
    let path = files.path_of(day);
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../sql/day_3.sql")).unwrap();
    old.pragma_update(None, "user_version", 3).unwrap();
    let row =
        "INSERT INTO host_metrics VALUES (1, 'shop', 'web1', 5, 1000000, 'web', 4, 1.5, 30.0)";
    old.execute(row, []).unwrap();
    let kind = "INSERT INTO kind (name, records) VALUES ('host_metrics', 1)";
    old.execute(kind, []).unwrap();
    drop(old);
    assert_eq!(due(&files).unwrap(), [day]);
    let done = refile(&files, day, &CancellationToken::new()).unwrap();
    assert_eq!(done, Some(1));
    assert_eq!(due(&files).unwrap(), []);
    let (clock, _) = daemon::clock::Clock::manual(Instant(0));
    let days = Reader::new(files.clone(), clock).days().unwrap();
    let read = "SELECT load1, stalled_percent FROM host_metrics";
    let read = days[0].row(read, [], |row| {
        Ok((row.get::<_, f64>(0)?, row.get::<_, Option<f64>>(1)?))
    });
    assert_eq!(read.unwrap(), Some((1.5, None)));
}

/// What follows from the records is there too.
fn check_rows(files: &Files) {
    let (clock, _) = daemon::clock::Clock::manual(Instant(0));
    let days = Reader::new(files.clone(), clock).days().unwrap();
    let one = |sql: &str| days[0].row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(one("SELECT wall_us FROM request"), Some(1_500_000));
    assert_eq!(one("SELECT count(*) FROM fingerprint"), Some(1));
    assert_eq!(one("SELECT sum(records) FROM kind"), Some(3));
    assert_eq!(one("SELECT count(*) FROM put_aside"), Some(1));
    let clamped = "SELECT at_us - given_at_us FROM record WHERE given_at_us IS NOT NULL";
    assert_eq!(one(clamped), Some(77));
}

#[test]
fn what_an_attempt_left_that_was_killed_is_in_nobodys_way() {
    let (_folder, files, day) = folder();
    drop(day_of_version(&files, day, 2));
    for suffix in ["", "-wal", "-shm"] {
        let name = format!("{}{suffix}", files.new_path_of(day).display());
        std::fs::write(name, "half a file").unwrap();
    }
    assert_eq!(
        refile(&files, day, &CancellationToken::new()).unwrap(),
        Some(3)
    );
    assert_eq!(lines(&files).len(), 3);
}
