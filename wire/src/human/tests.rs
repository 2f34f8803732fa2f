use proptest::prelude::*;
use serde::Deserialize;

use super::*;

/// A text and what it means; `null` where it is refused.
#[derive(Deserialize)]
struct Case<T> {
    text: String,
    value: Option<T>,
}

#[derive(Deserialize)]
struct Cases {
    duration_us: Vec<Case<u64>>,
    size_bytes: Vec<Case<u64>>,
    boolean: Vec<Case<bool>>,
}

fn golden() -> Cases {
    serde_json::from_str(include_str!("../../testdata/settings_cases.json")).unwrap()
}

#[test]
fn every_golden_duration_is_read_as_the_file_says() {
    for Case { text, value } in golden().duration_us {
        let given = parse_duration(&text).ok();
        assert_eq!(given, value.map(Duration::from_micros), "duration {text:?}");
    }
}

#[test]
fn every_golden_size_is_read_as_the_file_says() {
    for Case { text, value } in golden().size_bytes {
        assert_eq!(parse_size(&text).ok(), value, "size {text:?}");
    }
}

#[test]
fn every_golden_boolean_is_read_as_the_file_says() {
    for Case { text, value } in golden().boolean {
        assert_eq!(parse_boolean(&text).ok(), value, "boolean {text:?}");
    }
}

#[test]
fn an_error_says_what_is_allowed_and_what_was_given() {
    assert_eq!(
        parse_duration("1 s").unwrap_err().to_string(),
        "a whole number with a unit of us, ms, s, m, h or d is allowed, got \"1 s\""
    );
    assert_eq!(
        parse_size("64M").unwrap_err().to_string(),
        "a whole number with a unit of B, KB, MB, GB, KiB, MiB or GiB is allowed, got \"64M\""
    );
}

#[test]
fn the_largest_exact_unit_is_written() {
    assert_eq!(format_duration(Duration::from_secs(90)), "90s");
    assert_eq!(format_duration(Duration::from_secs(7 * 86_400)), "7d");
    assert_eq!(format_size(64 << 20), "64MiB");
    assert_eq!(format_size(1_500_000), "1500KB");
}

proptest! {
    #[test]
    fn a_written_duration_is_read_back(micros in 0..=i64::MAX as u64) {
        let duration = Duration::from_micros(micros);
        prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
    }

    #[test]
    fn a_written_size_is_read_back(bytes in 0..=i64::MAX as u64) {
        prop_assert_eq!(parse_size(&format_size(bytes)), Ok(bytes));
    }
}
