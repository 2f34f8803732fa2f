//! Bookmarks, set and gone to.

use super::*;
use crate::action::Msg;
use crate::state::tests::Desk;

fn changes(desk: &Desk) -> Vec<&Change> {
    let effects = desk.effects.iter();
    let changes = effects.filter_map(|effect| match effect {
        Effect::Bookmark(change) => Some(change),
        _ => None,
    });
    changes.collect()
}

fn typed(desk: &mut Desk, line: &str) {
    desk.key(Key::Char(':'));
    desk.send(Msg::Paste(line.to_owned()));
    desk.key(Key::Enter);
    desk.settle();
}

fn told(desk: &Desk) -> &str {
    desk.state.notice.as_deref().unwrap_or_default()
}

#[test]
fn a_screen_is_kept_under_a_letter_and_found_again() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[
        Key::Char('2'),
        Key::Char('o'),
        Key::Char('j'),
        Key::Char('m'),
    ]);
    desk.key(Key::Char('x'));
    let kept = desk.state.spot();
    assert_eq!(changes(&desk).len(), 1);
    assert_eq!(told(&desk), "kept under x: requests; 'x goes there");
    desk.keys(&[
        Key::Char('1'),
        Key::Char('n'),
        Key::Char('\''),
        Key::Char('x'),
    ]);
    assert_eq!(desk.state.spot(), kept);
    assert_eq!(desk.state.chord, None);
}

#[test]
fn the_list_is_gone_through_with_arrows_and_esc_closes_it() {
    let mut desk = Desk::started(120, 40);
    for (key, letter) in [('2', 'a'), ('7', 'b')] {
        desk.keys(&[Key::Char(key), Key::Char('m'), Key::Char(letter)]);
    }
    desk.keys(&[
        Key::Char('1'),
        Key::Char('\''),
        Key::Down,
        Key::Down,
        Key::Enter,
    ]);
    assert_eq!(desk.state.spot().sight.name(), "logs");
    desk.keys(&[Key::Char('\''), Key::Esc]);
    assert_eq!(
        (desk.state.chord, desk.state.spot().sight.name()),
        (None, "logs")
    );
    desk.keys(&[Key::Char('\''), Key::Char('\'')]);
    assert_eq!(
        desk.state.spot().sight.name(),
        "timeline",
        "where one was before"
    );
}

#[test]
fn what_is_no_letter_or_has_nothing_is_told() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('\'')]);
    assert!(
        told(&desk).starts_with("nothing is kept yet"),
        "{}",
        told(&desk)
    );
    desk.keys(&[Key::Char('m'), Key::Char('!')]);
    assert_eq!(
        told(&desk),
        "nothing is kept: a letter or a digit is allowed"
    );
    desk.keys(&[
        Key::Char('m'),
        Key::Char('a'),
        Key::Char('\''),
        Key::Char('b'),
    ]);
    assert_eq!(told(&desk), "nothing is kept under b");
    typed(&mut desk, "forget b");
    let fault = desk.state.prompt.as_ref().and_then(|it| it.fault.clone());
    assert_eq!(fault.expect("a fault").words, "nothing is kept under b");
}

#[test]
fn commands_do_the_same() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('7')]);
    typed(&mut desk, "bookmark L");
    desk.keys(&[Key::Char('1')]);
    typed(&mut desk, "jump L");
    assert_eq!(desk.state.spot().sight.name(), "logs");
    typed(&mut desk, "forget L");
    assert!(matches!(changes(&desk)[..], [Change { link: None, .. }]));
    assert!(desk.state.bookmarks.is_empty());
}

#[test]
fn a_folder_that_takes_nothing_is_told_once_and_they_hold_meanwhile() {
    let mut desk = Desk::started(120, 40);
    let refused = || Msg::Bookmarked(Err("permission denied at /x".to_owned()));
    desk.keys(&[Key::Char('m'), Key::Char('a')]);
    desk.send(refused());
    assert_eq!(
        told(&desk),
        "kept until the console ends: permission denied at /x"
    );
    desk.keys(&[Key::Char('m'), Key::Char('b')]);
    desk.send(refused());
    assert_eq!(
        told(&desk),
        "kept under b: timeline, spike 3; 'b goes there"
    );
    assert_eq!(desk.state.bookmarks.all().len(), 2);
}

#[test]
fn a_bookmark_of_a_newer_version_is_told_and_left() {
    let mut desk = Desk::started(120, 40);
    desk.state.bookmarks = Bookmarks::read("z bitville://graphs?newer=1\n");
    desk.keys(&[Key::Char('\''), Key::Char('z')]);
    assert!(told(&desk).starts_with("what is kept under z can't be read: \"graphs\" is no screen"));
    assert_eq!(desk.state.bookmarks.all().len(), 1);
}
