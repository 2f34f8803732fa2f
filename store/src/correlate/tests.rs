use wire::time::Micros;

use super::*;

fn wait(pid: BackendPid, blockers: &[BackendPid], waited_us: Option<i64>) -> Wait {
    Wait {
        pid,
        blockers: blockers.to_vec(),
        waited_us: waited_us.map(Micros),
        ..Wait::default()
    }
}

fn chains(waits: Vec<Wait>) -> Vec<(BackendPid, BackendPid, BackendPid)> {
    let locks = Locks {
        interval_us: Micros(1_000_000),
        waits,
        ..Locks::default()
    };
    let rows = wait_rows(&locks).into_iter();
    rows.map(|row| (row.waiter_pid, row.blocker_pid, row.root_pid))
        .collect()
}

#[test]
fn every_waiter_gets_its_blocker_and_the_root_of_its_chain() {
    let waits = vec![
        wait(2, &[1], None),
        wait(3, &[2], None),
        wait(4, &[3], None),
    ];
    assert_eq!(chains(waits), [(2, 1, 1), (3, 2, 1), (4, 3, 1)]);
}

#[test]
fn of_several_roots_the_nearest_counts() {
    let waits = vec![wait(4, &[3, 1], None), wait(3, &[2], None)];
    assert_eq!(chains(waits), [(3, 2, 2), (4, 1, 1)]);
}

#[test]
fn a_ring_has_its_first_blocker_for_a_root() {
    let waits = vec![
        wait(1, &[2], None),
        wait(2, &[1], None),
        wait(3, &[3], None),
    ];
    assert_eq!(chains(waits), [(1, 2, 2), (2, 1, 1)]);
}

#[test]
fn a_wait_weighs_no_more_than_the_sample_and_no_more_than_it_lasted() {
    let locks = Locks {
        interval_us: Micros(1_000_000),
        waits: vec![
            wait(2, &[1], Some(300_000)),
            wait(3, &[1], Some(9_000_000)),
            wait(4, &[1], None),
            wait(5, &[1], Some(-5)),
        ],
        ..Locks::default()
    };
    let weights: Vec<i64> = wait_rows(&locks).iter().map(|row| row.weight_us).collect();
    assert_eq!(weights, [300_000, 1_000_000, 1_000_000, 0]);
}

#[test]
fn a_session_is_classed_by_its_state_first_and_its_wait_event_then() {
    let class = |state: &str, event: Option<&str>| {
        wait_class(&Session {
            state: Some(state.to_owned()),
            wait_event_type: event.map(str::to_owned),
            ..Session::default()
        })
    };
    assert_eq!(class("active", None), "cpu");
    assert_eq!(class("active", Some("Lock")), "lock");
    assert_eq!(class("active", Some("IO")), "io");
    assert_eq!(class("active", Some("Client")), "client");
    assert_eq!(class("active", Some("LWLock")), "other");
    assert_eq!(
        class("idle in transaction", Some("Client")),
        "idle_in_transaction"
    );
    assert_eq!(
        class("idle in transaction (aborted)", None),
        "idle_in_transaction"
    );
    assert_eq!(class("idle", Some("Client")), "idle");
}
