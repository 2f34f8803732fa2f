//! Durations, sizes and booleans as people write them in the settings: `500ms`, `64MiB`, `on`.
//!
//! A quantity is a whole number and a unit, nothing between them; a number alone is refused, since
//! that is how milliseconds become seconds. Reading and writing are inverse to each other.
//! `wire/testdata/settings_cases.json` holds this module and its PHP counterpart equal.

use std::time::Duration;

use thiserror::Error;

/// A value that can't be read: what is allowed, and what was given.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{allowed} is allowed, got {given:?}")]
pub struct HumanError {
    pub allowed: &'static str,
    pub given: String,
}

const DURATION_ALLOWED: &str = "a whole number with a unit of us, ms, s, m, h or d";
const SIZE_ALLOWED: &str = "a whole number with a unit of B, KB, MB, GB, KiB, MiB or GiB";
const BOOLEAN_ALLOWED: &str = "on, off, yes, no, true, false, 1 or 0";

/// Units in microseconds, largest first.
const DURATION_UNITS: [(&str, u64); 6] = [
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("m", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1_000),
    ("us", 1),
];

/// Units in bytes, those first that are preferred when writing.
const SIZE_UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

/// Reads a duration such as `500ms`.
pub fn parse_duration(text: &str) -> Result<Duration, HumanError> {
    parse_quantity(text, &DURATION_UNITS, DURATION_ALLOWED).map(Duration::from_micros)
}

/// Writes a duration in the largest unit that tells it exactly. What is below a microsecond is cut.
pub fn format_duration(duration: Duration) -> String {
    let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    // Zero has no largest unit; seconds read best.
    if micros == 0 {
        "0s".to_owned()
    } else {
        format_quantity(micros, &DURATION_UNITS)
    }
}

/// Reads a size such as `64MiB`, in bytes.
pub fn parse_size(text: &str) -> Result<u64, HumanError> {
    parse_quantity(text, &SIZE_UNITS, SIZE_ALLOWED)
}

/// Writes a size in the first unit that tells it exactly.
pub fn format_size(bytes: u64) -> String {
    if bytes == 0 {
        "0B".to_owned()
    } else {
        format_quantity(bytes, &SIZE_UNITS)
    }
}

/// Reads a boolean; letter case does not matter.
pub fn parse_boolean(text: &str) -> Result<bool, HumanError> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "yes" | "true" | "1" => Ok(true),
        "off" | "no" | "false" | "0" => Ok(false),
        _ => Err(refuse(BOOLEAN_ALLOWED, text)),
    }
}

/// Writes a boolean as the template does.
pub fn format_boolean(value: bool) -> &'static str {
    if value { "on" } else { "off" }
}

fn parse_quantity(
    text: &str,
    units: &[(&str, u64)],
    allowed: &'static str,
) -> Result<u64, HumanError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor = units
        .iter()
        .find(|(name, _)| *name == unit)
        .map(|(_, factor)| *factor);
    number
        .parse::<u64>()
        .ok()
        .zip(factor)
        .and_then(|(number, factor)| number.checked_mul(factor))
        // PHP's integers end here, and both sides shall refuse the same.
        .filter(|quantity| i64::try_from(*quantity).is_ok())
        .ok_or_else(|| refuse(allowed, text))
}

fn format_quantity(quantity: u64, units: &[(&str, u64)]) -> String {
    units
        .iter()
        .find(|(_, factor)| quantity.is_multiple_of(*factor))
        .map(|(name, factor)| format!("{}{name}", quantity / factor))
        .expect("the last unit is 1, which divides everything")
}

fn refuse(allowed: &'static str, text: &str) -> HumanError {
    // Enough to recognise what stands in the file, too little to fill a screen with it.
    HumanError {
        allowed,
        given: text.chars().take(80).collect(),
    }
}

#[cfg(test)]
mod tests;
