//! The program in the hours that it is for: the server is full, stopped, locked or dead.

use std::time::{Duration, Instant};

use tokio_postgres::Client;
use wire::pg::log::Event;
use wire::pg::{Activity, Locks};
use wire::record::Body;

use crate::cluster::{Cluster, connect, eventually};
use crate::harm::signal;
use crate::program::Program;
use crate::receiver::Receiver;

fn activities(receiver: &Receiver) -> Vec<Activity> {
    receiver.bodies(|body| match body {
        Body::PgActivity(activity) => Some(activity),
        _ => None,
    })
}

/// Waits for a sample that came after this, and is as it should be.
async fn sampled(receiver: &Receiver, what: &str, is_it: impl Fn(&Activity) -> bool) -> Activity {
    let before = activities(receiver).len();
    eventually(what, async || {
        activities(receiver)
            .into_iter()
            .skip(before)
            .find(|it| is_it(it))
    })
    .await
}

/// How many sessions of the agent there are, those included that are not let in yet.
fn agent_processes(postmaster: &str) -> usize {
    let children = std::process::Command::new("ps")
        .args(["-o", "args=", "--ppid", postmaster])
        .output()
        .unwrap();
    let text = String::from_utf8(children.stdout).unwrap();
    text.lines().filter(|line| line.contains("pgagent")).count()
}

#[tokio::test]
async fn a_full_server_is_told_by_its_processes_titles() {
    let Some(cluster) =
        Cluster::start(&["max_connections = 8", "superuser_reserved_connections = 2"])
    else {
        return;
    };
    let mut crowd = Vec::new();
    while let Ok(client) = connect(&cluster.config("shop", "shop", "crowd")).await {
        crowd.push(client);
    }
    crowd[0]
        .batch_execute("BEGIN; UPDATE stock SET qty = 1 WHERE sku = 1")
        .await
        .unwrap();
    let waiter = crowd.pop().unwrap();
    let waiting = tokio::spawn(async move {
        waiter
            .batch_execute("DELETE FROM stock WHERE sku = 1")
            .await
    });
    let receiver = Receiver::start().await;
    let mut program = Program::start(&cluster, receiver.url());
    // Other tests' servers are on this machine too, and no session has told yet which one is ours.
    let waits = |session: &wire::pg::Session| {
        session.user.as_deref() == Some("shop")
            && session.wait_event_type.as_deref() == Some("Lock")
    };
    let seen = sampled(&receiver, "a sample of titles", |it| {
        it.is_from_titles && it.sessions.iter().any(waits)
    })
    .await;
    assert!(
        seen.active.lock >= 1 && seen.active.idle_in_transaction >= 1 && seen.backends >= 6,
        "{seen:?}"
    );

    // There is room again.
    drop(crowd);
    waiting.await.unwrap().unwrap();
    sampled(&receiver, "a sample of a session", |it| !it.is_from_titles).await;
    program.stop().await;
}

#[tokio::test]
async fn locked_catalogs_let_nobody_in_and_nobody_piles_up() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let postmaster = cluster.postmaster();
    let admin = cluster.admin().await;
    let lock = "BEGIN; LOCK TABLE pg_catalog.pg_class, pg_catalog.pg_authid, \
                pg_catalog.pg_database IN ACCESS EXCLUSIVE MODE";
    admin.batch_execute(lock).await.unwrap();
    let receiver = Receiver::start().await;
    let mut program = Program::start(&cluster, receiver.url());
    sampled(&receiver, "a sample of titles", |it| it.is_from_titles).await;
    let until = Instant::now() + Duration::from_secs(60);
    let mut most = 0;
    while Instant::now() < until {
        most = most.max(agent_processes(&postmaster));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(
        most <= 1,
        "{most} sessions of the agent waited to be let in"
    );
    sampled(&receiver, "titles to the end", |it| it.is_from_titles).await;
    admin.batch_execute("COMMIT").await.unwrap();
    sampled(&receiver, "a sample of a session", |it| !it.is_from_titles).await;
    program.stop().await;
}

#[tokio::test]
async fn a_stopped_postmaster_is_no_reason_to_stop() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let postmaster = cluster.postmaster();
    let receiver = Receiver::start().await;
    let mut program = Program::start(&cluster, receiver.url());
    sampled(&receiver, "a sample", |it| !it.is_from_titles).await;
    signal("-STOP", &postmaster);
    // The session that is open needs no postmaster.
    for _ in 0..5 {
        sampled(&receiver, "a sample of the open session", |it| {
            !it.is_from_titles
        })
        .await;
    }
    assert_eq!(agent_processes(&postmaster), 1);
    signal("-CONT", &postmaster);
    program.stop().await;
}

#[tokio::test]
async fn a_crash_is_told_and_the_server_watched_again() {
    let Some(cluster) = Cluster::start(&["logging_collector = on", "log_filename = 'pg.log'"])
    else {
        return;
    };
    let receiver = Receiver::start().await;
    let mut program = Program::start(&cluster, receiver.url());
    sampled(&receiver, "a sample", |it| !it.is_from_titles).await;
    let place = cluster.path("agent/journal/serverlog.json");
    eventually("the log to be followed", async || {
        place.exists().then_some(())
    })
    .await;
    let victim = cluster.shop("victim").await;
    let pid: i32 = victim
        .query_one("SELECT pg_backend_pid()", &[])
        .await
        .unwrap()
        .get(0);
    let running = tokio::spawn(async move { victim.batch_execute("SELECT pg_sleep(4711)").await });
    let admin = cluster.admin().await;
    running_statement(&admin, pid).await;
    signal("-KILL", &pid.to_string());
    running.await.unwrap().unwrap_err();
    let crash = eventually("the crash to be told", async || {
        let is_crash = |body| match body {
            Body::PgLog(log) => matches!(log.event, Event::Crash { .. }).then_some(*log),
            _ => None,
        };
        receiver.bodies(is_crash).pop()
    })
    .await;
    assert!(
        matches!(
            crash.event,
            Event::Crash {
                signal: Some(9),
                ..
            }
        ),
        "{crash:?}"
    );
    assert_eq!(crash.statement.as_deref(), Some("SELECT pg_sleep(?)"));
    sampled(&receiver, "a sample after the crash", |it| {
        !it.is_from_titles
    })
    .await;
    program.stop().await;
}

async fn running_statement(admin: &Client, pid: i32) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND state = 'active'";
    eventually("the statement to run", async || {
        (admin
            .query_one(sql, &[&pid])
            .await
            .unwrap()
            .get::<_, i64>(0)
            == 1)
            .then_some(())
    })
    .await;
}

/// A reader holds a table, an `ALTER TABLE` waits for it, and everybody else behind that: none of them is
/// blocked by a lock that is held, but by one that is asked for.
#[tokio::test]
async fn who_queues_behind_a_waiter_is_blocked_by_the_waiter() {
    const READERS: usize = 148;
    let Some(cluster) = Cluster::start(&["max_connections = 200"]) else {
        return;
    };
    let receiver = Receiver::start().await;
    let mut program = Program::start(&cluster, receiver.url());
    let admin = cluster.admin().await;
    let pid_of = async |client: &Client| -> i32 {
        client
            .query_one("SELECT pg_backend_pid()", &[])
            .await
            .unwrap()
            .get(0)
    };
    let holder = cluster
        .shop("bv:6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f501")
        .await;
    let holder_pid = pid_of(&holder).await;
    holder
        .batch_execute("BEGIN; SELECT count(*) FROM stock")
        .await
        .unwrap();
    let alter = cluster.shop("migration").await;
    let alter_pid = pid_of(&alter).await;
    let mut waiting = vec![tokio::spawn(async move {
        alter
            .batch_execute("ALTER TABLE stock ADD COLUMN note text")
            .await
    })];
    crate::cluster::lock_waiters(&admin, 1).await;
    for _ in 0..READERS {
        let reader = cluster.shop("reader").await;
        waiting.push(tokio::spawn(async move {
            reader.batch_execute("SELECT qty FROM stock").await
        }));
    }
    let seen: Locks = eventually("the whole queue", async || {
        let locks = |body| match body {
            Body::PgLocks(locks) => (locks.waits.len() == READERS + 1).then_some(locks),
            _ => None,
        };
        receiver.bodies(locks).pop()
    })
    .await;
    assert_eq!(seen.roots(), [holder_pid]);
    for wait in &seen.waits {
        let blocker = if wait.pid == alter_pid {
            holder_pid
        } else {
            alter_pid
        };
        assert_eq!(wait.blockers, [blocker], "of {}", wait.pid);
        assert_eq!(wait.relation.as_deref(), Some("stock"));
    }
    assert!(seen.session(holder_pid).unwrap().correlation_id.is_some());
    let activity = sampled(&receiver, "groups", |it| {
        it.active.lock as usize == READERS + 1
    })
    .await;
    assert_eq!(
        activity.groups[0].count as usize, READERS,
        "the readers do the same"
    );
    assert_eq!(activity.grouped_omitted, 0);

    holder.batch_execute("COMMIT").await.unwrap();
    for waiter in waiting {
        waiter.await.unwrap().unwrap();
    }
    program.stop().await;
}
