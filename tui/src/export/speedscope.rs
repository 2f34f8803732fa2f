//! speedscope's own format: a sampled profile whose samples are stacks, and their weights times.
//!
//! The samples stand in the order of the stacks' names, not of time, which sums do not have; the
//! profile's name says so. "Left Heavy" and "Sandwich" are the views to look at.

use serde::Serialize;

use super::Paths;
use crate::command::json;

const SCHEMA: &str = "https://www.speedscope.app/file-format-schema.json";

#[derive(Serialize)]
struct File<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    name: &'a str,
    exporter: &'static str,
    #[serde(rename = "activeProfileIndex")]
    active_profile_index: u32,
    shared: Shared<'a>,
    profiles: [Sampled<'a>; 1],
}

#[derive(Serialize)]
struct Shared<'a> {
    frames: Vec<Frame<'a>>,
}

#[derive(Serialize)]
struct Frame<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct Sampled<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    unit: &'static str,
    #[serde(rename = "startValue")]
    start_value: i64,
    #[serde(rename = "endValue")]
    end_value: i64,
    samples: Vec<&'a [usize]>,
    weights: Vec<i64>,
}

pub fn write(paths: &Paths) -> String {
    let caution = paths.caution().map(|it| format!("; {it}"));
    json(&File {
        schema: SCHEMA,
        name: &paths.title,
        exporter: concat!("bitville-tui ", env!("CARGO_PKG_VERSION")),
        active_profile_index: 0,
        shared: Shared {
            frames: paths.names.iter().map(|name| Frame { name }).collect(),
        },
        profiles: [Sampled {
            kind: "sampled",
            name: format!(
                "{} (sums, not in order of time{})",
                paths.title,
                caution.unwrap_or_default()
            ),
            unit: "microseconds",
            start_value: 0,
            end_value: paths.total_us(),
            samples: paths.stacks.iter().map(|(stack, _)| &**stack).collect(),
            weights: paths.stacks.iter().map(|(_, time_us)| *time_us).collect(),
        }],
    })
}
