//! Lock waits, put together from the samples that saw them.
//!
//! A sample says who waited for whom at one moment. Consecutive samples of the same waiter, blocker
//! and root are one wait: it begins where the first sample's weight begins, ends at the last sample,
//! and has waited the sum of their weights. The reading is here, the merging is pure.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use wire::ids::{BackendPid, CorrelationId, Project};
use wire::time::{Instant, Micros, Range};

use super::{Answer, Ask, backends, correlation_id};
use crate::db::reader::DayReader;
use crate::limits;

/// A session in a sample of locks, with its statement's text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Seat {
    pub(crate) pid: BackendPid,
    pub(crate) correlation_id: Option<CorrelationId>,
    pub(crate) user: Option<Arc<str>>,
    pub(crate) application: Option<Arc<str>>,
    pub(crate) state: Option<Arc<str>>,
    pub(crate) query: Option<Arc<str>>,
    pub(crate) is_truncated: bool,
}

/// A session's identity: the same pid with another request is another session.
pub(crate) type SeatKey = (BackendPid, Option<CorrelationId>);

/// One waiter at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// The database: project and host of its agent.
    pub(crate) database: Arc<(String, String)>,
    pub(crate) at_us: Instant,
    pub(crate) weight_us: i64,
    pub(crate) interval_us: i64,
    pub(crate) waiter: Seat,
    pub(crate) blocker: Seat,
    pub(crate) root: Seat,
    pub(crate) lock_type: Option<Arc<str>>,
    pub(crate) mode: Option<Arc<str>>,
    pub(crate) relation: Option<Arc<str>>,
}

/// A wait over all samples that saw it; its seats are as they were last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) last: Moment,
    pub(crate) begin_at_us: Instant,
    pub(crate) end_at_us: Instant,
    pub(crate) waited_us: i64,
}

/// A hole between two samples that still is the same wait: some samples may be late or lost.
const HOLE_MIN_US: i64 = 5_000_000;

/// The same, in intervals of sampling.
const HOLE_INTERVALS: i64 = 3;

const COLUMNS: &str = "
    w.project, w.host, w.at_us, w.weight_us, w.interval_us, w.lock_type, w.mode, w.relation,
    w.waiter_pid, a.correlation_id, a.\"user\", a.application, a.state, a.statement_id, a.is_truncated,
    w.blocker_pid, b.correlation_id, b.\"user\", b.application, b.state, b.statement_id, b.is_truncated,
    w.root_pid, r.correlation_id, r.\"user\", r.application, r.state, r.statement_id, r.is_truncated";

const TABLES: &str = "lock_wait AS w
    LEFT JOIN lock_party AS a ON a.record_id = w.record_id AND a.pid = w.waiter_pid
    LEFT JOIN lock_party AS b ON b.record_id = w.record_id AND b.pid = w.blocker_pid
    LEFT JOIN lock_party AS r ON r.record_id = w.record_id AND r.pid = w.root_pid";

/// Every waiter at every moment of a range, oldest first. Of more rows than that, every so many-th sample is
/// read and stands for those between.
pub(crate) fn in_range(
    ask: &Ask,
    range: Range,
    project: Option<&Project>,
    rows_max: usize,
) -> Answer<Vec<Moment>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES}
         WHERE w.at_us >= ?1 AND w.at_us < ?2 AND (?3 IS NULL OR w.project = ?3)
         AND w.record_id * 2654435761 / 65536 % ?4 = 0"
    );
    // Numbers of one kind's records may all be even, so they are stirred first.
    let every = every(ask, range, rows_max)?;
    let params = (
        range.from_at_us.0,
        range.to_at_us.0,
        project.map(Project::as_str),
        every,
    );
    let mut moments = Vec::new();
    for day in ask.reader.days_since(range.from_at_us)? {
        read(&day, &sql, params, &mut moments)?;
    }
    for moment in &mut moments {
        moment.weight_us = moment.weight_us.saturating_mul(every);
        moment.interval_us = moment.interval_us.saturating_mul(every);
    }
    moments.sort_by_key(|moment| moment.at_us);
    backends::resolve(ask, &mut moments)?;
    Ok(moments)
}

/// Of how many samples one is read.
fn every(ask: &Ask, range: Range, rows_max: usize) -> Answer<i64> {
    let sql = "SELECT count(*) FROM lock_wait WHERE at_us >= ?1 AND at_us < ?2";
    let mut rows = 0;
    for day in ask.reader.days_since(range.from_at_us)? {
        let params = (range.from_at_us.0, range.to_at_us.0);
        let count: Option<i64> = day.row(sql, params, |row| row.get(0))?;
        rows += count.unwrap_or(0);
    }
    Ok(1 + rows / i64::try_from(rows_max).unwrap_or(i64::MAX))
}

/// Every moment at which a request waited or stood at the root of somebody's chain: by its id, and by the
/// `pids` of its backends while it ran, where those did not carry it.
pub(crate) fn of_request(
    ask: &Ask,
    (id, during): (CorrelationId, Range),
    pids: &[BackendPid],
    since: Instant,
) -> Answer<Vec<Moment>> {
    let by_pid = format!(
        "SELECT {COLUMNS} FROM {TABLES}
         WHERE w.at_us >= ?1 AND w.at_us < ?2
         AND ((w.waiter_pid = ?3 AND a.correlation_id IS NULL)
              OR (w.root_pid = ?3 AND r.correlation_id IS NULL))"
    );
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES}
         WHERE w.record_id IN (SELECT record_id FROM lock_party WHERE correlation_id = ?1)
         AND (a.correlation_id = ?1 OR r.correlation_id = ?1)"
    );
    let mut moments = Vec::new();
    for day in ask.reader.days_since(since)? {
        read(&day, &sql, [id.0.as_bytes()], &mut moments)?;
        for pid in pids {
            let from = during.from_at_us - backends::CLOCKS_APART;
            let to = during.to_at_us + backends::CLOCKS_APART;
            let mut by_its_pid = Vec::new();
            read(&day, &by_pid, (from.0, to.0, pid), &mut by_its_pid)?;
            backends::resolve(ask, &mut by_its_pid)?;
            by_its_pid.retain(|moment| {
                [&moment.waiter, &moment.root]
                    .iter()
                    .any(|seat| seat.pid == *pid && seat.correlation_id == Some(id))
            });
            moments.extend(by_its_pid);
        }
    }
    moments.sort_by_key(|moment| moment.at_us);
    backends::resolve(ask, &mut moments)?;
    Ok(moments)
}

/// Puts moments together, which are in the order of their time.
pub(crate) fn merge(moments: &[Moment]) -> Vec<Wait> {
    type Key = (Arc<(String, String)>, SeatKey, SeatKey, SeatKey);
    let mut open: BTreeMap<Key, usize> = BTreeMap::new();
    let mut waits: Vec<Wait> = Vec::new();
    for moment in moments {
        let key = (
            Arc::clone(&moment.database),
            moment.waiter.key(),
            moment.blocker.key(),
            moment.root.key(),
        );
        let known = open.get(&key).copied();
        let same = known.filter(|at| moment.at_us - waits[*at].end_at_us <= hole_max(moment));
        if let Some(at) = same {
            let wait = &mut waits[at];
            wait.end_at_us = moment.at_us;
            wait.waited_us += moment.weight_us;
            wait.last = moment.clone();
        } else {
            open.insert(key, waits.len());
            waits.push(Wait {
                begin_at_us: moment.at_us - Micros(moment.weight_us),
                end_at_us: moment.at_us,
                waited_us: moment.weight_us,
                last: moment.clone(),
            });
        }
    }
    waits
}

/// How long nobody may have seen a wait for it to be the same.
pub(crate) fn hole_max(moment: &Moment) -> Micros {
    Micros(HOLE_MIN_US.max(moment.interval_us * HOLE_INTERVALS))
}

// === impl Seat ===

impl Seat {
    pub(crate) fn key(&self) -> SeatKey {
        (self.pid, self.correlation_id)
    }
}

/// Texts that repeat from row to row are held once.
#[derive(Default)]
struct Texts(HashMap<String, Arc<str>>);

impl Texts {
    fn get(&mut self, text: Option<String>) -> Option<Arc<str>> {
        let text = text?;
        if let Some(known) = self.0.get(&text) {
            return Some(Arc::clone(known));
        }
        let shared: Arc<str> = text.as_str().into();
        self.0.insert(text, Arc::clone(&shared));
        Some(shared)
    }
}

fn read<P: rusqlite::Params>(
    day: &DayReader,
    sql: &str,
    params: P,
    moments: &mut Vec<Moment>,
) -> Answer<()> {
    let first = moments.len();
    let mut texts = Texts::default();
    let mut databases: HashMap<(String, String), Arc<(String, String)>> = HashMap::new();
    let mut statements: Vec<[Option<i64>; 3]> = Vec::new();
    day.each(sql, params, |row| {
        let database: (String, String) = (row.get(0)?, row.get(1)?);
        let shared = databases
            .entry(database.clone())
            .or_insert_with(|| Arc::new(database));
        let mut seat = |column: usize| {
            let id: Option<[u8; 16]> = row.get(column + 1)?;
            let seat = Seat {
                pid: row.get(column)?,
                correlation_id: id.map(correlation_id),
                user: texts.get(row.get(column + 2)?),
                application: texts.get(row.get(column + 3)?),
                state: texts.get(row.get(column + 4)?),
                query: None,
                is_truncated: row.get::<_, Option<bool>>(column + 6)?.unwrap_or(false),
            };
            Ok::<_, rusqlite::Error>((seat, row.get::<_, Option<i64>>(column + 5)?))
        };
        let (waiter, waiter_statement) = seat(8)?;
        let (blocker, blocker_statement) = seat(15)?;
        let (root, root_statement) = seat(22)?;
        statements.push([waiter_statement, blocker_statement, root_statement]);
        moments.push(Moment {
            database: Arc::clone(shared),
            at_us: Instant(row.get(2)?),
            weight_us: row.get(3)?,
            interval_us: row.get(4)?,
            waiter,
            blocker,
            root,
            lock_type: texts.get(row.get(5)?),
            mode: texts.get(row.get(6)?),
            relation: texts.get(row.get(7)?),
        });
        Ok(moments.len() < limits::LOCK_ROWS_MAX)
    })?;
    fill_statements(day, &mut moments[first..], &statements)
}

/// The statements' texts, each read once.
fn fill_statements(
    day: &DayReader,
    moments: &mut [Moment],
    statements: &[[Option<i64>; 3]],
) -> Answer<()> {
    let mut texts: HashMap<i64, Option<Arc<str>>> = HashMap::new();
    for (moment, ids) in moments.iter_mut().zip(statements) {
        let seats = [&mut moment.waiter, &mut moment.blocker, &mut moment.root];
        for (seat, id) in seats.into_iter().zip(ids) {
            let Some(id) = *id else { continue };
            let text = match texts.entry(id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(statement_text(day, id)?.map(Into::into)),
            };
            seat.query.clone_from(text);
        }
    }
    Ok(())
}

/// A statement's text by its id.
pub(crate) fn statement_text(day: &DayReader, id: i64) -> Answer<Option<String>> {
    day.row("SELECT text FROM statement WHERE id = ?1", [id], |row| {
        row.get(0)
    })
}

#[cfg(test)]
mod tests;
