//! What a range is compared with.

use wire::ids::Project;
use wire::query::BaselineKind;
use wire::time::{Instant, Micros, Range};

use crate::calendar::DAY_US;
use crate::limits;
use crate::query::{Answer, Ask, overview};
use crate::rollup::{Subject, Tier};
use crate::spike::suspects::Period;

/// How many times as long as the range the baseline before it is.
const BASELINE_SPANS: i64 = 4;

/// A baseline shorter than this tells nothing, unless the range itself is shorter.
const BASELINE_MIN: Micros = Micros::from_seconds(60);

/// What is recorded whenever anything is watched.
const WATCHED: [Subject; 4] = [
    Subject::Hosts,
    Subject::Traffic,
    Subject::Sessions,
    Subject::Requests,
];

/// A range and what it is compared with.
pub(super) struct Comparison<'a> {
    pub(super) range: Range,
    pub(super) baseline: Option<Range>,
    pub(super) project: Option<&'a str>,
}

// === impl Comparison ===

impl<'a> Comparison<'a> {
    pub(super) fn find(
        ask: &Ask,
        range: Range,
        project: Option<&'a Project>,
        against: BaselineKind,
    ) -> Answer<Self> {
        Ok(Self {
            range,
            baseline: baseline_of(ask, range, project, against)?,
            project: project.map(Project::as_str),
        })
    }

    /// The baseline, if there is one, and the range: in the order of time.
    pub(super) fn periods(&self) -> impl Iterator<Item = (Period, Range)> {
        let baseline = self.baseline.map(|range| (Period::Baseline, range));
        baseline
            .into_iter()
            .chain(std::iter::once((Period::Range, self.range)))
    }

    /// Where the earlier of both begins.
    pub(super) fn begin(&self) -> Instant {
        let baseline = self.baseline.map(|it| it.from_at_us);
        baseline.unwrap_or(self.range.from_at_us)
    }

    /// Of a moment in either.
    pub(super) fn period_of(&self, at: Instant) -> Period {
        if at >= self.range.from_at_us {
            Period::Range
        } else {
            Period::Baseline
        }
    }

    /// How long both are together.
    pub(super) fn span(&self) -> Micros {
        let baseline = self.baseline.map_or(0, |it| it.span().0);
        Micros(self.range.span().0.saturating_add(baseline))
    }
}

/// Which baselines there is data for, in the order in which they are offered.
pub(super) fn available(
    ask: &Ask,
    range: Range,
    project: Option<&Project>,
) -> Answer<Vec<BaselineKind>> {
    let mut kinds = Vec::new();
    for kind in BaselineKind::ALL {
        if baseline_of(ask, range, project, kind)?.is_some() {
            kinds.push(kind);
        }
    }
    Ok(kinds)
}

fn baseline_of(
    ask: &Ask,
    range: Range,
    project: Option<&Project>,
    against: BaselineKind,
) -> Answer<Option<Range>> {
    let days = match against {
        BaselineKind::Before => return before(ask, range, project),
        BaselineKind::Yesterday => 1,
        BaselineKind::LastWeek => 7,
    };
    let earlier = same_time(range, days);
    // Time that lies in both would be compared with itself.
    let is_apart = earlier.to_at_us <= range.from_at_us;
    Ok((is_apart && is_watched(ask, earlier, project)?).then_some(earlier))
}

/// The same time of an earlier day, widened around its middle to what tells something.
fn same_time(range: Range, days: i64) -> Range {
    let widen = Micros((BASELINE_MIN.0 - range.span().0).max(0) / 2);
    let back = Micros(DAY_US * days);
    Range {
        from_at_us: range.from_at_us - back - widen,
        to_at_us: range.to_at_us - back + widen,
    }
}

/// Whether anything was recorded in at least the first and the last minute of a range.
pub(crate) fn is_watched(ask: &Ask, range: Range, project: Option<&Project>) -> Answer<bool> {
    let ends = [range.from_at_us, range.to_at_us - Micros(1)];
    for end in ends {
        if !is_watched_at(ask, end, project)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_watched_at(ask: &Ask, at: Instant, project: Option<&Project>) -> Answer<bool> {
    let minute = Tier::Minute;
    let sql = "SELECT 1 FROM main.rollup
               WHERE subject = ?1 AND span_us = ?2 AND at_us BETWEEN ?3 AND ?4
               AND (?5 IS NULL OR project = ?5) LIMIT 1";
    for day in ask.reader.days_since(at)? {
        for subject in WATCHED {
            // A minute to either side: readings are that far apart.
            let params = (
                subject as i64,
                minute.span_us(),
                minute.start_of(at).0 - minute.span_us(),
                minute.start_of(at).0 + minute.span_us(),
                project.map(Project::as_str),
            );
            let found: Option<i64> = day.row(sql, params, |row| row.get(0))?;
            if found.is_some() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Four times the range just before it, cut to where there is data and to what is behind an earlier
/// spike, as long as enough is left.
fn before(ask: &Ask, range: Range, project: Option<&Project>) -> Answer<Option<Range>> {
    let Some(data) = overview::data_range(ask)? else {
        return Ok(None);
    };
    let to_at_us = range.from_at_us;
    let longest = Micros(range.span().0.saturating_mul(BASELINE_SPANS));
    let mut from_at_us = (to_at_us - longest).max(data.from_at_us);
    let least = BASELINE_MIN.min(range.span());
    let before = Range {
        from_at_us,
        to_at_us,
    };
    if before.from_at_us < before.to_at_us {
        let earlier = ask.meta.spikes(before, limits::SPIKES_MAX)?;
        let ends = earlier
            .iter()
            .filter(|spike| project.is_none() || spike.project.as_ref() == project)
            .filter_map(|spike| spike.end_at_us)
            .filter(|end| to_at_us - *end >= least);
        from_at_us = ends.max().map_or(from_at_us, |end| end.max(from_at_us));
    }
    let baseline = Range {
        from_at_us,
        to_at_us,
    };
    Ok((baseline.span() >= least.min(BASELINE_MIN)).then_some(baseline))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_range_is_compared_with_a_minute_of_yesterday() {
        let range = Range {
            from_at_us: Instant(2 * DAY_US),
            to_at_us: Instant(2 * DAY_US + 20_000_000),
        };
        let wanted = Range {
            from_at_us: Instant(DAY_US - 20_000_000),
            to_at_us: Instant(DAY_US + 40_000_000),
        };
        assert_eq!(same_time(range, 1), wanted);
        let long = Range {
            to_at_us: Instant(2 * DAY_US + 600_000_000),
            ..range
        };
        assert_eq!(same_time(long, 2).span(), long.span());
    }
}
