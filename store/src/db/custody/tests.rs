use daemon::clock::Clock;

use super::*;

struct Bench {
    _folder: tempfile::TempDir,
    custody: Custody,
}

fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::create(folder.path()).unwrap();
    Bench {
        custody: Custody::open(&files, "graylog").unwrap(),
        _folder: folder,
    }
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn place(record_id: i64) -> Place {
    Place {
        day: day("2026-03-01"),
        record_id,
    }
}

fn stretches(custody: &Custody) -> Vec<(Why, i64, i64)> {
    let stretches = custody.stretches().unwrap().into_iter();
    stretches
        .map(|it| (it.why, it.after_id, it.through_id))
        .collect()
}

#[test]
fn a_receipt_moves_the_cursor_and_adds_up() {
    let bench = bench();
    let progress = Progress {
        records: 3,
        messages: 5,
        filtered: 1,
        places: vec![place(4)],
        ..Progress::default()
    };
    bench.custody.advance(&progress, Instant(9)).unwrap();
    bench.custody.advance(&progress, Instant(10)).unwrap();
    assert_eq!(bench.custody.cursors().unwrap()[&day("2026-03-01")], 4);
    let totals = bench.custody.totals().unwrap();
    assert_eq!(
        (totals.records, totals.messages, totals.filtered),
        (6, 10, 2)
    );
    assert_eq!(totals.received_at_us, Some(Instant(10)));
}

#[test]
fn destinations_are_kept_apart() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::create(folder.path()).unwrap();
    let one = Custody::open(&files, "one").unwrap();
    let other = Custody::open(&files, "other").unwrap();
    let progress = Progress {
        places: vec![place(4)],
        ..Progress::default()
    };
    one.advance(&progress, Instant(1)).unwrap();
    assert!(other.cursors().unwrap().is_empty());
}

#[test]
fn a_stretch_that_follows_another_makes_it_longer() {
    let bench = bench();
    let add = |why, after_id, through_id| {
        let stretch = (day("2026-03-01"), after_id, through_id);
        bench.custody.add_stretches(why, &[stretch], &[]).unwrap();
    };
    add(Why::Backlog, 0, 10);
    add(Why::Backlog, 10, 20);
    add(Why::Again, 5, 5);
    add(Why::Backlog, 30, 40);
    assert_eq!(
        stretches(&bench.custody),
        [(Why::Backlog, 0, 20), (Why::Backlog, 30, 40)]
    );
}

#[test]
fn where_a_record_stands_is_told_by_cursor_and_stretches() {
    let Bench { custody, _folder } = &bench();
    let stretch = (day("2026-03-01"), 10, 20);
    custody
        .add_stretches(Why::Backlog, &[stretch], &[place(30)])
        .unwrap();
    custody
        .add_stretches(Why::Again, &[(day("2026-03-01"), 20, 25)], &[])
        .unwrap();
    let standing = |record_id| custody.standing(place(record_id)).unwrap();
    assert_eq!(standing(10), Standing::Forwarded);
    assert_eq!(standing(11), Standing::Waiting);
    assert_eq!(standing(22), Standing::Forwarded);
    assert_eq!(standing(31), Standing::Waiting);
    custody.skip_stretches().unwrap();
    assert_eq!(standing(20), Standing::Skipped);
    assert_eq!(stretches(custody), [(Why::Skipped, 10, 20)]);
    custody
        .put_aside(place(5), Uuid::nil(), "too long", Instant(1))
        .unwrap();
    assert_eq!(standing(5), Standing::PutAside);
}

#[test]
fn a_stretch_that_is_done_with_is_gone() {
    let Bench { custody, _folder } = &bench();
    let stretch = (day("2026-03-01"), 10, 20);
    custody.add_stretches(Why::Asked, &[stretch], &[]).unwrap();
    let id = custody.stretches().unwrap()[0].id;
    let done = |after_id| Progress {
        stretches: vec![(id, after_id)],
        ..Progress::default()
    };
    custody.advance(&done(15), Instant(1)).unwrap();
    assert_eq!(stretches(custody), [(Why::Asked, 15, 20)]);
    custody.advance(&done(20), Instant(1)).unwrap();
    assert!(stretches(custody).is_empty());
}

#[test]
fn the_window_before_an_outage_begins_at_the_last_mark_before_it() {
    let Bench { custody, _folder } = &bench();
    let window = Micros(50);
    for at_us in (0..200).step_by(10) {
        custody.mark(place(at_us), Instant(at_us), window).unwrap();
    }
    // The last mark was at 190: the window begins at 140.
    assert_eq!(custody.marked(Instant(140)).unwrap(), Some(place(140)));
    assert_eq!(custody.marked(Instant(145)).unwrap(), Some(place(140)));
    let earlier = custody.marked(Instant(5)).unwrap();
    assert_eq!(earlier, None, "no earlier one is kept");
}

#[test]
fn commands_wait_until_they_are_obeyed() {
    let Bench { custody, _folder } = &bench();
    let replay = Command::Replay {
        from: Instant(1),
        to: Instant(2),
    };
    custody.order(replay).unwrap();
    custody.order(Command::Skip).unwrap();
    let commands = custody.commands().unwrap();
    let asked: Vec<Command> = commands.iter().map(|it| it.1).collect();
    assert_eq!(asked, [replay, Command::Skip]);
    custody.obeyed(commands[0].0).unwrap();
    assert_eq!(custody.commands().unwrap().len(), 1);
}

#[test]
fn a_day_that_is_not_there_has_nothing_to_lose() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::create(folder.path()).unwrap();
    let custody = Custody::open(&files, "graylog").unwrap();
    let reader = Reader::new(files, Clock::system());
    assert_eq!(custody.forget_day(&reader, day("2026-03-01")).unwrap(), 0);
}
