//! How many requests match.

use rusqlite::params_from_iter;
use rusqlite::types::Value;

use super::condition::Condition;
use super::{LockTimes, NAMES, Question, lock_times, page};
use crate::db::reader::DayReader;
use crate::query::filter::TextField;
use crate::query::timeline::LONG_REQUEST_US;
use crate::query::{Answer, Ask, sums};
use crate::rollup::{self, Subject, Tier};

/// Among so many requests they are counted one by one.
const COUNTED_MAX: i64 = 50_000;

pub(super) struct Count {
    pub(super) total: u64,
    pub(super) is_exact: bool,
}

/// How many began in the range, to the edges of the spans that sums are kept of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    /// In all.
    among: i64,
    /// With the project, host and route asked for.
    matching: i64,
}

/// Counts, unless that takes long: then the sums by route say how many there are about, if the filter
/// asks for nothing else, and what was `seen` is the least that there is.
pub(super) fn of(
    ask: &Ask,
    days: &[DayReader],
    question: &Question,
    estimate: Estimate,
    seen: usize,
) -> Answer<Count> {
    if !estimate.is_many() {
        let mut total = 0;
        for day in days {
            total += counted(ask, day, question)?;
        }
        return Ok(Count {
            total,
            is_exact: true,
        });
    }
    let named = [TextField::Project, TextField::Host, TextField::Route];
    let total = if question.filter.is_only(&named) {
        u64::try_from(estimate.matching).unwrap_or(0)
    } else {
        0
    };
    Ok(Count {
        total: total.max(seen as u64),
        is_exact: false,
    })
}

// === impl Estimate ===

impl Estimate {
    /// Whether there are too many to look at each.
    pub(super) fn is_many(self) -> bool {
        self.among > COUNTED_MAX
    }
}

pub(super) fn estimate(days: &[DayReader], question: &Question) -> Answer<Estimate> {
    let filter = &question.filter;
    let mut estimate = Estimate {
        among: 0,
        matching: 0,
    };
    for day in days {
        let route_id = match filter.exact(TextField::Route) {
            Some(label) => Some(page::route_id(day, label)?),
            None => None,
        };
        let scope = sums::Scope {
            subject: Subject::Requests,
            tier: Tier::for_range(question.range),
            range: question.range,
            project: filter.exact(TextField::Project),
            host: filter.exact(TextField::Host),
        };
        for ((route, part), values) in sums::total(day, &scope)?.iter() {
            if part != 0 {
                continue;
            }
            let count = values[rollup::request::COUNT];
            estimate.among += count;
            if route_id.is_none_or(|id| id == Some(route)) {
                estimate.matching += count;
            }
        }
    }
    Ok(estimate)
}

fn counted(ask: &Ask, day: &DayReader, question: &Question) -> Answer<u64> {
    let are_asked = lock_times::are_asked(&question.filter, None);
    let locks = LockTimes::if_asked(ask, day, are_asked)?;
    let condition = Condition::of(&question.filter, day, locks.both(), 3)?;
    let sql = format!(
        "SELECT count(*) FROM main.request AS r {NAMES}
         WHERE ((r.at_us >= ?1 - {LONG_REQUEST_US} AND r.at_us < ?2 AND r.at_us + r.wall_us > ?1)
          OR (r.wall_us > {LONG_REQUEST_US} AND r.at_us + r.wall_us > ?1
              AND r.at_us < ?1 - {LONG_REQUEST_US}))
         AND {}",
        condition.sql
    );
    let range = question.range;
    let mut values: Vec<Value> = vec![range.from_at_us.0.into(), range.to_at_us.0.into()];
    values.extend(condition.values);
    let total = day.row(&sql, params_from_iter(values), |row| row.get(0))?;
    Ok(total.unwrap_or(0))
}
