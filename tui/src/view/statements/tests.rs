//! The screen of SQL as pictures, and hostile text.

use super::super::tests::{COLOUR, PLAIN, check, drawn, picture};
use crate::action::{Answered, Msg};
use crate::ask::Answer;
use crate::fixture;
use crate::keymap::Key;
use crate::state::tests::Desk;

#[test]
fn statements_of_a_spike() {
    check("statements", &[Key::Char('4'), Key::Char('j')]);
}

#[test]
fn requests_of_a_statement() {
    check(
        "requests_of_a_statement",
        &[Key::Char('4'), Key::Enter, Key::Enter],
    );
}

#[test]
fn all_of_a_statement() {
    check("statement", &[Key::Char('4'), Key::Char('j'), Key::Enter]);
}

#[test]
fn the_smallest_terminal_without_colours_and_utf8() {
    let mut desk = Desk::started(60, 15);
    desk.keys(&[Key::Char('4')]);
    let picture = picture(&desk, PLAIN);
    assert!(picture.is_ascii());
    insta::assert_snapshot!("statements_60x15_ascii", picture);
}

#[test]
fn a_loop_a_failure_and_what_is_new_have_a_word() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('4')]);
    let picture = picture(&desk, PLAIN);
    for words in ["N+1 312", "* new N+1 1 UPDATE stock", "failed UPDATE stock"] {
        assert!(picture.contains(words), "{words}\n{picture}");
    }
}

#[test]
fn hostile_statements_reach_no_cell() {
    let evil = "\x1b]0;owned\x07\u{9b}2J\u{202e}evil\u{200d}\r\nx";
    let mut desk = Desk::started(120, 40);
    desk.key(Key::Char('4'));
    let job = desk.open.remove(0);
    let mut answer = fixture::statements(fixture::range("14:01:10", "14:08:40"));
    for row in &mut answer.statements {
        row.sql = format!("{evil} {}", row.sql);
        row.routes[0].label.push_str(evil);
    }
    desk.send(Msg::Answered(Answered {
        generation: job.generation,
        outcome: Ok(Answer::Statements(Box::new(answer))),
    }));
    desk.settle();
    let check = |desk: &Desk| {
        for cell in &drawn(desk, COLOUR).content {
            let symbol = cell.symbol();
            assert!(!symbol.chars().any(crate::text::is_hidden), "{symbol:?}");
        }
        assert!(picture(desk, COLOUR).contains("^[]0;owned"));
    };
    check(&desk);
    desk.key(Key::Enter);
    let job = desk.open.remove(0);
    let mut detail = fixture::statement_detail(fixture::range("14:01:10", "14:08:40"), {
        wire::sql::fingerprint("SELECT 1")
    });
    detail.callers[0].name = Some(evil.to_owned());
    detail.callers[0].place = Some(evil.to_owned());
    detail.waits[0].name.push_str(evil);
    detail.plans[0].steps[0].push_str(evil);
    desk.send(Msg::Answered(Answered {
        generation: job.generation,
        outcome: Ok(Answer::Statement(Box::new(detail))),
    }));
    check(&desk);
}
