//! The series in which spikes are looked for, read from the database: per project, one value per 10 s.

use std::collections::BTreeMap;

use wire::ids::{Host, Project};
use wire::query::Measure;
use wire::time::{Instant, Range};

use super::detect::{self, CELL_US};
use super::merge::Seen;
use crate::db::DbError;
use crate::query::Ask;
use crate::query::timeline::axis::Axis;
use crate::query::timeline::{self, Question};

/// The least number of sessions or requests above the usual that is worth a word.
const FLOOR_MIN: f64 = 4.0;

/// A failed request now and then is the usual, and so are a few of very many.
const ERRORS_MIN: f64 = 1.0;
const ERRORS_SHARE: f64 = 0.05;

/// People wait that much longer.
const WALL_MIN_S: f64 = 1.0;

/// A disk that keeps everybody waiting for a fifth of the time is felt, not only measured.
const PRESSURE_MIN_PERCENT: f64 = 20.0;

/// Of fewer requests in a cell, the 95th percentile is one slow request.
const WALL_REQUESTS_MIN: f64 = 40.0;

/// A project's series.
#[derive(Debug)]
pub(crate) struct ProjectSeries {
    pub(super) project: Project,
    axis: Axis,
    hosts: Vec<wire::query::HostSeries>,
    /// Per database.
    sessions: BTreeMap<Host, wire::query::SessionSeries>,
    requests: Vec<Option<f64>>,
    queue: Vec<Option<f64>>,
    errors: Vec<Option<f64>>,
    /// The 95th percentile of wall time, in seconds; unknown where requests are too few to have one.
    wall_s: Vec<Option<f64>>,
    /// Requests a second.
    rate: Vec<Option<f64>>,
}

/// A range widened to whole cells, so that a value is the same whenever it is asked for.
pub(crate) fn whole_cells(range: Range) -> Range {
    Range {
        from_at_us: Instant(range.from_at_us.0.div_euclid(CELL_US) * CELL_US),
        to_at_us: Instant((range.to_at_us.0 + CELL_US - 1).div_euclid(CELL_US) * CELL_US),
    }
}

/// Reads a project's series over a range of whole cells.
pub(crate) fn read(ask: &Ask, project: &Project, range: Range) -> Result<ProjectSeries, DbError> {
    let buckets = usize::try_from(range.span().0 / CELL_US)
        .unwrap_or(1)
        .max(1);
    let axis = Axis::new(range, buckets);
    let question = |host: Option<Host>| Question {
        range,
        buckets,
        project: Some(project.clone()),
        host,
    };
    let hosts = timeline::hosts(ask, &question(None), axis)?;
    let mut sessions = BTreeMap::new();
    for host in timeline::databases(ask, &question(None))? {
        let series = timeline::sessions(ask, &question(Some(host.clone())), axis)?;
        sessions.insert(host, series);
    }
    let in_flight = timeline::requests(ask, &question(None), axis)?.in_flight;
    let traffic = timeline::traffic(ask, &question(None), axis)?;
    let mut series = ProjectSeries {
        project: project.clone(),
        axis,
        hosts,
        sessions,
        requests: in_flight.into_iter().map(Some).collect(),
        queue: timeline::queue(ask, &question(None), axis)?,
        wall_s: walls(&traffic),
        errors: traffic.errors_per_s,
        rate: traffic.per_s,
    };
    series.forget_unwatched();
    Ok(series)
}

// === impl ProjectSeries ===

impl ProjectSeries {
    /// Every rise in every series.
    pub(crate) fn rises(&self) -> Vec<Seen> {
        let mut seen = Vec::new();
        for host in &self.hosts {
            self.find(&mut seen, Measure::Load, Some(&host.host));
            self.find(&mut seen, Measure::Pressure, Some(&host.host));
        }
        for host in self.sessions.keys() {
            self.find(&mut seen, Measure::Sessions, Some(host));
        }
        for measure in [
            Measure::Requests,
            Measure::Queue,
            Measure::Errors,
            Measure::Wall,
        ] {
            self.find(&mut seen, measure, None);
        }
        seen
    }

    /// A measure's series, of a host where it has one for each.
    pub(super) fn values(&self, measure: Measure, host: Option<&Host>) -> Vec<Option<f64>> {
        let of_host = |it: &&wire::query::HostSeries| Some(&it.host) == host;
        let machine = || self.hosts.iter().find(of_host);
        match measure {
            Measure::Load => machine().map(|it| it.load1.clone()).unwrap_or_default(),
            Measure::Pressure => {
                let series = machine().map(|it| it.stalled_percent.clone());
                series.unwrap_or_default()
            }
            Measure::Sessions => {
                let series = host.and_then(|host| self.sessions.get(host));
                series.map(active).unwrap_or_default()
            }
            Measure::Requests => self.requests.clone(),
            Measure::Queue => self.queue.clone(),
            Measure::Errors => self.errors.clone(),
            Measure::Wall => self.wall_s.clone(),
        }
    }

    /// The least excess of a rise that is worth a word.
    pub(super) fn floor_of(&self, rise: &Seen) -> f64 {
        self.floor(rise.measure, rise.host.as_ref())
    }

    /// What most database sessions did at a moment, and how many.
    pub(crate) fn waiting_at(&self, at: Instant) -> Option<(&'static str, f64)> {
        let cell = self.axis.bucket_of(at)?;
        let sum = |of: fn(&wire::query::SessionSeries) -> &Vec<Option<f64>>| -> f64 {
            self.sessions
                .values()
                .filter_map(|series| of(series)[cell])
                .sum()
        };
        let classes = [
            ("cpu", sum(|it| &it.cpu)),
            ("io", sum(|it| &it.io)),
            ("lock", sum(|it| &it.lock)),
            ("client", sum(|it| &it.client)),
            ("other", sum(|it| &it.other)),
        ];
        let most = classes
            .into_iter()
            .max_by(|(_, a), (_, b)| a.total_cmp(b))?;
        (most.1 > 0.0).then_some(most)
    }

    fn find(&self, seen: &mut Vec<Seen>, measure: Measure, host: Option<&Host>) {
        let values = self.values(measure, host);
        let rises = detect::rises(&values, self.floor(measure, host)).into_iter();
        seen.extend(rises.map(|rise| Seen {
            measure,
            project: self.project.clone(),
            host: host.cloned(),
            begin_at_us: self.axis.start_of(rise.begin),
            peak_at_us: self.axis.start_of(rise.peak_at),
            end_at_us: rise.end.map(|end| self.axis.start_of(end)),
            peak: rise.peak,
            baseline: rise.baseline,
            cores: self.cores(host),
        }));
    }

    /// Load, sessions and requests are measured against the cores that serve them.
    fn floor(&self, measure: Measure, host: Option<&Host>) -> f64 {
        let cores = f64::from(self.cores(host).unwrap_or(0));
        match measure {
            // A load of as many as there are cores is a busy machine, not a spike.
            Measure::Load => cores.max(1.0),
            Measure::Sessions | Measure::Requests => f64::max(FLOOR_MIN, cores / 2.0),
            Measure::Queue => FLOOR_MIN,
            Measure::Errors => {
                let rates = self.rate.iter().flatten().copied();
                f64::max(ERRORS_MIN, ERRORS_SHARE * detect::median(rates))
            }
            Measure::Wall => WALL_MIN_S,
            Measure::Pressure => PRESSURE_MIN_PERCENT,
        }
    }

    /// A host's cores; without a host, those of the largest.
    fn cores(&self, host: Option<&Host>) -> Option<u32> {
        let hosts = self
            .hosts
            .iter()
            .filter(|it| host.is_none_or(|host| it.host == *host));
        hosts.map(|it| it.cores).max()
    }

    /// No captured request means that none was slow, but only while somebody watched: where no host
    /// and no database reported either, the number is unknown.
    fn forget_unwatched(&mut self) {
        for (cell, value) in self.requests.iter_mut().enumerate() {
            let is_host_known = self.hosts.iter().any(|host| host.load1[cell].is_some());
            let is_database_known = self.sessions.values().any(|it| it.cpu[cell].is_some());
            if *value == Some(0.0) && !is_host_known && !is_database_known {
                *value = None;
            }
        }
    }
}

/// The 95th percentile of wall time where there were requests enough.
fn walls(traffic: &wire::query::TrafficSeries) -> Vec<Option<f64>> {
    let seconds = CELL_US as f64 / 1e6;
    let cells = traffic.p95_us.iter().zip(&traffic.per_s);
    cells
        .map(|(p95, rate)| {
            let requests = rate.unwrap_or(0.0) * seconds;
            let p95 = p95.filter(|_| requests >= WALL_REQUESTS_MIN)?;
            Some(p95.0 as f64 / 1e6)
        })
        .collect()
}

/// Sessions that do or wait for something.
fn active(series: &wire::query::SessionSeries) -> Vec<Option<f64>> {
    let classes = [
        &series.cpu,
        &series.io,
        &series.lock,
        &series.client,
        &series.other,
    ];
    let cells = 0..series.cpu.len();
    cells
        .map(|cell| classes.iter().map(|class| class[cell]).sum())
        .collect()
}
