use proptest::prelude::*;

use super::*;

fn moment(at_s: i64, waiter: BackendPid, root: BackendPid) -> Moment {
    let seat = |pid| Seat {
        pid,
        ..Seat::default()
    };
    Moment {
        database: Arc::new(("shop".to_owned(), "db1".to_owned())),
        at_us: Instant(at_s * 1_000_000),
        weight_us: 1_000_000,
        interval_us: 1_000_000,
        waiter: seat(waiter),
        blocker: seat(root),
        root: seat(root),
        lock_type: None,
        mode: None,
        relation: None,
    }
}

#[test]
fn consecutive_samples_of_a_wait_are_one_wait() {
    let moments = [moment(10, 2, 1), moment(11, 2, 1), moment(12, 2, 1)];
    let waits = merge(&moments);
    assert_eq!(waits.len(), 1);
    assert_eq!(waits[0].begin_at_us, Instant(9_000_000));
    assert_eq!(waits[0].end_at_us, Instant(12_000_000));
    assert_eq!(waits[0].waited_us, 3_000_000);
}

#[test]
fn a_long_hole_or_another_root_makes_another_wait() {
    let moments = [moment(10, 2, 1), moment(11, 2, 7), moment(40, 2, 7)];
    let begins: Vec<i64> = merge(&moments)
        .iter()
        .map(|wait| wait.begin_at_us.0)
        .collect();
    assert_eq!(begins, [9_000_000, 10_000_000, 39_000_000]);
}

proptest! {
    #[test]
    fn merging_loses_no_waiting(
        samples in prop::collection::vec((0_i64..60, 1_i32..5, 5_i32..8), 0..80)
    ) {
        let mut moments: Vec<Moment> =
            samples.into_iter().map(|(at, waiter, root)| moment(at, waiter, root)).collect();
        moments.sort_by_key(|moment| moment.at_us);
        let waited: i64 = merge(&moments).iter().map(|wait| wait.waited_us).sum();
        prop_assert_eq!(waited, moments.iter().map(|moment| moment.weight_us).sum::<i64>());
    }
}
