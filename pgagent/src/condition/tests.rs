use super::*;

const SECOND: i64 = 1_000_000;

fn backend(pid: i32, state: &str, began_s: i64) -> Backend {
    Backend {
        pid,
        backend_type: Some("client backend".to_owned()),
        state: Some(state.to_owned()),
        xact_start: (began_s > 0).then_some(Instant(began_s * SECOND)),
        application_name: Some("bv:6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f501".to_owned()),
        ..Backend::default()
    }
}

fn state(commits: u64) -> State {
    State {
        databases: vec![DatabaseCounts {
            name: "shop".to_owned(),
            commits,
            frozen_age: 7,
            ..DatabaseCounts::default()
        }],
        wal_bytes: Some(commits * 100),
        ..State::default()
    }
}

fn enter(condition: &mut Condition, state: State, at_s: i64) -> Database {
    let snapshot = Snapshot {
        at: Instant(at_s * SECOND),
        backends: vec![
            backend(1, "idle", 0),
            backend(2, "idle in transaction", 10),
            backend(3, "active", 20),
        ],
    };
    let facts = Facts {
        pid: 9,
        version: "15.18".to_owned(),
        version_number: 150_018,
        max_connections: 100,
        query_bytes_max: 1_024,
        sees_all: true,
        database: 5,
    };
    let settings = [("superuser_reserved_connections".to_owned(), "3".to_owned())].into();
    let scene = Scene {
        snapshot: &snapshot,
        names: &Names::default(),
        facts: &facts,
        settings: &settings,
        prefix: "bv:",
    };
    condition.enter(state, &scene, Vec::new())
}

#[test]
fn counts_are_those_since_the_look_before() {
    let mut condition = Condition::default();
    let first = enter(&mut condition, state(1_000), 100);
    assert_eq!((first.interval_us, first.databases.len()), (Micros(0), 0));
    let second = enter(&mut condition, state(1_250), 160);
    assert_eq!(second.interval_us, Micros::from_seconds(60));
    assert_eq!(
        (second.databases[0].commits, second.databases[0].frozen_age),
        (250, 7)
    );
    assert_eq!(second.wal_bytes, Some(25_000));
    let reset = enter(&mut condition, state(40), 220);
    assert_eq!(reset.databases[0].commits, 40);
}

#[test]
fn sessions_are_counted_and_the_oldest_transaction_is_named() {
    let record = enter(&mut Condition::default(), state(1), 100);
    let Connections {
        active,
        idle,
        idle_in_transaction,
        max,
        reserved,
    } = record.connections;
    assert_eq!(
        (active, idle, idle_in_transaction, max, reserved),
        (2, 1, 1, 100, 3)
    );
    let oldest = record.oldest_transaction.unwrap();
    assert_eq!((oldest.pid, oldest.age_us), (2, Micros::from_seconds(90)));
    assert!(oldest.correlation_id.is_some());
}

#[test]
fn a_table_is_told_once_its_past_is_known() {
    let table = |rows_read| Table {
        name: "stock".to_owned(),
        live_rows: 5_000,
        sequential_rows_read: rows_read,
        ..Table::default()
    };
    let mut condition = Condition::default();
    condition.enter_tables([(1, table(1_000))].into());
    assert_eq!(enter(&mut condition, state(1), 100).tables, []);
    condition.enter_tables([(1, table(6_000)), (2, table(9_000))].into());
    let told = enter(&mut condition, state(1), 160).tables;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].sequential_rows_read, 5_000);
    assert_eq!(enter(&mut condition, state(1), 220).tables, [], "told once");
}
