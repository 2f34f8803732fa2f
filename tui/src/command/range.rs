//! The time that a command looks at: given by its ends, by its span, or as a spike's.
//!
//! Ends that count from now go to the store as such, since it reads them against its own clock, which all times
//! that it answers with are of. What is a time of day or a date is read here, in the zone that was named.

use std::time::Duration;

use wire::query::{Overview, Spike};
use wire::time::{Micros, Range};

use super::Parameters;
use crate::ask::Trouble;
use crate::cli::commands::When;
use crate::client::Client;
use crate::format;
use crate::when::{self, End};

/// Without a word about time.
const SPAN_DEFAULT: Micros = Micros::from_seconds(3_600);

/// A range in the store's words, and in ours.
#[derive(Clone, Debug)]
pub struct Stretch {
    pub parameters: Parameters,
    pub words: String,
}

// === impl Stretch ===

impl Stretch {
    /// Asks the store only if a spike has to be looked up.
    pub async fn of(client: &Client, when: &When) -> Result<Self, Trouble> {
        if let Some(id) = when.spike {
            let spike: Spike = client.question(&format!("/v1/spikes/{id}"), &[]).await?;
            let to_at_us = match spike.end_at_us {
                Some(end) => end,
                None => {
                    client
                        .question::<Overview>("/v1/overview", &[])
                        .await?
                        .now_at_us
                }
            };
            let range = Range {
                from_at_us: spike.begin_at_us,
                to_at_us,
            };
            return Ok(Self {
                parameters: ends(range),
                words: format!("spike {id}, {}", format::range(range)),
            });
        }
        if when.from.is_none() && when.to.is_none() {
            let span = when.span.unwrap_or(SPAN_DEFAULT);
            let seconds = span.0 / 1_000_000;
            let length = Duration::from_secs(seconds.unsigned_abs());
            return Ok(Self {
                parameters: vec![("from_at_us", format!("-{seconds}s"))],
                words: format!("the last {}", wire::human::format_duration(length)),
            });
        }
        Ok(Self::between(when))
    }

    fn between(when: &When) -> Self {
        let (from, to) = read_ends(when);
        let parameters = [("from_at_us", from), ("to_at_us", to)];
        let words = if let (Some(End::At(from_at_us)), Some(End::At(to_at_us))) = (from, to) {
            format::range(Range {
                from_at_us,
                to_at_us,
            })
        } else {
            let from = from.map_or("an hour before".to_owned(), words);
            format!("from {from} to {}", to.map_or("now".to_owned(), words))
        };
        let parameters = parameters.into_iter();
        Self {
            parameters: parameters
                .filter_map(|(name, end)| Some((name, parameter(end?))))
                .collect(),
            words,
        }
    }

    /// These parameters, and further ones.
    pub fn with(&self, further: Parameters) -> Parameters {
        [self.parameters.clone(), further].concat()
    }
}

/// The ends that were given. They were found to be sound when the command line was read.
fn read_ends(when: &When) -> (Option<End>, Option<End>) {
    let zone = when.zone.clone().unwrap_or_default();
    let now = crate::clock::now();
    if let (Some(from), Some(to)) = (&when.from, &when.to)
        && let Ok((from, to)) = when::ends(from, to, &zone, now)
    {
        return (Some(from), Some(to));
    }
    let read = |text: &Option<String>| when::end(text.as_deref()?, &zone, now).ok();
    (read(&when.from), read(&when.to))
}

/// One end, as the store takes it.
pub fn end(text: &str, when: &When) -> String {
    let zone = when.zone.clone().unwrap_or_default();
    let end = when::end(text, &zone, crate::clock::now());
    end.map_or_else(|_| text.to_owned(), parameter)
}

fn parameter(end: End) -> String {
    match end {
        End::At(at) => at.0.to_string(),
        End::Ago(Micros(0)) => "now".to_owned(),
        End::Ago(span) => format!("-{}", human(span)),
    }
}

fn words(end: End) -> String {
    match end {
        End::At(at) => format!("{} {} UTC", format::date(at), format::clock(at)),
        End::Ago(Micros(0)) => "now".to_owned(),
        End::Ago(span) => format!("{} ago", human(span)),
    }
}

fn human(span: Micros) -> String {
    wire::human::format_duration(Duration::from_micros(span.0.unsigned_abs()))
}

fn ends(range: Range) -> Parameters {
    vec![
        ("from_at_us", range.from_at_us.0.to_string()),
        ("to_at_us", range.to_at_us.0.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(from: Option<&str>, to: Option<&str>, zone: &str) -> Stretch {
        Stretch::between(&When {
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
            zone: Some(crate::zone::Zone::named(zone).expect("a zone")),
            ..When::default()
        })
    }

    #[test]
    fn what_counts_from_now_is_left_to_the_store_s_clock() {
        let it = stretch(Some("-15m"), Some("now"), "UTC");
        let asked = [("from_at_us", "-15m"), ("to_at_us", "now")];
        let asked = asked.map(|(name, value)| (name, value.to_owned()));
        assert_eq!(it.parameters, asked);
        assert_eq!(it.words, "from 15m ago to now");
    }

    #[test]
    fn a_day_is_the_zone_s() {
        let it = stretch(Some("2026-03-01"), Some("2026-03-02"), "Europe/Prague");
        assert_eq!(it.words, "2026-02-28 23:00:00–2026-03-01 23:00:00 UTC");
        assert_eq!(it.parameters[0].1, "1772319600000000");
    }
}
