//! The fold, by keys.

use crate::keymap::Key;
use crate::state::Above;
use crate::state::tests::Desk;
use crate::view::tests::{COLOUR, picture};

fn letters(letters: &str) -> Vec<Key> {
    letters.chars().map(Key::Char).collect()
}

fn functions(desk: &Desk) -> (Vec<&str>, f64) {
    let Some(Above::Functions(screen)) = desk.state.above.last() else {
        panic!("the functions are in front");
    };
    let own = screen.lines.iter().map(|line| line.sums().self_us).sum();
    let names = screen.lines.iter().map(|line| line.name.as_str());
    (names.collect(), own)
}

#[test]
fn libraries_go_into_their_callers_and_come_back_and_no_time_is_lost() {
    let mut desk = Desk::started(200, 40);
    desk.keys(&letters("3"));
    let (all, whole) = functions(&desk);
    assert!(all.contains(&"preg_match") && all.contains(&"Phalcon\\Mvc\\View::render"));
    let all = all.len();
    desk.keys(&letters("v"));
    let (own, folded) = functions(&desk);
    assert!(
        !own.iter()
            .any(|name| name.starts_with("Phalcon\\") || *name == "preg_match")
    );
    assert!(
        own.contains(&"__other__") && own.contains(&"main()"),
        "{own:?}"
    );
    assert!((whole - folded).abs() < 1.0, "{whole} {folded}");
    desk.key(Key::Esc);
    desk.keys(&letters("3"));
    let shown = picture(&desk, COLOUR);
    assert!(
        shown.contains("5 functions of libraries folded into callers ("),
        "{shown}"
    );
    desk.keys(&letters("v"));
    assert_eq!(functions(&desk).0.len(), all);
}

#[test]
fn a_baseline_and_a_picture_are_folded_too() {
    let mut desk = Desk::started(200, 40);
    desk.keys(&letters("3dvi"));
    let (own, _) = functions(&desk);
    assert!(own.contains(&"Shop\\View\\Smarty::fetch"), "{own:?}");
    let shown = picture(&desk, COLOUR);
    assert!(
        !shown.contains("preg_match") && !shown.contains("Phalcon\\"),
        "{shown}"
    );
    assert!(shown.contains("folded into callers"), "{shown}");
}

#[test]
fn a_request_is_folded_in_its_table_and_in_both_pictures() {
    let mut desk = Desk::started(200, 40);
    desk.keys(&letters("2jjjj"));
    desk.keys(&[Key::Enter]);
    for keys in ["fv", "x", "x"] {
        desk.keys(&letters(keys));
        let shown = picture(&desk, COLOUR);
        assert!(!shown.contains("preg_match"), "{keys}\n{shown}");
        assert!(shown.contains("folded into callers"), "{keys}\n{shown}");
    }
    desk.keys(&letters("v"));
    assert!(picture(&desk, COLOUR).contains("preg_match"));
}
