//! Statistics and facts, from a real server to what a store receives.

use wire::pg::database::Database;
use wire::pg::statements::{Statement, Statements};
use wire::record::Body;

use daemon::clock::Clock;
use pgagent::condition::{Condition, Scene};
use pgagent::hints::{Extension as Found, hints};
use pgagent::probe::activity::Snapshot;
use pgagent::probe::names::Names;
use pgagent::probe::statements::{Extension, TEXTS_MAX};
use pgagent::session::Session;
use pgagent::statements::Ledger;
use pgagent::survey::{Moment, Report, Scope, Survey};

use crate::agent;
use crate::cluster::{Cluster, eventually};

const SETTINGS: [&str; 3] = [
    "shared_preload_libraries = 'pg_stat_statements'",
    "pg_stat_statements.max = 100",
    "track_io_timing = on",
];

fn with_extension() -> Option<Cluster> {
    let cluster = Cluster::start(&SETTINGS)?;
    cluster.sql(
        "shop",
        "CREATE SCHEMA \"odd schema\"; CREATE EXTENSION pg_stat_statements SCHEMA \"odd schema\"",
    );
    // Run again it grants what has come since.
    cluster.run_role_script();
    Some(cluster)
}

/// The statement of that shape.
fn find<'a>(statements: &'a Statements, like: &str) -> Option<&'a Statement> {
    let mut all = statements.statements.iter();
    all.find(|statement| {
        statement
            .statement
            .as_deref()
            .is_some_and(|text| text.contains(like))
    })
}

/// Asks all that the survey asks, one after the other, as the sampler does.
async fn rounds(
    survey: &mut Survey,
    session: &mut Session,
    clock: &Clock,
    count: usize,
) -> Vec<Report> {
    let mut names = Names::default();
    let mut reports = Vec::new();
    for _ in 0..count {
        let snapshot = Snapshot::take(session).await.unwrap();
        let moment = Moment {
            snapshot: &snapshot,
            names: &mut names,
            prefix: "bv:",
            clock,
            is_tight: false,
        };
        reports.extend(survey.step(session, moment).await.unwrap());
    }
    reports
}

#[tokio::test]
async fn what_statements_cost_is_told_with_their_names() {
    let Some(cluster) = with_extension() else {
        return;
    };
    let mut session = agent::open(&cluster).await;
    let (clock, hands) = Clock::manual(wire::time::Instant(1));
    let scope = Scope {
        with_statements: true,
        with_database: true,
    };
    let mut survey = Survey::new(scope, None);
    survey.greet(clock.monotonic());
    let first = rounds(&mut survey, &mut session, &clock, 5).await;
    assert!(
        matches!(first.as_slice(), [Report::Database(_)]),
        "the first look has no interval: {first:?}"
    );

    let shop = cluster
        .shop("bv:6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f501")
        .await;
    for sku in 0..7 {
        shop.batch_execute(&format!("SELECT qty FROM stock WHERE sku = {sku}"))
            .await
            .unwrap();
    }
    hands.advance(std::time::Duration::from_secs(60));
    // Statements are told, their texts asked for, and told the next time.
    rounds(&mut survey, &mut session, &clock, 5).await;
    shop.batch_execute("SELECT qty FROM stock WHERE sku = 9")
        .await
        .unwrap();
    hands.advance(std::time::Duration::from_secs(60));
    let reports = rounds(&mut survey, &mut session, &clock, 5).await;
    let statements = reports.iter().find_map(|report| match report {
        Report::Statements(statements) => Some(statements),
        Report::Database(_) => None,
    });
    let statements = statements.unwrap();
    let found = find(statements, "FROM stock WHERE sku = ?").unwrap();
    assert_eq!(found.counts.calls, 1, "since the look before");
    assert_eq!(
        (found.user.as_deref(), found.database.as_deref()),
        (Some("shop"), Some("shop"))
    );
    assert_eq!(found.is_top_level, Some(true));
    assert_eq!(statements.known_max, Some(100));
    // The agent leaves no trace of its own.
    assert!(find(statements, "pg_stat_get_activity").is_none());
    let own = cluster.admin().await;
    let sql = "SELECT count(*) FROM \"odd schema\".pg_stat_statements AS s
               JOIN pg_roles AS r ON r.oid = s.userid WHERE r.rolname = 'pgagent'";
    assert_eq!(own.query_one(sql, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn resets_and_evictions_are_seen() {
    let Some(cluster) = with_extension() else {
        return;
    };
    let mut session = agent::open(&cluster).await;
    let extension = Extension::find(&mut session).await.unwrap().unwrap();
    let admin = cluster.admin().await;
    let mut ledger = Ledger::default();
    let mut at = wire::time::Instant(0);
    let mut enter = async |session: &mut _| {
        at = at + wire::time::Micros::from_seconds(60);
        ledger.enter(&extension.look(session).await.unwrap(), at)
    };
    assert_eq!(enter(&mut session).await, None);
    // More shapes than there is room for.
    for columns in 1..150 {
        let list = vec!["1"; columns].join(", ");
        admin
            .batch_execute(&format!("SELECT {list}"))
            .await
            .unwrap();
    }
    let added = enter(&mut session).await.unwrap();
    assert!(
        added.evictions.unwrap() > 0 && !added.is_reset,
        "{:?}",
        added.evictions
    );
    admin
        .batch_execute("SELECT \"odd schema\".pg_stat_statements_reset()")
        .await
        .unwrap();
    admin.batch_execute("SELECT 1, 2").await.unwrap();
    let added = enter(&mut session).await.unwrap();
    assert!(added.is_reset);
    assert!(
        added.listed.iter().all(|(_, counts)| counts.calls <= 2),
        "{added:?}"
    );
}

#[tokio::test]
async fn five_thousand_statements_with_long_texts_are_read_without_their_texts() {
    let Some(cluster) = Cluster::start(&[
        "shared_preload_libraries = 'pg_stat_statements'",
        "pg_stat_statements.max = 5000",
    ]) else {
        return;
    };
    cluster.sql("shop", "CREATE EXTENSION pg_stat_statements");
    let admin = cluster.admin().await;
    // 100 MB of texts.
    let sql = "DO $$ DECLARE sum text; rest int; BEGIN FOR i IN 1..5000 LOOP
        sum := '1'; rest := i;
        FOR place IN 1..8 LOOP
            sum := sum || (ARRAY['+', '-', '*'])[rest % 3 + 1] || '1'; rest := rest / 3;
        END LOOP;
        EXECUTE 'SELECT ' || sum || ' /* ' || repeat('x', 20000) || ' */'; END LOOP; END $$";
    admin
        .batch_execute("SET pg_stat_statements.track = 'all'")
        .await
        .unwrap();
    admin.batch_execute(sql).await.unwrap();
    let mut session = agent::open(&cluster).await;
    let extension = Extension::find(&mut session).await.unwrap().unwrap();
    let look = extension.look(&mut session).await.unwrap();
    assert!(look.entries.len() > 4_000, "{}", look.entries.len());
    let ids: Vec<i64> = look
        .entries
        .iter()
        .map(|entry| entry.key.query_id)
        .collect();
    // However large the file is, what is asked for is bounded, and so is what comes of it.
    let texts = extension.texts(&mut session, &ids).await.unwrap();
    assert_eq!(texts.len(), TEXTS_MAX);
    assert!(
        texts
            .iter()
            .all(|(_, text, is_cut)| text.len() <= 8_192 && *is_cut || text.len() < 8_192)
    );
    assert!(!session.is_over());
}

/// One look at everything, entered.
async fn look(session: &mut Session, condition: &mut Condition) -> Database {
    let snapshot = Snapshot::take(session).await.unwrap();
    let settings = pgagent::probe::settings::ask(session).await.unwrap();
    let (state, errors) = pgagent::probe::database::ask(session).await;
    assert!(errors.is_empty(), "{errors:?}");
    condition.enter_tables(pgagent::probe::database::ask_tables(session).await.unwrap());
    let scene = Scene {
        snapshot: &snapshot,
        names: &Names::default(),
        facts: session.facts(),
        settings: &settings,
        prefix: "bv:",
    };
    condition.enter(state, &scene, hints(&settings, Found::NotLoaded))
}

#[tokio::test]
async fn the_servers_condition_is_told_part_by_part() {
    let Some(cluster) = Cluster::start(&["wal_level = logical"]) else {
        return;
    };
    let admin = cluster.admin().await;
    admin
        .batch_execute(
            "SELECT pg_create_logical_replication_slot('left_behind', 'pgoutput');
             CREATE TABLE big AS SELECT i FROM generate_series(1, 5000) AS i;
             ANALYZE big; DELETE FROM big WHERE i <= 2000;",
        )
        .await
        .unwrap();
    let old = cluster
        .shop("bv:6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f501")
        .await;
    old.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM stock")
        .await
        .unwrap();
    let mut session = agent::open(&cluster).await;
    let mut condition = Condition::default();
    let mut record = async |session: &mut _| look(session, &mut condition).await;
    eventually("the table to be counted", async || {
        let sql = "SELECT pg_stat_get_dead_tuples('big'::regclass) >= 2000";
        admin
            .query_one(sql, &[])
            .await
            .unwrap()
            .get::<_, bool>(0)
            .then_some(())
    })
    .await;
    record(&mut session).await;
    admin
        .batch_execute("INSERT INTO big SELECT 1 FROM generate_series(1, 1000); CHECKPOINT")
        .await
        .unwrap();
    for _ in 0..3 {
        admin
            .batch_execute("SELECT count(*) FROM big")
            .await
            .unwrap();
    }
    // Counters reach the statistics when their session has been idle for a moment.
    eventually("the scans to be counted", async || {
        let sql = "SELECT pg_stat_get_numscans('big'::regclass) >= 4";
        admin
            .query_one(sql, &[])
            .await
            .unwrap()
            .get::<_, bool>(0)
            .then_some(())
    })
    .await;
    let told: Database = record(&mut session).await;
    let big = told
        .tables
        .iter()
        .find(|table| table.name == "big")
        .unwrap();
    assert!(
        big.dead_rows >= 2_000 && big.sequential_rows_read >= 9_000,
        "{big:?}"
    );
    assert_eq!(told.slots[0].name, "left_behind");
    assert!(
        told.horizons
            .iter()
            .any(|horizon| horizon.holder == "session"),
        "{:?}",
        told.horizons
    );
    assert!(
        told.horizons
            .iter()
            .any(|horizon| horizon.holder == "replication slot")
    );
    let oldest = told.oldest_transaction.unwrap();
    assert!(
        oldest.correlation_id.is_some() && oldest.state.as_deref() == Some("idle in transaction")
    );
    assert!(
        told.databases
            .iter()
            .any(|database| database.name == "shop")
    );
    assert!(
        told.hints
            .iter()
            .any(|hint| hint.starts_with("log_lock_waits is off"))
    );
    assert_eq!(told.connections.max, 100);
    let body = Body::parse(
        Database::KIND,
        &serde_json::to_string(&record(&mut session).await).unwrap(),
    );
    assert!(matches!(body, Ok(Body::PgDatabase(_))));
}

#[tokio::test]
async fn settings_are_told_as_others_have_them() {
    let Some(cluster) =
        Cluster::start(&["log_lock_waits = yes", "log_min_duration_statement = 250ms"])
    else {
        return;
    };
    let mut session = agent::open(&cluster).await;
    let settings = pgagent::probe::settings::ask(&mut session).await.unwrap();
    // The agent's own session has neither.
    assert_eq!(settings["log_lock_waits"], "yes");
    assert_eq!(settings["log_min_duration_statement"], "250ms");
    assert_eq!(settings["idle_in_transaction_session_timeout"], "0");
    let hints = hints(&settings, Found::Works);
    assert!(
        hints
            .iter()
            .any(|hint| hint.starts_with("idle_in_transaction_session_timeout is off"))
    );
    assert!(
        !hints
            .iter()
            .any(|hint| hint.starts_with("log_lock_waits") || hint.starts_with("log_min_duration"))
    );

    // A role that may not see the files knows no better, and says nothing.
    cluster.sql(
        "shop",
        "REVOKE EXECUTE ON FUNCTION pg_show_all_file_settings() FROM pgagent",
    );
    let settings = pgagent::probe::settings::ask(&mut session).await.unwrap();
    assert!(!settings.contains_key("log_lock_waits"), "{settings:?}");
    assert_eq!(settings["max_connections"], "100");
}
