//! A filter: tried while it is typed, kept, dropped, and refused by the store.

use wire::batch::Problem;
use wire::time::Micros;

use super::filter::TRY_AFTER;
use crate::action::{Answered, Msg};
use crate::ask::{Ask, Trouble};
use crate::keymap::Key;
use crate::state::RequestsScreen;
use crate::state::tests::Desk;

fn typed(desk: &mut Desk, text: &str) {
    for character in text.chars() {
        desk.key(Key::Char(character));
    }
}

fn later(desk: &mut Desk, millis: i64) {
    let now = desk.state.clock_at_us + Micros::from_millis(millis);
    desk.send(Msg::Clock(now));
}

fn screen(desk: &Desk) -> &RequestsScreen {
    desk.state.front_requests().expect("the list is in front")
}

fn filters_asked(desk: &Desk) -> Vec<String> {
    let filters = desk.open.iter().filter_map(|job| match &job.ask {
        Ask::Requests { filter, .. } => Some(filter.clone().unwrap_or_default()),
        _ => None,
    });
    filters.collect()
}

fn refuse(desk: &mut Desk, detail: &str) {
    let job = desk.open.remove(0);
    let problem = Problem {
        parameter: Some("filter".to_owned()),
        ..Problem::new(400, "Bad Request", detail)
    };
    desk.send(Msg::Answered(Answered {
        generation: job.generation,
        outcome: Err(Trouble::Problem(problem)),
    }));
}

#[test]
fn a_filter_is_tried_when_the_typing_pauses_and_kept_by_enter() {
    let mut desk = Desk::started(80, 24);
    desk.keys(&[Key::Char('2'), Key::Char('/')]);
    typed(&mut desk, "duration>2s q");
    assert!(filters_asked(&desk).is_empty(), "not about letters");
    let due = desk.state.wake_at().expect("a time to try it");
    assert!(due <= desk.state.clock_at_us + TRY_AFTER);
    later(&mut desk, 150);
    assert_eq!(filters_asked(&desk), ["duration>2s q"]);
    desk.settle();
    desk.key(Key::Enter);
    assert!(desk.state.prompt.is_none());
    assert!(filters_asked(&desk).is_empty(), "it was asked already");
    assert_eq!(screen(&desk).filter, "duration>2s q");
    desk.keys(&[Key::Char('x')]);
    assert_eq!(screen(&desk).filter, "");
}

#[test]
fn esc_and_deleting_all_take_the_old_filter_back() {
    let mut desk = Desk::started(80, 24);
    desk.keys(&[Key::Char('2'), Key::Char('/')]);
    typed(&mut desk, "sql>9");
    desk.keys(&[Key::Enter, Key::Char('/'), Key::Ctrl('u')]);
    later(&mut desk, 150);
    assert_eq!(filters_asked(&desk), [""]);
    desk.key(Key::Esc);
    assert_eq!(filters_asked(&desk), ["sql>9"]);
    assert_eq!(screen(&desk).filter, "sql>9");
    assert!(desk.state.prompt.is_none());
}

#[test]
fn what_is_wrong_keeps_the_line_open_and_the_list_as_it_was() {
    let mut desk = Desk::started(80, 24);
    desk.keys(&[Key::Char('2'), Key::Char('/')]);
    let rows = screen(&desk).rows().len();
    typed(&mut desk, "url:/a durration>2s");
    later(&mut desk, 150);
    refuse(&mut desk, "column 8: unknown field \"durration\"");
    let fault = screen(&desk).fault().expect("a fault");
    assert_eq!(fault.column, Some(7));
    assert_eq!(fault.words, "unknown field \"durration\"");
    desk.key(Key::Enter);
    assert!(desk.state.prompt.is_some(), "it can be mended");
    assert_eq!(screen(&desk).rows().len(), rows);
    assert_eq!(desk.state.failure, None, "the store is not away");
}

#[test]
fn a_refused_filter_that_was_kept_at_once_is_told() {
    let mut desk = Desk::started(80, 24);
    desk.keys(&[Key::Char('2'), Key::Char('/')]);
    typed(&mut desk, "nonsense:1");
    desk.key(Key::Enter);
    assert!(desk.state.prompt.is_none());
    refuse(&mut desk, "column 1: unknown field \"nonsense\"");
    let fault = screen(&desk).fault().expect("a fault");
    assert_eq!(fault.column, Some(0));
}

#[test]
fn pasted_text_goes_into_the_line_and_nowhere_else() {
    let mut desk = Desk::started(80, 24);
    desk.send(Msg::Paste("q".to_owned()));
    assert!(desk.effects.is_empty());
    desk.keys(&[Key::Char('2'), Key::Char('/')]);
    desk.send(Msg::Paste("url:/cart\n".to_owned()));
    let prompt = desk.state.prompt.as_ref().expect("it is open");
    assert_eq!(prompt.line.text(), "url:/cart");
}

#[test]
fn on_the_timeline_it_filters_the_requests_of_the_range() {
    let mut desk = Desk::started(80, 24);
    let range = desk.state.window.range;
    desk.keys(&[Key::Char('/')]);
    assert!(desk.state.prompt.is_some());
    assert_eq!(screen(&desk).range, range);
}
