//! Lock queues whose truth is known, and what the agent makes of them.

use tokio_postgres::Client;
use wire::ids::BackendPid;
use wire::pg::{Locks, Wait};

use crate::agent;
use crate::cluster::{Cluster, lock_waiters};

/// Three requests as PHP names them.
const IDS: [&str; 3] = [
    "6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f501",
    "6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f502",
    "6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f503",
];

async fn pid(client: &Client) -> BackendPid {
    client
        .query_one("SELECT pg_backend_pid()", &[])
        .await
        .unwrap()
        .get(0)
}

/// Sends a statement that will wait, and does not.
fn send(client: Client, sql: &'static str) {
    tokio::spawn(async move { client.batch_execute(sql).await });
}

fn wait_of(locks: &Locks, pid: BackendPid) -> &Wait {
    locks.waits.iter().find(|wait| wait.pid == pid).unwrap()
}

#[tokio::test]
async fn a_chain_of_requests_is_seen_down_to_the_one_that_holds_the_row() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let mut session = agent::open(&cluster).await;
    let admin = cluster.admin().await;

    let holder = cluster.shop(&format!("bv:{}", IDS[0])).await;
    let first = cluster.shop(&format!("bv:{}", IDS[1])).await;
    let second = cluster.shop(&format!("bv:{}", IDS[2])).await;
    let (holder_pid, first_pid, second_pid) =
        (pid(&holder).await, pid(&first).await, pid(&second).await);
    holder
        .batch_execute("BEGIN; UPDATE stock SET qty = 41 WHERE sku = 7")
        .await
        .unwrap();
    send(first, "UPDATE stock SET qty = qty - 1 WHERE sku = 7");
    lock_waiters(&admin, 1).await;
    send(second, "UPDATE stock SET qty = qty - 2 WHERE sku = 7");
    lock_waiters(&admin, 2).await;

    let (activity, locks) = agent::sample(&mut session).await.unwrap();
    let locks = locks.unwrap();
    assert_eq!(locks.roots(), [holder_pid]);
    assert_eq!(wait_of(&locks, first_pid).blockers, [holder_pid]);
    assert_eq!(
        wait_of(&locks, second_pid).blockers,
        [first_pid],
        "the queue for the row is a chain"
    );

    for (pid, lock_type) in [(first_pid, "transactionid"), (second_pid, "tuple")] {
        let wait = wait_of(&locks, pid);
        assert_eq!(wait.lock_type.as_deref(), Some(lock_type));
        assert_eq!(wait.relation.as_deref(), Some("stock"), "{lock_type}");
        assert!(wait.waited_us.is_some_and(|waited| waited.0 >= 0));
    }

    for (pid, id) in [
        (holder_pid, IDS[0]),
        (first_pid, IDS[1]),
        (second_pid, IDS[2]),
    ] {
        let found = locks.session(pid).unwrap();
        assert_eq!(
            found.correlation_id.map(|id| id.to_string()).as_deref(),
            Some(id)
        );
        assert_eq!(found.database.as_deref(), Some("shop"));
        assert_eq!(found.user.as_deref(), Some("shop"));
    }
    let root = locks.session(holder_pid).unwrap();
    assert!(root.is_idle_in_transaction());
    assert_eq!(
        root.query.as_deref(),
        Some("BEGIN; UPDATE stock SET qty = ? WHERE sku = ?")
    );

    assert_eq!(
        (activity.active.lock, activity.active.idle_in_transaction),
        (2, 1)
    );
    let kept: Vec<BackendPid> = activity
        .sessions
        .iter()
        .map(|session| session.pid)
        .collect();
    assert_eq!(
        kept[..2],
        [holder_pid, first_pid],
        "blockers first, the oldest transaction first"
    );
    assert!(kept.contains(&second_pid));
}

#[tokio::test]
async fn who_waits_behind_a_waiting_exclusive_lock_is_blocked_by_the_one_who_waits() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let mut session = agent::open(&cluster).await;
    let admin = cluster.admin().await;

    let reader = cluster.shop("report").await;
    reader
        .batch_execute("BEGIN; SELECT count(*) FROM stock")
        .await
        .unwrap();
    let alter = cluster.shop("migration").await;
    let late = cluster.shop("late reader").await;
    let (reader_pid, alter_pid, late_pid) =
        (pid(&reader).await, pid(&alter).await, pid(&late).await);
    send(alter, "ALTER TABLE stock ADD COLUMN note text");
    lock_waiters(&admin, 1).await;
    send(late, "SELECT count(*) FROM stock");
    lock_waiters(&admin, 2).await;

    let (_, locks) = agent::sample(&mut session).await.unwrap();
    let locks = locks.unwrap();
    assert_eq!(locks.roots(), [reader_pid]);
    assert_eq!(wait_of(&locks, alter_pid).blockers, [reader_pid]);
    // No lock that is held conflicts with this reader: only the server knows of the queue.
    assert_eq!(wait_of(&locks, late_pid).blockers, [alter_pid]);
    assert_eq!(
        wait_of(&locks, late_pid).mode.as_deref(),
        Some("AccessShareLock")
    );
    assert_eq!(wait_of(&locks, late_pid).relation.as_deref(), Some("stock"));
}

#[tokio::test]
async fn when_nobody_waits_nothing_is_said_about_locks() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let mut session = agent::open(&cluster).await;
    let (activity, locks) = agent::sample(&mut session).await.unwrap();
    assert_eq!(locks, None);
    assert_eq!(activity.backends, 1, "the agent itself, and no other");
    assert_eq!(activity.max_connections, 100);
}
