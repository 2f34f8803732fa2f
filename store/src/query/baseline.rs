//! What requests of one route usually cost: those outside of any spike, a day around.

use wire::query::{RequestRow, RouteBaseline};
use wire::time::{Instant, Micros, Range};

use super::{Answer, Ask, percentile};
use crate::calendar::DAY_US;
use crate::limits;

/// How far around a request others of its route are looked at.
const AROUND: Micros = Micros(DAY_US);

/// One request's figures.
struct Cost {
    wall_us: i64,
    sql_us: i64,
    sql_count: i64,
}

/// `None` when no other request of the route was captured outside of a spike.
pub(crate) fn of_route(ask: &Ask, request: &RequestRow) -> Answer<Option<RouteBaseline>> {
    let range = Range {
        from_at_us: request.at_us - AROUND,
        to_at_us: request.at_us + AROUND,
    };
    let spikes = ask.meta.spikes(range, limits::SPIKES_MAX)?;
    let is_in_spike = |from: Instant, to: Instant| {
        spikes
            .iter()
            .any(|spike| spike.begin_at_us <= to && spike.end_at_us.is_none_or(|end| from <= end))
    };
    let sql = "SELECT at_us, wall_us, sql_us, sql_count FROM request
               WHERE label = ?1 AND at_us >= ?2 AND at_us < ?3 AND project = ?4
               AND correlation_id <> ?5";
    let params = (
        &request.label,
        range.from_at_us.0,
        range.to_at_us.0,
        request.project.as_str(),
        request.correlation_id.0.as_bytes(),
    );
    let mut costs: Vec<Cost> = Vec::new();
    let mut seen: Option<Range> = None;
    for day in ask.reader.days_since(range.from_at_us)? {
        day.each(sql, params, |row| {
            let (at_us, wall_us) = (Instant(row.get(0)?), row.get(1)?);
            let end_at_us = at_us + Micros(wall_us);
            if is_in_spike(at_us, end_at_us) {
                return Ok(true);
            }
            costs.push(Cost {
                wall_us,
                sql_us: row.get(2)?,
                sql_count: row.get(3)?,
            });
            let seen = seen.get_or_insert(Range {
                from_at_us: at_us,
                to_at_us: end_at_us,
            });
            seen.from_at_us = seen.from_at_us.min(at_us);
            seen.to_at_us = seen.to_at_us.max(end_at_us);
            Ok(true)
        })?;
    }
    Ok(seen.map(|range| sum_up(request.label.clone(), range, &costs)))
}

fn sum_up(label: String, range: Range, costs: &[Cost]) -> RouteBaseline {
    let mut walls: Vec<i64> = costs.iter().map(|cost| cost.wall_us).collect();
    walls.sort_unstable();
    let count = i64::try_from(costs.len()).unwrap_or(i64::MAX).max(1);
    let mean = |of: fn(&Cost) -> i64| costs.iter().map(of).sum::<i64>() / count;
    RouteBaseline {
        label,
        range,
        count: costs.len() as u64,
        wall_avg_us: Micros(mean(|cost| cost.wall_us)),
        wall_p50_us: Micros(percentile(&walls, 0.5).unwrap_or_default()),
        wall_p95_us: Micros(percentile(&walls, 0.95).unwrap_or_default()),
        sql_avg_us: Micros(mean(|cost| cost.sql_us)),
        sql_count_avg: costs.iter().map(|cost| cost.sql_count).sum::<i64>() as f64 / count as f64,
    }
}
