//! Figures at the edges of their units.

use proptest::prelude::*;

use super::*;

#[test]
fn durations_change_units_before_they_get_long() {
    let cases = [
        (0, "0 µs"),
        (950, "950 µs"),
        (2_100, "2.1 ms"),
        (310_000, "310 ms"),
        (999_900, "1.00 s"),
        (13_620_000, "13.62 s"),
        (59_999_999, "0m59s"),
        (450_000_000, "7m30s"),
        (7_500_000_000, "2h05m"),
        (180_000_000_000, "2d02h"),
        (-1_500, "-1.5 ms"),
    ];
    for (us, text) in cases {
        assert_eq!(duration(Micros(us)), text, "{us}");
    }
}

#[test]
fn counts_sizes_shares_and_ratios_are_short() {
    assert_eq!(count(999), "999");
    assert_eq!(count(1_102), "1,102");
    assert_eq!(count(1_234_567), "1,234,567");
    assert_eq!(bytes(512), "512 B");
    assert_eq!(bytes(39_845_888), "38.0 MiB");
    assert_eq!(percent(0.614), "61 %");
    assert_eq!(percent(0.004), "0.4 %");
    assert_eq!(percent(0.0), "0 %");
    assert_eq!(load(187.4), "187");
    assert_eq!(load(6.24), "6.2");
    assert_eq!(times(34.0, 1.0).as_deref(), Some("34×"));
    assert_eq!(times(1.05, 1.0).as_deref(), Some("≈"));
    assert_eq!(times(1.0, 0.0), None);
}

#[test]
fn times_are_told_in_utc_with_their_date() {
    let at = Instant(1_795_437_000_000_000);
    assert_eq!(date(at), "2026-11-23");
    assert_eq!(clock(at), "12:30:00");
    assert_eq!(date(Instant(951_782_400_000_000)), "2000-02-29");
    assert_eq!(date(Instant(-1)), "1969-12-31");
    assert_eq!(clock(Instant(-1)), "23:59:59");
    let to = Instant(at.0 + 43_200_000_000);
    let range_text = range(Range {
        from_at_us: at,
        to_at_us: to,
    });
    assert_eq!(range_text, "2026-11-23 12:30:00–2026-11-24 00:30:00 UTC");
}

proptest! {
    #[test]
    fn no_number_is_too_odd(us in any::<i64>(), number in any::<u64>(), value in any::<f64>()) {
        let _ = (duration(Micros(us)), clock(Instant(us)), date(Instant(us)));
        let _ = (count(number), bytes(number), percent(value), load(value), times(value, value));
    }
}

#[test]
fn a_count_without_room_is_rounded_and_never_cut() {
    let cases = [
        (999, 2, "999"),
        (92_400, 6, "92,400"),
        (92_400, 5, "92 k"),
        (92_440, 5, "92 k"),
        (29_491_200, 10, "29,491,200"),
        (29_491_200, 9, "29.5 M"),
        (999_499, 6, "999 k"),
        (999_500, 6, "1.0 M"),
        (u64::MAX, 9, "18.4 E"),
    ];
    for (number, columns, text) in cases {
        assert_eq!(count_within(number, columns), text, "{number} in {columns}");
    }
}

#[test]
fn the_weekday_is_the_calendar_s() {
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed", "Thu"];
    for (day, name) in (0..).zip(days) {
        assert_eq!(weekday(Instant(day * 86_400_000_000)), name);
    }
    assert_eq!(weekday(Instant(-1)), "Wed");
    assert_eq!(weekday(crate::fixture::NOW), "Mon");
}
