//! Cells of durations over time: nothing left out, and the rare seen beside the many.

use proptest::prelude::*;
use wire::histogram::bucket;

use super::*;

fn histogram(values: &[(u64, u64)]) -> Histogram {
    let mut histogram = Histogram::default();
    for (us, count) in values {
        histogram.add_bucket(bucket(*us), *count);
    }
    histogram.by_half_octaves()
}

#[test]
fn a_row_is_half_a_power_of_two_and_named_by_its_shortest() {
    let walls = [
        histogram(&[(1_024, 5)]),
        histogram(&[(1_600, 2), (4_096, 1)]),
    ];
    let cells = Cells::of(&walls, 2, 20);
    assert_eq!(cells.floors, [1_024, 1_536, 2_048, 3_072, 4_096]);
    assert_eq!(cells.counts, [[5, 0, 0, 0, 0], [0, 2, 0, 0, 1]]);
    assert_eq!(cells.peak, 5);
    let few = Cells::of(&walls, 2, 2);
    assert_eq!(few.floors, [1_024, 3_072]);
    assert_eq!(few.counts, [[5, 0], [2, 1]]);
}

#[test]
fn one_slow_request_is_seen_beside_thousands_of_fast_ones() {
    assert_eq!(shade(0, 10_000), None);
    assert_eq!(shade(1, 10_000), Some(0));
    assert_eq!(shade(10_000, 10_000), Some(3));
    let shades: Vec<_> = [1, 30, 300, 9_000].map(|it| shade(it, 10_000)).to_vec();
    assert_eq!(shades, [Some(0), Some(1), Some(2), Some(3)]);
    assert_eq!(shade(1, 1), Some(3));
}

#[test]
fn nothing_told_is_nothing_drawn() {
    assert_eq!(Cells::of(&[], 80, 10), Cells::default());
    assert_eq!(Cells::of(&[Histogram::default()], 80, 10), Cells::default());
}

proptest! {
    #[test]
    fn no_request_is_left_out_and_the_picture_fits(
        values in prop::collection::vec(prop::collection::vec((0u64..10_000_000_000, 0u64..1_000), 0..5), 1..60),
        columns in 1usize..120,
        rows in 1usize..30,
    ) {
        let walls: Vec<Histogram> = values.iter().map(|it| histogram(it)).collect();
        let cells = Cells::of(&walls, columns, rows);
        prop_assert!(cells.floors.len() <= rows);
        prop_assert!(cells.floors.windows(2).all(|it| it[0] < it[1]));
        let drawn: u64 = cells.counts.iter().flatten().sum();
        let told: u64 = walls.iter().map(Histogram::count).sum();
        // More columns than moments show some twice; fewer show each once.
        prop_assert!(drawn == told || (columns > walls.len() && drawn > told));
    }
}
