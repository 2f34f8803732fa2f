//! Figures as people read them: few digits and a unit.

use crate::time::Micros;

/// `950 µs`, `31.0 ms`, `13.62 s`, `7m30s`, `2h05m`.
pub fn duration(span: Micros) -> String {
    let sign = if span.0 < 0 { "-" } else { "" };
    let us = span.0.unsigned_abs();
    let seconds = us / 1_000_000;
    let text = match us {
        0..1_000 => format!("{us} µs"),
        1_000..100_000 => format!("{:.1} ms", us as f64 / 1e3),
        // From here on the rounded figure must not reach the next unit: `999.9 ms` is `1.00 s`.
        100_000..999_500 => format!("{:.0} ms", us as f64 / 1e3),
        999_500..59_995_000 => format!("{:.2} s", us as f64 / 1e6),
        _ if seconds < 3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ if seconds < 86_400 => format!("{}h{:02}m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{}d{:02}h", seconds / 86_400, seconds / 3_600 % 24),
    };
    format!("{sign}{text}")
}

/// A whole number with its thousands apart: `1,102`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 session`, `2,000 sessions`.
pub fn counted(number: u64, one: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {one}{ending}", count(number))
}

/// `512 B`, `38.0 MiB`.
pub fn bytes(number: u64) -> String {
    let mut value = number as f64;
    let mut unit = "B";
    for larger in ["KiB", "MiB", "GiB", "TiB"] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    if unit == "B" {
        format!("{number} B")
    } else {
        format!("{value:.1} {unit}")
    }
}

#[cfg(test)]
mod tests {
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
    fn counts_and_sizes_are_short() {
        assert_eq!(count(999), "999");
        assert_eq!(count(1_102), "1,102");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "session"), "1 session");
        assert_eq!(counted(2_000, "session"), "2,000 sessions");
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(39_845_888), "38.0 MiB");
    }
}
