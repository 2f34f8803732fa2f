use super::*;

const SETTINGS: HostMetrics = HostMetrics {
    is_on: true,
    interval: Duration::from_secs(10),
    busy_load: 1.5,
};

/// The seconds, of those with that load, at which a reading is due.
fn due(settings: HostMetrics, loads: &[f64]) -> Vec<u64> {
    let at = |second: u64| Monotonic(Duration::from_secs(second));
    let mut cadence = Cadence::new(settings, at(0));
    (1..)
        .zip(loads)
        .filter(|(second, load)| cadence.is_due(at(*second), Some(**load)))
        .map(|(second, _)| second)
        .collect()
}

#[test]
fn an_idle_machine_is_read_on_the_interval() {
    assert_eq!(due(SETTINGS, &[0.1; 31]), [10, 20, 30]);
}

#[test]
fn a_loaded_one_is_read_every_second_and_for_an_interval_after() {
    let mut loads = [0.1; 30];
    loads[3] = 1.5;
    loads[4] = 9.0;
    assert_eq!(
        due(SETTINGS, &loads),
        (4..15).chain([24]).collect::<Vec<_>>()
    );
}

#[test]
fn a_threshold_of_zero_is_never_reached() {
    let settings = HostMetrics {
        busy_load: 0.0,
        ..SETTINGS
    };
    assert_eq!(due(settings, &[200.0; 20]), [10, 20]);
}

#[test]
fn a_load_that_is_not_known_is_not_high() {
    let mut cadence = Cadence::new(SETTINGS, Monotonic::default());
    assert!(!cadence.is_due(Monotonic(Duration::from_secs(9)), None));
    assert!(cadence.is_due(Monotonic(Duration::from_secs(10)), None));
}
