//! What requests of one route usually cost: those outside of any spike, a day around.

use wire::histogram::Histogram;
use wire::query::{RequestRow, RouteBaseline, Spike};
use wire::time::{Instant, Micros, Range};

use super::{Answer, Ask, percentile, sums};
use crate::calendar::DAY_US;
use crate::db::reader::DayReader;
use crate::limits;
use crate::rollup::{self, Subject, Tier, merge_values};

/// How far around a request others of its route are looked at.
const AROUND: Micros = Micros(DAY_US);

const HOUR_US: i64 = 3_600_000_000;

/// More are no longer looked at one by one.
const REQUESTS_MAX: usize = 2_000;

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
    let is_in_spike = |from, to| touches(&spikes, from, to);
    let days = ask.reader.days_since(range.from_at_us)?;
    // Nearly each row lies on a page of its own, so none is read to learn that there are too many.
    let summed = summed(&days, range, request, Some(&request.label), is_in_spike)?;
    if summed
        .as_ref()
        .is_some_and(|it| it.count > REQUESTS_MAX as u64)
    {
        return Ok(summed);
    }
    let mut costs: Vec<Cost> = Vec::new();
    let mut seen: Option<Range> = None;
    for day in &days {
        let first = range.from_at_us.0.div_euclid(HOUR_US);
        let last = range.to_at_us.0.div_euclid(HOUR_US);
        for hour in day.hours_between(first, last)? {
            let params = (
                hour,
                &request.label,
                range.from_at_us.0,
                range.to_at_us.0,
                request.project.as_str(),
                request.correlation_id.0.as_bytes(),
            );
            day.each(SAME_ROUTE, params, |row| {
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
                widen(&mut seen, at_us, end_at_us);
                Ok(costs.len() <= REQUESTS_MAX)
            })?;
            if costs.len() > REQUESTS_MAX {
                return Ok(summed);
            }
        }
    }
    Ok(seen.map(|range| sum_up(request.label.clone(), range, &costs)))
}

/// The same of all captured requests of the project.
pub(crate) fn of_project(ask: &Ask, request: &RequestRow) -> Answer<Option<RouteBaseline>> {
    let range = Range {
        from_at_us: request.at_us - AROUND,
        to_at_us: request.at_us + AROUND,
    };
    let spikes = ask.meta.spikes(range, limits::SPIKES_MAX)?;
    let days = ask.reader.days_since(range.from_at_us)?;
    summed(&days, range, request, None, |from, to| {
        touches(&spikes, from, to)
    })
}

fn touches(spikes: &[Spike], from: Instant, to: Instant) -> bool {
    spikes
        .iter()
        .any(|spike| spike.begin_at_us <= to && spike.end_at_us.is_none_or(|end| from <= end))
}

const SAME_ROUTE: &str = "
    SELECT r.at_us, r.wall_us, r.sql_us, r.sql_count
    FROM main.request AS r INDEXED BY request_by_route
    WHERE r.at_us / 3600000000 = ?1
    AND r.route_id = (SELECT id FROM main.route WHERE label = ?2)
    AND r.at_us >= ?3 AND r.at_us < ?4
    AND r.source_id IN (SELECT id FROM main.source WHERE project = ?5) AND r.correlation_id <> ?6";

/// From the sums of ten minutes each that lie wholly outside of spikes: of a route with very many
/// requests, or of all routes. The request itself does not count for much among so many.
fn summed(
    days: &[DayReader],
    range: Range,
    request: &RequestRow,
    label: Option<&str>,
    is_in_spike: impl Fn(Instant, Instant) -> bool,
) -> Answer<Option<RouteBaseline>> {
    let tier = Tier::TenMinutes;
    let mut total = [0; rollup::COLUMNS];
    let mut wall = Histogram::default();
    let mut seen = None;
    for day in days {
        let route_id: Option<i64> = match label {
            None => None,
            Some(label) => {
                let find = "SELECT id FROM main.route WHERE label = ?1";
                match day.row(find, [label], |row| row.get(0))? {
                    Some(id) => Some(id),
                    None => continue,
                }
            }
        };
        let scope = sums::Scope {
            subject: Subject::Requests,
            tier,
            range,
            project: Some(request.project.as_str()),
            host: None,
        };
        sums::each(day, &scope, |span, sums| {
            let end_at_us = span.at_us + Micros(tier.span_us());
            if is_in_spike(span.at_us, end_at_us) {
                return;
            }
            for ((route, part), values) in sums.iter() {
                if route_id.is_some_and(|id| id != route) {
                    continue;
                }
                if let Ok(bucket) = u16::try_from(part - 1) {
                    // Of all routes; one route's are apart.
                    if route_id.is_none() {
                        wall.add_bucket(bucket, values[0].max(0).unsigned_abs());
                    }
                    continue;
                }
                merge_values(&mut total, &values);
            }
            widen(&mut seen, span.at_us, end_at_us);
        })?;
        if let Some(route_id) = route_id {
            add_walls(day, scope, route_id, &is_in_spike, &mut wall)?;
        }
    }
    Ok(told(label, total, &wall, seen))
}

/// One route's wall times, outside of spikes.
fn add_walls(
    day: &DayReader,
    scope: sums::Scope<'_>,
    route_id: i64,
    is_in_spike: &impl Fn(Instant, Instant) -> bool,
    wall: &mut Histogram,
) -> Answer<()> {
    let walls = sums::Scope {
        subject: Subject::Walls,
        ..scope
    };
    sums::each(day, &walls, |span, sums| {
        if is_in_spike(span.at_us, span.at_us + Micros(scope.tier.span_us())) {
            return;
        }
        for ((route, part), values) in sums.iter() {
            if let Ok(bucket) = u16::try_from(part - 1)
                && route == route_id
            {
                wall.add_bucket(bucket, values[0].max(0).unsigned_abs());
            }
        }
    })
}

fn told(
    label: Option<&str>,
    total: rollup::Values,
    wall: &Histogram,
    seen: Option<Range>,
) -> Option<RouteBaseline> {
    let count = total[rollup::request::COUNT];
    let range = seen.filter(|_| count > 0)?;
    let quantile = |share| {
        let value = wall.quantile(share).unwrap_or(0);
        Micros(i64::try_from(value).unwrap_or(i64::MAX))
    };
    Some(RouteBaseline {
        label: label.unwrap_or("all routes").to_owned(),
        range,
        count: count.unsigned_abs(),
        wall_avg_us: Micros(total[rollup::request::WALL_US] / count),
        wall_p50_us: quantile(0.5),
        wall_p95_us: quantile(0.95),
        sql_avg_us: Micros(total[rollup::request::SQL_US] / count),
        sql_count_avg: total[rollup::request::SQL_COUNT] as f64 / count as f64,
    })
}

fn widen(seen: &mut Option<Range>, from_at_us: Instant, to_at_us: Instant) {
    let seen = seen.get_or_insert(Range {
        from_at_us,
        to_at_us,
    });
    seen.from_at_us = seen.from_at_us.min(from_at_us);
    seen.to_at_us = seen.to_at_us.max(to_at_us);
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

#[cfg(test)]
mod tests {
    use wire::ids::CorrelationId;

    use super::*;
    use crate::calendar::Day;
    use crate::query::bench::{Bench, NOON, request};
    use crate::query::requests;

    #[test]
    fn of_very_many_requests_the_sums_are_told() {
        let mut bench = Bench::new();
        let many = u64::try_from(REQUESTS_MAX).unwrap() + 1;
        let stored = |ids: std::ops::Range<u64>, route: &str| -> Vec<_> {
            let at = |id: u64| NOON - Micros(i64::try_from(id).unwrap() * 100_000);
            ids.map(|id| ("request", at(id), request(id, route, 700_000, "")))
                .collect()
        };
        bench.store(Day::of(NOON), &stored(0..many, "/list"));
        bench.store(Day::of(NOON), &stored(many..many + 10, "/cart"));
        let ask = bench.ask();
        let days = ask.reader.days().unwrap();
        // Among so many the request itself is not told apart.
        for (id, count) in [(7, many), (many + 7, 9)] {
            let id = CorrelationId(uuid::Uuid::from_u64_pair(id, id));
            let (.., row) = requests::find(&days, id).unwrap().unwrap();
            let baseline = of_route(&ask, &row).unwrap().unwrap();
            assert_eq!((baseline.count, baseline.label), (count, row.label));
        }
    }
}
