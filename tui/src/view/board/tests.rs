//! The boards as pictures, what their keys do, and hostile text.

use super::super::tests::{COLOUR, PLAIN, check, drawn, picture};
use crate::action::{Answered, Msg};
use crate::ask::{Answer, Ask};
use crate::board::Board;
use crate::fixture;
use crate::keymap::Key;
use crate::state::Above;
use crate::state::board::BoardScreen;
use crate::state::tests::Desk;

/// The keys to each board.
const BOARDS: [(&str, &[Key]); 5] = [
    ("board_lock_tree", &[Key::Char('5')]),
    ("board_locks", &[Key::Char('5'), Key::Tab]),
    ("board_hosts", &[Key::Char('6')]),
    ("board_logs", &[Key::Char('7')]),
    ("board_health", &[Key::Char('8')]),
];

fn board(desk: &Desk) -> &BoardScreen {
    match desk.state.above.last() {
        Some(Above::Board(screen)) => screen,
        other => panic!("a board should be in front, not {other:?}"),
    }
}

#[test]
fn boards() {
    for (name, keys) in BOARDS {
        check(name, &[keys, &[Key::Char('j')]].concat());
    }
}

#[test]
fn the_smallest_terminal_without_colours_and_utf8() {
    for (name, keys) in BOARDS {
        let mut desk = Desk::started(60, 15);
        desk.keys(keys);
        let picture = picture(&desk, PLAIN);
        assert!(picture.is_ascii());
        insta::assert_snapshot!(format!("{name}_60x15_ascii"), picture);
    }
}

#[test]
fn enter_on_who_held_the_lock_opens_its_request() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('5'), Key::Enter]);
    let Some(Above::Request(screen)) = desk.state.above.last() else {
        panic!("the request should be in front");
    };
    assert_eq!(screen.correlation_id, fixture::reprice_id());
}

#[test]
fn a_lock_holder_that_was_not_captured_leads_to_the_locks_of_its_spike() {
    let mut desk = Desk::started(120, 40);
    desk.key(Key::Char('n'));
    desk.settle();
    desk.key(Key::Char('p'));
    let job = desk
        .open
        .iter()
        .find(|job| matches!(job.ask, Ask::Suspects { .. }))
        .cloned()
        .expect("suspects are asked for");
    let mut suspects = fixture::suspects();
    suspects.suspects[0].correlation_id = None;
    let range = suspects.range;
    desk.send(Msg::Answered(Answered {
        generation: job.generation,
        outcome: Ok(Answer::Suspects(Box::new(suspects))),
    }));
    desk.key(Key::Enter);
    assert_eq!(board(&desk).board, Board::Locks);
    assert_eq!(board(&desk).range, range);
}

#[test]
fn keys_go_to_errors_and_warnings_and_leave_the_rest_out() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('7')]);
    for (key, line) in [('n', 1), ('w', 2), ('w', 3), ('W', 2), ('N', 1)] {
        desk.keys(&[Key::Char(key)]);
        assert_eq!(board(&desk).cursor.selected, line, "{key}");
    }
    desk.keys(&[Key::Char('n')]);
    assert_eq!(desk.state.notice.as_deref(), Some("no error further below"));
    let mut shown = Vec::new();
    for _ in 0..3 {
        desk.keys(&[Key::Char('s')]);
        shown.push(board(&desk).lines.len());
    }
    assert_eq!(shown, [3, 1, 4]);
}

#[test]
fn what_is_bad_has_a_sign_beside_its_colour() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('7')]);
    let picture = picture(&desk, PLAIN);
    for words in [" E14:05:41", " !14:05:02"] {
        assert!(picture.contains(words), "{words}\n{picture}");
    }
}

#[test]
fn hostile_entries_reach_no_cell() {
    let evil = "\x1b]0;owned\x07\u{9b}2J\u{202e}evil\u{200d}\r\nx";
    let mut desk = Desk::started(120, 40);
    desk.key(Key::Char('7'));
    let job = desk.open.remove(0);
    let mut answer = fixture::logs();
    for entry in &mut answer.entries {
        entry.text.push_str(evil);
        entry.kind = evil.to_owned();
        entry.body = serde_json::json!({"severity": evil, "sql_state": evil, "detail": evil});
    }
    desk.send(Msg::Answered(Answered {
        generation: job.generation,
        outcome: Ok(Answer::Logs(Box::new(answer))),
    }));
    for cell in &drawn(&desk, COLOUR).content {
        let symbol = cell.symbol();
        assert!(!symbol.chars().any(crate::text::is_hidden), "{symbol:?}");
    }
    assert!(picture(&desk, COLOUR).contains("^[]0;owned"));
}
