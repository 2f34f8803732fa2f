//! Sessions that do not carry their request's id: whose backend was that, at that time?
//!
//! A request names the backend that served it. A session without an id, seen while exactly one request
//! of its project ran that names its pid, is that request's. Behind a pooler several may, and then none
//! is taken: a wrong name is worse than none.

use std::collections::HashMap;

use wire::ids::{BackendPid, CorrelationId};
use wire::query::LogEntry;
use wire::time::{Instant, Micros};

use super::sites::Corrections;
use super::waits::{Moment, Seat};
use super::{Answer, Ask, correlation_id};
use crate::db::reader::DayReader;
use crate::limits;

const HOUR_US: i64 = 3_600_000_000;

/// How far apart the clocks of two hosts may be for their records to find each other by time.
pub(super) const CLOCKS_APART: Micros = Micros::from_seconds(600);

/// A request that a backend served, by its own clock and corrected.
#[derive(Clone, Copy, Debug)]
struct Served {
    id: CorrelationId,
    begin: Instant,
    end: Instant,
}

/// Who was served by which backend of a project in one hour.
type Known = HashMap<(String, BackendPid, i64), Vec<Served>>;

/// Gives seats without an id the id of their request.
pub(super) fn resolve(ask: &Ask, moments: &mut [Moment]) -> Answer<()> {
    let Some(first) = moments.first() else {
        return Ok(());
    };
    let days = ask.reader.days_since(first.at_us - CLOCKS_APART)?;
    let mut clocks = Corrections::new(ask, first.at_us);
    let mut known = Known::new();
    for moment in moments {
        let (project, host) = &*moment.database;
        let at = moment.at_us + clocks.of(project, host)?;
        for seat in [&mut moment.waiter, &mut moment.blocker, &mut moment.root] {
            if seat.correlation_id.is_none() && known.len() < limits::BACKENDS_RESOLVED_MAX {
                seat.correlation_id = whose(&days, &mut clocks, &mut known, (project, seat, at))?;
            }
        }
    }
    Ok(())
}

fn whose(
    days: &[DayReader],
    clocks: &mut Corrections<'_>,
    known: &mut Known,
    (project, seat, at): (&str, &Seat, Instant),
) -> Answer<Option<CorrelationId>> {
    let hour = at.0.div_euclid(HOUR_US);
    let key = (project.to_owned(), seat.pid, hour);
    if !known.contains_key(&key) {
        let mut served = Vec::new();
        for day in days {
            served.extend(served_by(day, clocks, project, seat.pid, hour)?);
        }
        known.insert(key.clone(), served);
    }
    Ok(only(&known[&key], at))
}

/// The one that was served at that time; none if several were.
fn only(served: &[Served], at: Instant) -> Option<CorrelationId> {
    let mut then = served.iter().filter(|it| it.begin <= at && at <= it.end);
    let one = then.next().map(|it| it.id);
    one.filter(|id| then.all(|other| other.id == *id))
}

/// The request that a backend served when it wrote an entry of the server's log.
pub(super) fn of_entry(
    ask: &Ask,
    entry: &LogEntry,
    pid: BackendPid,
) -> Answer<Option<CorrelationId>> {
    let project = entry.project.as_str();
    let mut clocks = Corrections::new(ask, entry.at_us);
    let at = entry.at_us + clocks.of(project, entry.host.as_str())?;
    let hour = at.0.div_euclid(HOUR_US);
    let mut served = Vec::new();
    for day in ask.reader.days_since(at - CLOCKS_APART)? {
        served.extend(served_by(&day, &mut clocks, project, pid, hour)?);
    }
    Ok(only(&served, at))
}

/// What a backend served in an hour, the one before and the one after.
fn served_by(
    day: &DayReader,
    clocks: &mut Corrections<'_>,
    project: &str,
    pid: BackendPid,
    hour: i64,
) -> Answer<Vec<Served>> {
    let sql = "SELECT r.correlation_id, r.at_us, r.wall_us, s.host
               FROM main.request AS r INDEXED BY request_by_backend
               CROSS JOIN main.source AS s ON s.id = r.source_id AND s.project = ?3
               WHERE r.at_us / 3600000000 IN (?1 - 1, ?1, ?1 + 1) AND r.backend_pid = ?2
               AND r.backend_pid IS NOT NULL LIMIT ?4";
    let rows = day.rows(sql, (hour, pid, project, limits::SAMPLES_MAX), |row| {
        let times: (i64, i64) = (row.get(1)?, row.get(2)?);
        Ok((correlation_id(row.get(0)?), times, row.get::<_, String>(3)?))
    })?;
    let served = rows.into_iter().map(|(id, (at_us, wall_us), host)| {
        let begin = Instant(at_us) + clocks.of(project, &host)?;
        Ok(Served {
            id,
            begin,
            end: begin + Micros(wall_us),
        })
    });
    served.collect()
}
