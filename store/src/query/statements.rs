//! What captured requests asked their databases, by shape: which cost the most, and which come in loops.

mod bodies;

use std::collections::HashMap;

use wire::ids::Project;
use wire::query::{StatementRoute, StatementRow, Statements};
use wire::sql::Fingerprint;
use wire::time::{Micros, Range};

use super::side_by_side::side_by_side;
use super::sums::{self, Scope};
use super::{Answer, Ask};
use crate::calendar::Day;
use crate::db::reader::DayReader;
use crate::rollup::{self, Subject, Tier, Values, merge_values};

/// Which statements.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) range: Range,
    pub(crate) project: Option<Project>,
    pub(crate) route: Option<String>,
    pub(crate) fingerprint: Option<Fingerprint>,
    /// Only those that some request issued in a loop.
    pub(crate) is_loops_only: bool,
    pub(crate) order: Order,
    pub(crate) limit: usize,
}

/// By what statements are sorted, the greatest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Total,
    Count,
    Longest,
    Loops,
}

/// What stands in the query string.
pub(crate) const ORDERS: &[(&str, Order)] = &[
    ("-total_us", Order::Total),
    ("-count", Order::Count),
    ("-longest_us", Order::Longest),
    ("-loops", Order::Loops),
];

/// Routes told of one statement.
const ROUTES_MAX: usize = 5;

/// A shape over all routes.
#[derive(Default)]
struct Shape {
    sql: String,
    all: Values,
    routes: HashMap<String, Values>,
    /// Functions that issue it and the time of theirs, as far as requests were read.
    callers: HashMap<String, i64>,
}

pub(crate) fn ask(ask: &Ask, question: &Question) -> Answer<Statements> {
    let shapes = match bodies::shapes(ask, question)? {
        Some(shapes) => shapes,
        None => summed(ask, question)?,
    };
    let total_us: i64 = shapes
        .values()
        .map(|it| it.all[rollup::statement::TOTAL_US])
        .sum();
    let count: i64 = shapes
        .values()
        .map(|it| it.all[rollup::statement::COUNT])
        .sum();
    let mut statements: Vec<StatementRow> = shapes
        .into_iter()
        .map(|(raw, shape)| row(raw, shape, total_us))
        .filter(|row| question.fingerprint.is_none_or(|it| it == row.fingerprint))
        .filter(|row| !question.is_loops_only || row.loops > 0)
        .collect();
    statements.sort_by_cached_key(|row| {
        let key = match question.order {
            Order::Total => row.total_us.0.unsigned_abs(),
            Order::Count => row.count,
            Order::Longest => row.longest_us.0.unsigned_abs(),
            Order::Loops => row.loops,
        };
        (std::cmp::Reverse(key), row.fingerprint)
    });
    let omitted = statements.len().saturating_sub(question.limit) as u64;
    statements.truncate(question.limit);
    Ok(Statements {
        range: question.range,
        total_us: Micros(total_us),
        count: whole(count),
        statements,
        omitted,
    })
}

fn summed(ask: &Ask, question: &Question) -> Answer<HashMap<i64, Shape>> {
    let days = ask.reader.days_since(question.range.from_at_us)?;
    let days: Vec<Day> = days.into_iter().map(|it| it.day).collect();
    let each = side_by_side(ask.reader.helpers(), &days, |day| {
        match ask.reader.day(*day)? {
            Some(day) => of_day(&day, question),
            None => Ok(HashMap::new()),
        }
    });
    let mut shapes: HashMap<i64, Shape> = HashMap::new();
    for of_day in each {
        for (raw, shape) in of_day? {
            shapes.entry(raw).or_default().merge(shape);
        }
    }
    Ok(shapes)
}

fn of_day(day: &DayReader, question: &Question) -> Answer<HashMap<i64, Shape>> {
    let scope = Scope {
        subject: Subject::Statements,
        tier: Tier::for_range(question.range),
        range: question.range,
        project: question.project.as_ref().map(Project::as_str),
        host: None,
    };
    let total = sums::total(day, &scope)?;
    let label = "SELECT id, label FROM main.route WHERE id BETWEEN ?1 AND ?2";
    let routes = sums::names(day, label, total.iter().map(|((_, route), _)| route))?;
    let mut shapes: HashMap<i64, Shape> = HashMap::new();
    let mut raws: HashMap<i64, i64> = HashMap::new();
    for ((id, route), values) in total.iter() {
        // A number without a name: the file was damaged.
        let Some(label) = routes.get(&route) else {
            continue;
        };
        let wanted = question.route.as_ref();
        if wanted.is_some_and(|wanted| wanted != label) {
            continue;
        }
        let raw = if let Some(raw) = raws.get(&id) {
            *raw
        } else {
            let find = "SELECT raw, sql FROM main.fingerprint WHERE id = ?1";
            let found = day.row(find, [id], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let Some((raw, sql)) = found else { continue };
            shapes.entry(raw).or_default().sql = sql;
            raws.insert(id, raw);
            raw
        };
        let shape = shapes.entry(raw).or_default();
        merge_values(&mut shape.all, &values);
        merge_values(shape.routes.entry(label.clone()).or_default(), &values);
    }
    Ok(shapes)
}

// === impl Shape ===

impl Shape {
    /// Adds what another day has of it.
    fn merge(&mut self, other: Self) {
        if self.sql.is_empty() {
            self.sql = other.sql;
        }
        merge_values(&mut self.all, &other.all);
        for (label, values) in other.routes {
            merge_values(self.routes.entry(label).or_default(), &values);
        }
    }
}

fn row(raw: i64, shape: Shape, total_us: i64) -> StatementRow {
    use rollup::statement::{COUNT, FAILED, LONGEST_US, LOOPS, MOST_IN_ONE, REQUESTS, TOTAL_US};
    let mut routes: Vec<StatementRoute> = shape
        .routes
        .into_iter()
        .map(|(label, values)| StatementRoute {
            label,
            requests: whole(values[REQUESTS]),
            count: whole(values[COUNT]),
            total_us: Micros(values[TOTAL_US]),
            loops: whole(values[LOOPS]),
        })
        .collect();
    routes.sort_by(|a, b| {
        b.total_us
            .cmp(&a.total_us)
            .then_with(|| a.label.cmp(&b.label))
    });
    routes.truncate(ROUTES_MAX);
    let callers = shape.callers.into_iter();
    // Of two that take alike the first name, so that the same question has the same answer.
    let caller = callers.max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
    let all = shape.all;
    StatementRow {
        fingerprint: Fingerprint::from_raw(raw.cast_unsigned()),
        sql: shape.sql,
        requests: whole(all[REQUESTS]),
        count: whole(all[COUNT]),
        failed: whole(all[FAILED]),
        total_us: Micros(all[TOTAL_US]),
        longest_us: Micros(all[LONGEST_US]),
        most_in_one: whole(all[MOST_IN_ONE]),
        loops: whole(all[LOOPS]),
        caller: caller.map(|(name, _)| name),
        share: all[TOTAL_US] as f64 / total_us.max(1) as f64,
        routes,
    }
}

fn whole(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

#[cfg(test)]
mod tests;
