use proptest::prelude::*;

use super::*;

/// A series from runs: `(how often, value)`; NaN stands for unknown.
fn series(runs: &[(usize, f64)]) -> Vec<Option<f64>> {
    let values = runs
        .iter()
        .flat_map(|(count, value)| std::iter::repeat_n(*value, *count));
    values
        .map(|value| (!value.is_nan()).then_some(value))
        .collect()
}

/// Where rises begin and end.
fn found(runs: &[(usize, f64)], floor: f64) -> Vec<(usize, Option<usize>)> {
    rises(&series(runs), floor)
        .iter()
        .map(|rise| (rise.begin, rise.end))
        .collect()
}

const UNKNOWN: f64 = f64::NAN;

#[test]
fn series_give_the_rises_that_an_operator_would_mark() {
    type Case = (
        &'static str,
        &'static [(usize, f64)],
        &'static [(usize, Option<usize>)],
    );
    let cases: &[Case] = &[
        (
            "a step",
            &[(30, 2.0), (20, 40.0), (30, 2.0)],
            &[(30, Some(50))],
        ),
        ("a step that lasts", &[(30, 2.0), (20, 40.0)], &[(30, None)]),
        ("found after 20 s", &[(30, 2.0), (2, 40.0)], &[(30, None)]),
        (
            "one high value alone",
            &[(30, 2.0), (1, 40.0), (30, 2.0)],
            &[],
        ),
        (
            "a baseline of one minute",
            &[(6, 1.0), (10, 20.0), (9, 1.0)],
            &[(6, Some(16))],
        ),
        ("too little baseline", &[(3, 1.0), (10, 20.0)], &[]),
        ("quiet, below the floor", &[(60, 0.0), (20, 3.9)], &[]),
        (
            "quiet, above the floor",
            &[(60, 0.0), (20, 4.1)],
            &[(60, None)],
        ),
        ("less than twice the usual", &[(60, 50.0), (20, 95.0)], &[]),
        (
            "a rise that catches its breath",
            &[(30, 2.0), (5, 40.0), (2, 2.0), (5, 40.0), (9, 2.0)],
            &[(30, Some(42))],
        ),
        (
            "two rises",
            &[(30, 2.0), (5, 40.0), (9, 2.0), (5, 40.0), (9, 2.0)],
            &[(30, Some(35)), (44, Some(49))],
        ),
        (
            "the data ends",
            &[(30, 2.0), (5, 40.0), (6, UNKNOWN)],
            &[(30, Some(35))],
        ),
        (
            "the data is late",
            &[(30, 2.0), (5, 40.0), (5, UNKNOWN)],
            &[(30, None)],
        ),
        ("no data", &[(60, UNKNOWN)], &[]),
        ("a new usual", &[(60, 2.0), (600, 40.0)], &[(60, Some(421))]),
        (
            "a slow rise begins where it left the usual",
            &[(30, 2.0), (2, 5.0), (9, 40.0)],
            &[(30, None)],
        ),
    ];
    for (name, runs, expected) in cases {
        assert_eq!(found(runs, 4.0), *expected, "{name}");
    }
}

#[test]
fn a_rise_tells_its_peak_and_the_median_before_it() {
    let rises = rises(
        &series(&[(30, 2.0), (3, 20.0), (1, 41.0), (3, 20.0), (9, 2.0)]),
        4.0,
    );
    assert_eq!(rises.len(), 1);
    assert_eq!((rises[0].peak, rises[0].peak_at), (41.0, 33));
    assert!((rises[0].baseline - 2.0).abs() < f64::EPSILON);
}

proptest! {
    // A case is 400 values with two medians each.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn noise_of_a_third_of_its_level_or_half_the_floor_never_fires(
        level in 0.0_f64..100.0,
        noise in prop::collection::vec(-1.0_f64..1.0, 400),
    ) {
        // Then the greatest value is at most twice the least, or at most the floor above it.
        let amplitude = f64::max(level / 3.0, 4.0 / 2.0) * 0.999;
        let values: Vec<_> = noise.iter().map(|it| Some((level + it * amplitude).max(0.0))).collect();
        prop_assert_eq!(rises(&values, 4.0), vec![]);
    }

    #[test]
    fn a_step_in_noise_is_found_within_its_bounds(
        level in 0.0_f64..20.0,
        noise in prop::collection::vec(-1.0_f64..1.0, 200),
        begin in 20_usize..100,
        length in 4_usize..60,
    ) {
        let amplitude = f64::max(level, 4.0) / 8.0;
        let values: Vec<_> = noise
            .iter()
            .enumerate()
            .map(|(at, it)| {
                let step = if (begin..begin + length).contains(&at) { level * 4.0 + 20.0 } else { 0.0 };
                Some((level + step + it * amplitude).max(0.0))
            })
            .collect();
        let rises = rises(&values, 4.0);
        prop_assert_eq!(rises.len(), 1);
        prop_assert_eq!((rises[0].begin, rises[0].end), (begin, Some(begin + length)));
    }
}
