//! Times as the server writes them: local, with the abbreviation of a zone.
//!
//! An abbreviation alone says little (CST is in America and in China, and `+03` in many places), so the
//! server's `log_timezone` decides. Where an hour comes twice, when summer ends, the abbreviation tells
//! which one it was.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use wire::time::Instant;

use super::scan::Scan;

/// Reads times of one log. Remembers the minute that it read last, as most lines are of the same.
#[derive(Clone, Debug)]
pub struct Stamps {
    zone: TimeZone,
    minute: String,
    abbreviation: String,
    minute_at: Instant,
}

/// A zone's name that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("time zone: a name such as UTC or Europe/Berlin is allowed, got {given:?}")]
pub struct ZoneError {
    given: String,
}

/// Abbreviations that mean one thing nearly everywhere, for a log that was written under another zone than
/// the one that is set. Hours and minutes from UTC.
const ABBREVIATIONS: [(&str, i32, i32); 24] = [
    ("UTC", 0, 0),
    ("GMT", 0, 0),
    ("Z", 0, 0),
    ("WET", 0, 0),
    ("WEST", 1, 0),
    ("BST", 1, 0),
    ("CET", 1, 0),
    ("CEST", 2, 0),
    ("EET", 2, 0),
    ("EEST", 3, 0),
    ("MSK", 3, 0),
    ("EST", -5, 0),
    ("EDT", -4, 0),
    ("CST", -6, 0),
    ("CDT", -5, 0),
    ("MST", -7, 0),
    ("MDT", -6, 0),
    ("PST", -8, 0),
    ("PDT", -7, 0),
    ("JST", 9, 0),
    ("AEST", 10, 0),
    ("AEDT", 11, 0),
    ("NZST", 12, 0),
    ("NZDT", 13, 0),
];

/// `2026-11-23 08:33`
const MINUTE_BYTES: usize = 16;

// === impl Stamps ===

impl Stamps {
    /// For a log that is written in that zone, as `log_timezone` names it.
    pub fn new(zone: &str) -> Result<Self, ZoneError> {
        let zone = match zone {
            "GMT" | "UTC" | "Etc/UTC" => TimeZone::UTC,
            name => TimeZone::get(name).map_err(|_| ZoneError {
                given: name.chars().take(80).collect(),
            })?,
        };
        Ok(Self {
            zone,
            minute: String::new(),
            abbreviation: String::new(),
            minute_at: Instant(0),
        })
    }

    /// Reads `2026-11-23 08:33:17.635 UTC`; the fraction may be missing.
    pub fn read(&mut self, text: &str) -> Option<Instant> {
        let minute = text.get(..MINUTE_BYTES)?;
        let mut scan = Scan(&text[MINUTE_BYTES..]);
        scan.tag(":")?;
        let millis = scan.thousandths()?;
        scan.tag(" ")?;
        if millis >= 61_000 {
            return None;
        }
        if self.minute != minute || self.abbreviation != scan.0 {
            self.minute_at = self.minute_of(minute, scan.0)?;
            minute.clone_into(&mut self.minute);
            scan.0.clone_into(&mut self.abbreviation);
        }
        Some(Instant(self.minute_at.0 + millis * 1_000))
    }

    fn minute_of(&self, minute: &str, abbreviation: &str) -> Option<Instant> {
        let local: DateTime = minute.parse().ok()?;
        let offset = offset_of_digits(abbreviation)
            .or_else(|| self.offset_in_zone(local, abbreviation))
            .or_else(|| offset_of_name(abbreviation))
            .unwrap_or_else(|| earlier(self.zone.to_ambiguous_timestamp(local).offset()));
        let at = offset.to_timestamp(local).ok()?;
        Some(Instant(at.as_microsecond()))
    }

    /// The offset that the zone has at that time under that abbreviation.
    fn offset_in_zone(&self, local: DateTime, abbreviation: &str) -> Option<Offset> {
        let ambiguous = self.zone.to_ambiguous_timestamp(local).offset();
        let (first, second) = match ambiguous {
            AmbiguousOffset::Unambiguous { offset } => (offset, offset),
            AmbiguousOffset::Gap { before, after } | AmbiguousOffset::Fold { before, after } => {
                (before, after)
            }
        };
        [first, second].into_iter().find(|offset| {
            offset
                .to_timestamp(local)
                .is_ok_and(|at| self.zone.to_offset_info(at).abbreviation() == abbreviation)
        })
    }
}

fn earlier(offset: AmbiguousOffset) -> Offset {
    match offset {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => before,
    }
}

/// `+03`, `-0330`, `+05:45`: zones that have no name of their own for their time.
fn offset_of_digits(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    let number: i32 = digits.parse().ok()?;
    let (hours, minutes) = match digits.len() {
        1 | 2 => (number, 0),
        4 => (number / 100, number % 100),
        _ => return None,
    };
    Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok()
}

fn offset_of_name(text: &str) -> Option<Offset> {
    let (_, hours, minutes) = ABBREVIATIONS.iter().find(|(name, ..)| *name == text)?;
    Offset::from_seconds(hours * 3_600 + minutes * 60).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds after the beginning of 2026.
    fn read(zone: &str, text: &str) -> Option<i64> {
        let at = Stamps::new(zone).unwrap().read(text)?;
        Some((at.0 - 1_767_225_600_000_000) / 1_000_000)
    }

    const DAY: i64 = 86_400;

    #[test]
    fn a_time_is_that_of_its_zone() {
        let noon = Some(DAY / 2);
        assert_eq!(read("UTC", "2026-01-01 12:00:00.000 UTC"), noon);
        assert_eq!(read("Europe/Berlin", "2026-01-01 13:00:00.000 CET"), noon);
        assert_eq!(read("Asia/Shanghai", "2026-01-01 20:00:00 CST"), noon);
        assert_eq!(read("America/Chicago", "2026-01-01 06:00:00 CST"), noon);
        assert_eq!(
            read("Asia/Kathmandu", "2026-01-01 17:45:00.000 +0545"),
            noon
        );
        assert_eq!(read("UTC", "2026-01-01 15:00:00.000 +03"), noon);
    }

    #[test]
    fn the_hour_that_comes_twice_is_told_apart_by_its_abbreviation() {
        let summer = read("Europe/Berlin", "2026-10-25 02:30:00.000 CEST").unwrap();
        let winter = read("Europe/Berlin", "2026-10-25 02:30:00.000 CET").unwrap();
        assert_eq!(winter - summer, 3_600);
    }

    #[test]
    fn a_log_of_another_zone_than_the_one_that_is_set_is_read_by_its_own_word() {
        assert_eq!(read("UTC", "2026-01-01 13:00:00.000 CET"), Some(DAY / 2));
    }

    #[test]
    fn fractions_count_and_minutes_are_not_mixed_up() {
        let mut stamps = Stamps::new("UTC").unwrap();
        let first = stamps.read("2026-01-01 00:00:01.635 UTC").unwrap();
        let second = stamps.read("2026-01-01 00:01:01.635 UTC").unwrap();
        assert_eq!(first.0 % 1_000_000, 635_000);
        assert_eq!((second - first).0, 60_000_000);
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "2026-01-01",
            "2026-13-01 00:00:00 UTC",
            "2026-01-01 00:00:99 UTC",
            "ä",
        ] {
            assert_eq!(read("UTC", text), None, "{text:?}");
        }
        assert!(Stamps::new("Europe/Atlantis").is_err());
    }
}
