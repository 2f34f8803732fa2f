//! Pictures of a profile, by keys.

use super::*;
use crate::action::{Answered, Msg};
use crate::ask::{Answer, Ask};
use crate::fixture;
use crate::keymap::{Key, Scope};
use crate::state::tests::Desk;

fn letters(letters: &str) -> Vec<Key> {
    letters.chars().map(Key::Char).collect()
}

/// The checkout whose stacks were sampled, as `o` and then `jjjj` find it.
fn in_sampled(keys: &str) -> Desk {
    let mut desk = Desk::started(120, 40);
    desk.keys(&letters("2jjjj"));
    desk.keys(&[Key::Enter]);
    desk.keys(&letters(keys));
    desk
}

fn tree_is_estimate(desk: &Desk) -> Option<bool> {
    let icicle = desk.state.drawing()?.icicle()?;
    Some(icicle.tree.is_estimate)
}

#[test]
fn a_request_s_profile_is_a_table_an_icicle_or_in_the_order_of_time() {
    let mut desk = in_sampled("f");
    assert_eq!(desk.state.scope(), Scope::Request);
    desk.keys(&letters("x"));
    assert_eq!(tree_is_estimate(&desk), Some(false));
    assert_eq!(desk.state.scope(), Scope::Picture);
    desk.keys(&letters("x"));
    assert!(matches!(desk.state.drawing(), Some(Drawing::Course(_))));
    desk.keys(&letters("x"));
    assert!(desk.state.drawing().is_none());
    // From any tab, and back to another one and again.
    desk.keys(&letters("ix"));
    assert_eq!(tree_is_estimate(&desk), Some(false));
    desk.keys(&letters("s"));
    assert_eq!(desk.state.scope(), Scope::Request);
    desk.keys(&letters("x"));
    assert_eq!(desk.state.scope(), Scope::Picture);
    desk.keys(&letters("g"));
    desk.keys(&[Key::Enter, Key::Char('j'), Key::Enter, Key::Esc, Key::Esc]);
    assert!(desk.state.drawing().is_some(), "out of both zooms");
    desk.key(Key::Esc);
    assert!(desk.state.drawing().is_none());
    assert_eq!(desk.state.scope(), Scope::Request, "the table first");
}

#[test]
fn call_pairs_are_an_estimate_and_have_no_order_of_time() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Enter, Key::Char('x')]);
    assert_eq!(tree_is_estimate(&desk), Some(true));
    desk.keys(&letters("x"));
    assert!(desk.state.drawing().is_none());
    let notice = desk.state.notice.as_deref();
    assert_eq!(
        notice,
        Some("call pairs do not tell when: no order of time")
    );
}

#[test]
fn sampled_functions_are_drawn_from_whole_stacks_when_these_have_come() {
    let mut desk = Desk::started(120, 40);
    desk.key(Key::Char('3'));
    let job = desk.open.remove(0);
    let Ask::FunctionGraph { range, .. } = job.ask else {
        panic!("functions are asked for");
    };
    let graph = fixture::sampled::sampled_graph(range);
    let outcome = Ok(Answer::FunctionGraph(Box::new(graph)));
    let generation = job.generation;
    desk.send(Msg::Answered(Answered {
        generation,
        outcome,
    }));
    assert!(desk.open.is_empty(), "the table needs no stacks");
    desk.key(Key::Char('i'));
    assert_eq!(tree_is_estimate(&desk), Some(true), "until they have come");
    assert!(matches!(desk.open[0].ask, Ask::Stacks { .. }));
    desk.settle();
    assert_eq!(tree_is_estimate(&desk), Some(false));
    desk.keys(&letters("ii"));
    assert_eq!(tree_is_estimate(&desk), Some(false), "they are still there");
}

#[test]
fn pairs_are_not_asked_for_stacks() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&letters("3"));
    desk.key(Key::Char('i'));
    assert!(desk.open.is_empty(), "{:?}", desk.open);
}

#[test]
fn a_search_marks_while_it_is_typed_and_esc_takes_it_back() {
    let mut desk = in_sampled("x");
    desk.keys(&letters("/execute"));
    let wanted = |desk: &Desk| desk.state.drawing().map(|it| it.wanted().to_owned());
    assert_eq!(wanted(&desk).as_deref(), Some("execute"));
    desk.key(Key::Esc);
    assert_eq!(wanted(&desk).as_deref(), Some(""));
    desk.keys(&letters("/execute"));
    desk.key(Key::Enter);
    let icicle = desk
        .state
        .drawing()
        .and_then(Drawing::icicle)
        .expect("an icicle");
    let selected = icicle.selected.expect("a box");
    assert_eq!(icicle.tree.name(selected), "PDOStatement::execute");
    desk.keys(&letters("/zzz"));
    desk.key(Key::Enter);
    let notice = desk.state.notice.as_deref();
    assert_eq!(notice, Some("no function has \"executezzz\" in its name"));
}

#[test]
fn in_the_table_a_search_goes_to_the_first_function() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&letters("3/render"));
    desk.key(Key::Enter);
    let Some(Above::Functions(screen)) = desk.state.above.last() else {
        panic!("the functions are in front");
    };
    assert_eq!(screen.chosen.as_deref(), Some("Phalcon\\Mvc\\View::render"));
}
