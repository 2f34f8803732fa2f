//! Takes out rises that are usual at that time of day: the morning's, the nightly job's that always takes an hour.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

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

/// A rise's worst moment is rounded to this, so that the rises of one spike share what is read.
const STEP: Micros = Micros::from_seconds(300);

/// How far around it the same time reaches.
const AROUND: Micros = Micros::from_seconds(300);

/// An earlier time, read once for all rises near each other; they are looked at again with each arrival.
type Earlier = BTreeMap<Instant, Vec<ProjectSeries>>;

/// Leaves out what was about as high at the same time on most of the days before.
pub(super) fn unusual(
    ask: &Ask,
    series: &ProjectSeries,
    seen: Vec<Seen>,
) -> Result<Vec<Seen>, DbError> {
    let mut earlier = Earlier::new();
    let mut kept = Vec::with_capacity(seen.len());
    for rise in seen {
        let middle = Instant((rise.peak_at_us.0 + STEP.0 / 2).div_euclid(STEP.0) * STEP.0);
        let days = match earlier.entry(middle) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(new) => new.insert(days_before(ask, series, middle)?),
        };
        let levels: Vec<f64> = days.iter().filter_map(|day| level(day, &rise)).collect();
        if !is_usual(rise.peak, &levels, series.floor_of(&rise)) {
            kept.push(rise);
        }
    }
    Ok(kept)
}

/// The project's series around the same time of each day before.
fn days_before(
    ask: &Ask,
    series: &ProjectSeries,
    middle: Instant,
) -> Result<Vec<ProjectSeries>, DbError> {
    let days = (1..=DAYS).map(|days| {
        let at_us = Instant(middle.0 - days * DAY_US);
        let window = series::whole_cells(Range {
            from_at_us: at_us - AROUND,
            to_at_us: at_us + AROUND,
        });
        series::read(ask, &series.project, window)
    });
    days.collect()
}

/// What a day's series was at in such a window, if it is known.
fn level(day: &ProjectSeries, rise: &Seen) -> Option<f64> {
    let values = day.values(rise.measure, rise.host.as_ref());
    let mut known: Vec<f64> = values.into_iter().flatten().collect();
    known.sort_by(f64::total_cmp);
    // The upper quartile: where it began at that time or minutes later, half of the window is from before.
    known.get(known.len() * 3 / 4).copied()
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
