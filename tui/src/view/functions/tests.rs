//! The screen of functions as pictures, and what a picture can't hold.

use ratatui::style::Modifier;

use super::super::tests::{COLOUR, PLAIN, check, drawn, picture};
use crate::action::{Answered, Msg};
use crate::ask::{Answer, Ask};
use crate::fixture;
use crate::keymap::Key;
use crate::state::tests::Desk;

#[test]
fn functions_of_a_spike() {
    check("functions_of_a_spike", &[Key::Char('3')]);
}

#[test]
fn functions_compared() {
    let keys = [Key::Char('3'), Key::Char('d'), Key::Enter, Key::Char('j')];
    check("functions_compared", &keys);
}

#[test]
fn functions_icicle() {
    let keys = ['3', 'i', 'j', 'j', 'j'].map(Key::Char);
    check("functions_icicle", &keys);
}

#[test]
fn functions_icicle_zoomed() {
    let keys = ['3', 'i', 'j', 'j', 'j'].map(Key::Char);
    check(
        "functions_icicle_zoomed",
        &[&keys[..], &[Key::Enter]].concat(),
    );
}

#[test]
fn functions_icicle_compared() {
    let keys = ['3', 'd', 'i', 'j', 'j', 'j', 'j'].map(Key::Char);
    check("functions_icicle_compared", &keys);
}

#[test]
fn functions_folded() {
    check("functions_folded", &['3', 'v'].map(Key::Char));
}

#[test]
fn request_icicle() {
    check(
        "request_icicle",
        &[sampled(), vec![Key::Char('x')]].concat(),
    );
}

#[test]
fn request_course() {
    let keys = ['x', 'x', 'j', 'j', 'j'].map(Key::Char);
    check("request_course", &[sampled(), keys.to_vec()].concat());
}

/// The keys to the checkout whose stacks were sampled.
fn sampled() -> Vec<Key> {
    let mut keys = ['2', 'j', 'j', 'j', 'j'].map(Key::Char).to_vec();
    keys.push(Key::Enter);
    keys
}

#[test]
fn what_is_searched_for_has_a_star_and_its_share() {
    let mut desk = Desk::started(60, 15);
    desk.keys(&sampled());
    desk.keys(&['x', '/', 'p', 'r', 'i', 'c'].map(Key::Char));
    desk.key(Key::Enter);
    desk.keys(&[Key::Char('k')]);
    let plain = picture(&desk, PLAIN);
    insta::assert_snapshot!("request_icicle_searched_60x15_ascii", plain);
    assert!(
        plain.is_ascii() && plain.contains("2 boxes have \"pric\", 16 % of the time"),
        "{plain}"
    );
}

#[test]
fn the_smallest_terminal_without_colours_and_utf8() {
    for (name, keys) in [
        ("table", &['3'][..]),
        ("compared", &['3', 'd']),
        ("icicle", &['3', 'i']),
        ("icicle_compared", &['3', 'i', 'd']),
    ] {
        let mut desk = Desk::started(60, 15);
        desk.keys(&keys.iter().copied().map(Key::Char).collect::<Vec<_>>());
        let picture = picture(&desk, PLAIN);
        assert!(picture.is_ascii());
        insta::assert_snapshot!(format!("functions_{name}_60x15_ascii"), picture);
    }
}

#[test]
fn without_colours_new_and_gone_have_a_word_and_the_chosen_box_is_reversed() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('3'), Key::Char('d')]);
    let table = picture(&desk, PLAIN);
    assert!(table.contains("* new  gc_collect_cycles"), "{table}");
    assert!(
        table.contains("x gone Shop\\View\\Smarty::fetch"),
        "{table}"
    );
    desk.keys(&[Key::Char('i')]);
    let buffer = drawn(&desk, PLAIN);
    let is_reversed = |cell: &&ratatui::buffer::Cell| cell.modifier.contains(Modifier::REVERSED);
    let reversed = buffer.content.iter().filter(is_reversed).count();
    assert!(reversed > 20, "{reversed}");
    let edges = ["|", "^", "v"];
    let edges = buffer
        .content
        .iter()
        .filter(|cell| edges.contains(&cell.symbol()));
    assert!(edges.count() > 8, "boxes have edges");
}

#[test]
fn what_is_left_out_sampled_or_folded_is_said() {
    let mut desk = Desk::started(200, 40);
    desk.key(Key::Char('3'));
    let job = desk.open.remove(0);
    let mut graph = fixture::function_graph(fixture::range("14:01:10", "14:08:40"));
    graph.sampled_of = Some(1_650);
    let outcome = Ok(Answer::FunctionGraph(Box::new(graph)));
    desk.send(Msg::Answered(Answered {
        generation: job.generation,
        outcome,
    }));
    let picture = picture(&desk, COLOUR);
    for words in [
        "100 % of 412 profiles",
        "of 1,650 requests or more",
        "311 functions left out (340 ms)",
        "folded into __other__",
    ] {
        assert!(picture.contains(words), "{words}\n{picture}");
    }
}

#[test]
fn hostile_names_reach_no_cell() {
    let evil = "\x1b]0;owned\x07\u{9b}2J\u{202e}evil\u{200d}\r\nx";
    let mut desk = Desk::started(120, 40);
    desk.key(Key::Char('3'));
    let job = desk.open.remove(0);
    assert!(matches!(job.ask, Ask::FunctionGraph { .. }));
    let mut graph = fixture::function_graph(fixture::range("14:01:10", "14:08:40"));
    for function in &mut graph.functions {
        function.name = format!("{evil}{}", function.name);
    }
    let outcome = Ok(Answer::FunctionGraph(Box::new(graph)));
    desk.send(Msg::Answered(Answered {
        generation: job.generation,
        outcome,
    }));
    for key in ['g', 'i'] {
        desk.key(Key::Char(key));
        for cell in &drawn(&desk, COLOUR).content {
            let symbol = cell.symbol();
            assert!(!symbol.chars().any(crate::text::is_hidden), "{symbol:?}");
        }
    }
}
