use proptest::prelude::*;

use super::*;

fn axis(from_us: i64, to_us: i64, buckets: usize) -> Axis {
    Axis::new(
        Range {
            from_at_us: Instant(from_us),
            to_at_us: Instant(to_us),
        },
        buckets,
    )
}

#[test]
fn a_reading_is_spread_over_the_time_that_it_tells_of() {
    let mut mean = Mean::new(axis(0, 40, 4));
    mean.add(-10, 15, 4.0);
    mean.add(15, 20, 8.0);
    assert_eq!(mean.finish(), [Some(4.0), Some(6.0), None, None]);
}

#[test]
fn a_reading_without_a_span_counts_where_it_stands() {
    let mut mean = Mean::new(axis(0, 40, 4));
    mean.add(15, 15, 3.0);
    assert_eq!(mean.finish(), [None, Some(3.0), None, None]);
}

#[test]
fn unknown_and_unknown_stay_unknown() {
    let mut sum = vec![None, None, Some(1.0)];
    add_known(&mut sum, &[None, Some(2.0), Some(2.0)]);
    assert_eq!(sum, [None, Some(2.0), Some(3.0)]);
}

proptest! {
    #[test]
    fn load_times_width_is_the_time_that_was_put_in(
        spans in prop::collection::vec((0_i64..1_000, 1_i64..500), 0..50),
        buckets in 1_usize..40,
    ) {
        let axis = axis(0, 1_000, buckets);
        let mut load = Load::new(axis);
        let mut time = 0;
        for (from, length) in spans {
            load.add(from, from + length);
            time += (from + length).min(axis.end_us()) - from;
        }
        let seen: f64 = load.finish().iter().map(|load| load * axis.bucket_us as f64).sum();
        prop_assert!((seen - time as f64).abs() < 1e-6, "{} is not {}", seen, time);
    }
}
