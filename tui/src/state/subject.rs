//! What a screen is about: which time, compared with which, of whose requests.

use wire::time::{Micros, Range};

use super::{Above, State};

/// A comparison without a spike is with the time before, that many times as long: as the store has it.
const BASELINE_SPANS: i64 = 4;

/// On either side of a request that is outside of what is in sight: enough for others of its route.
const AROUND: Micros = Micros::from_seconds(5 * 60);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub range: Range,
    /// Nothing if there is no data before the range.
    pub baseline: Option<Range>,
    /// Of this route's requests alone.
    pub route: Option<String>,
}

// === impl Subject ===

impl Subject {
    /// A range with the time before it, as far as there is data.
    pub fn of_range(range: Range, data: Option<Range>) -> Self {
        let longest = Micros(range.span().0.saturating_mul(BASELINE_SPANS));
        let mut from_at_us = range.from_at_us - longest;
        if let Some(data) = data {
            from_at_us = from_at_us.max(data.from_at_us);
        }
        let baseline = Range {
            from_at_us,
            to_at_us: range.from_at_us,
        };
        Self {
            range,
            baseline: Some(baseline).filter(|it| it.from_at_us < it.to_at_us),
            route: None,
        }
    }
}

// === impl State ===

impl State {
    /// What the screen in front is about, for one that is opened from it.
    pub(super) fn subject(&self) -> Subject {
        let subject = self.subject_behind();
        let Some(Above::Request(screen)) = self.above.last() else {
            return subject;
        };
        let Some(dossier) = screen.dossier.current() else {
            return subject;
        };
        // Of a request: of all of its route, at its time.
        let row = &dossier.detail.row;
        let (begin, end) = (row.at_us, row.at_us + row.wall_us);
        let is_in_sight = begin < subject.range.to_at_us && subject.range.from_at_us < end;
        let subject = if is_in_sight {
            subject
        } else {
            let range = Range {
                from_at_us: begin - AROUND,
                to_at_us: end + AROUND,
            };
            Subject::of_range(range, self.data())
        };
        Subject {
            route: Some(row.label.clone()),
            ..subject
        }
    }

    fn subject_behind(&self) -> Subject {
        for (index, screen) in self.above.iter().enumerate().rev() {
            let is_front = index + 1 == self.above.len();
            match screen {
                Above::Functions(screen) => return screen.subject.clone(),
                Above::Statements(screen) => return screen.subject.clone(),
                Above::Statement(screen) => return screen.subject.clone(),
                Above::Requests(screen) => {
                    let spike = self.spike_subject().filter(|it| it.range == screen.range);
                    let subject =
                        spike.unwrap_or_else(|| Subject::of_range(screen.range, self.data()));
                    let route = screen.route.clone().filter(|_| is_front);
                    return Subject { route, ..subject };
                }
                // A request is a moment; the time is that of the list it was opened from.
                Above::Request(_) | Above::Board(_) => {}
            }
        }
        self.spike_subject()
            .filter(|it| it.range.overlaps(self.window.range))
            .unwrap_or_else(|| Subject::of_range(self.window.range, self.data()))
    }

    /// The selected spike and what its suspects are compared with.
    pub(super) fn spike_subject(&self) -> Option<Subject> {
        let answer = self.timeline.suspects.current()?;
        let baseline = Some(answer.baseline).filter(|it| it.from_at_us < it.to_at_us);
        Some(Subject {
            range: answer.range,
            baseline,
            route: None,
        })
    }
}
