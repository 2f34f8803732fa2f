use std::sync::Arc;

use daemon::clock::Clock;
use rusqlite::Connection;
use wire::time::Range;

use super::*;
use crate::calendar::Day;
use crate::db::files::Files;
use crate::db::meta::Meta;
use crate::db::reader::Reader;

#[test]
fn a_day_that_is_not_yet_brought_up_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::create(folder.path()).unwrap();
    let now = Instant(1_763_941_500_000_000);
    let (clock, _) = Clock::manual(now);
    let old = Connection::open(files.path_of(Day::of(now).plus(-1))).unwrap();
    old.execute_batch("PRAGMA user_version = 2;").unwrap();
    let today = files
        .open_writer(Day::of(now), crate::settings::Durability::Normal)
        .unwrap();
    today
        .execute(
            "INSERT INTO traffic VALUES (1, 'shop', 'web1', ?1, 10000000, 50, 5, 1000000, '[[40,50]]')",
            [now.0],
        )
        .unwrap();
    let asked = Ask {
        reader: Reader::new(files.clone(), clock),
        meta: Arc::new(Meta::open(&files).unwrap()),
        now,
    };
    let question = Question {
        range: Range {
            from_at_us: now,
            to_at_us: now + Micros::from_seconds(20),
        },
        buckets: 2,
        project: None,
        host: None,
    };
    let axis = Axis::new(question.range, question.buckets);
    let series = ask(&asked, &question, axis).unwrap();
    assert_eq!(series.per_s, [Some(5.0), None]);
    assert_eq!(series.errors_per_s, [Some(0.5), None]);
    assert_eq!(series.walls[0].buckets().collect::<Vec<_>>(), [(40, 50)]);
    assert_eq!(series.walls[1].count(), 0);
}
