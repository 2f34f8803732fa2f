//! Series on one time axis.
//!
//! A reading stands for the time since the one before it, so it is spread over that time and not
//! put into the bucket where it ends: narrow buckets have no holes, and wide ones weigh correctly.
//! A request in flight is spread over its life. What nobody reported is `None`, never 0.

pub(crate) mod axis;
mod summed;
mod traffic;

use std::collections::{BTreeMap, BTreeSet};

use wire::agent::Gap;
use wire::host::Role;
use wire::ids::{Host, Project};
use wire::query::{GapSeen, HostSeries, RequestSeries, SessionSeries, Timeline, TrafficSeries};
use wire::time::{Instant, Micros, Range};

use self::axis::{Axis, Mean};
use self::summed::Summed;
use super::{Answer, Ask, host, percentile};
use crate::limits::{self, READING_SPAN_MAX_US};
use crate::rollup::Tier;

/// What a timeline is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) range: Range,
    pub(crate) buckets: usize,
    pub(crate) project: Option<Project>,
    pub(crate) host: Option<Host>,
}

/// Shorter ranges are read row by row: their edges would weigh too much, and there are not many rows.
const SUMMED_SPAN_MIN: Micros = Micros::from_seconds(3_600);

/// Buckets from this width on are filled by the database; narrower ones reading by reading.
const GROUPED_BUCKET_US: i64 = 60 * 1_000_000;

/// Requests longer than this are looked for by their end, by an index of their own.
pub(crate) const LONG_REQUEST_US: i64 = 600_000_000;

/// Which rows of a day: the parameters ?1 to ?4 of every query here.
type Scope<'a> = (i64, i64, Option<&'a str>, Option<&'a str>);

pub(crate) fn ask(ask: &Ask, question: &Question) -> Answer<Timeline> {
    let axis = Axis::new(question.range, question.buckets);
    let tier = Tier::within(axis.bucket_us().0);
    let summed = match tier.filter(|_| question.range.span() >= SUMMED_SPAN_MIN) {
        Some(tier) => summed::ask(ask, question, axis, tier)?,
        None => Summed {
            hosts: hosts(ask, question, axis)?,
            sessions: sessions(ask, question, axis)?,
            requests: requests(ask, question, axis)?,
            traffic: traffic::ask(ask, question, axis)?,
        },
    };
    Ok(Timeline {
        from_at_us: question.range.from_at_us,
        bucket_us: axis.bucket_us(),
        buckets: question.buckets,
        hosts: summed.hosts,
        sessions: summed.sessions,
        requests: summed.requests,
        traffic: summed.traffic,
        gaps: gaps(ask, question)?,
    })
}

// === impl Question ===

impl Question {
    fn scope(&self, before_us: i64) -> Scope<'_> {
        (
            self.range.from_at_us.0 - before_us,
            self.range.to_at_us.0,
            self.project.as_ref().map(Project::as_str),
            self.host.as_ref().map(Host::as_str),
        )
    }

    /// A reading tells of the time before it, so readings from just behind the range belong to it.
    fn reading_scope(&self) -> Scope<'_> {
        let (from, to, project, host) = self.scope(0);
        (from, to + READING_SPAN_MAX_US, project, host)
    }
}

/// By what readings are grouped: wide buckets by the bucket, else each stands alone.
fn group_us(axis: Axis) -> i64 {
    let bucket_us = axis.bucket_us().0;
    if bucket_us >= GROUPED_BUCKET_US {
        bucket_us
    } else {
        1
    }
}

const SCOPE: &str = "at_us >= ?1 AND at_us < ?2 AND (?3 IS NULL OR project = ?3) \
                     AND (?4 IS NULL OR host = ?4)";

/// The same of requests.
const SOURCE: &str = "((?3 IS NULL AND ?4 IS NULL) OR source_id IN (SELECT id FROM source \
                      WHERE (?3 IS NULL OR project = ?3) AND (?4 IS NULL OR host = ?4)))";

/// One series per host.
pub(crate) fn hosts(ask: &Ask, question: &Question, axis: Axis) -> Answer<Vec<HostSeries>> {
    struct Sums {
        newest: i64,
        role: Role,
        cores: u32,
        load1: Mean,
        busy: Mean,
        stalled: Mean,
    }
    let mut series: BTreeMap<String, Sums> = BTreeMap::new();
    let sql = format!(
        "SELECT host, role, max(cores), max(at_us), sum(min(interval_us, {READING_SPAN_MAX_US})),
         avg(load1), avg(busy_percent), avg(stalled_percent)
         FROM host_metrics WHERE {SCOPE} GROUP BY host, role, (at_us - ?1) / ?5"
    );
    let (from, to, project, host_name) = question.reading_scope();
    for day in ask.reader.days_since(question.range.from_at_us)? {
        let params = (from, to, project, host_name, group_us(axis));
        day.each(&sql, params, |row| {
            let (at_us, span): (i64, i64) = (row.get(3)?, row.get(4)?);
            let role: String = row.get(1)?;
            let sums = series.entry(row.get(0)?).or_insert_with(|| Sums {
                newest: i64::MIN,
                role: Role::Web,
                cores: 0,
                load1: Mean::new(axis),
                busy: Mean::new(axis),
                stalled: Mean::new(axis),
            });
            if at_us > sums.newest {
                sums.newest = at_us;
                sums.role = if role == "db" { Role::Db } else { Role::Web };
                sums.cores = row.get(2)?;
            }
            sums.load1.add(at_us - span, at_us, row.get(5)?);
            if let Some(busy) = row.get(6)? {
                sums.busy.add(at_us - span, at_us, busy);
            }
            if let Some(stalled) = row.get(7)? {
                sums.stalled.add(at_us - span, at_us, stalled);
            }
            Ok(true)
        })?;
    }
    let series = series.into_iter().map(|(name, sums)| {
        Ok(HostSeries {
            host: host(name)?,
            role: sums.role,
            cores: sums.cores,
            load1: sums.load1.finish(),
            cpu_percent: sums.busy.finish(),
            stalled_percent: sums.stalled.finish(),
        })
    });
    Ok(series.collect::<rusqlite::Result<_>>()?)
}

/// All requests, captured or not.
pub(crate) fn traffic(ask: &Ask, question: &Question, axis: Axis) -> Answer<TrafficSeries> {
    traffic::ask(ask, question, axis)
}

/// Requests that wait for a worker, in all PHP-FPM pools together.
pub(crate) fn queue(ask: &Ask, question: &Question, axis: Axis) -> Answer<Vec<Option<f64>>> {
    let mut pools: BTreeMap<(String, String), (i64, Mean)> = BTreeMap::new();
    let sql = format!(
        "SELECT host, address, at_us, listen_queue FROM fpm_pool
         WHERE {SCOPE} AND listen_queue IS NOT NULL ORDER BY at_us"
    );
    for day in ask.reader.days_since(question.range.from_at_us)? {
        day.each(&sql, question.reading_scope(), |row| {
            let at_us: i64 = row.get(2)?;
            let key = (row.get(0)?, row.get(1)?);
            let pool = pools.entry(key).or_insert_with(|| (at_us, Mean::new(axis)));
            let from_us = pool.0.max(at_us - READING_SPAN_MAX_US);
            pool.1.add(from_us, at_us, row.get(3)?);
            pool.0 = at_us;
            Ok(true)
        })?;
    }
    let mut sum = vec![None; question.buckets];
    for (_, mean) in pools.into_values() {
        axis::add_known(&mut sum, &mean.finish());
    }
    Ok(sum)
}

/// The hosts whose databases were sampled in a range.
pub(crate) fn databases(ask: &Ask, question: &Question) -> Answer<BTreeSet<Host>> {
    let sql = format!("SELECT DISTINCT host FROM pg_sample WHERE {SCOPE}");
    let mut names = BTreeSet::new();
    for day in ask.reader.days_since(question.range.from_at_us)? {
        names.extend(day.rows(&sql, question.reading_scope(), |row| host(row.get(0)?))?);
    }
    Ok(names)
}

/// Sessions of all databases together: each database's mean, added up.
pub(crate) fn sessions(ask: &Ask, question: &Question, axis: Axis) -> Answer<SessionSeries> {
    let mut databases: BTreeMap<(String, String), [Mean; 6]> = BTreeMap::new();
    let sql = format!(
        "SELECT project, host, max(at_us), sum(min(interval_us, {READING_SPAN_MAX_US})),
         avg(cpu), avg(io), avg(\"lock\"), avg(client), avg(other), avg(idle_in_transaction)
         FROM pg_sample WHERE {SCOPE} GROUP BY project, host, (at_us - ?1) / ?5"
    );
    let (from, to, project, host_name) = question.reading_scope();
    for day in ask.reader.days_since(question.range.from_at_us)? {
        let params = (from, to, project, host_name, group_us(axis));
        day.each(&sql, params, |row| {
            let (at_us, span): (i64, i64) = (row.get(2)?, row.get(3)?);
            let means = databases
                .entry((row.get(0)?, row.get(1)?))
                .or_insert_with(|| std::array::from_fn(|_| Mean::new(axis)));
            for (column, mean) in (4..).zip(means) {
                mean.add(at_us - span, at_us, row.get(column)?);
            }
            Ok(true)
        })?;
    }
    Ok(session_series(databases, question.buckets))
}

/// All databases together.
fn session_series(
    databases: BTreeMap<(String, String), [Mean; 6]>,
    buckets: usize,
) -> SessionSeries {
    let mut sums: [Vec<Option<f64>>; 6] = std::array::from_fn(|_| vec![None; buckets]);
    for means in databases.into_values() {
        for (sum, mean) in sums.iter_mut().zip(means) {
            axis::add_known(sum, &mean.finish());
        }
    }
    let [cpu, io, lock, client, other, idle_in_transaction] = sums;
    SessionSeries {
        cpu,
        io,
        lock,
        client,
        other,
        idle_in_transaction,
    }
}

/// Captured requests by when they began, and how many were in flight.
pub(crate) fn requests(ask: &Ask, question: &Question, axis: Axis) -> Answer<RequestSeries> {
    let mut count = vec![0; question.buckets];
    let mut errors = vec![0; question.buckets];
    let mut walls: Vec<Vec<i64>> = vec![Vec::new(); question.buckets];
    let mut in_flight = axis::Load::new(axis);
    let sql = format!(
        "SELECT at_us, wall_us, is_error FROM request
         WHERE at_us >= ?1 AND at_us < ?2 AND at_us + wall_us > ?5 AND {SOURCE}
         UNION ALL
         SELECT at_us, wall_us, is_error FROM request
         WHERE wall_us > {LONG_REQUEST_US} AND at_us + wall_us > ?5 AND at_us < ?1 AND {SOURCE}"
    );
    let (from, to, project, host_name) = question.scope(LONG_REQUEST_US);
    for day in ask.reader.days_since(question.range.from_at_us)? {
        let params = (from, to, project, host_name, question.range.from_at_us.0);
        day.each(&sql, params, |row| {
            let (at_us, wall_us, is_error): (i64, i64, bool) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            in_flight.add(at_us, at_us.saturating_add(wall_us));
            if let Some(bucket) = axis.bucket_of(Instant(at_us)) {
                count[bucket] += 1;
                errors[bucket] += u32::from(is_error);
                walls[bucket].push(wall_us);
            }
            Ok(true)
        })?;
    }
    let p95 = walls.into_iter().map(|mut walls| {
        walls.sort_unstable();
        percentile(&walls, 0.95).map(Micros)
    });
    Ok(RequestSeries {
        count,
        errors,
        in_flight: in_flight.finish(),
        p95_us: p95.collect(),
    })
}

fn gaps(ask: &Ask, question: &Question) -> Answer<Vec<GapSeen>> {
    let mut gaps = Vec::new();
    let sql = "SELECT host, at_us, until_at_us, reason, records, bytes FROM gap
               WHERE at_us < ?2 AND coalesce(until_at_us, at_us) >= ?1
               AND (?3 IS NULL OR project = ?3) AND (?4 IS NULL OR host = ?4)
               ORDER BY at_us LIMIT ?5";
    let (from, to, project, host_name) = question.scope(0);
    for day in ask.reader.days_since(question.range.from_at_us)? {
        let params = (from, to, project, host_name, limits::GAPS_MAX);
        gaps.extend(day.rows(sql, params, |row| {
            Ok(GapSeen {
                host: host(row.get(0)?)?,
                at_us: Instant(row.get(1)?),
                gap: Gap {
                    until_at_us: row.get::<_, Option<i64>>(2)?.map(Instant),
                    reason: row.get(3)?,
                    records: row.get(4)?,
                    bytes: row.get(5)?,
                },
            })
        })?);
    }
    gaps.sort_by_key(|gap| gap.at_us);
    gaps.truncate(limits::GAPS_MAX);
    Ok(gaps)
}
