//! What happens to the database while it is watched in its worst hours: nothing.

use std::process::Command;

use pgagent::session::SessionError;
use tokio_postgres::error::SqlState;
use wire::pg::Activity;

use crate::agent;
use crate::cluster::{Cluster, PASSWORD, connect, eventually, lock_waiters};

fn names_of(activity: &Activity) -> Vec<&str> {
    activity
        .sessions
        .iter()
        .filter_map(|session| session.application_name.as_deref())
        .collect()
}

#[tokio::test]
async fn samples_go_on_while_somebody_holds_the_catalogs() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let mut session = agent::open(&cluster).await;
    let admin = cluster.admin().await;
    let holder = cluster.shop("holder").await;
    holder
        .batch_execute("BEGIN; UPDATE stock SET qty = 1 WHERE sku = 1")
        .await
        .unwrap();
    let waiter = cluster.shop("waiter").await;
    // Both come in before the catalogs are locked: nobody does afterwards.
    tokio::spawn(async move {
        waiter
            .batch_execute("UPDATE stock SET qty = 2 WHERE sku = 1")
            .await
    });
    lock_waiters(&admin, 1).await;

    let lock = "BEGIN; LOCK TABLE pg_catalog.pg_class, pg_catalog.pg_authid, \
                pg_catalog.pg_database IN ACCESS EXCLUSIVE MODE";
    admin.batch_execute(lock).await.unwrap();
    for _ in 0..5 {
        let (activity, locks) = agent::sample(&mut session).await.unwrap();
        let locks = locks.unwrap();
        assert_eq!(locks.waits.len(), 1);
        assert_eq!(locks.waits[0].relation, None, "names are what has to wait");
        let names = names_of(&activity);
        assert!(
            names.contains(&"holder") && names.contains(&"waiter"),
            "{names:?}"
        );
    }
    admin.batch_execute("COMMIT").await.unwrap();
    let (_, locks) = agent::sample(&mut session).await.unwrap();
    assert_eq!(locks.unwrap().waits[0].relation.as_deref(), Some("stock"));
}

#[tokio::test]
async fn the_session_outlives_the_last_free_slot() {
    let Some(cluster) =
        Cluster::start(&["max_connections = 8", "superuser_reserved_connections = 2"])
    else {
        return;
    };
    let mut session = agent::open(&cluster).await;
    let mut crowd = Vec::new();
    let refused = loop {
        match connect(&cluster.config("shop", "shop", "crowd")).await {
            Ok(client) => crowd.push(client),
            Err(error) => break error,
        }
    };
    assert_eq!(refused.code(), Some(&SqlState::TOO_MANY_CONNECTIONS));
    let (activity, _) = agent::sample(&mut session).await.unwrap();
    assert_eq!(activity.backends, 6, "all slots but those of the superuser");
    assert_eq!(activity.max_connections, 8);
}

#[tokio::test]
async fn a_query_that_hangs_is_given_up_with_its_session() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    let admin = cluster.admin().await;
    let mut session = agent::open(&cluster).await;
    let backend = session.facts().pid.to_string();
    signal("-STOP", &backend);
    let error = agent::sample(&mut session).await.unwrap_err();
    assert!(
        matches!(error, SessionError::QueryDeadline { .. }),
        "{error:?}"
    );
    assert!(error.is_timeout() && session.is_over());
    drop(session);
    signal("-CONT", &backend);
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'pgagent'";
    eventually("the server's side to end as well", async || {
        (admin.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) == 0).then_some(())
    })
    .await;
}

pub(crate) fn signal(name: &str, pid: &str) {
    let status = Command::new("kill").args([name, pid]).status().unwrap();
    assert!(status.success());
}

#[tokio::test]
async fn the_role_sees_statements_of_others_and_nothing_else() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    cluster.run_role_script();
    let session = agent::open(&cluster).await;
    assert!(session.facts().sees_all);

    let mut config = cluster.config("pgagent", "shop", "second");
    let second = connect(config.password(PASSWORD)).await.unwrap();
    let denied = second
        .query("SELECT qty FROM stock", &[])
        .await
        .unwrap_err();
    assert_eq!(denied.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
    let read_only = second
        .batch_execute("CREATE TEMP TABLE t (a int)")
        .await
        .unwrap_err();
    assert_eq!(read_only.code(), Some(&SqlState::READ_ONLY_SQL_TRANSACTION));
    let third = connect(config.password(PASSWORD)).await.unwrap_err();
    assert_eq!(third.code(), Some(&SqlState::TOO_MANY_CONNECTIONS));
}

#[tokio::test]
async fn a_role_that_may_not_look_is_noticed() {
    let Some(cluster) = Cluster::start(&[]) else {
        return;
    };
    cluster.sql("postgres", "REVOKE pg_monitor FROM pgagent");
    let session = agent::open(&cluster).await;
    assert!(!session.facts().sees_all);
}
