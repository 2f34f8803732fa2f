//! All requests, captured or not, and who sends more of them than before.

use std::collections::BTreeMap;

use wire::time::Range;

use super::Period;
use super::split::Spans;

/// A sender stands for the demand if it sends at least that much of the requests that are more.
const OF_DEMAND_MIN: f64 = 0.5;

/// And if that is so much more than its part of the requests before: a proxy always sends most of them.
const OVER_USUAL_MIN: f64 = 0.25;

/// All requests, captured or not, as far as they are known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Demand {
    /// How many each route had.
    pub(crate) routes: BTreeMap<(Period, String), u64>,
    /// How many came from those that sent most.
    pub(crate) senders: BTreeMap<(Period, Sender), u64>,
    /// What each route took on each host: known of short ranges.
    pub(crate) hosts: BTreeMap<(Period, String, String), Served>,
}

/// Requests that one host answered, and how long they took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) count: u64,
    pub(crate) wall_us: i64,
}

/// Who sends more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sender {
    Client(String),
    UserAgent(String),
}

// === impl Demand ===

impl Demand {
    /// The client whose requests are told apart from others of their routes: the one that is to be blamed for more.
    pub(crate) fn notable_client(&self, range: Range, baseline: Option<Range>) -> Option<&str> {
        match self.notable_sender(Spans::of(range, baseline))? {
            (Sender::Client(client), _) => Some(client),
            (Sender::UserAgent(_), _) => None,
        }
    }

    pub(super) fn requests(&self, period: Period) -> u64 {
        let of_period = self.routes.iter().filter(|((it, _), _)| *it == period);
        of_period.map(|(_, count)| count).sum()
    }

    /// By how much each route has more requests a second, of those that have more.
    pub(super) fn growths(&self, rate: impl Fn(Period, u64) -> f64) -> impl Iterator<Item = f64> {
        let in_range = self
            .routes
            .iter()
            .filter(|((it, _), _)| *it == Period::Range);
        in_range.map(move |((_, route), count)| {
            let before = self.routes.get(&(Period::Baseline, route.clone()));
            let before = rate(Period::Baseline, before.copied().unwrap_or(0));
            (rate(Period::Range, *count) - before).max(0.0)
        })
    }

    /// The sender that stands for what the range has more than the baseline, with its part of that.
    pub(super) fn notable_sender(&self, spans: Spans) -> Option<(&Sender, f64)> {
        let rate = |period, count| spans.rate(period, count);
        // A machine that is full answers no more than before: what one sends more is taken from the others. So
        // routes that have less do not count.
        let more: f64 = self.growths(rate).sum();
        let before = rate(Period::Baseline, self.requests(Period::Baseline));
        if more <= 0.0 {
            return None;
        }
        let in_range = self
            .senders
            .keys()
            .filter(|(period, _)| *period == Period::Range);
        let growths = in_range.map(|(_, sender)| {
            let count = |period: Period| {
                let count = self.senders.get(&(period, sender.clone()));
                rate(period, count.copied().unwrap_or(0))
            };
            let share = ((count(Period::Range) - count(Period::Baseline)) / more).min(1.0);
            let usual = if before > 0.0 {
                count(Period::Baseline) / before
            } else {
                0.0
            };
            (sender, share, usual)
        });
        let notable = growths
            .filter(|(_, share, usual)| *share >= OF_DEMAND_MIN && share - usual >= OVER_USUAL_MIN);
        // Of equals the client: a user agent may be many.
        let (sender, share, _) =
            notable.max_by(|a, b| a.1.total_cmp(&b.1).then_with(|| b.0.cmp(a.0)))?;
        Some((sender, share))
    }
}
