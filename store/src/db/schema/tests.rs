use rusqlite::Connection;

use super::*;

fn migrated(history: History) -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection, Path::new("memory"), history).unwrap();
    connection
}

#[test]
fn a_migrated_file_is_not_migrated_again() {
    for history in [DAY, META] {
        let mut connection = migrated(history);
        migrate(&mut connection, Path::new("memory"), history).unwrap();
        let version: i64 = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(version, history.version());
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

#[test]
fn every_step_leads_up_from_every_earlier_version() {
    for history in [DAY, META] {
        for steps in 1..=history.steps.len() {
            let earlier = History {
                steps: &history.steps[..steps],
                ..history
            };
            let mut connection = migrated(earlier);
            migrate(&mut connection, Path::new("memory"), history).unwrap();
            assert_eq!(columns(&connection), columns(&migrated(history)));
        }
    }
}

/// Of each table and each index.
fn columns(connection: &Connection) -> Vec<String> {
    let sql = "SELECT name || ' ' || group_concat(column) FROM (
                   SELECT m.name AS name, c.name || ' ' || c.type AS column
                   FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
                   UNION ALL
                   SELECT m.name, coalesce(c.name, 'an expression')
                   FROM sqlite_schema AS m, pragma_index_info(m.name) AS c
                   ORDER BY 1, 2)
               GROUP BY name";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_day_of_an_earlier_version_is_not_stepped_up_but_told() {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.pragma_update(None, "user_version", 2).unwrap();
    let error = migrate(&mut connection, Path::new("memory"), DAY).unwrap_err();
    assert!(matches!(error, DbError::TooOld { given: 2, .. }), "{error}");
}
