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

/// What is shown on either side of a spike at least: a rise only shows against a calm.
const AROUND_MIN: Micros = Micros::from_seconds(5 * 60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub range: Range,
    /// Its end follows the clock.
    pub is_live: bool,
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
        Self {
            range: bounded(range),
            is_live: spike.end_at_us.is_none(),
        }
    }

    /// Moves the end of a live window to the clock.
    pub fn slide(&mut self, now: Instant) {
        if self.is_live {
            *self = Self::last(self.range.span(), now);
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
        live.slide(Instant(250_000_000));
        assert_eq!(live, window(150, 250));
        let mut still = Window {
            is_live: false,
            ..window(0, 100)
        };
        still.slide(Instant(250_000_000));
        assert_eq!(still.range, window(0, 100).range);
    }

    #[test]
    fn presets_go_round() {
        assert_eq!(window(0, 60).next_preset(), PRESETS[0]);
        assert_eq!(window(0, 3_600).next_preset(), PRESETS[2]);
        assert_eq!(window(0, 30 * 86_400).next_preset(), PRESETS[0]);
    }
}
