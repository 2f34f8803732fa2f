use daemon::clock::Clock;
use rand::SeedableRng;
use rand::rngs::StdRng;
use wire::time::Instant;

use super::*;

const SETTINGS: settings::Worker = settings::Worker {
    requests_max: 1_000,
    memory_bytes_max: 256 << 20,
};

fn worked(taken: u64, mebibytes: u64) -> Worked {
    Worked {
        taken,
        resident_bytes: Some(mebibytes << 20),
    }
}

#[test]
fn a_worker_goes_when_it_holds_too_much_or_has_taken_enough() {
    let (clock, _) = Clock::manual(Instant(0));
    let recycling = Recycling::new();
    let reason = |worked| recycling.reason(clock.monotonic(), SETTINGS, worked);
    assert_eq!(reason(worked(999, 256)), None);
    assert_eq!(reason(worked(1_000, 1)), Some(Reason::Requests));
    assert_eq!(reason(worked(0, 257)), Some(Reason::Memory));
    let unknown = Worked {
        taken: 0,
        resident_bytes: None,
    };
    assert_eq!(reason(unknown), None);
}

#[test]
fn workers_are_replaced_at_most_once_a_minute() {
    let (clock, hands) = Clock::manual(Instant(0));
    let mut recycling = Recycling::new();
    recycling.begun(clock.monotonic());
    for (step_s, expected) in [(59, None), (1, Some(Reason::Memory))] {
        hands.advance(Duration::from_secs(step_s));
        let now = clock.monotonic();
        assert_eq!(
            recycling.reason(now, SETTINGS, worked(9_999, 999)),
            expected
        );
    }
}

#[test]
fn the_first_death_is_answered_at_once_and_a_row_of_them_with_growing_waits() {
    let mut random = StdRng::seed_from_u64(1);
    let mut restarts = Restarts::new();
    let brief = Duration::from_millis(1);
    assert_eq!(restarts.died(brief, &mut random), Duration::ZERO);
    let waits: Vec<Duration> = (0..20).map(|_| restarts.died(brief, &mut random)).collect();
    assert!(waits.iter().all(|wait| *wait <= RESTART_WAIT_MAX));
    assert!(
        waits.iter().any(|wait| *wait > Duration::from_secs(1)),
        "{waits:?}"
    );
    // A life that was long enough is the end of the row.
    assert_eq!(restarts.died(LIFE_LONG, &mut random), Duration::ZERO);
}
