//! A long range, or one with very many requests: they are far too many to be read one by one, so their time is taken
//! from the sums, and a few of each route are looked into.

use std::collections::BTreeMap;

use wire::time::{Instant, Micros, Range};

use super::captured::Captured;
use super::samples::{Place, Places};
use super::{Comparison, Key, Works, add_sessions_of};
use crate::calendar::Day;
use crate::db::reader::DayReader;
use crate::limits;
use crate::query::sums::{self, Scope};
use crate::query::{Answer, Ask, correlation_id};
use crate::rollup::{self, Subject, Tier, Values, merge_values};
use crate::spike::suspects::{Period, RequestCost, Work};

/// From here on the sums are read. Both periods together: a range of 36 minutes and four times that before it.
const SPAN_MIN: Micros = Micros::from_seconds(3 * 3_600);

/// So many captured requests in both periods are read, at about 1 µs each.
pub(super) const REQUESTS_MAX: i64 = 120_000;

/// Hours of a period out of which requests are looked into, and the longest of a route in each.
const HOURS_MAX: usize = 6;
const REQUESTS_PER_HOUR: usize = 2;

/// Minutes of a period whose sessions are read, spread evenly.
const MINUTES_MAX: i64 = 32;
const MINUTE_US: i64 = 60_000_000;

/// Sums by route.
pub(super) type Routes = BTreeMap<String, Values>;

/// Whether the sums are to be read, however few the requests.
pub(super) fn is_called_for(comparison: &Comparison<'_>) -> bool {
    comparison.span() > SPAN_MIN
}

/// All captured requests by route, and some of each by themselves.
pub(super) fn add_requests(
    ask: &Ask,
    comparison: &Comparison<'_>,
    works: &mut Works,
) -> Answer<Captured> {
    let mut places = Places::new();
    let mut totals = Vec::new();
    for (period, range) in comparison.periods() {
        totals.push((
            period,
            range,
            routes(ask, comparison, range, Subject::Requests)?,
        ));
    }
    let wanted = longest(&totals);
    for (period, range, routes) in totals {
        let mut rests = routes;
        let days = ask.reader.days_since(range.from_at_us)?;
        for label in &wanted {
            if let Some(rest) = rests.get_mut(label) {
                add_some(
                    &days,
                    (comparison, period, range),
                    label,
                    rest,
                    works,
                    &mut places,
                )?;
            }
        }
        for (label, values) in rests {
            let count = values[rollup::request::COUNT];
            let cost = RequestCost {
                count: usize::try_from(count).unwrap_or(0),
                wall_us: values[rollup::request::WALL_US],
                sql_us: values[rollup::request::SQL_US],
            };
            if cost.count > 0 {
                let work = work(period, label.clone(), cost);
                works.insert((Key::Route(label, None), period), work);
            }
        }
    }
    Ok(Captured::at(places))
}

/// The range's routes that took most.
fn longest(totals: &[(Period, Range, Routes)]) -> Vec<String> {
    let of_range = totals.iter().filter(|it| it.0 == Period::Range);
    let mut routes: Vec<(i64, &String)> = of_range
        .flat_map(|it| &it.2)
        .map(|(label, values)| (values[rollup::request::WALL_US], label))
        .collect();
    routes.sort_unstable_by(|a, b| b.cmp(a));
    routes.truncate(limits::SUSPECT_ROUTES_MAX);
    routes.into_iter().map(|it| it.1.clone()).collect()
}

/// What the sums have of each route in a range.
pub(super) fn routes(
    ask: &Ask,
    comparison: &Comparison<'_>,
    range: Range,
    subject: Subject,
) -> Answer<Routes> {
    let label = "SELECT id, label FROM main.route WHERE id BETWEEN ?1 AND ?2";
    let mut routes = Routes::new();
    for day in ask.reader.days_since(range.from_at_us)? {
        let scope = Scope {
            subject,
            tier: Tier::for_range(range),
            range,
            project: comparison.project,
            host: None,
        };
        let total = sums::total(&day, &scope)?;
        let keys = || {
            total
                .iter()
                .filter(|((route, part), _)| *route > 0 && *part == 0)
        };
        let names = sums::names(&day, label, keys().map(|((route, _), _)| route))?;
        for ((route, _), values) in keys() {
            if let Some(name) = names.get(&route) {
                merge_values(routes.entry(name.clone()).or_default(), &values);
            }
        }
    }
    Ok(routes)
}

/// Takes the longest requests of some hours out of a route's rest.
fn add_some(
    days: &[DayReader],
    (comparison, period, range): (&Comparison<'_>, Period, Range),
    label: &str,
    rest: &mut Values,
    works: &mut Works,
    places: &mut Places,
) -> Answer<()> {
    let sql = "SELECT correlation_id, at_us, wall_us, sql_us, record_id, client
               FROM main.request INDEXED BY request_by_route
               WHERE at_us / 3600000000 = ?1
               AND route_id = (SELECT id FROM main.route WHERE label = ?2)
               AND at_us >= ?3 AND at_us < ?4
               AND (?5 IS NULL OR source_id IN (SELECT id FROM main.source WHERE project = ?5))
               ORDER BY wall_us DESC LIMIT ?6";
    for hour in spread(range, rollup::Tier::Hour.span_us(), HOURS_MAX) {
        let params = (
            hour.0 / Tier::Hour.span_us(),
            label,
            range.from_at_us.0,
            range.to_at_us.0,
            comparison.project,
            REQUESTS_PER_HOUR,
        );
        for day in files_of(days, hour) {
            day.each(sql, params, |row| {
                let id = correlation_id(row.get(0)?);
                let cost = RequestCost {
                    count: 1,
                    wall_us: row.get(2)?,
                    sql_us: row.get(3)?,
                };
                // What is not in the sums was told twice.
                if rest[rollup::request::COUNT] > 0 {
                    rest[rollup::request::COUNT] -= 1;
                    let left = |column: usize, part: i64| (rest[column] - part).max(0);
                    let (wall_us, sql_us) = (
                        left(rollup::request::WALL_US, cost.wall_us),
                        left(rollup::request::SQL_US, cost.sql_us),
                    );
                    rest[rollup::request::WALL_US] = wall_us;
                    rest[rollup::request::SQL_US] = sql_us;
                    let place = Place {
                        day: day.day,
                        record_id: row.get(4)?,
                        begin: Instant(row.get(1)?),
                    };
                    places.insert(id, place);
                    let work = Work {
                        correlation_id: Some(id),
                        client: row.get(5)?,
                        ..work(period, label.to_owned(), cost)
                    };
                    works.insert((Key::Request(id), period), work);
                }
                Ok(true)
            })?;
        }
    }
    Ok(())
}

/// The files that records of a moment are in: most are of its day, late ones of the next.
fn files_of(days: &[DayReader], at: Instant) -> impl Iterator<Item = &DayReader> {
    let day = Day::of(at);
    let near = move |it: &&DayReader| it.day >= day.plus(-1) && it.day <= day.plus(1);
    days.iter().filter(near)
}

/// Sessions without a captured request, from some minutes of each period, each for its part of the whole. Gives
/// the time of all sessions that were listed one by one.
pub(super) fn add_sessions(
    ask: &Ask,
    comparison: &Comparison<'_>,
    captured: &Captured,
    works: &mut Works,
) -> Answer<BTreeMap<Period, i64>> {
    let mut listed_us: BTreeMap<Period, i64> = BTreeMap::new();
    for (period, range) in comparison.periods() {
        let minutes = spread(range, MINUTE_US, usize::try_from(MINUTES_MAX).unwrap_or(1));
        let read = i64::try_from(minutes.len()).unwrap_or(1).max(1);
        let weight = (range.span().0 / (read * MINUTE_US)).max(1);
        let days = ask.reader.days_since(range.from_at_us)?;
        for minute in minutes {
            let part = Range {
                from_at_us: minute,
                to_at_us: minute + Micros(MINUTE_US),
            };
            let days = files_of(&days, minute);
            let part = (period, part, weight);
            let listed = add_sessions_of(days, comparison, part, captured, works)?;
            *listed_us.entry(period).or_default() += listed;
        }
    }
    Ok(listed_us)
}

/// Active session time that the sums have of each period.
pub(super) fn counted_us(ask: &Ask, comparison: &Comparison<'_>) -> Answer<BTreeMap<Period, i64>> {
    let mut counted: BTreeMap<Period, i64> = BTreeMap::new();
    for (period, range) in comparison.periods() {
        for day in ask.reader.days_since(range.from_at_us)? {
            let scope = Scope {
                subject: Subject::Sessions,
                tier: Tier::for_range(range),
                range,
                project: comparison.project,
                host: None,
            };
            let total = sums::total(&day, &scope)?;
            if let Some(values) = total.get((0, 0)) {
                let active_us: i64 = values[rollup::sessions::CLASSES].iter().sum();
                *counted.entry(period).or_default() += active_us;
            }
        }
    }
    Ok(counted)
}

/// A request that waited for a lock is told by itself: that time is not its route's any more.
pub(super) fn take_waiters(works: &mut Works) {
    let mut taken: BTreeMap<(String, Period), i64> = BTreeMap::new();
    for ((key, period), work) in works.iter() {
        if let (Key::Request(_), None, Some(label)) = (key, work.request, &work.label) {
            *taken.entry((label.clone(), *period)).or_default() += work.active_us;
        }
    }
    for ((label, period), time_us) in taken {
        if let Some(route) = works.get_mut(&(Key::Route(label, None), period)) {
            route.active_us = (route.active_us - time_us).max(0);
        }
    }
}

/// So many pieces of a range as there may be, each of that width, spread evenly; of a short range all.
fn spread(range: Range, width_us: i64, pieces_max: usize) -> Vec<Instant> {
    let first = range.from_at_us.0.div_euclid(width_us);
    let last = (range.to_at_us.0 - 1).div_euclid(width_us);
    let all = last - first + 1;
    let wanted = i64::try_from(pieces_max).unwrap_or(1).min(all).max(1);
    // In the middle of its part, so that no edge is preferred.
    let places = (0..wanted).map(|piece| first + (all * (2 * piece + 1)) / (2 * wanted));
    places.map(|place| Instant(place * width_us)).collect()
}

fn work(period: Period, label: String, cost: RequestCost) -> Work {
    Work {
        period,
        label: Some(label),
        is_session: false,
        request: Some(cost),
        correlation_id: None,
        active_us: cost.wall_us,
        waits: Vec::new(),
        sample: None,
        client: None,
    }
}

#[cfg(test)]
mod tests {
    use wire::query::{BaselineKind, SuspectKind};

    use super::*;
    use crate::query::bench::{Bench, NOON, request};
    use crate::query::suspects::{of_range, slices};

    fn range(from: i64, to: i64) -> Range {
        Range {
            from_at_us: Instant(from),
            to_at_us: Instant(to),
        }
    }

    #[test]
    fn pieces_are_spread_over_the_whole_range() {
        let of = |from, to| -> Vec<i64> {
            let places = spread(range(from, to), 10, 4);
            places.into_iter().map(|it| it.0).collect()
        };
        assert_eq!(of(0, 160), [20, 60, 100, 140]);
        assert_eq!(of(0, 30), [0, 10, 20], "a short one is read whole");
        assert_eq!(of(5, 6), [0]);
    }

    /// A request each ten seconds for five hours; in the last of them a function takes twice what all did before.
    #[test]
    fn a_long_range_is_explained_like_a_short_one() {
        let mut bench = Bench::new();
        let begin = NOON - Micros::from_seconds(5 * 3_600);
        let records: Vec<(&str, Instant, String)> = (0..1_800)
            .map(|step: i64| {
                let at = begin + Micros::from_seconds(step * 10);
                let matched = if step < 1_440 { 100_000 } else { 1_700_000 };
                let profile = format!(
                    r#","profile":{{"engine":"x","shape":"call_pairs","metrics":["calls","wall_us"],
                    "names":["main()","match"],"edges":[[-1,0,1,{}],[0,1,1,{matched}]]}}"#,
                    700_000 + matched
                );
                let id = u64::try_from(step).unwrap() + 1;
                let body = request(id, "/search", 700_000 + matched, &profile);
                ("request", at, body.replace('\n', " "))
            })
            .collect();
        bench.store(Day::of(NOON), &records);
        let hour = Range {
            from_at_us: NOON - Micros::from_seconds(3_600),
            to_at_us: NOON,
        };
        let told = of_range(&bench.ask(), hour, None, BaselineKind::Before).unwrap();
        let first = &told.suspects[0];
        assert_eq!(
            (first.kind, first.label.as_str()),
            (SuspectKind::Function, "match")
        );
        assert!(first.share > 0.95, "{told:?}");
        // 0.24 requests in flight where 0.08 were.
        assert!((told.added_load - 0.16).abs() < 0.01, "{}", told.added_load);
        let shares: f64 = told.suspects.iter().map(|it| it.share).sum();
        assert!((shares + told.unexplained_share - 1.0).abs() < 1e-6);
        assert!(first.correlation_id.is_some());
    }

    #[test]
    fn a_range_with_very_many_requests_is_as_a_long_one() {
        let mut bench = Bench::new();
        let records: Vec<(&str, Instant, String)> = (0..20)
            .map(|step: i64| {
                let at = NOON - Micros::from_seconds(10 * (step + 1));
                let id = u64::try_from(step).unwrap() + 1;
                ("request", at, request(id, "/search", 700_000, ""))
            })
            .collect();
        bench.store(Day::of(NOON), &records);
        let ask = bench.ask();
        let minute = Range {
            from_at_us: NOON - Micros::from_seconds(60),
            to_at_us: NOON,
        };
        let comparison =
            Comparison::find(&ask, minute, None, BaselineKind::Before).expect("a baseline");
        // Six in the minute, fourteen before it.
        let are_read = |most| slices::of(&ask, &comparison, most).unwrap().is_some();
        assert!(are_read(20));
        assert!(!are_read(19));
    }
}
