use proptest::prelude::*;

use super::*;

#[test]
fn buckets_are_where_the_formula_puts_them() {
    for (value, expected) in [
        (0, 0),
        (7, 7),
        (8, 8),
        (15, 15),
        (16, 16),
        (17, 16),
        (18, 17),
    ] {
        assert_eq!(bucket(value), expected, "{value}");
    }
    assert_eq!(bucket(u64::MAX), 61 * 8 + 7);
    assert_eq!(lower_bound(u16::MAX), u64::MAX);
}

#[test]
fn quantiles_follow_the_nearest_rank() {
    let mut histogram = Histogram::default();
    assert_eq!(histogram.quantile(0.5), None);
    for value in 1..=7 {
        histogram.add(value);
    }
    assert_eq!(histogram.quantile(0.0), Some(1));
    assert_eq!(histogram.quantile(0.5), Some(4));
    assert_eq!(histogram.quantile(1.0), Some(7));
}

#[test]
fn it_is_a_list_of_pairs_in_json_and_bad_pairs_harm_nothing() {
    let mut histogram = Histogram::default();
    histogram.add(3);
    histogram.add(1000);
    histogram.add(1000);
    let json = serde_json::to_string(&histogram).unwrap();
    assert_eq!(json, "[[3,1],[63,2]]");
    assert_eq!(serde_json::from_str::<Histogram>(&json).unwrap(), histogram);
    let max = u64::MAX;
    let odd: Histogram = serde_json::from_str(&format!("[[65535,{max}],[65535,1]]")).unwrap();
    assert_eq!((odd.count(), odd.quantile(0.5)), (max, Some(max)));
}

proptest! {
    #[test]
    fn a_bucket_holds_its_values_and_is_narrow(value: u64) {
        let low = lower_bound(bucket(value));
        prop_assert!(low <= value);
        prop_assert!(value - low <= low / 8);
        prop_assert_eq!(bucket(low), bucket(value));
    }

    #[test]
    fn halves_of_octaves_hold_the_same_values(values: Vec<u64>) {
        let mut fine = Histogram::default();
        for value in &values {
            fine.add(*value);
        }
        let mut coarse = Histogram::default();
        for value in &values {
            coarse.add(lower_bound(bucket(*value) / 4 * 4));
        }
        prop_assert_eq!(fine.by_half_octaves(), coarse);
    }

    #[test]
    fn to_merge_is_to_add_all(left: Vec<u64>, right: Vec<u64>) {
        let of = |values: &[u64]| {
            let mut histogram = Histogram::default();
            for value in values {
                histogram.add(*value);
            }
            histogram
        };
        let mut merged = of(&left);
        merged.merge(&of(&right));
        prop_assert_eq!(merged, of(&[left, right].concat()));
    }
}
