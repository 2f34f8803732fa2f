use std::sync::Arc;

use super::*;

fn seat(pid: i32) -> Seat {
    Seat {
        pid,
        ..Seat::default()
    }
}

/// One that waits for a blocker, in a sample that is taken every second.
fn moment(at_s: i64, waiter: i32, blocker: i32) -> Moment {
    Moment {
        database: Arc::new(("shop".to_owned(), "db1".to_owned())),
        at_us: Instant(at_s * 1_000_000),
        weight_us: 1_000_000,
        interval_us: 1_000_000,
        waiter: seat(waiter),
        blocker: seat(blocker),
        root: seat(blocker),
        lock_type: None,
        mode: None,
        relation: None,
    }
}

/// Depth, pid and how many are behind, of the tree at a moment.
fn shape(rows: &[Moment], at_s: i64) -> Vec<(u16, i32, u32)> {
    let at_us = Instant(at_s * 1_000_000);
    let seen = samples_at(rows, at_us);
    let tree = Tree::of(&seen, &waiting_since(rows, at_us));
    tree.nodes
        .iter()
        .map(|node| (node.depth, node.seat.pid, node.behind))
        .collect()
}

#[test]
fn each_session_stands_before_those_that_wait_for_it() {
    let rows = [
        moment(0, 3, 2),
        moment(1, 2, 1),
        moment(1, 3, 2),
        moment(1, 4, 1),
        moment(1, 6, 5),
    ];
    let tree = shape(&rows, 1);
    let expected = [
        (0, 1, 3),
        (1, 2, 1),
        (2, 3, 0),
        (1, 4, 0),
        (0, 5, 1),
        (1, 6, 0),
    ];
    assert_eq!(tree, expected);
}

#[test]
fn the_root_with_most_behind_it_stands_first() {
    let rows = [moment(1, 2, 1), moment(1, 4, 3), moment(1, 5, 3)];
    let roots: Vec<i32> = shape(&rows, 1)
        .into_iter()
        .filter_map(|(depth, pid, _)| (depth == 0).then_some(pid))
        .collect();
    assert_eq!(roots, [3, 1]);
}

#[test]
fn who_waits_longest_stands_first() {
    let rows = [moment(0, 9, 1), moment(1, 2, 1), moment(1, 9, 1)];
    assert_eq!(shape(&rows, 1), [(0, 1, 2), (1, 9, 0), (1, 2, 0)]);
}

#[test]
fn a_circle_is_told_once_and_ends() {
    let rows = [moment(0, 1, 2), moment(0, 2, 1), moment(0, 3, 1)];
    let tree = shape(&rows, 0);
    assert_eq!(tree.len(), 3);
    assert_eq!(tree[0].0, 0);
    assert_eq!(tree[0].2, 2);
}

#[test]
fn a_moment_has_each_databases_last_sample_but_no_older_one() {
    let mut other = moment(2, 20, 10);
    other.database = Arc::new(("shop".to_owned(), "db2".to_owned()));
    other.interval_us = 5_000_000;
    let rows = [moment(1, 2, 1), other.clone(), moment(4, 3, 1)];
    assert_eq!(shape(&rows, 2), [(0, 10, 1), (1, 20, 0)]);
    let both = shape(&rows, 4);
    assert_eq!(both, [(0, 10, 1), (1, 20, 0), (0, 1, 1), (1, 3, 0)]);
    assert_eq!(shape(&rows, 9), []);
}

#[test]
fn a_wait_that_was_not_seen_for_long_has_begun_anew() {
    let rows = [moment(0, 2, 1), moment(1, 2, 1), moment(60, 2, 1)];
    let since = |at_s: i64| {
        let since = waiting_since(&rows, Instant(at_s * 1_000_000));
        since.into_values().collect::<Vec<_>>()
    };
    assert_eq!(since(1), [Instant(-1_000_000)]);
    assert_eq!(since(60), [Instant(59_000_000)]);
}

#[test]
fn of_many_moments_the_busiest_stand_for_their_neighbours() {
    let many = i64::try_from(wire::limits::ANSWER_ROWS_MAX * 3).unwrap();
    let counts: Vec<LockMoment> = (0..many)
        .map(|at| LockMoment {
            at_us: Instant(at),
            waiting: u32::from(at % 3 == 1),
        })
        .collect();
    let thinned = thin(&counts);
    assert_eq!(thinned.len(), wire::limits::ANSWER_ROWS_MAX);
    assert!(thinned.iter().all(|moment| moment.waiting == 1));
}
