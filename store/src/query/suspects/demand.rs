//! All requests, captured or not: how many each route had, how long they took, and who sent most.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use wire::time::{Instant, Micros, Range};
use wire::traffic::Heavy;

use super::{Comparison, Works, coarse, overlap_us};
use crate::query::{Answer, Ask};
use crate::rollup::{self, Subject};
use crate::spike::suspects::{Demand, Period, Sender, Served, Work};

/// Beyond this the sums are read, which do not know who sent.
const BODIES_SPAN_MAX: Micros = Micros::from_seconds(3 * 3_600);

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) demand: Demand,
    wall_us: BTreeMap<(Period, String), i64>,
}

/// What is read of [`wire::traffic::Traffic`]: its histograms are most of it, and say nothing here.
#[derive(Debug, Deserialize)]
struct Interval<'t> {
    #[serde(borrow)]
    routes: Vec<RouteServed<'t>>,
    clients: Vec<Heavy>,
    user_agents: Vec<Heavy>,
}

#[derive(Debug, Deserialize)]
struct RouteServed<'t> {
    #[serde(borrow)]
    method: Cow<'t, str>,
    #[serde(borrow)]
    route: Cow<'t, str>,
    count: u64,
    wall_us: Micros,
}

pub(super) fn read(ask: &Ask, comparison: &Comparison<'_>) -> Answer<Read> {
    let mut read = Read::default();
    if comparison.span() <= BODIES_SPAN_MAX {
        of_bodies(ask, comparison, &mut read)?;
    } else {
        of_sums(ask, comparison, &mut read)?;
    }
    Ok(read)
}

fn of_bodies(ask: &Ask, comparison: &Comparison<'_>, read: &mut Read) -> Answer<()> {
    let sql = "SELECT at_us, interval_us, body.zstd, host FROM traffic
               JOIN body ON body.record_id = traffic.record_id
               WHERE at_us >= ?1 - 60000000 AND at_us < ?2 AND (?3 IS NULL OR project = ?3)";
    for (period, range) in comparison.periods() {
        let params = (range.from_at_us.0, range.to_at_us.0, comparison.project);
        for day in ask.reader.days_since(range.from_at_us)? {
            let rows = day.rows(sql, params, |row| {
                let begin = Instant(row.get(0)?);
                let life = Range {
                    from_at_us: begin,
                    to_at_us: begin + Micros(row.get(1)?),
                };
                Ok((life, row.get::<_, Vec<u8>>(2)?, row.get::<_, String>(3)?))
            })?;
            for (life, body, host) in rows {
                let text = day.body_text(&body)?;
                if let Ok(traffic) = serde_json::from_str::<Interval<'_>>(&text) {
                    read.add((period, range), life, &host, &traffic);
                }
            }
        }
    }
    Ok(())
}

fn of_sums(ask: &Ask, comparison: &Comparison<'_>, read: &mut Read) -> Answer<()> {
    for (period, range) in comparison.periods() {
        for (route, values) in coarse::routes(ask, comparison, range, Subject::Traffic)? {
            let count = values[rollup::traffic::COUNT];
            read.count(period, &route, count, values[rollup::traffic::WALL_US]);
        }
    }
    Ok(())
}

// === impl Read ===

impl Read {
    /// Adds what of an interval lies in a period.
    fn add(
        &mut self,
        (period, range): (Period, Range),
        life: Range,
        host: &str,
        traffic: &Interval<'_>,
    ) {
        let within = overlap_us(life, range) as f64 / life.span().0.max(1) as f64;
        if within <= 0.0 {
            return;
        }
        #[expect(clippy::cast_possible_truncation, reason = "a part of what fits")]
        let part = |amount: i64| (amount as f64 * within).round() as i64;
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        for route in &traffic.routes {
            let label = format!("{} {}", route.method, route.route);
            let wall_us = route.wall_us.0.clamp(0, crate::limits::RANGE_MAX_US);
            let (count, wall_us) = (part(whole(route.count)), part(wall_us));
            self.count(period, &label, count, wall_us);
            let key = (period, label, host.to_owned());
            self.demand.hosts.entry(key).or_default().add(Served {
                count: u64::try_from(count).unwrap_or(0),
                wall_us,
            });
        }
        let mut sent = |sender: Sender, heavy: &Heavy| {
            // Only what is sure: a list of few counts some of others with its own.
            let sure = whole(heavy.count.saturating_sub(heavy.overcount));
            let count = self.demand.senders.entry((period, sender)).or_default();
            *count += u64::try_from(part(sure)).unwrap_or(0);
        };
        for client in &traffic.clients {
            sent(Sender::Client(client.value.clone()), client);
        }
        for agent in &traffic.user_agents {
            sent(Sender::UserAgent(agent.value.clone()), agent);
        }
    }

    fn count(&mut self, period: Period, route: &str, count: i64, wall_us: i64) {
        let key = (period, route.to_owned());
        *self.wall_us.entry(key.clone()).or_default() += wall_us;
        *self.demand.routes.entry(key).or_default() += u64::try_from(count).unwrap_or(0);
    }

    /// The time of requests that were not captured: what all took, less what those did that were, and
    /// less what their sessions are told of anyway.
    pub(super) fn not_captured(&self, works: &Works) -> Vec<Work> {
        let mut captured: BTreeMap<(Period, String), i64> = BTreeMap::new();
        let mut sessions: BTreeMap<Period, i64> = BTreeMap::new();
        for ((_, period), work) in works {
            if let (Some(label), Some(cost)) = (&work.label, work.request) {
                let took_us = cost.wall_us.max(work.active_us);
                *captured.entry((*period, label.clone())).or_default() += took_us;
            } else if work.correlation_id.is_some() {
                *sessions.entry(*period).or_default() += work.active_us;
            }
        }
        let mut all_us: BTreeMap<Period, i64> = BTreeMap::new();
        let mut rests = Vec::new();
        for (key, wall_us) in &self.wall_us {
            let rest_us = (wall_us - captured.get(key).copied().unwrap_or(0)).max(0);
            *all_us.entry(key.0).or_default() += rest_us;
            rests.push((key, rest_us));
        }
        let rests = rests.into_iter().filter_map(|((period, route), rest_us)| {
            let told_us = sessions.get(period).copied().unwrap_or(0);
            let left = 1.0 - told_us as f64 / all_us[period].max(1) as f64;
            #[expect(clippy::cast_possible_truncation, reason = "a part of what fits")]
            let active_us = (rest_us as f64 * left.max(0.0)) as i64;
            (active_us > 0).then(|| Work {
                period: *period,
                label: Some(route.clone()),
                is_session: false,
                request: None,
                correlation_id: None,
                active_us,
                waits: Vec::new(),
                sample: None,
                client: None,
            })
        });
        rests.collect()
    }
}

#[cfg(test)]
mod tests {
    use wire::query::{BaselineKind, SuspectKind};

    use crate::calendar::Day;
    use crate::query::bench::{Bench, NOON, request};
    use crate::query::suspects::of_range;
    use wire::time::{Instant, Micros, Range};

    /// Ten seconds of a route: so many requests, each of so many ms.
    fn traffic(count: u64, ms: u64) -> String {
        let wall_us = count * ms * 1_000;
        format!(
            r#"{{"interval_us":10000000,"routes":[{{"method":"GET","route":"/list","count":{count},"errors":0,
            "captured":0,"wall_us":{wall_us},"longest_us":1,"queue_us":0,"cpu_us":0,"sql_count":0,"sql_us":0,
            "memory_peak_bytes":0,"wall":[]}}],"clients":[],"user_agents":[]}}"#
        )
        .replace('\n', " ")
    }

    #[test]
    fn a_host_that_alone_became_slow_is_named() {
        let mut bench = Bench::new();
        let at = |step: i64| NOON + Micros::from_seconds(step * 10);
        for host in ["web1", "web2"] {
            let records: Vec<(&str, Instant, String)> = (-24..6)
                .map(|step| {
                    let ms = if host == "web2" && step >= 0 {
                        2_000
                    } else {
                        100
                    };
                    ("traffic", at(step), traffic(40, ms))
                })
                .collect();
            bench.store_of(Day::of(NOON), host, &records);
        }
        // What is captured of the slow one has no profile.
        let captured: Vec<(&str, Instant, String)> = (0..60)
            .map(|second| {
                let id = u64::try_from(second).unwrap() + 1;
                let body = request(id, "/list", 2_000_000, "");
                ("request", NOON + Micros::from_seconds(second), body)
            })
            .collect();
        bench.store_of(Day::of(NOON), "web2", &captured);
        let range = Range {
            from_at_us: NOON,
            to_at_us: at(6),
        };
        let told = of_range(&bench.ask(), range, None, BaselineKind::Before).unwrap();
        let first = &told.suspects[0];
        assert_eq!(
            (first.kind, first.label.as_str()),
            (SuspectKind::Host, "web2"),
            "{told:?}"
        );
        assert!(first.share > 0.95, "{told:?}");
        let shown = "240 requests of 2.0 s on average, on the other hosts 240 of 0.10 s; in the baseline 0.10 s";
        assert_eq!(first.evidence, shown);
    }
}
