//! Finds rises in one series: pure, and the same for every measure.
//!
//! A series has one value per 10 s, or none where nobody measured. A value is high when it lies above
//! the median of the calm half hour before it by the greatest of three: six times the usual scatter
//! (the median absolute deviation, scaled to a standard deviation), the median itself (so a spike is
//! at least twice the usual), and a floor that the caller ties to the machine (so that a series that
//! is nearly always 0 does not fire at 1). Two high values in a row begin a rise; three that have
//! fallen below half of that way end it. High values never enter the baseline.

use std::collections::VecDeque;

/// The width of a value.
pub(crate) const CELL_US: i64 = 10_000_000;

/// The calm values that the median is taken of: half an hour.
const BASELINE_CELLS_MAX: usize = 180;

/// Fewer known values than a minute's are no baseline.
const BASELINE_CELLS_MIN: usize = 6;

/// High values in a row that begin a rise. One alone may be a cron job.
const HIGH_CELLS: usize = 2;

/// Calm values in a row that end it: a spike may catch its breath.
const CALM_CELLS: usize = 3;

/// Unknown values in a row that end it, where the last was known.
const UNKNOWN_CELLS: usize = 6;

/// After an hour, what was a spike is the new usual.
const RISE_CELLS_MAX: usize = 360;

/// How many scaled median deviations are out of the usual.
const SCATTER: f64 = 6.0;

/// Makes the median absolute deviation of a normal distribution its standard deviation.
const MAD_SCALE: f64 = 1.4826;

/// A time in which a series was far above its usual; places are indexes into the series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rise {
    pub(crate) begin: usize,
    pub(crate) peak_at: usize,
    /// Just behind its last high value; `None` while it runs.
    pub(crate) end: Option<usize>,
    pub(crate) peak: f64,
    /// The median before it.
    pub(crate) baseline: f64,
}

/// Every rise of a series, in order. `floor` is the least excess that counts.
pub(crate) fn rises(values: &[Option<f64>], floor: f64) -> Vec<Rise> {
    let mut detector = Detector {
        floor,
        calm: VecDeque::new(),
        state: State::Calm,
        rises: Vec::new(),
    };
    for (at, value) in values.iter().enumerate() {
        match value {
            Some(value) if value.is_finite() => detector.known(values, at, *value),
            _ => detector.unknown(),
        }
    }
    detector.finish()
}

/// Where a detector is.
#[derive(Debug)]
enum State {
    Calm,
    /// High values, too few yet.
    Suspicious {
        values: Vec<(usize, f64)>,
        bar: Bar,
    },
    Risen {
        rise: Rise,
        bar: Bar,
        calm: Vec<(usize, f64)>,
        last: usize,
        unknown: usize,
    },
}

/// What was usual when a rise began.
#[derive(Clone, Copy, Debug)]
struct Bar {
    median: f64,
    /// Above it a value is high.
    high: f64,
    /// Below it a rise is over.
    low: f64,
}

struct Detector {
    floor: f64,
    /// The calm values before this moment, oldest first.
    calm: VecDeque<f64>,
    state: State,
    rises: Vec<Rise>,
}

// === impl Detector ===

impl Detector {
    fn known(&mut self, values: &[Option<f64>], at: usize, value: f64) {
        match std::mem::replace(&mut self.state, State::Calm) {
            State::Calm => match self.bar() {
                Some(bar) if value > bar.high => {
                    self.state = State::Suspicious {
                        values: vec![(at, value)],
                        bar,
                    };
                    self.rise_if_sure(values);
                }
                _ => self.remember(value),
            },
            State::Suspicious {
                values: mut high,
                bar,
            } => {
                if value > bar.high {
                    high.push((at, value));
                    self.state = State::Suspicious { values: high, bar };
                    self.rise_if_sure(values);
                } else {
                    for (_, value) in high {
                        self.remember(value);
                    }
                    self.remember(value);
                }
            }
            State::Risen {
                mut rise,
                bar,
                mut calm,
                mut last,
                ..
            } => {
                if value > bar.low {
                    calm.clear();
                    last = at;
                    if value > rise.peak {
                        (rise.peak, rise.peak_at) = (value, at);
                    }
                } else {
                    calm.push((at, value));
                }
                if calm.len() >= CALM_CELLS {
                    self.close(rise, last + 1);
                    for (_, value) in calm {
                        self.remember(value);
                    }
                } else if at - rise.begin >= RISE_CELLS_MAX {
                    let usual = &values[at + 1 - BASELINE_CELLS_MAX..=at];
                    self.calm = usual.iter().flatten().copied().collect();
                    self.close(rise, last + 1);
                } else {
                    self.state = State::Risen {
                        rise,
                        bar,
                        calm,
                        last,
                        unknown: 0,
                    };
                }
            }
        }
    }

    fn unknown(&mut self) {
        let State::Risen {
            rise,
            last,
            unknown,
            ..
        } = &mut self.state
        else {
            return;
        };
        *unknown += 1;
        if *unknown >= UNKNOWN_CELLS {
            let (rise, end) = (rise.clone(), *last + 1);
            self.state = State::Calm;
            self.close(rise, end);
        }
    }

    fn rise_if_sure(&mut self, all: &[Option<f64>]) {
        let State::Suspicious { values, bar } = &self.state else {
            return;
        };
        if values.len() < HIGH_CELLS {
            return;
        }
        let (mut begin, bar) = (values[0].0, *bar);
        // It began where it left the usual, not where that became certain.
        while begin > 0 && all[begin - 1].is_some_and(|value| value > bar.low) {
            begin -= 1;
        }
        let mut rise = Rise {
            begin,
            peak_at: begin,
            end: None,
            peak: f64::MIN,
            baseline: bar.median,
        };
        for (at, value) in values {
            if *value > rise.peak {
                (rise.peak, rise.peak_at) = (*value, *at);
            }
        }
        let last = values[values.len() - 1].0;
        self.state = State::Risen {
            rise,
            bar,
            calm: Vec::new(),
            last,
            unknown: 0,
        };
    }

    fn close(&mut self, mut rise: Rise, end: usize) {
        rise.end = Some(end);
        self.rises.push(rise);
    }

    fn remember(&mut self, value: f64) {
        if self.calm.len() >= BASELINE_CELLS_MAX {
            self.calm.pop_front();
        }
        self.calm.push_back(value);
    }

    fn bar(&self) -> Option<Bar> {
        if self.calm.len() < BASELINE_CELLS_MIN {
            return None;
        }
        Some(Bar::of(self.calm.iter().copied(), self.floor))
    }

    fn finish(mut self) -> Vec<Rise> {
        if let State::Risen { rise, .. } = self.state {
            self.rises.push(rise);
        }
        self.rises
    }
}

/// Above it a value is out of the usual.
pub(crate) fn bar_of(usual: &[f64], floor: f64) -> f64 {
    Bar::of(usual.iter().copied(), floor).high
}

// === impl Bar ===

impl Bar {
    fn of(usual: impl Iterator<Item = f64> + Clone, floor: f64) -> Self {
        let median = median(usual.clone());
        let deviation = self::median(usual.map(|value| (value - median).abs()));
        let excess = (deviation * MAD_SCALE * SCATTER).max(median).max(floor);
        Self {
            median,
            high: median + excess,
            low: median + excess / 2.0,
        }
    }
}

/// The middle of some finite values; of two in the middle, the greater. There is at least one.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
