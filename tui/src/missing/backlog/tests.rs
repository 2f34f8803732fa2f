//! What is worth a word, and what is not.

use super::*;
use crate::fixture;

fn sight(from: &str, to: &str) -> Sight<'static> {
    Sight {
        range: fixture::range(from, to),
        project: None,
        now: fixture::NOW,
    }
}

/// All of the range until now.
fn told(health: &Health) -> Vec<String> {
    words(health, sight("13:30:00", "14:30:00"), &[])
}

/// One agent that was heard just now, with these gauges.
fn with(gauges: &[(&str, i64)]) -> Health {
    let mut health = fixture::health();
    health.forwarding = None;
    health.agents.truncate(1);
    health.agents[0].at_us = fixture::NOW;
    health.agents[0].health.gauges = gauges
        .iter()
        .map(|(name, value)| ((*name).to_owned(), *value))
        .collect();
    health
}

#[test]
fn what_is_not_well_is_told_the_shortest_first() {
    let mut health = fixture::health();
    health.days_unread = 3;
    if let Some(forwarding) = &mut health.forwarding {
        forwarding.records_lost = 1_200;
    }
    insta::assert_snapshot!(told(&health).join("\n"));
}

#[test]
fn a_journal_is_told_of_once_it_is_more_than_on_its_way() {
    let mib = 1024 * 1024;
    assert_eq!(told(&with(&[("journal_bytes", 32 * mib)])), [""; 0]);
    assert_eq!(
        told(&with(&[("journal_bytes", 33 * mib)])),
        ["pgagent db1 is behind, 33.0 MiB wait"]
    );
    assert_eq!(
        told(&with(&[("journal_bytes", 7), ("breaker_open", 1)])),
        ["pgagent db1 can't send, 7 B wait"]
    );
    assert_eq!(
        told(&with(&[("journal_failing", 1)])),
        ["pgagent db1 takes nothing, its journal fails"]
    );
    assert_eq!(told(&with(&[("journal_bytes", -1)])), [""; 0]);
}

#[test]
fn of_several_agents_the_worst_is_told_and_how_many_others() {
    let mut health = with(&[("journal_bytes", 100 << 20)]);
    let mut worse = health.agents[0].clone();
    worse.host = Host::try_new("web7").expect("a name");
    worse
        .health
        .gauges
        .insert("journal_bytes".to_owned(), 300 << 20);
    health.agents.push(worse);
    assert_eq!(
        told(&health),
        ["pgagent web7 is behind, 300.0 MiB wait and 1 more agent"]
    );
}

#[test]
fn silence_is_told_while_it_concerns_the_range() {
    let mut health = with(&[]);
    health.agents[0].at_us = fixture::at("14:02:00");
    assert_eq!(told(&health), ["pgagent db1 silent since 14:02:00"]);
    let before = sight("13:00:00", "14:02:00");
    assert_eq!(words(&health, before, &[]), [""; 0]);
    let host = health.agents[0].host.clone();
    let range = sight("13:30:00", "14:30:00");
    assert_eq!(words(&health, range, &[&host]), [""; 0], "told already");
    health.agents[0].at_us = fixture::NOW - Micros::from_seconds(86_401);
    assert_eq!(told(&health), [""; 0], "it was taken away");
}

#[test]
fn a_project_is_told_of_its_own_agents_alone() {
    let health = with(&[("breaker_open", 1)]);
    let other = Project::try_new("blog").expect("a name");
    let of = |project| Sight {
        project: Some(project),
        ..sight("13:30:00", "14:30:00")
    };
    assert_eq!(words(&health, of(&other), &[]), [""; 0]);
    assert_eq!(words(&health, of(&health.agents[0].project), &[]).len(), 1);
}

#[test]
fn a_forwarder_that_keeps_up_is_not_told_of_whatever_it_lost_once() {
    let mut health = with(&[]);
    health.forwarding = Some(Forwarding {
        destination: "graylog".to_owned(),
        state: "in step".to_owned(),
        records_lost: 3,
        ..Forwarding::default()
    });
    assert_eq!(told(&health), [""; 0]);
}
