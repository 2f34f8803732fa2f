//! Statements of a short range, read request by request, with the functions that issue them.
//!
//! Sums are kept by the minute: of a spike of half one they would have the calm before it, too.

use std::collections::HashMap;

use wire::request::Request;
use wire::sql;

use super::{Question, Shape};
use crate::limits;
use crate::query::filter::{Filter, TextField};
use crate::query::{Answer, Ask, bodies};
use crate::rollup::{COLUMNS, Values, merge_values, statement};

/// What one request issued of one shape.
#[derive(Default)]
struct Issued {
    sql: String,
    count: i64,
    failed: i64,
    total_us: i64,
    longest_us: i64,
    callers: HashMap<String, i64>,
}

/// All shapes; nothing if the range is long or has too many requests.
pub(super) fn shapes(ask: &Ask, question: &Question) -> Answer<Option<HashMap<i64, Shape>>> {
    let mut filter = Filter::default();
    if let Some(project) = &question.project {
        filter.and_text(TextField::Project, project.as_str());
    }
    if let Some(route) = &question.route {
        filter.and_text(TextField::Route, route);
    }
    let mut shapes = HashMap::new();
    let is_read = bodies::each_of_few(ask, question.range, &filter, |request| {
        add(&mut shapes, request);
    })?;
    Ok(is_read.then_some(shapes))
}

fn add(shapes: &mut HashMap<i64, Shape>, request: &Request) {
    let label = request.label();
    for (raw, issued) in issued(request) {
        let mut values: Values = [0; COLUMNS];
        values[statement::REQUESTS] = 1;
        values[statement::COUNT] = issued.count;
        values[statement::FAILED] = issued.failed;
        values[statement::TOTAL_US] = issued.total_us;
        values[statement::LOOPS] =
            i64::from(issued.count >= i64::from(limits::LOOP_STATEMENTS_MIN));
        values[statement::LONGEST_US] = issued.longest_us;
        values[statement::MOST_IN_ONE] = issued.count;
        let shape = shapes.entry(raw).or_default();
        if shape.sql.is_empty() {
            shape.sql = issued.sql;
        }
        merge_values(&mut shape.all, &values);
        merge_values(shape.routes.entry(label.clone()).or_default(), &values);
        for (caller, time_us) in issued.callers {
            let sum = shape.callers.entry(caller).or_default();
            *sum = sum.saturating_add(time_us);
        }
    }
}

/// The bounds are those with which the sums are made.
fn issued(request: &Request) -> HashMap<i64, Issued> {
    let mut shapes: HashMap<i64, Issued> = HashMap::new();
    let mut add = |text: &str, (count, failed): (i64, i64), total_us: i64, longest_us: i64| {
        let normalized = sql::normalize(text);
        let raw = sql::fingerprint(text).raw().cast_signed();
        let shape = shapes.entry(raw).or_default();
        shape.sql = normalized;
        shape.count = shape.count.saturating_add(count);
        shape.failed = shape.failed.saturating_add(failed);
        let bounded = |us: i64| us.clamp(0, limits::REQUEST_US_MAX);
        shape.total_us = shape.total_us.saturating_add(bounded(total_us));
        shape.longest_us = shape.longest_us.max(bounded(longest_us));
        raw
    };
    let Some(sql) = &request.sql else {
        return shapes;
    };
    let mut callers = Vec::new();
    for query in sql.queries.iter().take(limits::STATEMENTS_OF_REQUEST_MAX) {
        let time_us = query.duration_us.0;
        let failed = i64::from(query.failed);
        let raw = add(&query.sql, (1, failed), time_us, time_us);
        callers.extend(query.caller.clone().map(|caller| (raw, caller, time_us)));
    }
    for group in sql.repeated.iter().take(limits::STATEMENTS_OF_REQUEST_MAX) {
        let times = (i64::from(group.count), i64::from(group.failed));
        add(&group.sql, times, group.total_us.0, group.longest_us.0);
    }
    for (raw, caller, time_us) in callers {
        if let Some(shape) = shapes.get_mut(&raw) {
            *shape.callers.entry(caller).or_default() += time_us.max(0);
        }
    }
    shapes
}
