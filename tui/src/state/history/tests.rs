//! Back and forward.

use super::*;
use crate::keymap::Key;
use crate::spot::Sight;
use crate::state::tests::Desk;

const BACK: Key = Key::Char('[');
const FORWARD: Key = Key::Char(']');

fn name(desk: &Desk) -> &'static str {
    desk.state.spot().sight.name()
}

#[test]
fn back_and_forward_lead_through_what_was_looked_at() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[
        Key::Enter,
        Key::Esc,
        Key::Char('2'),
        Key::Char('1'),
        Key::Char('7'),
    ]);
    let walked: Vec<&str> = std::iter::repeat_with(|| {
        desk.keys(&[BACK]);
        name(&desk)
    })
    .take(5)
    .collect();
    assert_eq!(
        walked,
        ["timeline", "requests", "timeline", "request", "timeline"]
    );
    desk.keys(&[Key::Ctrl('o')]);
    let told = desk.state.notice.as_deref();
    assert_eq!(told, Some("nothing was looked at before this"));
    let walked: Vec<&str> = std::iter::repeat_with(|| {
        desk.keys(&[FORWARD]);
        name(&desk)
    })
    .take(5)
    .collect();
    assert_eq!(
        walked,
        ["request", "timeline", "requests", "timeline", "logs"]
    );
    desk.keys(&[FORWARD]);
    assert!(desk.state.notice.is_some(), "there is no more");
}

#[test]
fn a_screen_comes_back_as_it_was_left() {
    let mut desk = Desk::started(120, 40);
    let keys = [
        Key::Char('2'),
        Key::Char('o'),
        Key::Char('j'),
        Key::Char('j'),
    ];
    desk.keys(&keys);
    let left = desk.state.spot();
    desk.keys(&[Key::Char('1'), Key::Char('n'), Key::Char('3')]);
    desk.keys(&[BACK, BACK]);
    assert_eq!(desk.state.spot(), left);
}

#[test]
fn one_screen_up_asks_for_nothing() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('2'), Key::Enter]);
    desk.key(BACK);
    assert_eq!(name(&desk), "requests");
    assert!(desk.open.is_empty(), "it was still there: {:?}", desk.open);
}

#[test]
fn a_statement_is_one_step_though_its_list_comes_first() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('4'), Key::Char('j'), Key::Enter, Key::Char('1')]);
    desk.keys(&[BACK]);
    assert_eq!(name(&desk), "statement");
    desk.keys(&[FORWARD]);
    assert_eq!(name(&desk), "timeline");
    desk.keys(&[BACK, BACK]);
    assert_eq!(name(&desk), "sql");
}

#[test]
fn another_way_forgets_what_lay_ahead() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('2'), BACK, Key::Char('7'), FORWARD]);
    assert_eq!(name(&desk), "logs");
}

#[test]
fn a_live_screen_is_live_when_it_is_gone_back_to() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char(' '), Key::Char('2'), Key::Char(' ')]);
    assert!(!desk.state.window.is_live);
    desk.keys(&[BACK]);
    assert!(desk.state.window.is_live);
    assert!(matches!(desk.state.spot().sight, Sight::Timeline { .. }));
}

#[test]
fn no_more_is_kept_than_anybody_goes_back() {
    let mut desk = Desk::started(80, 24);
    for _ in 0..100 {
        desk.keys(&[Key::Char('2'), Key::Char('1')]);
    }
    assert_eq!(desk.state.history.earlier.len(), VISITS_MAX);
}
