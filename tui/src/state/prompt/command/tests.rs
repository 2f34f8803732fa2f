//! Commands that are typed, completed, chosen and refused.

use super::*;
use crate::action::Msg;
use crate::ask::Ask;
use crate::fixture;
use crate::keymap::Key;
use crate::state::tests::Desk;

fn typed(desk: &mut Desk, text: &str) {
    for character in text.chars() {
        desk.key(Key::Char(character));
    }
}

fn line(desk: &Desk) -> &str {
    let prompt = desk.state.prompt.as_ref().expect("a line is open");
    prompt.line.text()
}

fn fault(desk: &Desk) -> Option<&str> {
    let prompt = desk.state.prompt.as_ref().expect("a line is open");
    prompt.fault.as_ref().map(|fault| &*fault.words)
}

#[test]
fn a_command_is_completed_and_does_what_its_key_does() {
    let mut desk = Desk::started(80, 24);
    typed(&mut desk, ":loc");
    desk.key(Key::Tab);
    assert_eq!(line(&desk), "locks");
    desk.keys(&[Key::Enter]);
    assert!(desk.state.prompt.is_none());
    assert!(matches!(desk.state.above.last(), Some(Above::Board(_))));
}

#[test]
fn what_is_refused_stays_until_it_is_mended() {
    let mut desk = Desk::started(80, 24);
    typed(&mut desk, ":lokcs");
    desk.key(Key::Enter);
    assert_eq!(
        fault(&desk),
        Some("there is no command \"lokcs\"; is it locks?")
    );
    assert!(desk.state.above.is_empty());
    desk.key(Key::Backspace);
    assert_eq!(fault(&desk), None);
    desk.key(Key::Esc);
    assert!(desk.state.prompt.is_none());
}

#[test]
fn a_spike_is_gone_to_by_its_number_from_anywhere() {
    let mut desk = Desk::started(80, 24);
    let spikes = fixture::spikes().spikes;
    let other = spikes[1].id;
    desk.keys(&[Key::Char('2')]);
    typed(&mut desk, ":spike ");
    let candidates = desk.state.completion().expect("a command").candidates;
    assert!(candidates.contains(&other.to_string()), "{candidates:?}");
    typed(&mut desk, &other.to_string());
    desk.key(Key::Enter);
    assert!(desk.state.above.is_empty());
    assert_eq!(desk.state.timeline.selected, Some(other));
    desk.settle();
    typed(&mut desk, ":spike 999");
    desk.key(Key::Enter);
    assert_eq!(
        fault(&desk),
        Some("there is no spike 999 in the last 7 days")
    );
    assert_eq!(desk.state.timeline.selected, Some(other));
}

#[test]
fn a_filter_opens_the_requests_and_narrows_them() {
    let mut desk = Desk::started(80, 24);
    typed(&mut desk, ":filter sql>9");
    desk.key(Key::Enter);
    let asked = desk.open.iter().find_map(|job| match &job.ask {
        Ask::Requests { filter, .. } => filter.clone(),
        _ => None,
    });
    assert_eq!(asked.as_deref(), Some("sql>9"));
    assert!(matches!(desk.state.above.last(), Some(Above::Requests(_))));
}

#[test]
fn the_palette_searches_chooses_and_does() {
    let mut desk = Desk::started(80, 24);
    desk.key(Key::Ctrl('p'));
    assert!(desk.state.found().len() > 30);
    typed(&mut desk, "zoom");
    let names: Vec<&str> = desk.state.found().iter().map(|entry| entry.name).collect();
    assert_eq!(names[..2], ["zoom-in", "zoom-out"]);
    let span = desk.state.window.range.span();
    desk.keys(&[Key::Down, Key::Enter]);
    assert!(desk.state.prompt.is_none());
    assert_eq!(desk.state.window.range.span().0, span.0 * 2);
}

#[test]
fn what_takes_something_goes_on_in_the_command_line() {
    let mut desk = Desk::started(80, 24);
    desk.key(Key::Ctrl('p'));
    typed(&mut desk, "spike");
    desk.key(Key::Enter);
    assert_eq!(line(&desk), "spike ");
    desk.keys(&[Key::Esc, Key::Ctrl('p')]);
    desk.send(Msg::Paste("no such thing".to_owned()));
    desk.key(Key::Enter);
    assert_eq!(fault(&desk), Some("nothing of this name can be done here"));
}
