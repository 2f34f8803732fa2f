use super::*;

fn entry(query_id: i64, calls: u64, execution_us: i64) -> Entry {
    Entry {
        key: Key {
            user: 10,
            database: 5,
            query_id,
            is_top_level: Some(true),
        },
        counts: Counts {
            calls,
            execution_us: Micros(execution_us),
            ..Counts::default()
        },
        since: None,
    }
}

fn look(entries: &[Entry]) -> Look {
    Look {
        entries: entries.to_vec(),
        evictions: Some(3),
        reset_at: Some(Instant(1)),
    }
}

/// What the second look adds to the first: query id, calls, time.
fn added(first: &Look, second: &Look) -> Vec<(i64, u64, i64)> {
    let mut ledger = Ledger::default();
    assert_eq!(
        ledger.enter(first, Instant(0)),
        None,
        "the first look tells of no interval"
    );
    let added = ledger.enter(second, Instant(60_000_000)).unwrap();
    assert_eq!(added.interval_us, Micros::from_seconds(60));
    let figures =
        |(key, counts): &(Key, Counts)| (key.query_id, counts.calls, counts.execution_us.0);
    added.listed.iter().map(figures).collect()
}

#[test]
fn differences_are_told_the_dearest_first() {
    let first = look(&[entry(1, 10, 1_000), entry(2, 10, 1_000), entry(3, 5, 50)]);
    let second = look(&[entry(1, 11, 1_500), entry(2, 30, 9_000), entry(3, 5, 50)]);
    assert_eq!(added(&first, &second), [(2, 20, 8_000), (1, 1, 500)]);
}

#[test]
fn an_entry_that_came_since_is_counted_as_a_whole() {
    assert_eq!(added(&look(&[]), &look(&[entry(1, 4, 400)])), [(1, 4, 400)]);
}

#[test]
fn an_entry_that_was_made_anew_is_known_by_any_count_that_has_become_less() {
    // Its calls have overtaken what they were; its time has not.
    let first = look(&[entry(1, 10, 1_000)]);
    let second = look(&[entry(1, 12, 600)]);
    assert_eq!(added(&first, &second), [(1, 12, 600)]);
}

#[test]
fn an_entry_that_was_made_anew_is_known_by_its_begin() {
    let since = |entry: Entry, since| Entry {
        since: Some(Instant(since)),
        ..entry
    };
    let first = look(&[since(entry(1, 10, 1_000), 1)]);
    let second = look(&[since(entry(1, 12, 1_600), 2)]);
    assert_eq!(added(&first, &second), [(1, 12, 1_600)]);
}

#[test]
fn after_a_reset_everything_is_new() {
    let first = look(&[entry(1, 10, 1_000)]);
    let mut second = look(&[entry(1, 12, 1_600)]);
    second.reset_at = Some(Instant(2));
    assert_eq!(added(&first, &second), [(1, 12, 1_600)]);
    let mut ledger = Ledger::default();
    ledger.enter(&first, Instant(0));
    assert!(ledger.enter(&second, Instant(1)).unwrap().is_reset);
}

#[test]
fn those_that_are_not_listed_are_added_up() {
    let entries: Vec<Entry> = (0..400).map(|id| entry(id, 1, 1_000 - id)).collect();
    let mut ledger = Ledger::default();
    ledger.enter(&look(&[]), Instant(0));
    let mut second = look(&entries);
    second.evictions = Some(8);
    let added = ledger.enter(&second, Instant(1)).unwrap();
    assert_eq!(
        (added.listed.len(), added.others_count, added.known),
        (LISTED_MAX, 100, 400)
    );
    assert_eq!((added.others.calls, added.evictions), (100, Some(5)));
    let least = added.listed.last().unwrap().1.execution_us;
    assert!(added.others.execution_us < Micros(least.0 * 100));
}
