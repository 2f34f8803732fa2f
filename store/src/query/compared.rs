//! One request beside others of its route: which of its figures are out of the usual, and how far.

mod figures;

use wire::ids::CorrelationId;
use wire::query::{RequestComparison, RequestRow};
use wire::request::Request;
use wire::time::{Instant, Micros, Range};

use self::figures::Figures;
use super::filter::{Filter, TextField};
use super::{Answer, Ask, bodies, requests};
use crate::calendar::DAY_US;
use crate::db::reader::DayReader;
use crate::limits;

/// How far around a request others of its route are looked at.
const AROUND: Micros = Micros(DAY_US);

/// Others to either side whose bodies are read: some 0.1 ms each, and 100 have a 95th percentile.
const OTHERS_MAX: usize = 50;

/// Rows that are looked through for them; more of one route lie close together.
const ROWS_MAX: usize = 2_000;

/// A request of the same route.
struct Other {
    day: usize,
    record_id: i64,
    at_us: Instant,
}

pub(crate) fn ask(ask: &Ask, id: CorrelationId) -> Answer<Option<RequestComparison>> {
    let days = ask.reader.days()?;
    let Some((day, record_id, row)) = requests::find(&days, id)? else {
        return Ok(None);
    };
    match bodies::request_of(day, record_id)? {
        Some(request) => compare(ask, &row, &request).map(Some),
        None => Ok(None),
    }
}

fn compare(ask: &Ask, row: &RequestRow, request: &Request) -> Answer<RequestComparison> {
    let days = ask.reader.days_since(row.at_us - AROUND)?;
    let mut range: Option<Range> = None;
    let mut others = Vec::new();
    for other in others_of(ask, row, &days)? {
        let day = &days[other.day];
        let Some(request) = bodies::request_of(day, other.record_id)? else {
            continue;
        };
        let seen = range.get_or_insert(Range {
            from_at_us: other.at_us,
            to_at_us: other.at_us,
        });
        seen.from_at_us = seen.from_at_us.min(other.at_us);
        seen.to_at_us = seen.to_at_us.max(other.at_us + request.wall_us);
        let waited_us = waited_us(&days, request.correlation_id)?;
        others.push(Figures::of(&request, waited_us));
    }
    let own = Figures::of(request, row.lock_us.0);
    Ok(RequestComparison {
        correlation_id: row.correlation_id,
        label: row.label.clone(),
        requests: others.len() as u64,
        range,
        figures: figures::compare(&own, &others),
    })
}

/// The nearest in time to either side that no spike touched.
fn others_of(ask: &Ask, row: &RequestRow, days: &[DayReader]) -> Answer<Vec<Other>> {
    let around = Range {
        from_at_us: row.at_us - AROUND,
        to_at_us: row.at_us + AROUND,
    };
    let spikes = ask.meta.spikes(around, limits::SPIKES_MAX)?;
    let is_calm = |at: Instant| {
        let touches = |begin, end: Option<Instant>| at >= begin && end.is_none_or(|end| at <= end);
        !spikes
            .iter()
            .any(|spike| touches(spike.begin_at_us, spike.end_at_us))
    };
    let mut filter = Filter::default();
    filter.and_text(TextField::Project, row.project.as_str());
    filter.and_text(TextField::Route, &row.label);
    let before = Range {
        to_at_us: row.at_us,
        ..around
    };
    // Its own microsecond is left out: that is the request itself.
    let after = Range {
        from_at_us: row.at_us + Micros(1),
        ..around
    };
    let mut all = Vec::new();
    for side in [before, after] {
        let mut found = Vec::new();
        for (day, reader) in days.iter().enumerate() {
            let matching = requests::matching(ask, reader, side, &filter, ROWS_MAX)?;
            let calm = matching.into_iter().filter(|(_, at_us)| is_calm(*at_us));
            found.extend(calm.map(|(record_id, at_us)| Other {
                day,
                record_id,
                at_us,
            }));
        }
        found.sort_by_key(|it| (it.at_us.0 - row.at_us.0).abs());
        found.truncate(OTHERS_MAX);
        all.append(&mut found);
    }
    Ok(all)
}

/// What it waited for locks: the samples may lie in the file of another day.
fn waited_us(days: &[DayReader], id: CorrelationId) -> Answer<i64> {
    let sql = "SELECT waited_us FROM main.lock_time WHERE correlation_id = ?1";
    let mut sum = 0;
    for day in days {
        let waited: Option<i64> = day.row(sql, [id.0.as_bytes()], |row| row.get(0))?;
        sum += waited.unwrap_or(0);
    }
    Ok(sum)
}
