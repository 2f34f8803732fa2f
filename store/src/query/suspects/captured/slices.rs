//! Slices of both periods, which are read side by side.
//!
//! Requests are most of what an answer reads, and their rows lie far from each other: if the file is not in memory,
//! each page is waited for. So a period is cut by when requests began, and each day that has some is read by itself.

use rustc_hash::{FxHashMap, FxHashSet};
use wire::ids::CorrelationId;
use wire::time::{Instant, Range};

use super::{Candidate, Route, Spoken};
use crate::calendar::Day;
use crate::db::reader::DayReader;
use crate::query::sums::{self, Scope};
use crate::query::suspects::{Comparison, overlap_us};
use crate::query::timeline::LONG_REQUEST_US;
use crate::query::{Answer, Ask, correlation_id};
use crate::rollup::{self, Subject, Tier};
use crate::spike::suspects::Period;

/// Of both periods together, if one day has them.
const SLICES: i64 = 8;

/// Long before and after everything.
const NEVER: Instant = Instant(i64::MIN / 2);

/// Requests of a day's file that were active in a period, by when they began.
pub(in crate::query::suspects) struct Slice {
    pub(super) period: Period,
    range: Range,
    day: Day,
    began: Range,
    /// How many there may be.
    expected: usize,
}

/// Requests that were read.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) ids: FxHashSet<CorrelationId>,
    /// By day and label.
    pub(super) routes: FxHashMap<(Day, String), Route>,
}

/// All that have some; nothing if about more than that many requests began in both periods.
pub(in crate::query::suspects) fn of(
    ask: &Ask,
    comparison: &Comparison<'_>,
    requests_max: i64,
) -> Answer<Option<Vec<Slice>>> {
    let requests = began(ask, comparison)?;
    if requests > requests_max {
        return Ok(None);
    }
    let expected = usize::try_from(requests / SLICES).unwrap_or(0);
    let each_us = (comparison.span().0 / SLICES).max(1);
    let mut slices = Vec::new();
    for (period, range) in comparison.periods() {
        for day in ask.reader.days_since(range.from_at_us)? {
            let whole = Slice {
                period,
                range,
                day: day.day,
                began: Range {
                    from_at_us: NEVER,
                    to_at_us: range.to_at_us,
                },
                expected,
            };
            if whole.has_any(&day, comparison.project)? {
                slices.extend(whole.cut(each_us));
            }
        }
    }
    Ok(Some(slices))
}

/// How many requests began in the minutes that the periods touch: to count the rows themselves is to read
/// them twice.
fn began(ask: &Ask, comparison: &Comparison<'_>) -> Answer<i64> {
    let mut ranges: Vec<Range> = comparison.periods().map(|(_, range)| range).collect();
    // A minute that both have a part of counts once.
    if let [before, range] = ranges[..]
        && before.to_at_us == range.from_at_us
    {
        ranges = vec![Range {
            to_at_us: range.to_at_us,
            ..before
        }];
    }
    let mut began = 0_i64;
    for range in ranges {
        let scope = Scope {
            subject: Subject::Requests,
            tier: Tier::Minute,
            range,
            project: comparison.project,
            host: None,
        };
        for day in ask.reader.days_since(range.from_at_us)? {
            let total = sums::total(&day, &scope)?;
            let of_routes = total.iter().filter(|((_, part), _)| *part == 0);
            let counts = of_routes.map(|(_, values)| values[rollup::request::COUNT]);
            began = counts.fold(began, i64::saturating_add);
        }
    }
    Ok(began)
}

/// Those of a period one after the other, for one in which a request is stored twice: which of both came first
/// counts.
pub(super) fn each_once<'s>(
    slices: impl Iterator<Item = &'s Slice>,
    ask: &Ask,
    project: Option<&str>,
    spoken: &Spoken,
) -> Answer<Gathered> {
    let mut all = Gathered::default();
    for slice in slices {
        let known = std::mem::take(&mut all.ids);
        all.take(slice.gather(ask, project, spoken, known)?);
    }
    Ok(all)
}

// === impl Slice ===

impl Slice {
    fn has_any(&self, day: &DayReader, project: Option<&str>) -> Answer<bool> {
        let sql = format!("{} LIMIT 1", rows("1", project));
        let found = day.row(&sql, self.params(project), |_| Ok(()))?;
        Ok(found.is_some())
    }

    /// Slices of it, each at most so long.
    fn cut(self, each_us: i64) -> impl Iterator<Item = Self> {
        let Self { range, .. } = self;
        let span_us = range.span().0;
        let count = span_us.div_euclid(each_us).clamp(1, SLICES);
        let edge = move |number: i64| match number {
            0 => NEVER,
            _ => Instant(range.from_at_us.0 + span_us / count * number),
        };
        (0..count).map(move |number| Self {
            began: Range {
                from_at_us: edge(number),
                to_at_us: if number + 1 == count {
                    range.to_at_us
                } else {
                    edge(number + 1)
                },
            },
            ..self
        })
    }

    fn params<'p>(&self, project: Option<&'p str>) -> (i64, i64, i64, Option<&'p str>) {
        let Range {
            from_at_us,
            to_at_us,
        } = self.began;
        (self.range.from_at_us.0, from_at_us.0, to_at_us.0, project)
    }

    /// Its requests but for those that are known already, whose ids are among those given back.
    pub(super) fn gather(
        &self,
        ask: &Ask,
        project: Option<&str>,
        spoken: &Spoken,
        known: FxHashSet<CorrelationId>,
    ) -> Answer<Gathered> {
        let mut ids = known;
        let Some(day) = ask.reader.day(self.day)? else {
            return Ok(Gathered {
                ids,
                ..Gathered::default()
            });
        };
        let routes = self.read(&day, project, spoken, &mut ids)?;
        let label = "SELECT id, label FROM main.route WHERE id BETWEEN ?1 AND ?2";
        let mut labels = sums::names(&day, label, routes.keys().copied())?;
        let labelled = routes
            .into_iter()
            .filter_map(|(id, route)| Some(((self.day, labels.remove(&id)?), route)));
        Ok(Gathered {
            routes: labelled.collect(),
            ids,
        })
    }

    /// By the number of their route.
    fn read(
        &self,
        day: &DayReader,
        project: Option<&str>,
        spoken: &Spoken,
        ids: &mut FxHashSet<CorrelationId>,
    ) -> Answer<FxHashMap<i64, Route>> {
        let columns = match spoken.client {
            Some(_) => format!("{COLUMNS}, client"),
            None => COLUMNS.to_owned(),
        };
        let range = self.range;
        // Of what began within the period all was active in it, and most slices have nothing else.
        let sql = if self.began.from_at_us >= range.from_at_us {
            rows_that_began(&columns, project)
        } else {
            rows(&columns, project)
        };
        let mut routes: FxHashMap<i64, Route> = FxHashMap::default();
        ids.reserve(self.expected);
        day.each(&sql, self.params(project), |row| {
            let (begin, wall_us): (i64, i64) = (row.get(2)?, row.get(3)?);
            let life = Range {
                from_at_us: Instant(begin),
                to_at_us: Instant(begin.saturating_add(wall_us)),
            };
            let client = match &spoken.client {
                Some(client) => row
                    .get_ref(6)?
                    .as_bytes_or_null()?
                    .filter(|it| it == client),
                None => None,
            };
            let request = Candidate {
                active_us: overlap_us(life, range),
                id: correlation_id(row.get(0)?),
                begin: life.from_at_us,
                record_id: row.get(5)?,
                wall_us,
                sql_us: row.get(4)?,
                client: client.map(|it| String::from_utf8_lossy(it).into_owned()),
            };
            // A request may be stored twice, with another id of its record.
            if request.active_us > 0 && ids.insert(request.id) {
                let reaches_beyond =
                    life.from_at_us < range.from_at_us || life.to_at_us > range.to_at_us;
                let route = routes.entry(row.get(1)?).or_default();
                if reaches_beyond || spoken.requests.contains(&request.id) {
                    route.spoken.push(request);
                } else {
                    route.add(request);
                }
            }
            Ok(true)
        })?;
        Ok(routes)
    }
}

/// What is told of a request unless somebody asks who sent it. All of it is in the index: to read the rows, too,
/// takes a page of the disk for every fifty of them.
pub(super) const COLUMNS: &str = "correlation_id, route_id, at_us, wall_us, sql_us, record_id";

/// Selects requests that were active from ?1 on and began from ?2 to ?3, of the project ?4 if there is one.
pub(super) fn rows(columns: &str, project: Option<&str>) -> String {
    let of_project = of_project(project);
    format!(
        "SELECT {columns} FROM main.request INDEXED BY request_by_at
         WHERE at_us >= max(?1 - {LONG_REQUEST_US}, ?2) AND at_us < ?3 AND at_us + wall_us > ?1
         AND {of_project}
         UNION ALL
         SELECT {columns} FROM main.request
         WHERE wall_us > {LONG_REQUEST_US} AND at_us + wall_us > ?1 AND at_us < ?1 - {LONG_REQUEST_US}
         AND at_us >= ?2 AND {of_project}"
    )
}

/// The same of those that began within a period that begins at ?1.
fn rows_that_began(columns: &str, project: Option<&str>) -> String {
    let of_project = of_project(project);
    format!(
        "SELECT {columns} FROM main.request INDEXED BY request_by_at
         WHERE at_us >= max(?1, ?2) AND at_us < ?3 AND {of_project}"
    )
}

/// Said of each row, so it is not said in vain.
fn of_project(project: Option<&str>) -> &'static str {
    match project {
        Some(_) => "source_id IN (SELECT id FROM main.source WHERE project = ?4)",
        None => "?4 IS NULL",
    }
}

// === impl Gathered ===

impl Gathered {
    /// Adds what of the same period was read beside it. Says whether no request is in both.
    pub(super) fn take(&mut self, other: Self) -> bool {
        let count = self.ids.len() + other.ids.len();
        if self.ids.is_empty() {
            self.ids = other.ids;
        } else {
            self.ids.extend(other.ids);
        }
        for (key, route) in other.routes {
            self.routes.entry(key).or_default().merge(route);
        }
        self.ids.len() == count
    }
}
