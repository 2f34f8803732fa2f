//! Numbers and times as an operator reads them: few digits, a unit, and the zone said where a time stands.
//!
//! Times are written in UTC, but for what happens within [`in_zone`]: a screen has one zone, and dozens of places
//! that write a time.

use std::cell::RefCell;

use jiff::civil::Weekday;
use wire::time::{Instant, Range};

use crate::zone::Zone;

pub use wire::figure::{bytes, count, duration};

thread_local! {
    static ZONE: RefCell<Zone> = RefCell::new(Zone::utc());
}

/// Puts the zone back that was there before, however one leaves.
struct Before(Zone);

impl Drop for Before {
    fn drop(&mut self) {
        ZONE.set(std::mem::take(&mut self.0));
    }
}

/// Writes times in this zone while the work lasts.
pub fn in_zone<T>(zone: &Zone, work: impl FnOnce() -> T) -> T {
    let _before = Before(ZONE.replace(zone.clone()));
    work()
}

/// The zone as it stands beside a time: `UTC`, `CET`.
pub fn zone(at: Instant) -> String {
    ZONE.with_borrow(|zone| zone.label(at))
}

/// The same in few columns: `1,102`, and where that has no room `29.5 M` or `29 M`. A number that is
/// cut reads as another one; a rounded one doesn't.
pub fn count_within(number: u64, columns: usize) -> String {
    let whole = count(number);
    if whole.len() <= columns || number < 1_000 {
        return whole;
    }
    let (mut value, mut unit) = (number as f64 / 1e3, "k");
    for larger in ["M", "G", "T", "P", "E"] {
        // What would be rounded up to the next unit is in it.
        if value < 999.5 {
            break;
        }
        value /= 1e3;
        unit = larger;
    }
    let fine = format!("{value:.1} {unit}");
    if value < 99.95 && fine.len() <= columns {
        fine
    } else {
        format!("{value:.0} {unit}")
    }
}

/// A share of 0 to 1: `61 %`, and `0.4 %` where whole percents would say nothing.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.05 {
        "<0.1 %".to_owned()
    } else if percent != 0.0 && percent.abs() < 0.95 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}

/// A load or another mean: one decimal below 100.
pub fn load(value: f64) -> String {
    if value.abs() < 99.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// How many times the usual: `34×`, `1.4×`, `≈` when it is about the same, none without a usual.
pub fn times(value: f64, usual: f64) -> Option<String> {
    if usual <= 0.0 {
        return None;
    }
    let ratio = value / usual;
    Some(if (0.9..1.1).contains(&ratio) {
        "≈".to_owned()
    } else if ratio < 9.95 {
        format!("{ratio:.1}×")
    } else if ratio < 1000.0 {
        format!("{ratio:.0}×")
    } else {
        ">999×".to_owned()
    })
}

/// `2026-11-23`.
pub fn date(at: Instant) -> String {
    let civil = civil(at);
    format!(
        "{:04}-{:02}-{:02}",
        civil.year(),
        civil.month(),
        civil.day()
    )
}

/// `Mon`.
pub fn weekday(at: Instant) -> &'static str {
    match civil(at).weekday() {
        Weekday::Monday => "Mon",
        Weekday::Tuesday => "Tue",
        Weekday::Wednesday => "Wed",
        Weekday::Thursday => "Thu",
        Weekday::Friday => "Fri",
        Weekday::Saturday => "Sat",
        Weekday::Sunday => "Sun",
    }
}

/// `14:03:22`.
pub fn clock(at: Instant) -> String {
    format!("{}:{:02}", clock_minutes(at), civil(at).second())
}

/// `14:03`.
pub fn clock_minutes(at: Instant) -> String {
    let civil = civil(at);
    format!("{:02}:{:02}", civil.hour(), civil.minute())
}

/// `2026-11-23 13:30:00–14:30:00 UTC`, with a second date only where it differs.
pub fn range(range: Range) -> String {
    let (from, to) = (range.from_at_us, range.to_at_us);
    let end = if date(from) == date(to) {
        clock(to)
    } else {
        format!("{} {}", date(to), clock(to))
    };
    format!("{} {}–{end} {}", date(from), clock(from), zone(to))
}

fn civil(at: Instant) -> jiff::civil::DateTime {
    ZONE.with_borrow(|zone| zone.civil(at))
}

#[cfg(test)]
mod tests;
