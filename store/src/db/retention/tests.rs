use wire::time::Instant;

use super::*;

const GIB: u64 = 1 << 30;

fn settings(disk_bytes_max: u64, disk_free_bytes_min: u64) -> Store {
    Store {
        disk_bytes_max,
        disk_free_bytes_min,
        ..Store::default()
    }
}

fn day(number: i64) -> Day {
    Day::of(Instant(number * 86_400_000_000))
}

/// The days, of five of 2 GiB each, that have to go.
fn going(free_bytes: u64, settings: &Store) -> (usize, bool) {
    let days: Vec<(Day, u64)> = (10..15).map(|number| (day(number), 2 * GIB)).collect();
    let mut disk = Disk {
        used_bytes: 10 * GIB,
        free_bytes,
    };
    let going = excess(&days, day(14), &mut disk, settings);
    let oldest: Vec<(Day, u64)> = days.into_iter().take(going.len()).collect();
    assert_eq!(going, oldest, "the oldest go first");
    (going.len(), disk.is_short(settings))
}

#[test]
fn nothing_goes_while_there_is_room() {
    assert_eq!(going(GIB, &settings(0, GIB)), (0, false));
    assert_eq!(going(GIB, &settings(10 * GIB, 0)), (0, false));
}

#[test]
fn the_oldest_days_go_until_the_disk_is_as_it_shall_be() {
    assert_eq!(going(GIB, &settings(7 * GIB, 0)), (2, false));
    assert_eq!(going(GIB, &settings(0, 4 * GIB)), (2, false));
}

#[test]
fn today_stays_and_what_is_short_then_is_told() {
    assert_eq!(going(GIB, &settings(1, 0)), (4, false));
    assert_eq!(going(GIB, &settings(0, 100 * GIB)), (4, true));
}
