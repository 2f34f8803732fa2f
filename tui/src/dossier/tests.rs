//! What is worked out of a request.

use wire::time::Instant;

use super::*;
use crate::fixture;

fn spans(dossier: &Dossier) -> Vec<Span> {
    dossier
        .waterfall
        .iter()
        .map(|bar| bar.what.clone())
        .collect()
}

#[test]
fn a_wait_stands_behind_the_statement_that_waited() {
    let dossier = Dossier::new(fixture::checkout(0));
    let expected = [
        Span::Php,
        Span::Statement(0),
        Span::Statement(1),
        Span::Transaction(0),
        Span::Statement(2),
        Span::Statement(3),
        Span::Waited(0),
        Span::Statement(4),
    ];
    assert_eq!(spans(&dossier), expected);
    assert_eq!(dossier.wait_of(3), Some(0));
    assert_eq!(dossier.wait_of(2), None);
}

#[test]
fn a_wait_that_no_statement_explains_is_shown_all_the_same() {
    let mut detail = fixture::checkout(0);
    detail.request.sql = None;
    let dossier = Dossier::new(detail);
    assert_eq!(spans(&dossier), [Span::Php, Span::Waited(0)]);
}

#[test]
fn waiters_of_one_kind_are_one_group_and_nobody_is_lost() {
    let mut detail = fixture::reprice();
    for wait in &mut detail.blocked[..3] {
        wait.waiter.label = "POST /cart/add".to_owned();
    }
    let dossier = Dossier::new(detail);
    let groups: Vec<(&str, usize)> = dossier
        .locks
        .iter()
        .filter_map(|line| match line {
            LockLine::Group(group) => Some((&*group.label, group.count)),
            _ => None,
        })
        .collect();
    assert_eq!(groups, [("POST /checkout", 37), ("POST /cart/add", 3)]);
    let listed = dossier.locks.iter().map(|line| match line {
        LockLine::Waiter(_) => 1,
        LockLine::More { count, .. } => *count,
        LockLine::Holder(_) | LockLine::Group(_) => 0,
    });
    assert_eq!(listed.sum::<usize>(), 40);
}

#[test]
fn a_group_leads_to_who_waited_longest() {
    let dossier = Dossier::new(fixture::reprice());
    assert_eq!(dossier.lock_target(0), Some(fixture::checkout_id(0)));
    assert_eq!(dossier.lock_target(99), None);
}

#[test]
fn times_from_another_world_do_no_harm() {
    let mut detail = fixture::checkout(0);
    detail.row.at_us = Instant(i64::MIN);
    detail.request.wall_us = Micros(i64::MAX);
    for wait in &mut detail.waited_for {
        wait.begin_at_us = Instant(i64::MAX);
        wait.end_at_us = Instant(i64::MIN);
    }
    for query in &mut detail.request.sql.as_mut().expect("statements").queries {
        query.start_us = Micros(i64::MAX);
        query.duration_us = Micros(i64::MAX);
    }
    let dossier = Dossier::new(detail);
    assert!(!dossier.waterfall.is_empty());
}

#[test]
fn the_transaction_that_held_the_locks_stands_on_top_with_those_who_waited() {
    let dossier = Dossier::new(fixture::reprice());
    let top = [Span::Php, Span::Transaction(0), Span::Blocked];
    assert_eq!(spans(&dossier)[..3], top);
    assert_eq!(spans(&dossier)[3], Span::Statement(0));
    assert_eq!(
        spans(&dossier).len(),
        top.len() + dossier.statements.len(),
        "nothing is listed twice, nothing is lost"
    );
}

#[test]
fn a_transaction_during_which_nobody_waited_keeps_its_place_in_time() {
    let mut detail = fixture::reprice();
    let transactions = &mut detail.request.sql.as_mut().expect("sql").transactions;
    let mut early = transactions[0].clone();
    early.start_us = Micros::from_millis(700);
    early.duration_us = Micros::from_millis(300);
    transactions.insert(0, early);
    let dossier = Dossier::new(detail);
    assert_eq!(dossier.holding_transaction(), Some(1));
    let expected = [
        Span::Php,
        Span::Transaction(1),
        Span::Blocked,
        Span::Statement(0),
        Span::Transaction(0),
    ];
    assert_eq!(spans(&dossier)[..5], expected);
}

#[test]
fn the_statement_that_took_the_lock_is_found_behind_the_holder_s_last_one() {
    let dossier = Dossier::new(fixture::reprice());
    let holder = dossier.holder().expect("a holder");
    assert!(
        holder
            .query
            .as_deref()
            .is_some_and(|query| query.starts_with("DEALLOCATE"))
    );
    let first = dossier.locking_statement().expect("its statement");
    assert!(dossier.statements[first].sql.starts_with("UPDATE stock"));
    assert!(
        dossier.statements[..first]
            .iter()
            .all(|earlier| !earlier.sql.starts_with("UPDATE"))
    );
}
