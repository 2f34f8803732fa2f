use wire::ids::CorrelationId;
use wire::request::{Query, Sql};
use wire::time::Micros;

use super::*;

const UPDATE: &str = "UPDATE stock SET price_cents = ?, priced_at = now() WHERE sku = ?";

fn request(queries: Vec<Query>) -> Request {
    let body = serde_json::json!({
        "correlation_id": CorrelationId(uuid::Uuid::from_u128(1)),
        "url": "/cron/reprice",
        "wall_us": Micros(1),
    });
    let mut request: Request = serde_json::from_value(body).unwrap();
    request.sql = Some(Sql {
        queries,
        ..Sql::default()
    });
    request
}

fn query(sql: &str, caller: Option<&str>, in_transaction: bool) -> Query {
    Query {
        sql: sql.to_owned(),
        caller: caller.map(str::to_owned),
        in_transaction,
        ..Query::default()
    }
}

/// What the lab's reprice job does, in the statements that PDO sends.
fn reprice() -> Issued {
    let run = Some("RepriceJob::run");
    Issued::of(&request(vec![
        query("SELECT id FROM job WHERE name = ? FOR UPDATE", run, false),
        query("INSERT INTO price_log VALUES (:sku)", run, true),
        query(
            "update stock set price_cents = :p, priced_at = now() where sku = :s",
            None,
            true,
        ),
        query(
            "UPDATE stock SET price_cents = $1, priced_at = now() WHERE sku = $2",
            run,
            true,
        ),
        query("SELECT avg(price) FROM stock", Some("Price::mean"), true),
        query("SELECT avg(price) FROM stock", Some("Price::mean"), true),
        query("SELECT avg(price) FROM stock", Some("Price::mean"), true),
    ]))
}

#[test]
fn a_session_that_is_idle_in_transaction_is_told_by_what_took_its_locks() {
    let took = reprice().took_lock(Some("DEALLOCATE pdo_stmt_0000002a"), Some("stock"));
    let expected = LockStatement {
        query: UPDATE.to_owned(),
        count: 2,
        caller: Some("RepriceJob::run".to_owned()),
    };
    assert_eq!(took, Some(expected.clone()));
    // Without a relation (a wait for a transaction names none), the most frequent one.
    assert_eq!(reprice().took_lock(None, None), Some(expected));
}

#[test]
fn the_relation_that_is_waited_for_decides_before_the_count() {
    let took = reprice().took_lock(Some("SELECT 1"), Some("public.price_log"));
    assert_eq!(took.unwrap().query, "INSERT INTO price_log VALUES (?)");
}

#[test]
fn a_session_whose_own_statement_locks_needs_no_other() {
    assert_eq!(
        reprice().took_lock(Some("DELETE FROM cart"), Some("stock")),
        None
    );
}

#[test]
fn what_was_outside_of_a_transaction_or_failed_holds_nothing() {
    let mut failed = query("DELETE FROM stock", None, true);
    failed.failed = true;
    let issued = Issued::of(&request(vec![
        query("DELETE FROM cart", None, false),
        failed,
    ]));
    assert_eq!(issued.took_lock(Some("DEALLOCATE x"), Some("stock")), None);
}

#[test]
fn a_statement_is_found_under_the_shape_that_the_server_shows() {
    let issued = reprice();
    let caller = |query: &str, cut: bool| issued.caller(query, cut);
    let run = Some("RepriceJob::run".to_owned());
    let shown = "update stock set price_cents=$1, priced_at=now() where sku=$2";
    assert_eq!(caller(shown, false), run);
    assert_eq!(caller("UPDATE stock SET price_cents = $1, pri", true), run);
    assert_eq!(
        caller("UPDATE stock SET price_cents = $1, pri", false),
        None
    );
    assert_eq!(caller("DELETE FROM stock", false), None);
}

/// What the listener tells of the same job when it could not hand its record over.
#[test]
fn of_a_record_that_was_lost_the_statement_that_took_the_lock_is_told_all_the_same() {
    let stat = r#"{"project":"shop","at_us":1,"body":{"method":"POST","route":"/cron/reprice","wall_us":60000000,
        "sql_count":81,"sql_us":900000,"captured":true,"lost":{"correlation_id":"a82409f1-8d09-4979-9cd5-f2bb0329602a",
        "why":"budget_profile","sql":{"queries":[
        {"start_us":9,"duration_us":300,"sql":"UPDATE stock SET price_cents = ?, priced_at = now() WHERE sku = ?",
        "in_transaction":true,"caller":"RepriceJob::run"},
        {"start_us":7,"duration_us":70000,"sql":"SELECT avg(price) FROM stock","in_transaction":true}]}}}}"#;
    let stat: wire::traffic::Stat = serde_json::from_str(stat).unwrap();
    let issued = Issued::of(&stat.lost_request().unwrap());
    let expected = LockStatement {
        query: UPDATE.to_owned(),
        count: 1,
        caller: Some("RepriceJob::run".to_owned()),
    };
    let took = issued.took_lock(Some("DEALLOCATE pdo_stmt_0000002a"), Some("stock"));
    assert_eq!(took, Some(expected));
    assert_eq!(
        issued.caller(UPDATE, false),
        Some("RepriceJob::run".to_owned())
    );
}
