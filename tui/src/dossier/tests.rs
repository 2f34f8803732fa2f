//! What is worked out of a request.

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
