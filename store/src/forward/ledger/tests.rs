use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::calendar::Day;

const BOUNDS: Bounds = Bounds {
    messages_max: 4,
    bytes_max: 1_000,
};

fn day() -> Day {
    Day::parse("2026-03-01").unwrap()
}

/// Records of those kinds, one message each; `-` is one that is not wanted.
fn load(first_id: i64, kinds: &str) -> Load {
    let mut frames = Vec::new();
    let mut items = Vec::new();
    for (record_id, kind) in (first_id..).zip(kinds.chars()) {
        let begin = frames.len();
        let is_wanted = kind != '-';
        if is_wanted {
            frames.extend_from_slice(format!("{record_id}\0").as_bytes());
        }
        items.push(Item {
            place: Place {
                day: day(),
                record_id,
            },
            event_id: Uuid::nil(),
            kind: Arc::from(kind.to_string()),
            received_at_us: Instant(record_id),
            frames: begin..frames.len(),
            messages: u32::from(is_wanted),
        });
    }
    Load {
        frames: Arc::new(frames),
        items,
    }
}

fn ledger(kinds: &str) -> Ledger {
    let mut ledger = Ledger::default();
    ledger.push(load(1, kinds), |_| false);
    ledger
}

/// The records of a batch, as its bytes have them.
fn sent(batch: &Batch) -> Vec<i64> {
    let bytes: Vec<u8> = batch
        .slices
        .iter()
        .flat_map(|it| it.bytes().to_vec())
        .collect();
    let text = String::from_utf8(bytes).unwrap();
    text.split_terminator('\0')
        .map(|id| id.parse().unwrap())
        .collect()
}

fn done(ledger: &mut Ledger) -> Option<i64> {
    ledger.settle().places.last().map(|it| it.record_id)
}

#[test]
fn a_little_of_everything_is_one_batch() {
    let mut ledger = ledger("abc");
    let batch = ledger.take(BOUNDS).unwrap();
    assert_eq!(sent(&batch), [1, 2, 3]);
    assert_eq!(
        batch.slices.len(),
        1,
        "what lies side by side is sent as one"
    );
    assert!(ledger.take(BOUNDS).is_none());
    ledger.receipted(&batch);
    assert_eq!(done(&mut ledger), Some(3));
    assert_eq!(ledger.bytes(), 0);
}

#[test]
fn with_much_to_send_each_kind_has_its_own() {
    let mut ledger = ledger("aababaabb");
    let first = ledger.take(BOUNDS).unwrap();
    let second = ledger.take(BOUNDS).unwrap();
    assert_eq!(
        (sent(&first), sent(&second)),
        (vec![1, 2, 4, 6], vec![3, 5, 8, 9])
    );
    assert!(ledger.take(BOUNDS).is_none(), "both kinds are under way");
    ledger.receipted(&second);
    assert_eq!(done(&mut ledger), None, "the first record is not done with");
    ledger.receipted(&first);
    assert_eq!(done(&mut ledger), Some(6));
    assert_eq!(sent(&ledger.take(BOUNDS).unwrap()), [7]);
}

#[test]
fn a_batch_is_there_once_one_kind_that_is_not_under_way_fills_it() {
    let mut ledger = ledger("aabab");
    assert!(
        !ledger.has_batch(BOUNDS),
        "three of one kind, two of another"
    );
    ledger.push(load(6, "ab"), |_| false);
    assert!(ledger.has_batch(BOUNDS));
    assert_eq!(ledger.waiting(), 7);
    let batch = ledger.take(BOUNDS).unwrap();
    assert_eq!(sent(&batch), [1, 2, 4, 6]);
    ledger.push(load(8, "aaaa"), |_| false);
    assert!(!ledger.has_batch(BOUNDS), "its kind is under way");
    assert_eq!(ledger.waiting(), 7);
    ledger.returned(&batch);
    assert!(ledger.has_batch(BOUNDS));
    assert_eq!(ledger.waiting(), 11);
}

#[test]
fn what_is_in_doubt_goes_again_before_what_follows() {
    let mut ledger = ledger("aaaaaa");
    let batch = ledger.take(BOUNDS).unwrap();
    ledger.returned(&batch);
    assert_eq!(sent(&ledger.take(BOUNDS).unwrap()), [1, 2, 3, 4]);
}

#[test]
fn what_is_not_wanted_is_done_with_at_once() {
    let mut ledger = ledger("--a-");
    let settled = ledger.settle();
    assert_eq!((settled.filtered, settled.records), (2, 0));
    let batch = ledger.take(BOUNDS).unwrap();
    ledger.receipted(&batch);
    let settled = ledger.settle();
    assert_eq!((settled.filtered, settled.records), (1, 1));
    assert_eq!(settled.places.last().unwrap().record_id, 4);
}

#[test]
fn a_suspect_lets_others_pass_and_the_cursor_waits() {
    let one = Bounds {
        messages_max: 1,
        ..BOUNDS
    };
    let mut ledger = ledger("aaa");
    let batch = ledger.take(one).unwrap();
    ledger.suspect(&batch);
    let next = ledger.take(one).unwrap();
    assert_eq!(sent(&next), [2]);
    assert!(ledger.take_suspect().is_none(), "it goes alone");
    ledger.receipted(&next);
    assert_eq!(done(&mut ledger), None);
    let trial = ledger.take_suspect().unwrap();
    assert_eq!(sent(&trial), [1]);
    ledger.give_up(&trial);
    let settled = ledger.settle();
    assert_eq!(settled.places.last().unwrap().record_id, 2);
    assert_eq!((settled.records, settled.filtered), (1, 0));
}

#[test]
fn what_is_done_ahead_of_the_cursor_is_told_by_kind() {
    let mut first = ledger("aababaabb");
    let a = first.take(BOUNDS).unwrap();
    let b = first.take(BOUNDS).unwrap();
    first.receipted(&b);
    assert_eq!(done(&mut first), None);
    let ahead = first.ahead();
    let told: Vec<(&str, i64)> = ahead.iter().map(|it| (&*it.0, it.1.record_id)).collect();
    assert_eq!(told, [("b", 9)]);
    drop(a);
    // The next process reads from the cursor on.
    let mut second = Ledger::default();
    second.push(load(1, "aababaabb"), |item| {
        ahead
            .iter()
            .any(|(kind, place)| *kind == item.kind && item.place <= *place)
    });
    let again = second.take(BOUNDS).unwrap();
    assert_eq!(sent(&again), [1, 2, 4, 6], "what was in doubt, and no b");
    second.receipted(&again);
    assert_eq!(second.settle().records, 6, "each record counts once");
}

#[test]
fn what_was_done_around_a_suspect_is_not_ahead() {
    let one = Bounds {
        messages_max: 1,
        ..BOUNDS
    };
    let mut ledger = ledger("aaa");
    let batch = ledger.take(one).unwrap();
    ledger.suspect(&batch);
    let next = ledger.take(one).unwrap();
    ledger.receipted(&next);
    assert!(ledger.ahead().is_empty(), "the first would be passed over");
}

#[test]
fn one_record_goes_however_large_it_is() {
    let small = Bounds {
        messages_max: 1,
        bytes_max: 1,
    };
    assert_eq!(sent(&ledger("aa").take(small).unwrap()), [1]);
}

proptest! {
    /// Whatever fails and in whatever order receipts come: everything is sent, each kind in its order, and
    /// the cursor never passes what has no receipt.
    #[test]
    fn everything_is_sent_and_nothing_is_passed(
        kinds in "[abc-]{1,60}", choices in proptest::collection::vec((0_usize..4, any::<bool>()), 400),
        messages_max in 1_usize..9,
    ) {
        let bounds = Bounds { messages_max, ..BOUNDS };
        let mut ledger = ledger(&kinds);
        let mut under_way: Vec<Batch> = Vec::new();
        let mut receipted: BTreeMap<char, Vec<i64>> = BTreeMap::new();
        let mut cursor = 0;
        let kind_of = |id: i64| kinds.chars().nth(usize::try_from(id).unwrap() - 1).unwrap();
        for (choice, is_well) in choices {
            while under_way.len() < 3 {
                match ledger.take(bounds) {
                    Some(batch) => under_way.push(batch),
                    None => break,
                }
            }
            if under_way.is_empty() {
                break;
            }
            let batch = under_way.remove(choice % under_way.len());
            if is_well {
                for id in sent(&batch) {
                    receipted.entry(kind_of(id)).or_default().push(id);
                }
                ledger.receipted(&batch);
            } else {
                ledger.returned(&batch);
            }
            cursor = done(&mut ledger).unwrap_or(cursor);
            for id in 1..=cursor {
                let kind = kind_of(id);
                prop_assert!(kind == '-' || receipted[&kind].contains(&id), "{id} was passed");
            }
        }
        for ids in receipted.values() {
            prop_assert!(ids.is_sorted(), "{ids:?}");
        }
        // Without failures, all of it gets through.
        for batch in &under_way {
            ledger.returned(batch);
        }
        while let Some(batch) = ledger.take(bounds) {
            ledger.receipted(&batch);
        }
        cursor = done(&mut ledger).unwrap_or(cursor);
        prop_assert_eq!(cursor, i64::try_from(kinds.len()).unwrap());
        prop_assert_eq!((ledger.len(), ledger.bytes()), (0, 0));
    }
}
