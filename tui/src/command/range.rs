//! The time that a command looks at: given by its ends, by its span, or as a spike's.
//!
//! Ends go to the store as they were typed, since it reads them against its own clock, which all
//! times that it answers with are of.

use std::time::Duration;

use wire::query::{Overview, Spike};
use wire::time::{Micros, Range};

use super::Parameters;
use crate::ask::Trouble;
use crate::cli::commands::When;
use crate::client::Client;
use crate::format;

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
        let mut parameters = Parameters::new();
        parameters.extend(when.from.clone().map(|from| ("from_at_us", from)));
        parameters.extend(when.to.clone().map(|to| ("to_at_us", to)));
        let from = when
            .from
            .as_deref()
            .map_or("an hour before".to_owned(), str::to_owned);
        let to = when.to.as_deref().unwrap_or("now");
        Ok(Self {
            words: format!("from {from} to {to}"),
            parameters,
        })
    }

    /// These parameters, and further ones.
    pub fn with(&self, further: Parameters) -> Parameters {
        [self.parameters.clone(), further].concat()
    }
}

fn ends(range: Range) -> Parameters {
    vec![
        ("from_at_us", range.from_at_us.0.to_string()),
        ("to_at_us", range.to_at_us.0.to_string()),
    ]
}
