use proptest::prelude::*;

use super::*;

fn at(seconds: u64) -> Monotonic {
    Monotonic(Duration::from_secs(seconds))
}

fn opened() -> Breaker {
    let mut breaker = Breaker::new(3, Duration::from_secs(5));
    assert!(!breaker.failed(at(1)));
    assert!(!breaker.failed(at(2)));
    assert!(breaker.failed(at(3)));
    breaker
}

#[test]
fn it_opens_at_the_limit_of_failures_in_a_row() {
    assert_eq!(opened().state(), State::Open { until: at(8) });
}

#[test]
fn a_success_between_failures_starts_the_row_again() {
    let mut breaker = Breaker::new(2, Duration::from_secs(5));
    breaker.failed(at(1));
    breaker.succeeded();
    breaker.failed(at(2));
    assert_eq!(breaker.ask(at(2)), Permit::Try);
}

#[test]
fn while_open_nothing_is_tried_until_the_reset_time_is_over() {
    let mut breaker = opened();
    assert_eq!(breaker.ask(at(7)), Permit::Wait { until: at(8) });
    assert_eq!(breaker.ask(at(8)), Permit::Try);
}

#[test]
fn half_open_allows_one_trial() {
    let mut breaker = opened();
    assert_eq!(breaker.ask(at(9)), Permit::Try);
    assert_eq!(breaker.ask(at(9)), Permit::Trial);
}

#[test]
fn a_trial_that_fails_opens_again_and_one_that_succeeds_closes() {
    let mut breaker = opened();
    breaker.ask(at(8));
    assert!(breaker.failed(at(9)));
    assert_eq!(breaker.state(), State::Open { until: at(14) });
    breaker.ask(at(14));
    breaker.succeeded();
    assert_eq!(breaker.state(), State::Closed { failures: 0 });
}

#[test]
fn a_late_failure_does_not_prolong_the_opening() {
    let mut breaker = opened();
    assert!(!breaker.failed(at(7)));
    assert_eq!(breaker.state(), State::Open { until: at(8) });
}

proptest! {
    #[test]
    fn whatever_happens_it_can_be_tried_again_after_the_reset_time(
        steps in proptest::collection::vec((0_u8..3, 0_u64..10), 0..60),
        failures_max in 0_u32..6,
    ) {
        let mut breaker = Breaker::new(failures_max, Duration::from_secs(5));
        let mut now = 0;
        for (step, seconds) in steps {
            now += seconds;
            match step {
                0 => breaker.succeeded(),
                1 => { breaker.failed(at(now)); }
                // Whoever is told to try reports what came of it, as the uplink does.
                _ => if breaker.ask(at(now)) == Permit::Try { breaker.failed(at(now)); },
            }
        }
        prop_assert_eq!(breaker.ask(at(now + 5)), Permit::Try);
    }
}
