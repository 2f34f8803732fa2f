//! Sessions whose request is not recorded: they are told by the route that issues their statement.

use std::collections::HashMap;

use wire::ids::CorrelationId;

use super::{Comparison, Key, Works};
use crate::limits;
use crate::query::waits::Seat;
use crate::query::{Answer, Ask, issuers};
use crate::spike::suspects::Period;

/// Statements that are looked at of one session.
const STATEMENTS_MAX: usize = 8;

/// Gives the sessions that were active longest the label of their route, where their statement tells it.
pub(super) fn name(ask: &Ask, comparison: &Comparison<'_>, works: &mut Works) -> Answer<()> {
    let mut active: HashMap<CorrelationId, i64> = HashMap::new();
    for ((key, _), work) in works.iter() {
        if let (Key::Request(id), true, None) = (key, work.is_session, work.request) {
            *active.entry(*id).or_default() += work.active_us;
        }
    }
    let mut longest: Vec<(i64, CorrelationId)> =
        active.into_iter().map(|it| (it.1, it.0)).collect();
    longest.sort_unstable_by(|a, b| b.cmp(a));
    longest.truncate(limits::CALLERS_MAX);
    if longest.is_empty() {
        return Ok(());
    }
    let mut seats: Vec<(CorrelationId, Seat)> = Vec::new();
    let sql = "SELECT statement.text FROM main.pg_session JOIN main.statement ON statement.id = statement_id
               WHERE correlation_id = ?1 GROUP BY statement_id ORDER BY sum(interval_us) DESC LIMIT ?2";
    let days = ask.reader.days_since(comparison.begin())?;
    for (_, id) in longest {
        for day in &days {
            let params = (id.0.as_bytes(), STATEMENTS_MAX);
            let texts: Vec<String> = day.rows(sql, params, |row| row.get(0))?;
            seats.extend(texts.into_iter().map(|text| {
                let seat = Seat {
                    query: Some(text.into()),
                    ..Seat::default()
                };
                (id, seat)
            }));
        }
    }
    let sessions = seats.iter().map(|(id, seat)| (*id, seat));
    for (id, route) in issuers::of_sessions(ask, sessions, comparison.range.to_at_us)? {
        for period in [Period::Range, Period::Baseline] {
            if let Some(work) = works.get_mut(&(Key::Request(id), period)) {
                work.label = Some(route.clone());
                work.is_session = false;
            }
        }
    }
    Ok(())
}
