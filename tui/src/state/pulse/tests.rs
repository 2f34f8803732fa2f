//! When the store is asked how it is, and that nothing waits for it.

use super::*;
use crate::action::{Answered, Msg, Size};
use crate::ask::Answer;
use crate::fetch::Job;
use crate::fixture;
use crate::keymap::Key;
use crate::state::Start;
use crate::state::tests::{Desk, unreachable};

/// The fixture's store and agents on a day on which all is well.
pub(crate) fn well() -> Health {
    let mut health = fixture::health();
    health.forwarding = None;
    for seen in &mut health.agents {
        seen.at_us = fixture::NOW;
        seen.health.gauges.insert("breaker_open".to_owned(), 0);
    }
    health
}

fn after(seconds: i64) -> Msg {
    Msg::Clock(fixture::NOW + Micros::from_seconds(seconds))
}

fn asked(desk: &Desk) -> Option<&Job> {
    desk.open.iter().find(|job| job.topic == Topic::Health)
}

fn answer(desk: &mut Desk, health: Result<Health, Trouble>) {
    let job = asked(desk).expect("it is asked").clone();
    desk.open.retain(|open| open.topic != Topic::Health);
    desk.send(Msg::Answered(Answered {
        generation: job.generation,
        outcome: health.map(|it| Answer::Health(Box::new(it))),
    }));
}

#[test]
fn it_is_asked_behind_the_first_chart() {
    let size = Size {
        columns: 80,
        rows: 24,
    };
    let mut desk = Desk::new(Start::default(), size);
    desk.send(Msg::Clock(fixture::NOW));
    let mut topics = Vec::new();
    while !desk.open.is_empty() {
        topics.push(desk.open[0].topic);
        desk.settle_one();
    }
    let place = |topic| topics.iter().position(|it| *it == topic);
    assert!(place(Topic::Health) > place(Topic::Timeline), "{topics:?}");
}

#[test]
fn rounds_that_follow_each_other_quickly_ask_it_once_in_ten_seconds() {
    let mut desk = Desk::started(80, 24);
    let mut times = 0;
    for seconds in 1..=20 {
        desk.send(after(seconds));
        // As when there is news all the time.
        let mut effects = Vec::new();
        desk.state.refresh(&mut effects);
        for effect in effects {
            if let Effect::Ask(job) = effect {
                desk.open.push(job);
            }
        }
        while !desk.open.is_empty() {
            times += usize::from(desk.open[0].topic == Topic::Health);
            desk.settle_one();
        }
    }
    assert_eq!(times, 2);
}

#[test]
fn what_is_not_well_is_told_and_goes_away_again() {
    let mut desk = Desk::started(80, 24);
    assert_eq!(desk.state.missing(), [""; 0]);
    desk.send(after(10));
    desk.settle_but(Topic::Health);
    answer(&mut desk, Ok(fixture::health()));
    let told = desk.state.missing();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(desk.effects.iter().any(|it| matches!(it, Effect::Draw)));
    desk.send(after(20));
    desk.settle_but(Topic::Health);
    answer(&mut desk, Ok(well()));
    assert_eq!(desk.state.missing(), [""; 0]);
}

#[test]
fn a_store_that_does_not_tell_is_no_failure() {
    let mut desk = Desk::started(80, 24);
    desk.send(after(10));
    desk.settle_but(Topic::Health);
    answer(&mut desk, Err(unreachable()));
    assert_eq!(desk.state.failure, None);
    desk.send(after(20));
    desk.settle_but(Topic::Health);
    assert!(asked(&desk).is_some(), "the next round asks again");
}

#[test]
fn the_health_screen_has_an_answer_of_its_own() {
    let mut desk = Desk::started(80, 24);
    desk.keys(&[Key::Char('8')]);
    desk.send(after(10));
    let of_both = desk.open.iter().filter(|job| job.ask == Ask::Health);
    assert_eq!(of_both.count(), 0, "both follow the overview");
    desk.settle();
    assert_eq!(desk.state.missing(), [""; 0]);
    let picture = crate::view::tests::picture(&desk, crate::view::tests::COLOUR);
    assert!(picture.contains("silent since 14:02:00"), "{picture}");
}
