use super::*;

#[test]
fn a_manual_clock_moves_only_by_its_hands() {
    let (clock, hands) = Clock::manual(Instant(1_000));
    let start = clock.monotonic();
    hands.advance(Duration::from_micros(5));
    assert_eq!(
        (clock.now(), clock.monotonic() - start),
        (Instant(1_005), Duration::from_micros(5))
    );
}

#[test]
fn setting_the_wall_clock_back_leaves_the_monotonic_clock_alone() {
    let (clock, hands) = Clock::manual(Instant(1_000));
    hands.set_wall(Instant(10));
    assert_eq!(
        (clock.now(), clock.monotonic()),
        (Instant(10), Monotonic(Duration::ZERO))
    );
}

#[test]
fn event_ids_are_version_7_and_ordered_by_time() {
    let (clock, hands) = Clock::manual(Instant(1_763_892_202_000_000));
    let first = clock.event_id();
    hands.advance(Duration::from_millis(1));
    let second = clock.event_id();
    assert_eq!(first.0.get_version_num(), 7);
    assert!(first < second);
    assert_eq!(first.0.get_timestamp().unwrap().to_unix().0, 1_763_892_202);
}
