//! Times that are typed, and zones that are gone round.

use super::*;
use crate::ask::Ask;
use crate::fixture;
use crate::keymap::Key;
use crate::state::Start;
use crate::state::tests::Desk;
use crate::view::tests::{COLOUR, picture};

fn typed(desk: &mut Desk, text: &str) {
    for character in text.chars() {
        desk.key(Key::Char(character));
    }
}

fn shown(desk: &Desk) -> String {
    format::range(desk.state.window.range)
}

/// A console on a machine in Prague.
fn in_prague() -> Desk {
    let size = crate::action::Size {
        columns: 120,
        rows: 40,
    };
    let start = Start {
        local: Zone::named("Europe/Prague").expect("it is in the table"),
        ..Start::default()
    };
    let mut desk = Desk::new(start, size);
    desk.send(crate::action::Msg::Clock(fixture::NOW));
    desk.settle();
    desk
}

#[test]
fn a_time_moves_the_range_and_the_screen_in_front() {
    let mut desk = Desk::started(80, 24);
    desk.keys(&[Key::Char('2'), Key::Char('t')]);
    typed(&mut desk, "14:03+-2m");
    desk.key(Key::Enter);
    assert!(desk.state.prompt.is_none());
    assert_eq!(shown(&desk), "2026-11-23 14:01:00–14:05:00 UTC");
    assert!(!desk.state.window.is_live);
    let asked = desk.open.iter().find_map(|job| match &job.ask {
        Ask::Requests { range, .. } => Some(*range),
        _ => None,
    });
    assert_eq!(asked, Some(desk.state.window.range));
}

#[test]
fn a_span_is_live_and_a_moment_keeps_what_is_in_sight() {
    let mut desk = Desk::started(80, 24);
    desk.keys(&[
        Key::Char('t'),
        Key::Char('1'),
        Key::Char('0'),
        Key::Char('m'),
    ]);
    desk.key(Key::Enter);
    assert!(desk.state.window.is_live);
    assert_eq!(desk.state.window.range.span(), Micros::from_seconds(600));
    typed(&mut desk, ":range 12:00");
    desk.key(Key::Enter);
    assert_eq!(shown(&desk), "2026-11-23 11:55:00–12:05:00 UTC");
}

#[test]
fn what_is_no_time_is_told_where_it_stands_and_nothing_moves() {
    let mut desk = Desk::started(80, 24);
    let before = shown(&desk);
    desk.key(Key::Char('t'));
    typed(&mut desk, "14:00..soon");
    desk.key(Key::Enter);
    let fault = |desk: &Desk| {
        let prompt = desk.state.prompt.as_ref().expect("it is open");
        prompt.fault.clone().expect("a fault")
    };
    assert_eq!(
        (fault(&desk).column, &*fault(&desk).words),
        (7, when::ALLOWED)
    );
    desk.key(Key::Esc);
    typed(&mut desk, ":range  soon");
    desk.key(Key::Enter);
    assert_eq!(fault(&desk).column, 7);
    assert_eq!(shown(&desk), before);
}

#[test]
fn a_time_without_data_says_so() {
    let mut desk = Desk::started(80, 24);
    desk.key(Key::Char('t'));
    typed(&mut desk, "2026-11-20");
    desk.key(Key::Enter);
    assert_eq!(
        desk.state.notice.as_deref(),
        Some("the store has nothing of 2026-11-20 00:00:00–2026-11-21 00:00:00 UTC")
    );
}

#[test]
fn zones_go_round_and_times_are_typed_in_the_one_that_is_shown() {
    let mut desk = in_prague();
    let header = |desk: &Desk| {
        picture(desk, COLOUR)
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    assert!(
        header(&desk).contains("13:53:40–14:16:10 UTC"),
        "{}",
        header(&desk)
    );
    desk.key(Key::Char('T'));
    assert!(
        header(&desk).contains("14:53:40–15:16:10 CET"),
        "{}",
        header(&desk)
    );
    desk.key(Key::Char('t'));
    typed(&mut desk, "15:03±2m");
    desk.keys(&[Key::Enter]);
    assert_eq!(shown(&desk), "2026-11-23 14:01:00–14:05:00 UTC");
    typed(&mut desk, ":zone asia/tokyo");
    desk.key(Key::Enter);
    assert!(
        header(&desk).contains("23:01:00–23:05:00 JST"),
        "{}",
        header(&desk)
    );
    desk.key(Key::Char('T'));
    assert_eq!(desk.state.zone, Zone::utc(), "and round");
    typed(&mut desk, ":zone local");
    desk.key(Key::Enter);
    assert_eq!(desk.state.zone.name(), "Europe/Prague");
    typed(&mut desk, ":zone Middle/Earth");
    desk.key(Key::Enter);
    assert!(desk.state.prompt.is_some(), "it can be mended");
}

#[test]
fn what_is_on_the_screen_already_is_written_in_the_new_zone() {
    for key in ['5', '7'] {
        let mut desk = in_prague();
        desk.keys(&[Key::Char(key)]);
        let utc = picture(&desk, COLOUR);
        desk.keys(&[Key::Char('T'), Key::Esc]);
        desk.keys(&[Key::Char(key)]);
        let asked_anew = picture(&desk, COLOUR);
        let mut kept = in_prague();
        kept.keys(&[Key::Char(key), Key::Char('T'), Key::Up]);
        assert_eq!(picture(&kept, COLOUR), asked_anew);
        assert_ne!(asked_anew, utc);
    }
    let mut desk = in_prague();
    desk.keys(&[Key::Enter, Key::Char('i'), Key::Char('T')]);
    assert!(
        picture(&desk, COLOUR).contains(" CET"),
        "{}",
        picture(&desk, COLOUR)
    );
    assert!(!picture(&desk, COLOUR).contains("UTC"));
}

#[test]
fn on_a_machine_in_utc_there_is_nothing_to_go_round() {
    let mut desk = Desk::started(80, 24);
    desk.key(Key::Char('T'));
    assert_eq!(desk.state.zone, Zone::utc());
    assert!(desk.state.notice.is_some());
}
