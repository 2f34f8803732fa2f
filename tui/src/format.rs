//! Numbers as an operator reads them: few digits, a unit, and UTC said where a time stands.

use wire::time::{Instant, Range};

pub use wire::figure::{bytes, count, duration};

const SECONDS_PER_DAY: i64 = 86_400;

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

/// `2026-11-23`, UTC.
pub fn date(at: Instant) -> String {
    let (year, month, day) = civil(at.0.div_euclid(1_000_000 * SECONDS_PER_DAY));
    format!("{year:04}-{month:02}-{day:02}")
}

/// `Mon`, UTC.
pub fn weekday(at: Instant) -> &'static str {
    // 1970-01-01 was a Thursday.
    const NAMES: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let days = at.0.div_euclid(1_000_000 * SECONDS_PER_DAY).rem_euclid(7);
    NAMES[usize::try_from(days).unwrap_or(0)]
}

/// `14:03:22`, UTC.
pub fn clock(at: Instant) -> String {
    let seconds = seconds_of_day(at);
    format!("{}:{:02}", minutes_text(seconds), seconds % 60)
}

/// `14:03`, UTC.
pub fn clock_minutes(at: Instant) -> String {
    minutes_text(seconds_of_day(at))
}

/// `2026-11-23 13:30:00–14:30:00 UTC`, with a second date only where it differs.
pub fn range(range: Range) -> String {
    let (from, to) = (range.from_at_us, range.to_at_us);
    let end = if date(from) == date(to) {
        clock(to)
    } else {
        format!("{} {}", date(to), clock(to))
    };
    format!("{} {}–{end} UTC", date(from), clock(from))
}

fn seconds_of_day(at: Instant) -> i64 {
    at.0.div_euclid(1_000_000).rem_euclid(SECONDS_PER_DAY)
}

fn minutes_text(seconds_of_day: i64) -> String {
    format!(
        "{:02}:{:02}",
        seconds_of_day / 3_600,
        seconds_of_day / 60 % 60
    )
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
///
/// Counts in eras of 400 years (146,097 days) that begin on a 1 March, so that the leap day is the
/// last of its year and every month's length follows one linear rule.
fn civil(days: i64) -> (i64, i64, i64) {
    let since_march_0000 = days + 719_468;
    let era = since_march_0000.div_euclid(146_097);
    let day_of_era = since_march_0000.rem_euclid(146_097);
    let leap_free = day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096;
    let year_of_era = leap_free / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests;
