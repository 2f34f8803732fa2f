//! Figures at the edges of their units.

use proptest::prelude::*;

use wire::time::Micros;

use super::*;

#[test]
fn shares_and_ratios_are_short() {
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

#[test]
fn times_are_written_in_the_zone_while_it_lasts() {
    let prague = Zone::named("Europe/Prague").expect("it is in the table");
    let at = Instant(1_795_994_600_000_000);
    let shown = || (date(at), clock(at), zone(at), weekday(at));
    let utc = shown();
    let told = (
        "2026-11-29".to_owned(),
        "23:23:20".to_owned(),
        "UTC".to_owned(),
        "Sun",
    );
    assert_eq!(utc, told);
    let there = in_zone(&prague, || (shown(), in_zone(&Zone::utc(), shown)));
    let told = (
        "2026-11-30".to_owned(),
        "00:23:20".to_owned(),
        "CET".to_owned(),
        "Mon",
    );
    assert_eq!(there, (told, utc.clone()));
    assert_eq!(shown(), utc, "and no longer");
}
