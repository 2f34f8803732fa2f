//! Who kept whom from a session: PHP gives a session to one request at a time, and the others wait in
//! `session_start` until it ends. Pure.
//!
//! A request has its session from the end of its waiting to its own end. What another one of the same session
//! waited meanwhile was because of it.

use std::collections::{BTreeMap, HashMap};

use wire::ids::CorrelationId;
use wire::time::{Instant, Micros, Range};

use super::overlap_us;
use crate::spike::suspects::{HeldUp, Period};

/// Less is no waiting, but the reading of a file.
const WAIT_MIN_US: i64 = 50_000;

/// A request of a session.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    /// What two requests of one session share.
    pub(super) session: String,
    pub(super) id: CorrelationId,
    pub(super) label: String,
    pub(super) period: Period,
    pub(super) begin: Instant,
    pub(super) end: Instant,
    pub(super) wait_us: i64,
}

/// Whom each request waited for, as far as those are known.
pub(super) fn held_up(visits: &[Visit]) -> BTreeMap<(CorrelationId, Period), Vec<HeldUp>> {
    let mut sessions: HashMap<&str, Vec<&Visit>> = HashMap::new();
    for visit in visits {
        sessions.entry(&visit.session).or_default().push(visit);
    }
    let mut held_up = BTreeMap::new();
    for waiter in visits.iter().filter(|it| it.is_waiting()) {
        let mut behind: BTreeMap<CorrelationId, HeldUp> = BTreeMap::new();
        for other in &sessions[waiter.session.as_str()] {
            let time_us = overlap_us(waiter.waiting(), other.having());
            if other.id != waiter.id && time_us > 0 {
                // One that reaches into both periods was read twice.
                behind.entry(other.id).or_insert_with(|| HeldUp {
                    label: other.label.clone(),
                    correlation_id: other.id,
                    time_us,
                });
            }
        }
        if !behind.is_empty() {
            let behind = behind.into_values().collect();
            held_up.insert((waiter.id, waiter.period), behind);
        }
    }
    held_up
}

// === impl Visit ===

impl Visit {
    /// Whether it waited for its session, and not only for a file.
    pub(super) fn is_waiting(&self) -> bool {
        self.wait_us >= WAIT_MIN_US
    }

    fn waiting(&self) -> Range {
        Range {
            from_at_us: self.begin,
            to_at_us: self.begin + Micros(self.wait_us),
        }
    }

    fn having(&self) -> Range {
        Range {
            from_at_us: self.begin + Micros(self.wait_us),
            to_at_us: self.end,
        }
    }
}

#[cfg(test)]
mod tests {
    use wire::query::BaselineKind;

    use super::*;
    use crate::calendar::Day;
    use crate::query::bench::{Bench, NOON, request};
    use crate::query::suspects::of_range;

    fn visit(number: u128, session: &str, (begin, wait, end): (i64, i64, i64)) -> Visit {
        Visit {
            session: session.to_owned(),
            id: CorrelationId(uuid::Uuid::from_u128(number)),
            label: format!("GET /{number}"),
            period: Period::Range,
            begin: Instant(begin * 1_000_000),
            end: Instant(end * 1_000_000),
            wait_us: wait * 1_000_000,
        }
    }

    /// Who waited how many seconds for whom.
    fn told(visits: &[Visit]) -> Vec<(u128, u128, i64)> {
        let held_up = held_up(visits);
        let pairs = held_up.into_iter().flat_map(|((id, _), behind)| {
            let pair = move |it: HeldUp| {
                let (waiter, holder) = (id.0.as_u128(), it.correlation_id.0.as_u128());
                (waiter, holder, it.time_us / 1_000_000)
            };
            behind.into_iter().map(pair)
        });
        pairs.collect()
    }

    #[test]
    fn who_waits_in_a_queue_waits_for_each_one_before_it() {
        // 1 has the session for ten seconds, then 2 for one, then 3.
        let visits = [
            visit(1, "a", (0, 0, 10)),
            visit(2, "a", (2, 8, 11)),
            visit(3, "a", (3, 8, 12)),
        ];
        assert_eq!(told(&visits), [(2, 1, 8), (3, 1, 7), (3, 2, 1)]);
    }

    #[test]
    fn another_session_and_a_short_wait_are_nobodys_fault() {
        let visits = [
            visit(1, "a", (0, 0, 10)),
            visit(2, "b", (2, 8, 11)),
            visit(3, "a", (3, 0, 4)),
        ];
        assert_eq!(told(&visits), []);
    }

    /// A request with a session, that many ms in `session_start` and some of its own.
    fn profiled(id: u64, route: &str, wait_ms: i64, own_ms: i64) -> String {
        let (wait_us, wall_us) = (wait_ms * 1_000, (wait_ms + own_ms) * 1_000);
        let more = format!(
            r#","session":"a","profile":{{"engine":"x","shape":"call_pairs","metrics":["calls","wall_us"],"names":["main()","session_start"],"edges":[[-1,0,1,{wall_us}],[0,1,1,{wait_us}]]}}"#
        );
        request(id, route, wall_us, &more)
    }

    #[test]
    fn who_kept_a_session_is_told_with_the_function_that_waited() {
        assert_holder_is_told(0);
    }

    /// Its route is no suspect, and none of it would be looked into for its own sake.
    #[test]
    fn who_kept_a_session_is_told_though_it_takes_no_longer_than_usual() {
        assert_holder_is_told(4);
    }

    /// Ten requests wait for one whose route had so many that were longer in the baseline.
    fn assert_holder_is_told(usual: u64) {
        let mut bench = Bench::new();
        let at = |ms: i64| NOON + Micros(ms * 1_000);
        let before = (1..=40).map(|number: i64| {
            let id = u64::try_from(number).unwrap();
            (
                "request",
                at(-4_000 * number),
                profiled(id, "/account", 1, 600),
            )
        });
        let as_usual = (1..=usual).map(|number| {
            let begin = at(-38_000 * i64::try_from(number).unwrap());
            (
                "request",
                begin,
                profiled(200 + number, "/invoices", 0, 13_000),
            )
        });
        // One holds the session of ten.
        let holder = ("request", at(1_000), profiled(100, "/invoices", 0, 12_000));
        let waiters = (1..=10).map(|number: i64| {
            let (id, begin) = (u64::try_from(number).unwrap() + 100, 1_000 + 500 * number);
            let body = profiled(id, "/account", 13_000 - begin, 600);
            ("request", at(begin), body)
        });
        let records: Vec<_> = before
            .chain(as_usual)
            .chain([holder])
            .chain(waiters)
            .collect();
        bench.store(Day::of(NOON), &records);
        let range = Range {
            from_at_us: NOON,
            to_at_us: at(40_000),
        };
        let told = of_range(&bench.ask(), range, None, BaselineKind::Before).unwrap();
        let waited = told.suspects.iter().find(|it| it.label == "session_start");
        let waited = waited.unwrap_or_else(|| panic!("{told:?}"));
        let behind = "behind GET /invoices, which had the same session (1 request)";
        assert!(waited.evidence.contains(behind), "{}", waited.evidence);
        let holder = CorrelationId(uuid::Uuid::from_u64_pair(100, 100));
        assert_eq!(waited.correlation_id, Some(holder));
    }
}
