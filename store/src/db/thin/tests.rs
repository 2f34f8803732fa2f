use std::time::Duration;

use super::*;
use crate::db::check::check;
use crate::query::bench::{Bench, NOON, request};

const HEALTH: &str = r#"{"agent":"collector","version":"1","pid":1,"uptime_us":1,"rss_bytes":null,
    "counters":{},"gauges":{},"last_error":null}"#;

fn kinds(days: u64) -> [KindRetention; 1] {
    [KindRetention {
        kind: "agent_health".to_owned(),
        kept: Duration::from_secs(days * 86_400),
    }]
}

fn bench() -> (Bench, Day) {
    let mut bench = Bench::new();
    let today = Day::of(NOON);
    for back in [0, 1, 2, 3] {
        let at = NOON - Micros(back * crate::calendar::DAY_US);
        let id = 1 + back.unsigned_abs();
        let records = [
            ("agent_health", at, HEALTH.to_owned()),
            ("request", at, request(id, "/a", 900_000, "")),
        ];
        bench.store(today.plus(-back), &records);
    }
    (bench, today)
}

fn records(bench: &Bench) -> Vec<u64> {
    let findings = check(&bench.ask().reader, false).unwrap();
    for finding in &findings {
        assert!(finding.faults.is_empty(), "{finding:?}");
    }
    findings.iter().map(|finding| finding.records).collect()
}

#[test]
fn a_kind_goes_before_its_day_and_takes_nothing_with_it() {
    let (bench, _) = bench();
    assert_eq!(records(&bench), [2, 2, 2, 2]);
    thin(&bench.files, &kinds(2), None, NOON).unwrap();
    assert_eq!(records(&bench), [1, 2, 2, 2]);
    thin(&bench.files, &kinds(1), None, NOON).unwrap();
    assert_eq!(records(&bench), [1, 1, 2, 2]);
    // Again, with nothing left to do.
    thin(&bench.files, &kinds(1), None, NOON).unwrap();
    assert_eq!(records(&bench), [1, 1, 2, 2]);
}

#[test]
fn what_an_attempt_left_that_was_killed_is_in_nobodys_way() {
    let (bench, today) = bench();
    std::fs::write(bench.files.new_path_of(today.plus(-3)), "half a file").unwrap();
    thin(&bench.files, &kinds(2), None, NOON).unwrap();
    assert_eq!(records(&bench), [1, 2, 2, 2]);
}

#[test]
fn a_file_that_somebody_reads_is_left_whole_and_thinned_later() {
    let (bench, today) = bench();
    let day = today.plus(-3);
    let reader = bench.files.open_reader(day).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let count = |reader: &Connection| -> i64 {
        let sql = "SELECT count(*) FROM body";
        reader.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(&reader), 2);
    let error = thin(&bench.files, &kinds(2), None, NOON).unwrap_err();
    assert!(matches!(error, DbError::Busy { .. }), "{error}");
    assert_eq!(count(&reader), 2);
    assert!(bench.files.wal_path_of(day).exists());
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(count(&reader), 1);
    drop(reader);
    // The rows are gone, their room is not; the next look sees that.
    thin(&bench.files, &kinds(2), None, NOON).unwrap();
    assert_eq!(records(&bench), [1, 2, 2, 2]);
    let free = "freelist_count";
    let file = bench.files.open_reader(day).unwrap();
    let free: i64 = file
        .pragma_query_value(None, free, |row| row.get(0))
        .unwrap();
    assert_eq!(free, 0);
}

#[test]
fn every_table_with_rows_of_records_is_named() {
    let (bench, today) = bench();
    let connection = bench
        .files
        .open_writer(today, crate::settings::Durability::Normal)
        .unwrap();
    let sql = "SELECT m.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
               WHERE m.type = 'table' AND c.name = 'record_id' ORDER BY 1";
    let mut statement = connection.prepare(sql).unwrap();
    let tables = statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    let tables: Vec<String> = tables.collect::<Result<_, _>>().unwrap();
    let mut named: Vec<&str> = TABLES.iter().map(|(table, _)| *table).collect();
    named.retain(|table| *table != "record");
    named.sort_unstable();
    assert_eq!(tables, named);
}
