use std::time::Duration;

use daemon::clock::Hands;
use tempfile::TempDir;
use wire::record::Record;
use wire::time::Micros;

use daemon::counters::Counters;

use super::*;
use crate::calendar::DAY_US;
use crate::db::dictionary::Bodies;
use crate::db::retention::Sweeper;
use crate::tally::Tally;

/// 2025-11-23, a quarter of an hour before midnight.
const EVENING: Instant = Instant(1_763_941_500_000_000);

/// A writer on a clock that is turned by hand.
struct Bench {
    folder: TempDir,
    files: Files,
    settings: Store,
    clock: Clock,
    hands: Hands,
    queue: Queue,
}

impl Bench {
    fn sweep(&self) {
        let tally = Tally::new(&Counters::default());
        let (files, settings) = (self.files.clone(), self.settings.clone());
        let mut sweeper = Sweeper::new(files, settings, self.clock.clone(), tally);
        sweeper.sweep().unwrap();
    }

    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::create(folder.path()).unwrap();
        let settings = Store {
            data_dir: folder.path().to_owned(),
            disk_bytes_max: 0,
            disk_free_bytes_min: 0,
            ..Store::default()
        };
        let (clock, hands) = Clock::manual(EVENING);
        let (queue, _) = spawn(files.clone(), &settings, clock.clone(), News::default()).unwrap();
        Self {
            folder,
            files,
            settings,
            clock,
            hands,
            queue,
        }
    }

    fn record(&self) -> String {
        let event_id = self.clock.event_id();
        let at_us = self.clock.now().0;
        format!(
            r#"{{"v":1,"kind":"x","event_id":"{event_id}","project":"p","host":"h","at_us":{at_us},"body":{{}}}}"#
        )
    }

    fn write(&self, line: &str) -> Written {
        let record = Record::try_from_line(line.as_bytes()).unwrap();
        let kept = kept_range(self.clock.now(), &self.settings);
        let names = self.queue.names.get();
        let mut bodies = Bodies::new(self.queue.dictionaries.clone()).unwrap();
        let (answer, pending) = oneshot::channel();
        let portion = Portion {
            records: vec![Prepared::try_new(&record, kept, &names, &mut bodies).unwrap()],
            put_aside: vec![Aside::new("bad".to_owned(), b"bad", 3)],
            names,
            behind: None,
            token: "agent".to_owned(),
            answer,
        };
        self.queue.portions.blocking_send(portion).unwrap();
        pending.blocking_recv().unwrap().unwrap()
    }

    fn days(&self) -> Vec<String> {
        self.files
            .days()
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect()
    }
}

const STORED: Written = Written {
    stored: 1,
    known: 0,
};
const KNOWN: Written = Written {
    stored: 0,
    known: 1,
};

#[test]
fn a_record_that_is_sent_again_on_a_later_day_is_still_known() {
    let bench = Bench::new();
    let line = bench.record();
    assert_eq!(bench.write(&line), STORED);
    for hours in [1, 24, 72] {
        bench.hands.advance(Duration::from_secs(hours * 3_600));
        assert_eq!(bench.write(&line), KNOWN, "after {hours} hours more");
        assert_eq!(bench.write(&bench.record()), STORED);
    }
    assert_eq!(
        bench.days(),
        ["2025-11-23", "2025-11-24", "2025-11-25", "2025-11-28"]
    );
}

#[test]
fn a_record_whose_id_tells_no_time_is_still_known_on_a_later_day() {
    let bench = Bench::new();
    let line = bench.record().replacen("-7", "-4", 1);
    assert_eq!(bench.write(&line), STORED);
    bench.hands.advance(Duration::from_secs(86_400));
    assert_eq!(bench.write(&line), KNOWN);
}

#[test]
fn a_broken_file_of_an_earlier_day_does_not_stop_today() {
    let bench = Bench::new();
    bench.write(&bench.record());
    std::fs::write(bench.folder.path().join("2025-11-22.db"), "no database").unwrap();
    bench.hands.advance(Duration::from_secs(86_400));
    let line = bench.record().replacen("-7", "-4", 1);
    assert_eq!(bench.write(&line), STORED);
    assert_eq!(bench.write(&line), KNOWN);
}

#[test]
fn a_line_that_is_put_aside_again_is_kept_once() {
    let bench = Bench::new();
    bench.write(&bench.record());
    bench.write(&bench.record());
    let connection = bench.files.open_reader(Day::of(EVENING)).unwrap();
    assert_eq!(count_aside(&connection).unwrap(), 1);
}

#[test]
fn retention_removes_whole_days_and_the_writer_goes_on() {
    let bench = Bench::new();
    let old = bench.record();
    bench.write(&old);
    bench.hands.advance(Duration::from_secs(7 * 86_400));
    bench.write(&bench.record());
    bench.sweep();
    assert_eq!(
        bench.days(),
        ["2025-11-23", "2025-11-30"],
        "seven whole days are kept"
    );
    bench.hands.advance(Duration::from_secs(86_400));
    bench.write(&bench.record());
    bench.sweep();
    assert_eq!(bench.days(), ["2025-11-30", "2025-12-01"]);
    let left = std::fs::read_dir(bench.folder.path()).unwrap();
    let names = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(
        names
            .into_iter()
            .all(|name| !name.starts_with("2025-11-23"))
    );
    assert_eq!(
        bench.write(&old),
        STORED,
        "what retention removed is forgotten"
    );
}

#[test]
fn times_are_clamped_to_retention_and_two_days_ahead() {
    let bench = Bench::new();
    let kept = kept_range(EVENING, &bench.settings);
    assert_eq!(kept.from_at_us, EVENING - Micros(8 * DAY_US));
    assert_eq!(kept.to_at_us, EVENING + Micros(2 * DAY_US));
}

#[test]
fn news_span_all_records_since_they_were_taken() {
    let bench = Bench::new();
    let news = News::default();
    let prepared = |at_us: i64| {
        let line = bench
            .record()
            .replace(&EVENING.0.to_string(), &at_us.to_string());
        let record = Record::try_from_line(line.as_bytes()).unwrap();
        let kept = kept_range(EVENING, &bench.settings);
        let mut bodies = Bodies::new(bench.queue.dictionaries.clone()).unwrap();
        Prepared::try_new(&record, kept, &bench.queue.names.get(), &mut bodies).unwrap()
    };
    news.tell([prepared(EVENING.0 + 5), prepared(EVENING.0 - 5)].iter());
    news.tell([prepared(EVENING.0)].iter());
    let told = news.take().unwrap();
    assert_eq!(
        (told.from_at_us.0, told.to_at_us.0),
        (EVENING.0 - 5, EVENING.0 + 5)
    );
    assert_eq!(news.take(), None);
}
