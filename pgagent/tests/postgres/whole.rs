//! The program itself, from its settings file to what a store receives.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use daemon::journal::{Journal, Options};
use tokio_postgres::Client;
use wire::agent::AgentHealth;
use wire::host::{HostMetrics, Role};
use wire::pg::{Activity, Locks};
use wire::record::Body;

use crate::cluster::{Cluster, PASSWORD, eventually, lock_waiters};
use crate::program::{PROGRAM, Program};
use crate::receiver::Receiver;

fn activities(receiver: &Receiver) -> Vec<Activity> {
    receiver.bodies(|body| match body {
        Body::PgActivity(activity) => Some(activity),
        _ => None,
    })
}

fn locks(receiver: &Receiver) -> Vec<Locks> {
    receiver.bodies(|body| match body {
        Body::PgLocks(locks) => Some(locks),
        _ => None,
    })
}

fn host_metrics(receiver: &Receiver) -> Vec<HostMetrics> {
    receiver.bodies(|body| match body {
        Body::HostMetrics(metrics) => Some(*metrics),
        _ => None,
    })
}

fn healths(receiver: &Receiver) -> Vec<AgentHealth> {
    receiver.bodies(|body| match body {
        Body::AgentHealth(health) => Some(health),
        _ => None,
    })
}

/// Waits for so many more samples.
async fn samples(receiver: &Receiver, more: usize) {
    let wanted = activities(receiver).len() + more;
    eventually("samples", async || {
        (activities(receiver).len() >= wanted).then_some(())
    })
    .await;
}

async fn agent_sessions(admin: &Client) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'pgagent'";
    admin.query_one(sql, &[]).await.unwrap().get(0)
}

/// What an agent that has ended left in its journal.
fn unsent(cluster: &Cluster) -> usize {
    let options = Options {
        memory_bytes_max: 0,
        disk_bytes_max: 1 << 30,
    };
    let (mut journal, _) = Journal::open(&cluster.path("journal"), options).unwrap();
    journal.peek_batch(1_000, 1 << 20).unwrap().records.len()
}

#[tokio::test]
async fn a_lock_queue_reaches_the_store_through_one_session() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let receiver = Receiver::start().await;
    let admin = cluster.admin().await;
    let mut program = Program::start(&cluster, receiver.url());

    let holder = cluster
        .shop("bv:6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f501")
        .await;
    holder
        .batch_execute("BEGIN; UPDATE stock SET qty = 41 WHERE sku = 7")
        .await
        .unwrap();
    let waiter = cluster
        .shop("bv:6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f502")
        .await;
    let waiting = tokio::spawn(async move {
        waiter
            .batch_execute("DELETE FROM stock WHERE sku = 7")
            .await
    });
    lock_waiters(&admin, 1).await;
    let seen = eventually("the lock queue", async || {
        assert!(agent_sessions(&admin).await <= 1);
        locks(&receiver).pop()
    })
    .await;
    let root = seen.session(seen.roots()[0]).unwrap();
    let root_id = root.correlation_id.unwrap().to_string();
    assert_eq!(root_id, "6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f501");
    assert_eq!(seen.waits[0].relation.as_deref(), Some("stock"));

    holder.batch_execute("COMMIT").await.unwrap();
    waiting.await.unwrap().unwrap();
    eventually("metrics of the machine", async || {
        host_metrics(&receiver).pop()
    })
    .await;
    program.stop().await;
    assert_eq!(agent_sessions(&admin).await, 0);

    assert_eq!(host_metrics(&receiver)[0].role, Role::Db);
    let health = healths(&receiver).pop().unwrap();
    assert_eq!(health.agent, "pgagent");
    assert_eq!(health.counters["query_failures"], 0, "{health:?}");
    assert_eq!(health.counters["query_timeouts"], 0, "{health:?}");
    assert_eq!(health.counters["reconnects"], 0, "{health:?}");
    assert_eq!(unsent(&cluster), 0, "all was sent: {health:?}");
    let sampled = activities(&receiver).len() as u64;
    assert!(
        health.counters["ticks"] >= sampled && sampled > 0,
        "{health:?}"
    );
    for record in receiver.records() {
        assert_eq!(
            (record.project.as_str(), record.host.as_str()),
            ("shop", "db1")
        );
    }
    let log = std::fs::read_to_string(cluster.path("agent.log")).unwrap();
    assert!(
        log.contains("session opened") && !log.contains(PASSWORD),
        "{log}"
    );
}

#[tokio::test]
async fn a_server_that_was_away_is_watched_again() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let receiver = Receiver::start().await;
    let mut program = Program::start(&cluster, receiver.url());
    samples(&receiver, 1).await;

    cluster.down();
    let before = host_metrics(&receiver).len();
    eventually("metrics of the machine without a database", async || {
        (host_metrics(&receiver).len() > before).then_some(())
    })
    .await;
    cluster.up();
    samples(&receiver, 2).await;
    let admin = cluster.admin().await;
    assert_eq!(agent_sessions(&admin).await, 1);
    program.stop().await;

    let health = healths(&receiver).pop().unwrap();
    assert!(health.counters["reconnects"] >= 1, "{health:?}");
    let interval = activities(&receiver)
        .iter()
        .map(|activity| activity.interval_us)
        .max();
    assert!(
        interval.unwrap().as_seconds() < 2.0,
        "no sample stands for the outage"
    );
}

#[test]
fn settings_are_checked_before_anything_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let settings = dir.path().join("settings.ini");
    let check = |text: &str| {
        std::fs::write(&settings, text).unwrap();
        let mut program = Command::new(PROGRAM);
        program
            .arg("--check-config")
            .arg("--settings")
            .arg(&settings)
            .output()
            .unwrap()
    };
    let token = dir.path().join("token");
    std::fs::write(&token, "a-token").unwrap();
    std::fs::set_permissions(&token, Permissions::from_mode(0o600)).unwrap();
    let good = check(&format!(
        "[project]\nname = shop\n[uplink]\ntoken_file = {}\n",
        token.display()
    ));
    assert!(good.status.success(), "{good:?}");
    let bad = check("[project]\nname = shop\n[pgagent]\ninterval = 1\n");
    assert_eq!(bad.status.code(), Some(78));
    let told = String::from_utf8(bad.stderr).unwrap();
    assert!(
        told.contains("settings.ini:4: [pgagent] interval"),
        "{told}"
    );
}
