use rusqlite::Connection;

use super::*;

fn migrated(history: &[Migration]) -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection, Path::new("memory"), history).unwrap();
    connection
}

#[test]
fn a_migrated_file_is_not_migrated_again() {
    for history in [DAY, META] {
        let mut connection = migrated(history);
        migrate(&mut connection, Path::new("memory"), history).unwrap();
        let version: usize = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(version, history.len());
    }
}

#[test]
fn every_table_is_strict() {
    for history in [DAY, META] {
        let connection = migrated(history);
        let lax: i64 = connection
            .query_row(
                "SELECT count(*) FROM pragma_table_list
                 WHERE schema = 'main' AND type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(lax, 0);
    }
}

#[test]
fn a_file_from_a_newer_store_is_refused() {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    let error = migrate(&mut connection, Path::new("memory"), DAY).unwrap_err();
    assert!(
        matches!(error, DbError::TooNew { given: 99, .. }),
        "{error}"
    );
}
