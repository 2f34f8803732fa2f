//! A request beside the usual: pictures, what is not there, and where a figure leads.

use super::super::super::tests::{COLOUR, PLAIN, check, drawn, picture};
use crate::action::{Answered, Msg, Size};
use crate::ask::{Answer, Ask, Trouble};
use crate::fixture;
use crate::keymap::Key;
use crate::state::Above;
use crate::state::request::Tab;
use crate::state::tests::Desk;

/// The keys to the slowest checkout.
const TO_CHECKOUT: [Key; 4] = [Key::Char('2'), Key::Char('o'), Key::Char('j'), Key::Enter];

fn in_checkout(key: char) -> Vec<Key> {
    [&TO_CHECKOUT[..], &[Key::Char(key)]].concat()
}

fn tab(desk: &Desk) -> Tab {
    match desk.state.above.last() {
        Some(Above::Request(screen)) => screen.tab,
        other => panic!("a request should be in front, not {other:?}"),
    }
}

#[test]
fn compared() {
    check("compared", &in_checkout('c'));
}

#[test]
fn the_smallest_terminal_without_colours_and_utf8() {
    let mut desk = Desk::started(60, 15);
    desk.keys(&in_checkout('c'));
    let picture = picture(&desk, PLAIN);
    assert!(picture.is_ascii());
    insta::assert_snapshot!("compared_60x15_ascii", picture);
}

#[test]
fn a_request_like_no_other_says_so() {
    let mut desk = Desk::started(80, 24);
    desk.keys(&[Key::Enter, Key::Char('c')]);
    let picture = picture(&desk, COLOUR);
    assert!(
        picture.contains("no other captured POST /cron/reprice"),
        "{picture}"
    );
}

#[test]
fn a_figure_leads_to_where_it_comes_from() {
    let places = [
        Tab::Locks,
        Tab::Sql,
        Tab::Sql,
        Tab::Overview,
        Tab::Profile,
        Tab::Metadata,
    ];
    for (line, place) in places.into_iter().enumerate() {
        let mut desk = Desk::started(120, 40);
        desk.keys(&in_checkout('c'));
        for _ in 0..line {
            desk.key(Key::Char('j'));
        }
        desk.key(Key::Enter);
        assert_eq!(tab(&desk), place, "figure {line}");
    }
}

#[test]
fn without_the_comparison_the_request_is_there_and_the_usual_beside_it() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&TO_CHECKOUT[..3]);
    desk.key(Key::Enter);
    for job in std::mem::take(&mut desk.open) {
        let outcome = match job.ask {
            Ask::Request { correlation_id } => {
                let detail = fixture::request_detail(correlation_id).expect("a request");
                Ok(Answer::Request(Box::new(detail)))
            }
            ask => Err(Trouble::NotInBundle { path: ask.path() }),
        };
        let generation = job.generation;
        desk.send(Msg::Answered(Answered {
            generation,
            outcome,
        }));
    }
    assert!(picture(&desk, COLOUR).contains("4,211 captured"));
    desk.key(Key::Char('c'));
    assert!(picture(&desk, COLOUR).contains("not in this bundle: /v1/requests/"));
}

#[test]
fn a_comparison_that_was_dropped_for_another_is_asked_for_again_on_the_way_back() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&TO_CHECKOUT[..3]);
    desk.key(Key::Enter);
    let first = desk.open.remove(0);
    let Ask::Request { correlation_id } = first.ask else {
        panic!("the request comes first, not {:?}", first.ask);
    };
    let detail = fixture::request_detail(correlation_id).expect("a request");
    let outcome = Ok(Answer::Request(Box::new(detail)));
    desk.send(Msg::Answered(Answered {
        generation: first.generation,
        outcome,
    }));
    // Its holder, before its own comparison has come.
    desk.key(Key::Char('j'));
    desk.key(Key::Enter);
    desk.settle();
    desk.keys(&[Key::Esc, Key::Char('c')]);
    assert!(picture(&desk, COLOUR).contains("beside 100 others"));
}

#[test]
fn hostile_names_reach_no_cell() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&in_checkout('c'));
    desk.key(Key::Char('R'));
    for job in std::mem::take(&mut desk.open) {
        let Ask::Comparison { correlation_id } = job.ask else {
            continue;
        };
        let mut answer = fixture::comparison(correlation_id).expect("a comparison");
        for figure in &mut answer.figures {
            if !figure.label.is_empty() {
                figure.label = "\x1b]0;owned\x07\u{9b}2J\u{202e}evil\u{200d}\r\nx".to_owned();
            }
        }
        let outcome = Ok(Answer::Comparison(Box::new(answer)));
        desk.send(Msg::Answered(Answered {
            generation: job.generation,
            outcome,
        }));
    }
    for _ in 0..4 {
        desk.key(Key::Char('j'));
        for cell in &drawn(&desk, COLOUR).content {
            let symbol = cell.symbol();
            assert!(!symbol.chars().any(crate::text::is_hidden), "{symbol:?}");
        }
    }
}
#[test]
fn it_fits_every_size_beside_the_profile() {
    let mut desk = Desk::started(80, 24);
    desk.keys(&in_checkout('w'));
    for rows in [15, 22, 24, 30, 60] {
        for columns in 60..130 {
            desk.send(Msg::Resize(Size { columns, rows }));
            let shown = picture(&desk, COLOUR);
            let is_beside = shown.contains("★") && shown.contains("waited for locks");
            assert!(
                rows < 30 || columns < 80 || is_beside,
                "{columns}x{rows}\n{shown}"
            );
        }
    }
}
