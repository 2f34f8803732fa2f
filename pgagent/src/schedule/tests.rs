use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn at(millis: u64) -> Monotonic {
    Monotonic(Duration::from_millis(millis))
}

/// Runs ticks that each take and cost the given time, and returns the schedule.
fn after(ticks: u32, took: Duration, cost: Duration) -> Schedule {
    let mut schedule = Schedule::new(SECOND, 10, at(0));
    for _ in 0..ticks {
        let tick = schedule.begin(schedule.due());
        schedule.end(tick, tick.began + took, cost, true);
    }
    schedule
}

#[test]
fn a_cheap_tick_keeps_the_pace() {
    let schedule = after(100, Duration::from_millis(6), Duration::from_millis(6));
    assert_eq!(schedule.interval(), SECOND);
    assert_eq!(schedule.due(), at(100_000));
    assert_eq!(schedule.cost_permille(), 6);
}

#[test]
fn a_dear_tick_stretches_the_interval_until_it_is_within_the_budget() {
    let schedule = after(100, Duration::from_millis(50), Duration::from_millis(50));
    assert!(schedule.interval().abs_diff(5 * SECOND) < Duration::from_millis(1));
    assert_eq!(schedule.cost_permille(), 10);
}

#[test]
fn the_pace_comes_back_when_ticks_get_cheap_again() {
    let mut schedule = after(100, Duration::from_millis(50), Duration::from_millis(50));
    for _ in 0..40 {
        let tick = schedule.begin(schedule.due());
        schedule.end(tick, tick.began, Duration::from_millis(1), true);
    }
    assert_eq!(schedule.interval(), SECOND);
}

#[test]
fn the_first_tick_is_not_taken_for_the_rule() {
    let schedule = after(1, Duration::from_millis(45), Duration::from_millis(45));
    assert_eq!(schedule.interval(), SECOND);
}

#[test]
fn a_single_dear_tick_is_not_the_end_of_the_pace() {
    let mut schedule = after(100, Duration::from_millis(4), Duration::from_millis(4));
    let tick = schedule.begin(schedule.due());
    schedule.end(tick, tick.began, Duration::from_millis(30), true);
    assert_eq!(schedule.interval(), SECOND);
}

#[test]
fn a_slow_answer_that_costs_little_leaves_half_of_the_time_free() {
    let schedule = after(10, Duration::from_millis(400), Duration::from_millis(4));
    assert_eq!(
        schedule.interval(),
        SECOND,
        "a machine under load is no reason to look away"
    );
    let schedule = after(10, Duration::from_secs(2), Duration::from_millis(4));
    assert_eq!(schedule.interval(), 4 * SECOND);
}

#[test]
fn the_interval_never_passes_a_minute() {
    assert_eq!(
        after(100, SECOND, 10 * SECOND).interval(),
        Duration::from_secs(60)
    );
}

#[test]
fn missed_ticks_are_not_made_up_for() {
    let mut schedule = Schedule::new(SECOND, 10, at(0));
    let tick = schedule.begin(at(7_700));
    assert!(tick.is_late);
    schedule.end(tick, at(7_710), Duration::from_millis(1), true);
    assert_eq!(schedule.due(), at(8_710));
    assert!(!schedule.begin(at(8_711)).is_late);
}

#[test]
fn a_sample_weighs_the_time_since_the_last_one_that_was_taken() {
    let mut schedule = Schedule::new(SECOND, 10, at(0));
    let first = schedule.begin(at(0));
    assert_eq!(first.weight, SECOND, "the first has none before it");
    schedule.end(first, at(5), Duration::ZERO, true);
    let failed = schedule.begin(at(1_000));
    schedule.end(failed, at(1_005), Duration::ZERO, false);
    assert_eq!(
        schedule.begin(at(1_900)).weight,
        Duration::from_millis(1_900),
        "a gap is bridged"
    );
    assert_eq!(
        schedule.begin(at(900_000)).weight,
        2 * SECOND,
        "an outage is not"
    );
}

#[test]
fn seldom_work_is_paid_for_bit_by_bit() {
    let mut schedule = Schedule::new(SECOND, 10, at(0));
    let tick = |schedule: &mut Schedule| {
        let tick = schedule.begin(schedule.due());
        schedule.end(tick, tick.began, Duration::from_millis(5), true);
    };
    // A tenth of a second once a minute is a sixth of a percent.
    for round in 0..300 {
        if round % 60 == 0 {
            schedule.owe(Duration::from_millis(100));
        }
        tick(&mut schedule);
        assert_eq!(schedule.interval(), SECOND, "{round}");
    }
    // A second is more than the budget has.
    for round in 0..300 {
        if round % 60 == 0 {
            schedule.owe(SECOND);
        }
        tick(&mut schedule);
    }
    assert!(schedule.is_tight());
}

#[test]
fn a_spike_is_looked_at_more_closely_within_the_budget() {
    let mut schedule = Schedule::new(SECOND, 10, at(0));
    let mut run = |is_urgent, cost| {
        schedule.set_urgent(is_urgent);
        for _ in 0..100 {
            let tick = schedule.begin(schedule.due());
            schedule.end(tick, tick.began, cost, true);
        }
        schedule.interval()
    };
    assert_eq!(run(true, Duration::from_millis(1)), SECOND / 4);
    assert_eq!(run(false, Duration::from_millis(1)), SECOND);
    // At 8 ms a sample, one percent of a core is 800 ms.
    let tight = run(true, Duration::from_millis(8));
    assert!(
        tight.abs_diff(Duration::from_millis(800)) < Duration::from_millis(5),
        "{tight:?}"
    );
    let fast = Schedule::new(Duration::from_millis(100), 10, at(0));
    assert_eq!(fast.aim(), Duration::from_millis(100));
}

#[test]
fn a_larger_budget_is_spent() {
    let mut schedule = Schedule::new(SECOND, 50, at(0));
    for _ in 0..100 {
        let tick = schedule.begin(schedule.due());
        schedule.end(tick, tick.began, Duration::from_millis(40), true);
    }
    assert_eq!(schedule.interval(), SECOND);
}
