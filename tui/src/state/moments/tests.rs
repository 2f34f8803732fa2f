//! Locks moment by moment, by keys and by the clock.

use wire::time::Micros;

use super::*;
use crate::action::Msg;
use crate::fixture;
use crate::keymap::Key;
use crate::state::tests::Desk;

fn screen(desk: &Desk) -> &BoardScreen {
    match desk.state.above.last() {
        Some(Above::Board(screen)) => screen,
        other => panic!("a board should be in front, not {other:?}"),
    }
}

/// The moment whose tree is shown.
fn shown(desk: &Desk) -> Instant {
    screen(desk)
        .tree()
        .and_then(|tree| tree.at_us)
        .expect("a moment")
}

fn letters(letters: &str) -> Vec<Key> {
    letters.chars().map(Key::Char).collect()
}

#[test]
fn the_worst_moment_comes_first_and_keys_go_from_moment_to_moment() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&letters("5"));
    let worst = shown(&desk);
    assert_eq!(
        Some(worst),
        screen(&desk).tree().and_then(|tree| tree.worst_at_us)
    );
    let second = Micros::from_seconds(1);
    desk.keys(&letters("h"));
    assert_eq!(shown(&desk), worst - second);
    desk.keys(&letters("ll"));
    assert_eq!(shown(&desk), worst + second);
    desk.keys(&letters("H"));
    assert!(shown(&desk) < worst - second);
    desk.keys(&letters("w"));
    assert_eq!(shown(&desk), worst);
}

#[test]
fn keys_that_are_faster_than_the_store_are_all_counted() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&letters("5"));
    let worst = shown(&desk);
    for _ in 0..5 {
        desk.key(Key::Char('h'));
    }
    desk.settle();
    assert_eq!(shown(&desk), worst - Micros::from_seconds(5));
}

#[test]
fn at_the_ends_it_says_so() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&letters("5"));
    for (key, words) in [('H', "first"), ('L', "last")] {
        for _ in 0..12 {
            desk.keys(&[Key::Char(key)]);
        }
        let notice = desk.state.notice.clone().unwrap_or_default();
        assert_eq!(
            notice,
            format!("this is the {words} moment at which somebody waited")
        );
    }
}

#[test]
fn the_chosen_session_stays_chosen_from_moment_to_moment() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&letters("5jjj"));
    let pid = |desk: &Desk| screen(desk).chosen().and_then(|line| line.session);
    let chosen = pid(&desk);
    assert!(chosen.is_some());
    desk.keys(&letters("hh"));
    assert_eq!(pid(&desk), chosen);
}

#[test]
fn it_plays_to_the_end_at_the_pace_of_the_eye_and_waits_for_answers() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&letters("5"));
    for _ in 0..11 {
        desk.keys(&letters("L"));
    }
    desk.keys(&letters("hh"));
    let last = shown(&desk) + Micros::from_seconds(2);
    desk.key(Key::Char(' '));
    assert!(screen(&desk).is_playing());
    let mut now = fixture::NOW;
    for _ in 0..2 {
        let due = desk.state.wake_at().expect("it wakes");
        assert_eq!(due, now + PACE);
        now = due;
        desk.send(Msg::Clock(now));
        let is_asked = !desk.open.is_empty();
        assert!(is_asked, "the next moment is asked for");
        assert_eq!(desk.state.plays_at(), None, "and waited for");
        desk.settle();
    }
    assert_eq!(shown(&desk), last);
    desk.send(Msg::Clock(now + PACE));
    assert!(!screen(&desk).is_playing(), "it has come to the end");
    desk.key(Key::Char(' '));
    desk.settle();
    assert_eq!(shown(&desk), fixture::at("14:01:12"), "from the first on");
    desk.keys(&letters("l"));
    assert!(!screen(&desk).is_playing(), "a key takes over");
}

#[test]
fn an_episode_leads_to_its_worst_moment_and_back() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('5'), Key::Tab]);
    assert_eq!(screen(&desk).board, Board::Episodes);
    desk.keys(&letters("w"));
    assert_eq!(screen(&desk).board, Board::Locks);
    assert_eq!(shown(&desk), fixture::at("14:05:41"));
    desk.keys(&[Key::Tab]);
    desk.key(Key::Esc);
    assert!(desk.state.above.is_empty(), "one took the other's place");
}

#[test]
fn a_session_opens_its_request() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('5'), Key::Enter]);
    let Some(Above::Request(request)) = desk.state.above.last() else {
        panic!("the request should be in front");
    };
    assert_eq!(request.correlation_id, fixture::reprice_id());
}
