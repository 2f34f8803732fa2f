//! What the data of a range lacks, in words, so that nobody concludes from what is not there.
//!
//! Three things are told: records that an agent had to give up, which it says itself; times in which a host
//! that reports was not heard; and the [`backlog`]. A host that begins to report is no loss.

pub mod backlog;

use wire::ids::Host;
use wire::query::{GapSeen, Health, Timeline};
use wire::time::{Instant, Micros};

use crate::format;
use backlog::Sight;

/// Hosts report every 10 s, databases are sampled more often: after three reports that did not come, data is
/// missing.
const SILENT: Micros = Micros::from_seconds(30);

/// A time without data, and whether it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hole {
    from_at_us: Instant,
    to_at_us: Instant,
    is_open: bool,
}

/// All that is missing, the surest first. What is to come after now is not missing.
pub fn words(timeline: &Timeline, health: Option<&Health>, sight: Sight<'_>) -> Vec<String> {
    let now = sight.now;
    let mut words = Vec::new();
    let mut silent: Vec<&Host> = Vec::new();
    words.extend(gaps(&timeline.gaps));
    for host in &timeline.hosts {
        let holes = holes(timeline, &host.load1, now);
        silent.extend(holes.iter().any(|hole| hole.is_open).then_some(&host.host));
        words.extend(worst(&holes).map(|hole| format!("{}: no data {hole}", host.host)));
    }
    let holes = holes(timeline, &timeline.sessions.cpu, now);
    words.extend(worst(&holes).map(|hole| format!("no samples of the database {hole}")));
    words.extend(
        health
            .into_iter()
            .flat_map(|it| backlog::words(it, sight, &silent)),
    );
    words
}

fn gaps(gaps: &[GapSeen]) -> Option<String> {
    let first = gaps.first()?;
    let records: u64 = gaps
        .iter()
        .fold(0, |sum, seen| sum.saturating_add(seen.gap.records));
    let until = first
        .gap
        .until_at_us
        .map_or(String::new(), |until| format!("–{}", format::clock(until)));
    let more = match gaps.len() {
        1 => String::new(),
        count => format!(" and {} more gaps", count - 1),
    };
    let what = if records == 1 {
        "record is"
    } else {
        "records are"
    };
    Some(format!(
        "{} {what} missing from this range: {} {}{until} {}{more}",
        format::count(records),
        first.host,
        format::clock(first.at_us),
        first.gap.reason,
    ))
}

/// The times behind a series' first value in which there is none.
fn holes(timeline: &Timeline, series: &[Option<f64>], now: Instant) -> Vec<Hole> {
    let edge = |index: usize| {
        let buckets = i64::try_from(index).unwrap_or(i64::MAX);
        timeline.from_at_us + Micros(timeline.bucket_us.0.saturating_mul(buckets))
    };
    let mut holes = Vec::new();
    let mut last = None;
    for (index, value) in series.iter().enumerate() {
        if value.is_none() {
            continue;
        }
        if let Some(last) = last {
            holes.push(Hole {
                from_at_us: edge(last + 1),
                to_at_us: edge(index),
                is_open: false,
            });
        }
        last = Some(index);
    }
    holes.extend(last.map(|last| Hole {
        from_at_us: edge(last + 1),
        to_at_us: edge(series.len()).min(now),
        is_open: true,
    }));
    holes.retain(|hole| hole.span() >= SILENT);
    holes
}

/// The one that goes on, else the longest, and how many others there are.
fn worst(holes: &[Hole]) -> Option<String> {
    let worst = holes
        .iter()
        .max_by_key(|hole| (hole.is_open, hole.span()))?;
    let from = format::clock(worst.from_at_us);
    let time = if worst.is_open {
        format!("since {from}")
    } else {
        format!("{from}–{}", format::clock(worst.to_at_us))
    };
    Some(match holes.len() {
        1 => time,
        2 => format!("{time} and once more"),
        count => format!("{time} and {} more times", count - 1),
    })
}

// === impl Hole ===

impl Hole {
    fn span(&self) -> Micros {
        self.to_at_us - self.from_at_us
    }
}

#[cfg(test)]
mod tests {
    use wire::host::Role;
    use wire::ids::Host;
    use wire::query::HostSeries;

    use super::*;

    /// Ten buckets of 20 s from midnight on; a host's `#` is a value.
    fn told(series: &str, now_s: i64) -> Vec<String> {
        let values = series
            .chars()
            .map(|it| (it == '#').then_some(1.0))
            .collect();
        let timeline = Timeline {
            from_at_us: Instant(0),
            bucket_us: Micros::from_seconds(20),
            buckets: series.len(),
            hosts: vec![HostSeries {
                host: Host::try_new("web2").expect("a name"),
                role: Role::Web,
                cores: 4,
                load1: values,
                cpu_percent: vec![None; series.len()],
                stalled_percent: Vec::new(),
            }],
            ..Timeline::default()
        };
        let sight = Sight {
            range: wire::time::Range {
                from_at_us: Instant(0),
                to_at_us: Instant(200_000_000),
            },
            project: None,
            now: Instant(now_s * 1_000_000),
        };
        words(&timeline, None, sight)
    }

    #[test]
    fn a_host_that_fell_silent_is_told_of_with_the_time() {
        let nothing: [&str; 0] = [];
        assert_eq!(told("##########", 1_000), nothing);
        assert_eq!(
            told("####..####", 1_000),
            ["web2: no data 00:01:20–00:02:00"]
        );
        assert_eq!(told("#####.####", 1_000), nothing, "one report came late");
        assert_eq!(told("#######...", 1_000), ["web2: no data since 00:02:20"]);
        assert_eq!(
            told("##..###...", 1_000),
            ["web2: no data since 00:02:20 and once more"]
        );
    }

    #[test]
    fn what_is_to_come_and_what_never_was_is_not_missing() {
        let nothing: [&str; 0] = [];
        assert_eq!(told("#######...", 165), nothing, "now is in the range");
        assert_eq!(told("....######", 1_000), nothing, "it began to report");
        assert_eq!(told("..........", 1_000), nothing);
        assert_eq!(told("", 1_000), nothing);
    }
}
