use wire::time::Instant;

use super::*;
use crate::probe::locks::{Awaited, Blocked};

const NOW: Instant = Instant(1_763_892_202_000_000);
const ID: &str = "6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f506";
const SHOP: u32 = 16_384;

/// A client's session in a state, that runs a statement since half a second.
fn client(pid: BackendPid, state: &str, wait: Option<&str>) -> Backend {
    Backend {
        pid,
        database: Some(SHOP),
        user: Some(10),
        application_name: Some("psql".to_owned()),
        query_start: Some(NOW - Micros::from_millis(500)),
        wait_event_type: wait.map(str::to_owned),
        state: Some(state.to_owned()),
        backend_type: Some("client backend".to_owned()),
        query: Some("select pg_sleep(1)".to_owned()),
        query_bytes: Some(18),
        ..Backend::default()
    }
}

fn correlated(backend: Backend) -> Backend {
    Backend {
        application_name: Some(format!("bv:{ID}")),
        ..backend
    }
}

fn facts() -> Facts {
    Facts {
        pid: 1,
        version_number: 150_000,
        version: "15.18".to_owned(),
        max_connections: 100,
        query_bytes_max: 1024,
        sees_all: true,
        database: SHOP,
    }
}

/// Runs a check on the sample of these sessions and waits.
fn check(backends: Vec<Backend>, waits: Option<&LockWaits>, check: impl FnOnce(&Sample<'_>)) {
    check(&Sample {
        snapshot: &Snapshot { at: NOW, backends },
        waits,
        names: &Names::default(),
        facts: &facts(),
        prefix: "bv:",
        projects: &Projects::default(),
        weight: Micros::from_seconds(1),
        is_full: false,
    });
}

fn blocked(pid: BackendPid, blockers: &[BackendPid]) -> Blocked {
    Blocked {
        pid,
        blockers: blockers.to_vec(),
    }
}

fn waits(blocked: Vec<Blocked>) -> LockWaits {
    LockWaits {
        blocked,
        ..LockWaits::default()
    }
}

fn pids(sessions: &[Session]) -> Vec<BackendPid> {
    sessions.iter().map(|session| session.pid).collect()
}

#[test]
fn sessions_are_counted_by_what_they_do() {
    let worker = Backend {
        backend_type: Some("parallel worker".to_owned()),
        leader_pid: Some(2),
        ..client(9, "active", None)
    };
    let backends = vec![
        client(2, "active", None),
        worker,
        client(3, "active", Some("IO")),
        client(4, "idle", Some("Client")),
        client(5, "idle in transaction", Some("Client")),
    ];
    check(backends, None, |sample| {
        let activity = sample.activity(Micros(2_500));
        assert_eq!(
            activity.active,
            Active {
                cpu: 2,
                io: 1,
                idle_in_transaction: 1,
                ..Active::default()
            }
        );
        assert_eq!(
            activity.backends, 5,
            "four clients and ourselves, no parallel worker"
        );
        assert_eq!(activity.interval_us, Micros::from_seconds(1));
        assert_eq!(activity.self_us, Micros(2_500));
    });
}

#[test]
fn a_session_is_kept_for_a_reason_and_the_other_active_ones_are_counted() {
    let long = Backend {
        query_start: Some(NOW - Micros::from_millis(1_500)),
        ..client(5, "active", None)
    };
    let backends = vec![
        client(2, "active", None),
        correlated(client(3, "active", None)),
        correlated(client(4, "idle", Some("Client"))),
        long,
        client(6, "idle in transaction", Some("Client")),
        client(7, "active", Some("Lock")),
    ];
    check(backends, None, |sample| {
        let activity = sample.activity(Micros(0));
        assert_eq!(pids(&activity.sessions), [7, 6, 3, 5]);
        assert_eq!(activity.sessions_omitted, 1);
        let id = activity.sessions[2].correlation_id.map(|id| id.to_string());
        assert_eq!(id.as_deref(), Some(ID));
    });
}

#[test]
fn beyond_the_bound_the_weakest_reasons_go_first() {
    let mut backends: Vec<Backend> = (100..400)
        .map(|pid| correlated(client(pid, "active", None)))
        .collect();
    backends.push(client(7, "active", Some("Lock")));
    backends.push(client(8, "idle", Some("Client")));
    check(backends, Some(&waits(vec![blocked(7, &[8])])), |sample| {
        let activity = sample.activity(Micros(0));
        assert_eq!(activity.sessions.len(), SESSIONS_MAX);
        assert_eq!(
            pids(&activity.sessions[..2]),
            [8, 7],
            "who blocks is kept, idle or not"
        );
        assert_eq!(activity.sessions_omitted, 301 - 199);
    });
}

#[test]
fn a_chain_names_its_root_and_all_its_sessions() {
    let backends = vec![
        correlated(client(10, "idle in transaction", Some("Client"))),
        client(11, "active", Some("Lock")),
        client(12, "active", Some("Lock")),
        client(13, "active", None),
    ];
    let lock_waits = LockWaits {
        blocked: vec![blocked(11, &[10]), blocked(12, &[11, 10, 11])],
        awaited: std::iter::once((
            11,
            Awaited {
                lock_type: Some("transactionid".to_owned()),
                mode: Some("ShareLock".to_owned()),
                relation: None,
                since: Some(NOW - Micros::from_millis(250)),
            },
        ))
        .collect(),
        omitted: 3,
    };
    check(backends, Some(&lock_waits), |sample| {
        let locks = sample.locks().unwrap();
        assert_eq!(locks.roots(), [10]);
        assert_eq!(pids(&locks.sessions), [10, 11, 12]);
        assert_eq!(
            locks.waits[1].blockers,
            [10, 11],
            "each once, the root first"
        );
        assert_eq!(locks.waits[0].waited_us, Some(Micros::from_millis(250)));
        assert_eq!(
            locks.waits[1].waited_us, None,
            "unknown is absent, not zero"
        );
        assert_eq!(locks.waits_omitted, 3);
    });
}

#[test]
fn a_prepared_transaction_blocks_as_pid_0() {
    check(
        vec![client(11, "active", Some("Lock"))],
        Some(&waits(vec![blocked(11, &[0])])),
        |sample| {
            let locks = sample.locks().unwrap();
            assert_eq!(locks.roots(), [0]);
            assert_eq!(pids(&locks.sessions), [11]);
        },
    );
}

#[test]
fn waits_that_are_over_make_no_record() {
    check(
        vec![client(11, "active", Some("Lock"))],
        Some(&waits(vec![blocked(11, &[])])),
        |sample| {
            assert_eq!(sample.locks(), None);
        },
    );
    check(vec![], None, |sample| assert_eq!(sample.locks(), None));
}

#[test]
fn the_root_is_named_however_many_stand_in_the_queue() {
    // The latest pid waits longest.
    let queue: Vec<BackendPid> = (100..200).rev().collect();
    let mut blockers = queue.clone();
    blockers.push(999);
    let mut list: Vec<Blocked> = queue.iter().map(|pid| blocked(*pid, &[999])).collect();
    list.push(blocked(200, &blockers));
    check(vec![], Some(&waits(list)), |sample| {
        let longest = sample.locks().unwrap().waits.pop().unwrap();
        assert_eq!(longest.blockers.len(), BLOCKERS_MAX);
        assert_eq!(
            longest.blockers[..3],
            [999, 199, 198],
            "the root, then the head of the queue"
        );
        assert_eq!(sample.blockers_omitted(), 101 - BLOCKERS_MAX);
    });
}

#[test]
fn a_statement_leaves_the_host_without_its_values() {
    let backend = Backend {
        query: Some("UPDATE account SET pin = '1234' WHERE id = 7 -- hunter2".to_owned()),
        ..client(6, "idle in transaction", Some("Client"))
    };
    check(vec![backend], None, |sample| {
        let session = &sample.activity(Micros(0)).sessions[0];
        assert_eq!(
            session.query.as_deref(),
            Some("UPDATE account SET pin = ? WHERE id = ?")
        );
        assert!(!session.query_truncated);
    });
}

#[test]
fn a_statement_that_was_cut_says_so() {
    let cases = [
        // The server has kept all that it keeps.
        ("select 1".to_owned(), 1023),
        // The server has more than we asked for.
        ("select 1".to_owned(), 9),
        // It grew by its spaces.
        (format!("select {}1", "a+".repeat(500)), 1008),
    ];
    for (query, bytes) in cases {
        let backend = Backend {
            query: Some(query),
            query_bytes: Some(bytes),
            ..correlated(client(6, "active", None))
        };
        check(vec![backend], None, |sample| {
            let session = &sample.activity(Micros(0)).sessions[0];
            assert!(session.query_truncated, "{bytes}");
            assert!(session.query.as_ref().unwrap().len() <= QUERY_BYTES_MAX);
        });
    }
}

#[test]
fn names_are_wanted_for_clients_and_for_relations_of_our_own_database() {
    let awaits = |database| Awaited {
        relation: Some(Relation {
            database,
            oid: 5_000 + database,
        }),
        ..Awaited::default()
    };
    let lock_waits = LockWaits {
        awaited: [(1, awaits(SHOP)), (2, awaits(0)), (3, awaits(77))]
            .into_iter()
            .collect(),
        ..LockWaits::default()
    };
    let snapshot = Snapshot {
        at: NOW,
        backends: vec![client(2, "active", None)],
    };
    let mut wanted = wanted_names(&snapshot, Some(&lock_waits), SHOP);
    wanted.sort();
    let relations = [Named::Relation(5_000), Named::Relation(5_000 + SHOP)];
    assert_eq!(wanted[..2], [Named::Database(SHOP), Named::Role(10)]);
    assert_eq!(wanted[2..], relations);
}

#[test]
fn sessions_that_do_the_same_are_one_group() {
    let mut backends = vec![
        client(1, "active", Some("Lock")),
        correlated(client(2, "active", Some("Lock"))),
        correlated(client(3, "active", Some("Lock"))),
        client(4, "active", None),
        client(5, "idle", None),
    ];
    // Another request, and another value: the same statement of the same application.
    backends[2].query = Some("select pg_sleep(2)".to_owned());
    backends[2].application_name = Some("bv:6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f507".to_owned());
    check(backends, None, |sample| {
        let activity = sample.activity(Micros(0));
        let groups: Vec<(u32, &str, Option<&str>)> = activity
            .groups
            .iter()
            .map(|group| {
                (
                    group.count,
                    group.class.as_str(),
                    group.application.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            groups,
            [
                (2, "lock", Some("bv:")),
                (1, "cpu", Some("psql")),
                (1, "lock", Some("psql"))
            ]
        );
        assert!(
            activity
                .groups
                .iter()
                .all(|group| group.fingerprint.is_some())
        );
        assert_eq!(activity.grouped_omitted, 0);
    });
}

#[test]
fn once_a_minute_all_sessions_are_kept() {
    let backends = vec![client(1, "idle", None), client(2, "active", None)];
    let snapshot = Snapshot { at: NOW, backends };
    let sample = Sample {
        snapshot: &snapshot,
        waits: None,
        names: &Names::default(),
        facts: &facts(),
        prefix: "bv:",
        projects: &Projects::default(),
        weight: Micros::from_seconds(1),
        is_full: true,
    };
    let activity = sample.activity(Micros(0));
    assert!(activity.is_full);
    assert_eq!(pids(&activity.sessions), [1, 2]);
    assert_eq!(activity.sessions_omitted, 0);
}
