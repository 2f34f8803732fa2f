//! All requests on the axis, from what the collectors have added up.

use std::collections::BTreeMap;

use wire::histogram::Histogram;
use wire::query::TrafficSeries;
use wire::time::{Instant, Micros};

use super::axis::{self, Axis, Mean};
use super::{Question, SCOPE};
use crate::limits::READING_SPAN_MAX_US;
use crate::query::{Answer, Ask};

/// The shares of an interval in one bucket, and where its values lie.
pub(super) struct Series {
    pub(super) per_s: Mean,
    pub(super) errors_per_s: Mean,
    pub(super) in_flight: Mean,
}

/// One per project and host: their rates add up.
pub(super) fn ask(ask: &Ask, question: &Question, axis: Axis) -> Answer<TrafficSeries> {
    let mut sources: BTreeMap<(String, String), Series> = BTreeMap::new();
    let mut walls = vec![Histogram::default(); question.buckets];
    let sql = format!(
        "SELECT project, host, at_us, interval_us, count, errors, wall_us, wall
         FROM traffic WHERE {SCOPE}"
    );
    // An interval begins where it stands, so those from just before the range reach into it.
    let scope = question.scope(READING_SPAN_MAX_US);
    for day in ask.reader.days_since(question.range.from_at_us)? {
        day.each(&sql, scope, |row| {
            let (at_us, interval_us): (i64, i64) = (row.get(2)?, row.get(3)?);
            let span_us = interval_us.clamp(1, READING_SPAN_MAX_US);
            let series = sources
                .entry((row.get(0)?, row.get(1)?))
                .or_insert_with(|| Series::new(axis));
            let per_us = |column: usize| -> rusqlite::Result<f64> {
                let amount: i64 = row.get(column)?;
                Ok(amount as f64 / interval_us.max(1) as f64)
            };
            let to_us = at_us + span_us;
            series.per_s.add(at_us, to_us, per_us(4)? * 1e6);
            series.errors_per_s.add(at_us, to_us, per_us(5)? * 1e6);
            series.in_flight.add(at_us, to_us, per_us(6)?);
            if let Some(bucket) = axis.bucket_of(Instant(at_us + span_us / 2)) {
                // Written by us; a tool that wrote something else takes only itself away.
                let wall: String = row.get(7)?;
                walls[bucket].merge(&serde_json::from_str(&wall).unwrap_or_default());
            }
            Ok(true)
        })?;
    }
    Ok(add_up(sources, &walls))
}

/// All hosts together.
pub(super) fn add_up(
    sources: BTreeMap<(String, String), Series>,
    walls: &[Histogram],
) -> TrafficSeries {
    let mut sums = TrafficSeries {
        per_s: vec![None; walls.len()],
        errors_per_s: vec![None; walls.len()],
        in_flight: vec![None; walls.len()],
        p95_us: walls.iter().map(p95).collect(),
        walls: walls.iter().map(Histogram::by_half_octaves).collect(),
    };
    for series in sources.into_values() {
        axis::add_known(&mut sums.per_s, &series.per_s.finish());
        axis::add_known(&mut sums.errors_per_s, &series.errors_per_s.finish());
        axis::add_known(&mut sums.in_flight, &series.in_flight.finish());
    }
    sums
}

// === impl Series ===

impl Series {
    pub(super) fn new(axis: Axis) -> Self {
        Self {
            per_s: Mean::new(axis),
            errors_per_s: Mean::new(axis),
            in_flight: Mean::new(axis),
        }
    }
}

pub(super) fn p95(wall: &Histogram) -> Option<Micros> {
    let value = wall.quantile(0.95)?;
    Some(Micros(i64::try_from(value).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests;
