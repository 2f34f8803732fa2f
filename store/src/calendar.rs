//! UTC days, which name the database's files, and instants as an operator writes them.
//!
//! Civil dates follow the proleptic Gregorian calendar; the arithmetic counts years from March, so
//! that the leap day is the last of its year. Nothing here reads a clock.

use std::fmt;

use thiserror::Error;
use wire::time::{Instant, Micros};

/// Microseconds in a day.
pub(crate) const DAY_US: i64 = 86_400 * 1_000_000;

/// A UTC day, counted from the Unix epoch. Displayed as `2026-03-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Day(i64);

/// A text that is no instant.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "a time is microseconds since the epoch, 2026-03-01T12:30:00Z, 2026-03-01, -15m or now, got {given:?}"
)]
pub(crate) struct MomentError {
    given: String,
}

// === impl Day ===

impl Day {
    pub(crate) fn of(instant: Instant) -> Self {
        Self(instant.0.div_euclid(DAY_US))
    }

    pub(crate) fn start(self) -> Instant {
        Instant(self.0.saturating_mul(DAY_US))
    }

    #[must_use]
    pub(crate) fn plus(self, days: i64) -> Self {
        Self(self.0 + days)
    }

    /// Reads `2026-03-01`; a day that the calendar does not have is `None`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (year, rest) = text.split_once('-')?;
        let (month, day) = rest.split_once('-')?;
        let is_number = |part: &str, digits: usize| {
            part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !(is_number(year, 4) && is_number(month, 2) && is_number(day, 2)) {
            return None;
        }
        let parsed = Self::from_civil(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        // A 30th of February would come back as the 2nd of March.
        (parsed.to_string() == text).then_some(parsed)
    }

    fn from_civil(year: i64, month: i64, day: i64) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month_from_march = (month + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        // 719,468 days lie between 0000-03-01 and the epoch.
        Self(era * 146_097 + day_of_era - 719_468)
    }

    fn to_civil(self) -> (i64, i64, i64) {
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = (month_from_march + 2) % 12 + 1;
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year, month, day)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.to_civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// Reads an instant: microseconds since the epoch, a date with or without a time, `now`, or a span
/// before now such as `-15m`.
pub(crate) fn parse_moment(text: &str, now: Instant) -> Result<Instant, MomentError> {
    let error = || MomentError {
        given: text.chars().take(80).collect(),
    };
    if text == "now" {
        return Ok(now);
    }
    if text.len() > 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map(Instant).map_err(|_| error());
    }
    if let Some(span) = text.strip_prefix('-') {
        let span = wire::human::parse_duration(span).map_err(|_| error())?;
        let span = i64::try_from(span.as_micros()).map_err(|_| error())?;
        return Ok(now - Micros(span));
    }
    parse_date_time(text).ok_or_else(error)
}

fn parse_date_time(text: &str) -> Option<Instant> {
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, time.strip_suffix('Z').unwrap_or(time)),
        None => (text, "00:00:00"),
    };
    let (clock, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut parts = clock.split(':');
    let mut part = |most: i64| {
        let value = parts.next().unwrap_or("00");
        let is_number = value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_digit());
        let value: i64 = is_number.then(|| value.parse().ok())??;
        (value <= most).then_some(value)
    };
    let seconds = (part(23)? * 60 + part(59)?) * 60 + part(59)?;
    if parts.next().is_some() || fraction.len() > 6 {
        return None;
    }
    let fraction: i64 = match fraction {
        "" => 0,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{digits:0<6}").parse().ok()?
        }
        _ => return None,
    };
    Some(Day::parse(date)?.start() + Micros(seconds * 1_000_000 + fraction))
}

#[cfg(test)]
mod tests;
