use proptest::prelude::*;

use super::*;

const NOW: Instant = Instant(1_763_892_202_000_000);

#[test]
fn a_moment_is_read_in_every_form_that_is_documented() {
    let cases = [
        ("now", 1_763_892_202_000_000),
        ("1763892202000000", 1_763_892_202_000_000),
        ("-15m", 1_763_891_302_000_000),
        ("2025-11-23", 1_763_856_000_000_000),
        ("2025-11-23T10:03", 1_763_892_180_000_000),
        ("2025-11-23T10:03:22Z", 1_763_892_202_000_000),
        ("2025-11-23 10:03:22.5", 1_763_892_202_500_000),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("2024-02-29", 1_709_164_800_000_000),
    ];
    for (text, expected) in cases {
        assert_eq!(parse_moment(text, NOW), Ok(Instant(expected)), "{text}");
    }
}

#[test]
fn what_is_no_moment_is_answered_with_what_is_allowed() {
    for text in [
        "",
        "yesterday",
        "2023-02-29",
        "2025-13-01",
        "2025-11-23T24:00",
        "2025-11-23T10:03:22+02:00",
        "-15",
        "12",
        "2025-11-23T1:2",
        "99999999999999999999",
    ] {
        let error = parse_moment(text, NOW).unwrap_err().to_string();
        assert!(error.contains("2026-03-01T12:30:00Z"), "{text}: {error}");
    }
}

proptest! {
    #[test]
    fn every_day_is_read_back_as_it_was_written(days in -10_000_i64..100_000) {
        let day = Day(days);
        prop_assert_eq!(Day::parse(&day.to_string()), Some(day));
        prop_assert_eq!(Day::of(day.start()), day);
        prop_assert_eq!(Day::of(day.start() + Micros(DAY_US - 1)), day);
    }
}
