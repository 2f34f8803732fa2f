//! Series of wide buckets, from the sums over spans of time.
//!
//! A span is never wider than a bucket, and what it holds is spread over it as a reading is over its
//! interval. So the series of a week is as smooth as its buckets are wide, and read from some thousand
//! sums, not from millions of rows.

use std::collections::BTreeMap;

use wire::histogram::Histogram;
use wire::host::Role;
use wire::query::{HostSeries, RequestSeries, SessionSeries, TrafficSeries};
use wire::time::{Instant, Micros};

use super::axis::{Axis, Mean};
use super::{Question, session_series, traffic};
use crate::query::sums::{self, Scope, Span};
use crate::query::{Answer, Ask, host};
use crate::rollup::{self, Subject, Tier, Totals, Values, host as machine, traffic as all};

/// A range's sums on the way to its series.
struct Reading<'a> {
    ask: &'a Ask,
    question: &'a Question,
    axis: Axis,
    tier: Tier,
}

/// All series that sums are kept of.
pub(super) struct Summed {
    pub(super) hosts: Vec<HostSeries>,
    pub(super) sessions: SessionSeries,
    pub(super) requests: RequestSeries,
    pub(super) traffic: TrafficSeries,
}

pub(super) fn ask(ask: &Ask, question: &Question, axis: Axis, tier: Tier) -> Answer<Summed> {
    let reading = Reading {
        ask,
        question,
        axis,
        tier,
    };
    Ok(Summed {
        hosts: reading.hosts()?,
        sessions: reading.sessions()?,
        requests: reading.requests()?,
        traffic: reading.traffic()?,
    })
}

// === impl Reading ===

impl Reading<'_> {
    fn each(&self, subject: Subject, mut take: impl FnMut(&Span, &Totals)) -> Answer<()> {
        let question = self.question;
        let scope = Scope {
            subject,
            tier: self.tier,
            range: question.range,
            project: question.project.as_ref().map(wire::ids::Project::as_str),
            host: question.host.as_ref().map(wire::ids::Host::as_str),
        };
        for day in self.ask.reader.days_since(question.range.from_at_us)? {
            sums::each(&day, &scope, &mut take)?;
        }
        Ok(())
    }

    fn end_of(&self, span: &Span) -> i64 {
        span.at_us.0 + self.tier.span_us()
    }

    /// What is counted where the span's middle is.
    fn bucket_of(&self, span: &Span) -> Option<usize> {
        self.axis
            .bucket_of(span.at_us + Micros(self.tier.span_us() / 2))
            .or_else(|| self.axis.bucket_of(span.at_us))
    }

    fn hosts(&self) -> Answer<Vec<HostSeries>> {
        struct Host {
            newest: Instant,
            role: Role,
            cores: i64,
            load1: Mean,
            busy: Mean,
            stalled: Mean,
        }
        let mut hosts: BTreeMap<String, Host> = BTreeMap::new();
        self.each(Subject::Hosts, |span, sums| {
            let Some(values) = sums.get((0, 0)) else {
                return;
            };
            let (from, to) = (span.at_us.0, self.end_of(span));
            let series = hosts.entry(span.host.clone()).or_insert_with(|| Host {
                newest: Instant(i64::MIN),
                role: Role::Web,
                cores: 0,
                load1: Mean::new(self.axis),
                busy: Mean::new(self.axis),
                stalled: Mean::new(self.axis),
            });
            if span.at_us > series.newest {
                series.newest = span.at_us;
                series.cores = values[machine::CORES];
                series.role = match values[machine::ROLE] {
                    0 => Role::Web,
                    _ => Role::Db,
                };
            }
            if let Some(load) = mean(&values, machine::LOAD, machine::SAMPLED_US) {
                series.load1.add(from, to, load / 1e3);
            }
            if let Some(busy) = mean(&values, machine::BUSY, machine::BUSY_SAMPLED_US) {
                series.busy.add(from, to, busy / 1e3);
            }
            if let Some(stalled) = mean(&values, machine::STALLED, machine::STALLED_SAMPLED_US) {
                series.stalled.add(from, to, stalled / 1e3);
            }
        })?;
        let series = hosts.into_iter().map(|(name, it)| {
            Ok(HostSeries {
                host: host(name)?,
                role: it.role,
                cores: u32::try_from(it.cores).unwrap_or(0),
                load1: it.load1.finish(),
                cpu_percent: it.busy.finish(),
                stalled_percent: it.stalled.finish(),
            })
        });
        Ok(series.collect::<rusqlite::Result<_>>()?)
    }

    fn sessions(&self) -> Answer<SessionSeries> {
        let mut databases: BTreeMap<(String, String), [Mean; 6]> = BTreeMap::new();
        self.each(Subject::Sessions, |span, sums| {
            let Some(values) = sums.get((0, 0)) else {
                return;
            };
            let sampled_us = values[rollup::sessions::SAMPLED_US].max(1) as f64;
            let idle = sums.get((0, 1)).unwrap_or_default();
            let idle_us = idle[rollup::sessions::IDLE_IN_TRANSACTION];
            let means = databases
                .entry((span.project.clone(), span.host.clone()))
                .or_insert_with(|| std::array::from_fn(|_| Mean::new(self.axis)));
            let classes = values[rollup::sessions::CLASSES].iter().chain([&idle_us]);
            for (mean, us) in means.iter_mut().zip(classes) {
                mean.add(span.at_us.0, self.end_of(span), *us as f64 / sampled_us);
            }
        })?;
        Ok(session_series(databases, self.question.buckets))
    }

    fn requests(&self) -> Answer<RequestSeries> {
        let buckets = self.question.buckets;
        let mut series = RequestSeries {
            count: vec![0; buckets],
            errors: vec![0; buckets],
            in_flight: vec![0.0; buckets],
            p95_us: Vec::new(),
        };
        let mut walls = vec![Histogram::default(); buckets];
        let bucket_us = self.axis.bucket_us().0 as f64;
        self.each(Subject::Requests, |span, sums| {
            let mut busy_us = 0;
            for ((_, part), values) in sums.iter() {
                if part == 0 {
                    busy_us += values[rollup::request::BUSY_US];
                }
                let Some(bucket) = self.bucket_of(span) else {
                    continue;
                };
                if part == 0 {
                    series.count[bucket] += whole(values[rollup::request::COUNT]);
                    series.errors[bucket] += whole(values[rollup::request::ERRORS]);
                } else if let Ok(part) = u16::try_from(part - 1) {
                    walls[bucket].add_bucket(part, values[0].max(0).unsigned_abs());
                }
            }
            let (from, to) = (span.at_us.0, self.end_of(span));
            let per_us = busy_us as f64 / self.tier.span_us() as f64;
            for (bucket, piece_us) in self.axis.pieces(from, to) {
                series.in_flight[bucket] += per_us * piece_us as f64 / bucket_us;
            }
        })?;
        series.p95_us = walls.iter().map(traffic::p95).collect();
        Ok(series)
    }

    fn traffic(&self) -> Answer<TrafficSeries> {
        let mut sources: BTreeMap<(String, String), traffic::Series> = BTreeMap::new();
        let mut walls = vec![Histogram::default(); self.question.buckets];
        self.each(Subject::Traffic, |span, sums| {
            let Some(values) = sums.get((0, 0)) else {
                return;
            };
            let series = sources
                .entry((span.project.clone(), span.host.clone()))
                .or_insert_with(|| traffic::Series::new(self.axis));
            let per_us = |column| mean(&values, column, all::SAMPLED_US).unwrap_or(0.0);
            let (from, to) = (span.at_us.0, self.end_of(span));
            series.per_s.add(from, to, per_us(all::COUNT) * 1e6);
            series.errors_per_s.add(from, to, per_us(all::ERRORS) * 1e6);
            series.in_flight.add(from, to, per_us(all::WALL_US));
            let Some(bucket) = self.bucket_of(span) else {
                return;
            };
            for ((route, part), values) in sums.iter() {
                if route == 0
                    && part > 0
                    && let Ok(part) = u16::try_from(part - 1)
                {
                    walls[bucket].add_bucket(part, values[0].max(0).unsigned_abs());
                }
            }
        })?;
        Ok(traffic::add_up(sources, &walls))
    }
}

/// A sum that was weighted with time, over that time.
fn mean(values: &Values, column: usize, sampled: usize) -> Option<f64> {
    (values[sampled] > 0).then(|| values[column] as f64 / values[sampled] as f64)
}

fn whole(count: i64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
