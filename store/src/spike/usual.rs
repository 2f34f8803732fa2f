//! Takes out rises that are usual at that time of day: the morning's, the nightly job's that always takes an hour.

use wire::time::{Instant, Micros, Range};

use super::detect;
use super::merge::Seen;
use super::series::{self, ProjectSeries};
use crate::calendar::DAY_US;
use crate::db::DbError;
use crate::query::Ask;

/// Days that are looked back at.
const DAYS: i64 = 7;

/// Fewer known days tell no rhythm: that yesterday had a spike then does not make one of today usual.
const DAYS_MIN: usize = 3;

/// How far around a rise's worst moment the same time reaches.
const AROUND: Micros = Micros::from_seconds(300);

/// Leaves out what was about as high at the same time on most of the days before.
pub(super) fn unusual(
    ask: &Ask,
    series: &ProjectSeries,
    seen: Vec<Seen>,
) -> Result<Vec<Seen>, DbError> {
    let mut kept = Vec::with_capacity(seen.len());
    for rise in seen {
        let mut levels = Vec::new();
        for days in 1..=DAYS {
            levels.extend(level(ask, series, &rise, days)?);
        }
        if !is_usual(rise.peak, &levels, series.floor_of(&rise)) {
            kept.push(rise);
        }
    }
    Ok(kept)
}

/// What a series was at on an earlier day, around the time of the rise's worst moment.
fn level(
    ask: &Ask,
    series: &ProjectSeries,
    rise: &Seen,
    days: i64,
) -> Result<Option<f64>, DbError> {
    let at_us = Instant(rise.peak_at_us.0 - days * DAY_US);
    let window = series::whole_cells(Range {
        from_at_us: at_us - AROUND,
        to_at_us: at_us + AROUND,
    });
    let earlier = series::read(ask, &series.project, window)?;
    let values = earlier.values(rise.measure, rise.host.as_ref());
    let mut known: Vec<f64> = values.into_iter().flatten().collect();
    known.sort_by(f64::total_cmp);
    // The upper quartile: where it began at that time or minutes later, half of the window is from before.
    Ok(known.get(known.len() * 3 / 4).copied())
}

/// Judges a peak by the levels of earlier days as the detector judges it by the time before.
fn is_usual(peak: f64, levels: &[f64], floor: f64) -> bool {
    levels.len() >= DAYS_MIN && peak <= detect::bar_of(levels, floor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_day_has_at_that_time_is_no_spike() {
        let levels = [20.0, 22.0, 19.0, 1.0];
        assert!(is_usual(30.0, &levels, 4.0));
        assert!(!is_usual(60.0, &levels, 4.0), "three times as much");
    }

    #[test]
    fn one_earlier_spike_makes_none_usual() {
        assert!(!is_usual(30.0, &[30.0, 1.0, 1.0, 1.0], 4.0));
        assert!(
            !is_usual(30.0, &[30.0, 30.0], 4.0),
            "two days are no rhythm"
        );
    }
}
