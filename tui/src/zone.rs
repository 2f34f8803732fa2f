//! The time zone that times are shown and typed in.
//!
//! UTC unless the operator says otherwise: what servers log is UTC on most of them, and whoever compares notes
//! with somebody elsewhere needs one time. The zone's name stands wherever a time does.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use wire::time::Instant;

/// What is said of a name that no zone has.
const ALLOWED: &str = "UTC, local, or a name such as Europe/Prague";

#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

impl Default for Zone {
    fn default() -> Self {
        Self::utc()
    }
}

// === impl Zone ===

impl Zone {
    pub fn utc() -> Self {
        Self {
            name: "UTC".to_owned(),
            rules: TimeZone::UTC,
        }
    }

    /// The zone of this name, in any case of its letters. `local` is for the caller to know.
    pub fn named(name: &str) -> Result<Self, String> {
        if ["utc", "z"].contains(&&*name.to_lowercase()) {
            return Ok(Self::utc());
        }
        let rules =
            TimeZone::get(name).map_err(|_| format!("{name:?} is no time zone; {ALLOWED} is"))?;
        Ok(Self::of(rules))
    }

    pub fn of(rules: TimeZone) -> Self {
        match rules.iana_name() {
            // Debian's name for it, and others'.
            Some("UTC" | "Etc/UTC" | "Etc/UCT" | "Zulu") => Self::utc(),
            Some(name) => Self {
                name: name.to_owned(),
                rules,
            },
            None => Self {
                name: "local".to_owned(),
                rules,
            },
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// As it stands beside a time: `UTC`, `CET`, `+03`.
    pub fn label(&self, at: Instant) -> String {
        let info = self.rules.to_offset_info(timestamp(at));
        info.abbreviation().to_owned()
    }

    /// The calendar and the clock on the wall.
    pub fn civil(&self, at: Instant) -> DateTime {
        self.rules.to_datetime(timestamp(at))
    }

    /// The instant at which the clock on the wall shows this. Of an hour that comes twice it is the first one, of
    /// one that is skipped the time as far behind.
    pub fn instant(&self, civil: DateTime) -> Option<Instant> {
        let found = self.rules.to_ambiguous_timestamp(civil).compatible();
        found.ok().map(|at| Instant(at.as_microsecond()))
    }
}

/// Instants beyond all calendars stand at their ends.
fn timestamp(at: Instant) -> Timestamp {
    let bounds = (
        Timestamp::MIN.as_microsecond(),
        Timestamp::MAX.as_microsecond(),
    );
    Timestamp::from_microsecond(at.0.clamp(bounds.0 + 1, bounds.1)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whatever_their_case() {
        let name = |text: &str| Zone::named(text).map(|zone| zone.name);
        assert_eq!(name("utc").as_deref(), Ok("UTC"));
        assert_eq!(name("Etc/UTC").as_deref(), Ok("UTC"));
        assert_eq!(name("europe/prague").as_deref(), Ok("Europe/Prague"));
        assert_eq!(
            name("Middle/Earth"),
            Err(
                "\"Middle/Earth\" is no time zone; UTC, local, or a name such as Europe/Prague is"
                    .to_owned()
            )
        );
    }

    #[test]
    fn a_label_is_of_its_time_and_instants_are_found_again() {
        let prague = Zone::named("Europe/Prague").expect("it is in the table");
        let at = |text: &str| prague.instant(text.parse().expect("a time")).expect("one");
        assert_eq!(prague.label(at("2026-01-15T12:00")), "CET");
        let summer = at("2026-07-15T12:00");
        assert_eq!(prague.label(summer), "CEST");
        assert_eq!(
            summer,
            Zone::utc()
                .instant("2026-07-15T10:00".parse().expect("a time"))
                .expect("one")
        );
        // The hour that comes twice, and the one that is skipped.
        let hour = |text: &str| prague.civil(at(text)).hour();
        assert_eq!(hour("2026-10-25T02:30"), 2);
        assert_eq!(hour("2026-03-29T02:30"), 3);
    }

    #[test]
    fn no_instant_is_too_far() {
        for at in [i64::MIN, i64::MAX] {
            let prague = Zone::named("Europe/Prague").expect("it is in the table");
            assert!(!prague.label(Instant(at)).is_empty());
            prague.civil(Instant(at));
        }
    }
}
