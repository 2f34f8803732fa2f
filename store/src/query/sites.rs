//! Projects and hosts: who reports, and how they are.

use std::collections::{BTreeMap, BTreeSet};

use wire::fpm::FpmStatus;
use wire::host::Role;
use wire::query::{ClockSeen, HostSeen, Hosts, MetricsSeen, PoolSeen, ProjectSeen, Projects};
use wire::time::{Instant, Micros, Range};

use super::bodies::body_of;
use super::sums::{self, Scope};
use super::{Answer, Ask, host, project};
use crate::clocks;
use crate::db::reader::DayReader;
use crate::rollup::{self, Subject, Tier};

/// What "last" means of a project's requests.
const LAST: Micros = Micros::from_seconds(3_600);

/// How many records of a day are looked through for the newest one of each project.
const NEWEST_MAX: i64 = 20_000;

/// A project and one of its hosts.
type Source = (String, String);

pub(crate) fn projects(ask: &Ask) -> Answer<Projects> {
    #[derive(Default)]
    struct Seen {
        hosts: BTreeSet<String>,
        requests: i64,
        errors: i64,
        traffic: Option<i64>,
    }
    let mut projects: BTreeMap<String, Seen> = BTreeMap::new();
    let range = Range {
        from_at_us: ask.now - LAST,
        to_at_us: ask.now,
    };
    for day in ask.reader.days()? {
        for (project, host) in sources(&day)? {
            projects.entry(project).or_default().hosts.insert(host);
        }
        let scope = |subject| Scope {
            subject,
            tier: Tier::Minute,
            range,
            project: None,
            host: None,
        };
        sums::each(&day, &scope(Subject::Requests), |span, sums| {
            let seen = projects.entry(span.project.clone()).or_default();
            for (_, values) in sums.iter().filter(|((_, part), _)| *part == 0) {
                seen.requests += values[rollup::request::COUNT];
                seen.errors += values[rollup::request::ERRORS];
            }
        })?;
        sums::each(&day, &scope(Subject::Traffic), |span, sums| {
            let seen = projects.entry(span.project.clone()).or_default();
            if let Some(values) = sums.get((0, 0)) {
                *seen.traffic.get_or_insert(0) += values[rollup::traffic::COUNT];
            }
        })?;
    }
    let newest = newest_records(ask)?;
    let whole = |count: i64| u64::try_from(count).unwrap_or(0);
    let projects = projects.into_iter().map(|(name, seen)| {
        Ok(ProjectSeen {
            last_at_us: newest.get(&name).copied().flatten(),
            project: project(name)?,
            hosts: seen
                .hosts
                .into_iter()
                .map(host)
                .collect::<rusqlite::Result<_>>()?,
            requests: whole(seen.requests),
            errors: whole(seen.errors),
            traffic: seen.traffic.map(whole),
        })
    });
    Ok(Projects {
        projects: projects.collect::<rusqlite::Result<_>>()?,
    })
}

/// The time of each project's newest record. Nothing in the table of records is sorted by project, so where many of
/// others came since, it is the minute in which its clock was seen last, if that was.
fn newest_records(ask: &Ask) -> Answer<BTreeMap<String, Option<Instant>>> {
    let mut newest: BTreeMap<String, Option<Instant>> = BTreeMap::new();
    for day in ask.reader.days()?.iter().rev() {
        let sources = day.rows("SELECT id, project FROM main.source", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        // Of the others a later day has told it.
        let mut sought: BTreeMap<i64, String> = sources
            .into_iter()
            .filter(|(_, project)| !newest.contains_key(project))
            .collect();
        if sought.is_empty() {
            continue;
        }
        let sql = "SELECT source_id, at_us FROM main.record ORDER BY at_us DESC LIMIT ?1";
        day.each(sql, [NEWEST_MAX], |row| {
            if let Some(project) = sought.get(&row.get(0)?).cloned() {
                sought.retain(|_, other| *other != project);
                newest.insert(project, Some(Instant(row.get(1)?)));
            }
            Ok(!sought.is_empty())
        })?;
        for project in sought.into_values() {
            let sql = "SELECT max(at_us) FROM main.clock WHERE project = ?1";
            let minute: Option<Option<i64>> = day.row(sql, [&project], |row| row.get(0))?;
            newest.insert(project, minute.flatten().map(Instant));
        }
    }
    Ok(newest)
}

/// `wanted` is the one project that is asked for.
pub(crate) fn hosts(ask: &Ask, wanted: Option<&str>) -> Answer<Hosts> {
    let mut hosts: BTreeMap<Source, HostSeen> = BTreeMap::new();
    for day in ask.reader.days()? {
        for source in sources(&day)? {
            if wanted.is_some_and(|wanted| wanted != source.0) {
                continue;
            }
            let seen = match hosts.entry(source.clone()) {
                std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::btree_map::Entry::Vacant(new) => new.insert(HostSeen {
                    project: project(source.0.clone())?,
                    host: host(source.1.clone())?,
                    metrics: None,
                    clock: None,
                    pools: Vec::new(),
                }),
            };
            // Days come oldest first, so what a later one tells is newer.
            seen.metrics = metrics(&day, &source)?.or(seen.metrics.take());
            seen.clock = clock(&day, &source)?.or(seen.clock);
            let pools = pools(&day, &source)?;
            if !pools.is_empty() {
                seen.pools = pools;
            }
        }
    }
    Ok(Hosts {
        hosts: hosts.into_values().collect(),
    })
}

/// What has to be added to times of hosts to make them the store's, around a moment.
pub(super) struct Corrections<'a> {
    ask: &'a Ask,
    at: Instant,
    known: BTreeMap<Source, Micros>,
}

/// A host's clock may have been measured last that long before.
const CLOCK_AGE_MAX: Micros = Micros::from_seconds(3_600);

impl<'a> Corrections<'a> {
    pub(super) fn new(ask: &'a Ask, at: Instant) -> Self {
        Self {
            ask,
            at,
            known: BTreeMap::new(),
        }
    }

    /// The smallest lag of that hour says the most: the time on the way is never negative.
    pub(super) fn of(&mut self, project: &str, host: &str) -> Answer<Micros> {
        let source = (project.to_owned(), host.to_owned());
        if let Some(known) = self.known.get(&source) {
            return Ok(*known);
        }
        let sql = "SELECT min(behind_us) FROM main.clock
                   WHERE project = ?1 AND host = ?2 AND at_us >= ?3 AND at_us < ?4";
        let (from, to) = (self.at - CLOCK_AGE_MAX, self.at + CLOCK_AGE_MAX);
        let mut behind: Option<i64> = None;
        for day in self.ask.reader.days_since(from)? {
            let least: Option<Option<i64>> =
                day.row(sql, (project, host, from.0, to.0), |row| row.get(0))?;
            behind = behind.into_iter().chain(least.flatten()).min();
        }
        let correction = clocks::correction(Micros(behind.unwrap_or(0)));
        self.known.insert(source, correction);
        Ok(correction)
    }
}

fn sources(day: &DayReader) -> Answer<Vec<Source>> {
    day.rows("SELECT project, host FROM main.source", [], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

fn metrics(day: &DayReader, (project, host): &Source) -> Answer<Option<MetricsSeen>> {
    // By time and not by host: the newest readings are all at the index's end.
    let sql = "SELECT at_us, role, cores, load1, busy_percent, record_id FROM main.host_metrics
               WHERE project = ?1 AND host = ?2 ORDER BY at_us DESC LIMIT 1";
    let found = day.row(sql, [project, host], |row| {
        let role: String = row.get(1)?;
        let metrics = MetricsSeen {
            at_us: Instant(row.get(0)?),
            role: if role == "db" { Role::Db } else { Role::Web },
            cores: row.get(2)?,
            load1: row.get(3)?,
            busy_percent: row.get(4)?,
            reading: None,
        };
        Ok((metrics, row.get(5)?))
    })?;
    let Some((mut metrics, record_id)) = found else {
        return Ok(None);
    };
    metrics.reading = body_of(day, record_id)?.map(Box::new);
    Ok(Some(metrics))
}

fn clock(day: &DayReader, (project, host): &Source) -> Answer<Option<ClockSeen>> {
    let sql = "SELECT at_us, behind_us FROM main.clock WHERE project = ?1 AND host = ?2
               ORDER BY at_us DESC LIMIT 1";
    day.row(sql, [project, host], |row| {
        let behind_us = Micros(row.get(1)?);
        Ok(ClockSeen {
            at_us: Instant(row.get(0)?),
            behind_us,
            is_corrected: clocks::correction(behind_us) != Micros(0),
        })
    })
}

/// The newest state of each pool.
fn pools(day: &DayReader, (project, host): &Source) -> Answer<Vec<PoolSeen>> {
    let sql = "SELECT max(at_us), address, pool, error, active, idle, total, listen_queue,
               children_max_reached, oldest_us, record_id
               FROM main.fpm_pool WHERE project = ?1 AND host = ?2 GROUP BY address ORDER BY address";
    let found = day.rows(sql, [project, host], |row| {
        let pool = PoolSeen {
            at_us: Instant(row.get(0)?),
            address: row.get(1)?,
            pool: row.get(2)?,
            error: row.get(3)?,
            active: row.get(4)?,
            idle: row.get(5)?,
            total: row.get(6)?,
            listen_queue: row.get(7)?,
            children_max_reached: row.get(8)?,
            oldest_us: row.get::<_, Option<i64>>(9)?.map(Micros),
            requests: Vec::new(),
            requests_more: 0,
        };
        Ok((pool, row.get(10)?))
    })?;
    let mut pools = Vec::new();
    for (mut seen, record_id) in found {
        let status: Option<FpmStatus> = body_of(day, record_id)?;
        if let Some(pool) = status.and_then(|status| status.pool) {
            seen.requests = pool.requests;
            seen.requests_more = pool.requests_more;
        }
        pools.push(seen);
    }
    Ok(pools)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Day;
    use crate::query::bench::{Bench, NOON};

    #[test]
    fn a_project_is_told_with_the_time_of_its_newest_record() {
        let mut bench = Bench::new();
        let mark = |at| {
            (
                "mark",
                at,
                r#"{"what":"deployment","text":"2.4.1"}"#.to_owned(),
            )
        };
        let yesterday = NOON - Micros::from_seconds(86_400);
        bench.store_of(Day::of(yesterday), "web1", &[mark(yesterday)]);
        assert_eq!(last(&bench), Some(yesterday));
        let newest = NOON - Micros::from_seconds(40);
        let before = newest - Micros::from_seconds(1);
        bench.store_of(Day::of(NOON), "web2", &[mark(newest), mark(before)]);
        assert_eq!(last(&bench), Some(newest));
    }

    fn last(bench: &Bench) -> Option<Instant> {
        let answer = projects(&bench.ask()).unwrap();
        assert_eq!(answer.projects.len(), 1);
        answer.projects[0].last_at_us
    }
}
