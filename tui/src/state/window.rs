//! The stretch of time that all screens look at.

use wire::query::Spike;
use wire::time::{Instant, Micros, Range};

/// The ranges that one key goes round, and how long they are.
pub const PRESETS: [Micros; 5] = [
    Micros::from_seconds(15 * 60),
    Micros::from_seconds(3_600),
    Micros::from_seconds(6 * 3_600),
    Micros::from_seconds(24 * 3_600),
    Micros::from_seconds(7 * 24 * 3_600),
];

const SPAN_MIN: Micros = Micros::from_seconds(60);
const SPAN_MAX: Micros = Micros::from_seconds(31 * 24 * 3_600);

/// What is shown at least of a store that has just begun to collect. Hosts report every 10 s, so
/// this is a dozen points: with fewer, a chart shows a shape that is none.
const YOUNG_MIN: Micros = Micros::from_seconds(2 * 60);

/// What is shown on either side of a spike at least: a rise only shows against a calm.
const AROUND_MIN: Micros = Micros::from_seconds(5 * 60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub range: Range,
    /// Its end follows the clock.
    pub is_live: bool,
    /// How long it is meant to be: longer than the range while there is no data for all of it.
    full_us: Micros,
}

// === impl Window ===

impl Window {
    /// The newest `span`, following the clock.
    pub fn last(span: Micros, now: Instant) -> Self {
        Self {
            range: Range {
                from_at_us: now - span,
                to_at_us: now,
            },
            is_live: true,
            full_us: span,
        }
    }

    /// A stretch that stays where it is.
    pub fn still(range: Range) -> Self {
        let range = bounded(range);
        Self {
            range,
            is_live: false,
            full_us: range.span(),
        }
    }

    /// A spike with as much again on either side. It is live while the spike runs.
    pub fn around(spike: &Spike, now: Instant) -> Self {
        let end = spike.end_at_us.unwrap_or(now).max(spike.begin_at_us);
        let around = (end - spike.begin_at_us).max(AROUND_MIN);
        let range = Range {
            from_at_us: spike.begin_at_us - around,
            to_at_us: (end + around).min(now.max(end)),
        };
        let range = bounded(range);
        Self {
            range,
            is_live: spike.end_at_us.is_none(),
            full_us: range.span(),
        }
    }

    /// Leaves out what lies before the oldest record: nothing is to be seen there. Only where the
    /// console chooses the range; the operator may look wherever he wants.
    #[must_use]
    pub fn from_oldest(mut self, data: Option<Range>) -> Self {
        if let Some(data) = data {
            let latest = (self.range.to_at_us - YOUNG_MIN).max(self.range.from_at_us);
            self.range.from_at_us = data.from_at_us.clamp(self.range.from_at_us, latest);
        }
        self
    }

    /// Moves the end of a live window to the clock. One that was shortened grows with its data.
    pub fn slide(&mut self, now: Instant, data: Option<Range>) {
        if self.is_live {
            let is_short = self.range.span() < self.full_us;
            let full = Self::last(self.full_us, now);
            *self = if is_short {
                full.from_oldest(data)
            } else {
                full
            };
        }
    }

    /// Makes it half as long or twice as long; `about` keeps its place on the screen.
    pub fn zoom(&mut self, factor: f64, about: Instant) {
        let scale = |edge: Instant| {
            let distance = (edge - about).0 as f64 * factor;
            // Microseconds of a month fit a float exactly.
            #[expect(clippy::cast_possible_truncation)]
            let distance = Micros(distance as i64);
            about + distance
        };
        let range = Range {
            from_at_us: scale(self.range.from_at_us),
            to_at_us: scale(self.range.to_at_us),
        };
        self.range = bounded(range);
        self.full_us = self.range.span();
        self.is_live = false;
    }

    /// Moves by quarters of its length; not past the clock.
    pub fn pan(&mut self, quarters: i64, now: Instant) {
        let distance = Micros(self.range.span().0 / 4 * quarters);
        let to = (self.range.to_at_us + distance).min(now.max(self.range.to_at_us));
        self.range = Range {
            from_at_us: to - self.range.span(),
            to_at_us: to,
        };
        self.full_us = self.range.span();
        self.is_live = false;
    }

    /// The next longer preset, and the shortest after the longest.
    pub fn next_preset(&self) -> Micros {
        let span = self.range.span();
        let longer = PRESETS.into_iter().find(|preset| *preset > span);
        longer.unwrap_or(PRESETS[0])
    }

    pub fn middle(&self) -> Instant {
        self.range.from_at_us + Micros(self.range.span().0 / 2)
    }
}

/// The range, made neither too short to see anything nor longer than anything is kept.
fn bounded(range: Range) -> Range {
    let span = range.span();
    let wanted = Micros(span.0.clamp(SPAN_MIN.0, SPAN_MAX.0));
    if span == wanted {
        return range;
    }
    let middle = range.from_at_us + Micros(span.0 / 2);
    let from = middle - Micros(wanted.0 / 2);
    Range {
        from_at_us: from,
        to_at_us: from + wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(from: i64, to: i64) -> Window {
        let at = |seconds: i64| Instant(seconds * 1_000_000);
        Window {
            range: Range {
                from_at_us: at(from),
                to_at_us: at(to),
            },
            is_live: true,
            full_us: Micros::from_seconds(to - from),
        }
    }

    #[test]
    fn zooming_keeps_the_point_under_the_eye_and_stops_following() {
        let mut shown = window(0, 4_000);
        shown.zoom(0.5, Instant(1_000_000_000));
        assert_eq!(
            shown,
            Window {
                is_live: false,
                ..window(500, 2_500)
            }
        );
    }

    #[test]
    fn zooming_ends_at_a_minute() {
        let mut shown = window(0, 80);
        for _ in 0..5 {
            shown.zoom(0.5, shown.middle());
        }
        assert_eq!(shown.range.span(), SPAN_MIN);
    }

    #[test]
    fn panning_later_ends_at_the_clock() {
        let mut shown = window(0, 400);
        shown.pan(3, Instant(500_000_000));
        assert_eq!(
            shown,
            Window {
                is_live: false,
                ..window(100, 500)
            }
        );
    }

    #[test]
    fn a_live_window_slides_and_a_still_one_does_not() {
        let mut live = window(0, 100);
        live.slide(Instant(250_000_000), None);
        assert_eq!(live, window(150, 250));
        let mut still = Window {
            is_live: false,
            ..window(0, 100)
        };
        still.slide(Instant(250_000_000), None);
        assert_eq!(still.range, window(0, 100).range);
    }

    #[test]
    fn a_young_store_s_window_begins_with_its_data_and_grows_until_it_is_full() {
        let at = |seconds: i64| Instant(seconds * 1_000_000);
        let data = |to: i64| {
            Some(Range {
                from_at_us: at(10_000),
                to_at_us: at(to),
            })
        };
        let spans = |to: i64, mut shown: Window| {
            shown.slide(at(to), data(to));
            (shown, shown.range.span().0 / 1_000_000)
        };
        let shown = Window::last(Micros::from_seconds(3_600), at(10_060)).from_oldest(data(10_060));
        assert_eq!(shown.range.span(), YOUNG_MIN, "there is a minute of data");
        let (shown, seconds) = spans(11_000, shown);
        assert_eq!(seconds, 1_000);
        let (shown, seconds) = spans(13_600, shown);
        assert_eq!(seconds, 3_600);
        let (shown, seconds) = spans(20_000, shown);
        assert_eq!((seconds, shown.range.from_at_us), (3_600, at(16_400)));
    }

    #[test]
    fn what_the_operator_chooses_is_not_shortened() {
        let mut shown = window(0, 400);
        let data = Some(window(350, 400).range);
        shown.slide(Instant(500_000_000), data);
        assert_eq!(shown.range, window(100, 500).range);
    }

    #[test]
    fn presets_go_round() {
        assert_eq!(window(0, 60).next_preset(), PRESETS[0]);
        assert_eq!(window(0, 3_600).next_preset(), PRESETS[2]);
        assert_eq!(window(0, 30 * 86_400).next_preset(), PRESETS[0]);
    }
}
