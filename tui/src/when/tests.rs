//! Times in, ranges out; and what is said of what is no time.

use super::*;

/// A Monday.
const NOW: &str = "2026-11-23T14:30:00Z";

fn at(text: &str) -> Instant {
    let at: Timestamp = text.parse().expect(text);
    Instant(at.as_microsecond())
}

fn read_at(line: &str, zone: &str) -> Result<Looked, Fault> {
    let zone = Zone::named(zone).expect("a zone");
    let here = Here {
        now: at(NOW),
        day_of: at(NOW),
        zone: &zone,
    };
    read(line, here)
}

fn looked(line: &str, zone: &str) -> Looked {
    read_at(line, zone).expect(line)
}

fn between(from: &str, to: &str) -> Looked {
    Looked::Between(Range {
        from_at_us: at(from),
        to_at_us: at(to),
    })
}

fn around(text: &str) -> Looked {
    Looked::Around(at(text))
}

#[test]
fn spans_are_of_the_newest_data() {
    for line in ["10m", "-10m", " 600s "] {
        assert_eq!(
            looked(line, "UTC"),
            Looked::Last(Micros::from_seconds(600)),
            "{line}"
        );
    }
}

#[test]
fn a_time_of_day_is_in_the_zone_and_never_to_come() {
    assert_eq!(looked("14:03", "UTC"), around("2026-11-23T14:03:00Z"));
    assert_eq!(looked("9:3", "UTC"), around("2026-11-23T09:03:00Z"));
    assert_eq!(looked("14:03:22", "UTC"), around("2026-11-23T14:03:22Z"));
    assert_eq!(looked("14:31", "UTC"), around("2026-11-22T14:31:00Z"));
    assert_eq!(
        looked("15:03", "Europe/Prague"),
        around("2026-11-23T14:03:00Z")
    );
}

#[test]
fn a_time_of_day_is_of_the_day_that_is_looked_at() {
    let zone = Zone::named("Europe/Prague").expect("a zone");
    let here = Here {
        now: at(NOW),
        day_of: at("2026-11-20T23:30:00Z"),
        zone: &zone,
    };
    // In Prague it is the 21st already.
    assert_eq!(
        read("14:03", here).expect("sound"),
        around("2026-11-21T13:03:00Z")
    );
}

#[test]
fn a_time_and_how_much_on_either_side() {
    for line in ["14:03±2m", "14:03 +- 2m", "14:03+/-120s"] {
        assert_eq!(
            looked(line, "UTC"),
            between("2026-11-23T14:01:00Z", "2026-11-23T14:05:00Z"),
            "{line}"
        );
    }
    assert_eq!(
        looked("2026-11-20T14:03:00+01:00±1m", "UTC"),
        between("2026-11-20T13:02:00Z", "2026-11-20T13:04:00Z")
    );
}

#[test]
fn from_one_time_to_another() {
    for line in ["14:00..14:10", "14:00 – 14:10"] {
        assert_eq!(
            looked(line, "UTC"),
            between("2026-11-23T14:00:00Z", "2026-11-23T14:10:00Z"),
            "{line}"
        );
    }
    assert_eq!(
        looked("22:00..2:00", "UTC"),
        between("2026-11-22T22:00:00Z", "2026-11-23T02:00:00Z"),
        "over midnight"
    );
    assert_eq!(
        looked("14:00..now", "UTC"),
        between("2026-11-23T14:00:00Z", NOW)
    );
    assert_eq!(
        looked("-1h..-30m", "UTC"),
        between("2026-11-23T13:30:00Z", "2026-11-23T14:00:00Z")
    );
    assert_eq!(
        looked("2026-11-20..2026-11-21", "UTC"),
        between("2026-11-20T00:00:00Z", "2026-11-22T00:00:00Z"),
        "both days whole"
    );
}

#[test]
fn dates_are_whole_days_of_the_zone_however_long_they_are() {
    assert_eq!(
        looked("2026-11-20", "UTC"),
        between("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z")
    );
    assert_eq!(
        looked("2026-10-25", "Europe/Prague"),
        between("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        "25 hours"
    );
    assert_eq!(
        looked("yesterday", "UTC"),
        between("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z")
    );
    for line in [
        "2026-11-20 14:03",
        "2026-11-20T14:03",
        "2026-11-20T13:03:00Z",
    ] {
        assert_eq!(
            looked(line, "Europe/Prague"),
            around("2026-11-20T13:03:00Z"),
            "{line}"
        );
    }
}

#[test]
fn what_is_no_time_is_told_with_its_column() {
    let refused = |line: &str| {
        let fault = read_at(line, "UTC").expect_err(line);
        (fault.column, fault.words)
    };
    let told = |column, words: &str| (column, words.to_owned());
    for line in ["", "soon", "14", "10", "é:1", "10 m", "١٤:٠٣"] {
        assert_eq!(refused(line), told(0, ALLOWED), "{line}");
    }
    assert_eq!(refused("  soon").0, 2);
    assert_eq!(refused("25:00"), told(0, "there is no such time of day"));
    assert_eq!(refused("14:03±x").0, 6);
    assert!(refused("14:03±5").1.contains("a whole number with a unit"));
    assert_eq!(
        refused("14:00.. 14:99"),
        told(8, "there is no such time of day")
    );
    assert_eq!(refused("2026-02-30"), told(0, "there is no such day"));
    assert_eq!(
        refused("2026-11-23±1h"),
        told(0, "a time is to stand before the ±, not a day")
    );
    assert_eq!(refused("2026-11-24"), told(0, FUTURE));
    assert_eq!(refused("2026-11-24T00:00:00Z"), told(0, FUTURE));
    assert_eq!(refused("now"), told(0, "no time has passed since now"));
    assert_eq!(refused("999d"), told(0, TOO_LONG));
    assert_eq!(refused("2020-01-01..now"), told(0, TOO_LONG));
    assert_eq!(
        refused("14:10..2026-11-23T14:00:00Z"),
        told(7, "the end is to be later than the begin")
    );
    assert!(
        refused("2026-11-20T14:03[Asia/Tokyo]")
            .1
            .starts_with("this is no date")
    );
}

#[test]
fn the_ends_of_a_command_are_each_for_itself_but_for_a_time_of_day() {
    let utc = Zone::utc();
    let both = |from: &str, to: &str| ends(from, to, &utc, at(NOW)).expect("sound");
    let told = |from: &str, to: &str| (End::At(at(from)), End::At(at(to)));
    assert_eq!(
        both("14:00", "14:10"),
        told("2026-11-23T14:00:00Z", "2026-11-23T14:10:00Z")
    );
    assert_eq!(
        both("22:00", "2:00"),
        told("2026-11-22T22:00:00Z", "2026-11-23T02:00:00Z")
    );
    assert_eq!(
        both("2026-11-20", "2026-11-21"),
        told("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"),
        "as docs/api.md has it"
    );
    let ago = |seconds| End::Ago(Micros::from_seconds(seconds));
    assert_eq!(both("-15m", "now"), (ago(900), ago(0)));
    let fault = end("soon", &utc, at(NOW)).expect_err("no time");
    assert_eq!(fault.words, END_ALLOWED);
}

proptest::proptest! {
    #[test]
    fn nothing_that_is_typed_breaks_it(line in "[-0-9:.±+/dmsT Z–éa-z]{0,30}") {
        // An answer or a fault within the line.
        if let Err(fault) = read_at(&line, "Europe/Prague") {
            proptest::prop_assert!(fault.column <= line.chars().count());
        }
    }
}
