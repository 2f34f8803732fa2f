//! Links of each screen, opened in a console that has just started.

use wire::ids::SpikeId;

use super::*;
use crate::action::{Msg, Size};
use crate::ask::Sort;
use crate::fixture;
use crate::keymap::Key;
use crate::state::Start;
use crate::state::request::Tab;
use crate::state::tests::Desk;

const SIZE: Size = Size {
    columns: 120,
    rows: 40,
};

/// The spot of the screen, and what is on it.
fn looks(desk: &Desk) -> (Spot, String) {
    let picture = crate::view::tests::picture(desk, crate::view::tests::COLOUR);
    (desk.state.spot(), picture)
}

fn copied(desk: &mut Desk) -> String {
    desk.key(Key::Char('y'));
    let sent = desk.effects.iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text.clone()),
        _ => None,
    });
    let sent = sent.expect("it goes to the clipboard");
    assert_eq!(desk.state.copied.as_ref(), Some(&sent), "and is shown");
    desk.key(Key::Char('_'));
    assert_eq!(desk.state.copied, None, "until the next key");
    sent
}

/// A console that was started with a link.
fn opened(link: &str) -> Desk {
    let spot = link::read(link).expect("a sound link");
    let start = Start {
        spot: Some(spot),
        ..Start::default()
    };
    let mut desk = Desk::new(start, SIZE);
    desk.send(Msg::Clock(fixture::NOW));
    desk.settle();
    desk
}

/// Lines of the picture without the way there, which a link has not.
fn body(picture: &str) -> String {
    picture.lines().skip(1).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_was_copied_opens_the_same_screen_in_another_console() {
    let cases: [&[Key]; 18] = [
        &[],
        &[Key::Char('d')],
        &[Key::Char('5'), Key::Char('h')],
        &[Key::Char('5'), Key::Char('H'), Key::Char('l')],
        &[Key::Char('n'), Key::Char('b'), Key::Char('z')],
        &[Key::Char('v'), Key::Char('l'), Key::Char('l'), Key::Enter],
        &[
            Key::Char('2'),
            Key::Char('o'),
            Key::Char('j'),
            Key::Char('j'),
        ],
        &[Key::Char('j'), Key::Enter, Key::Char('j')],
        &[Key::Enter],
        &[Key::Enter, Key::Char('f'), Key::Char('o')],
        &[Key::Char('3'), Key::Char('d'), Key::Char('j')],
        &[Key::Char('3'), Key::Char('i')],
        &[Key::Char('3'), Key::Char('v')],
        &[Key::Enter, Key::Char('f'), Key::Char('x')],
        &[Key::Enter, Key::Char('f'), Key::Char('v')],
        &[Key::Char('4'), Key::Char('o'), Key::Char('j')],
        &[Key::Char('4'), Key::Char('j'), Key::Enter],
        &[Key::Char('7'), Key::Char('s')],
    ];
    for keys in cases {
        let mut desk = Desk::started(120, 40);
        desk.keys(keys);
        let link = copied(&mut desk);
        let (spot, picture) = looks(&desk);
        let other = opened(&link);
        let (same_spot, same_picture) = looks(&other);
        assert_eq!(same_spot, spot, "{keys:?}: {link}");
        assert_eq!(body(&same_picture), body(&picture), "{keys:?}: {link}");
    }
}

#[test]
fn a_link_leads_to_its_moment_also_from_another_one_of_the_same_screen() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('5'), Key::Char('h'), Key::Char('h')]);
    let link = copied(&mut desk);
    let before = looks(&desk);
    desk.keys(&[Key::Char('w')]);
    assert_ne!(looks(&desk), before);
    desk.key(Key::Char(':'));
    desk.send(Msg::Paste(format!("open {link}")));
    desk.keys(&[Key::Enter]);
    assert_eq!(looks(&desk), before);
    assert_eq!(desk.state.above.len(), 1, "the screen that was there");
}

#[test]
fn a_link_is_opened_by_a_command_and_what_is_wrong_is_told_under_its_place() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('2'), Key::Char('o')]);
    let link = copied(&mut desk);
    let mut other = Desk::started(120, 40);
    other.key(Key::Char(':'));
    other.send(Msg::Paste(format!("open {link}")));
    other.keys(&[Key::Enter]);
    assert!(other.state.prompt.is_none());
    assert_eq!(other.state.spot(), desk.state.spot());
    let Some(Above::Requests(screen)) = other.state.above.last() else {
        panic!("the list should be in front");
    };
    assert_eq!(screen.sort, Sort::At);
    other.key(Key::Char(':'));
    other.send(Msg::Paste("open  bitville://logs?a=1".to_owned()));
    other.keys(&[Key::Enter]);
    let prompt = other.state.prompt.as_ref().expect("it can be mended");
    let fault = prompt.fault.as_ref().expect("a fault");
    assert_eq!(fault.words, "the link has no range=BEGIN..END");
    assert_eq!(fault.column, "open  bitville://logs".len());
}

#[test]
fn the_way_back_from_a_link_leads_to_the_timeline() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Enter, Key::Char('s')]);
    let mut other = opened(&copied(&mut desk));
    assert_eq!(other.state.above.len(), 1);
    assert!(matches!(
        other.state.spot().sight,
        Sight::Request { tab: Tab::Sql, .. }
    ));
    other.keys(&[Key::Esc]);
    assert!(other.state.above.is_empty());
    assert_eq!(other.state.timeline.selected, Some(SpikeId(3)));
}

#[test]
fn a_spike_that_is_not_there_any_more_is_told() {
    let mut desk = Desk::started(120, 40);
    let link = copied(&mut desk).replace("spike=3", "spike=77");
    let other = opened(&link);
    let told = other.state.notice.as_deref();
    assert_eq!(told, Some("there is no spike 77 in the last 7 days"));
    assert_eq!(other.state.timeline.selected, Some(SpikeId(3)));
}
