//! Typing, and mending what was typed.

use proptest::prelude::*;

use super::*;

#[test]
fn words_and_ends_are_deleted_as_in_a_shell() {
    let mut line = Line::new("duration>2s  -client:10.0.0.7 ");
    line.delete_word();
    assert_eq!(line.text(), "duration>2s  ");
    line.delete_word();
    assert_eq!(line.text(), "");
    let mut line = Line::new("größer");
    line.left();
    line.left();
    line.delete_before();
    assert_eq!(line.halves(), ("grö", "er"));
    line.delete_behind();
    line.delete_to_begin();
    assert_eq!(line.halves(), ("", "r"));
    line.delete_to_end();
    assert!(line.is_empty());
}

#[test]
fn a_pasted_line_is_bounded_and_has_no_control_characters() {
    let mut line = Line::default();
    assert!(!line.insert("a\n\u{1b}[2Jb"));
    assert_eq!(line.text(), "a[2Jb");
    assert!(!line.insert(&"é".repeat(1_000_000)));
    assert!(line.text().len() <= BYTES_MAX);
}

proptest! {
    #[test]
    fn no_edit_leaves_a_character_s_edge(
        text in ".{0,20}",
        edits in prop::collection::vec(0u8..9, 0..40),
    ) {
        let mut line = Line::new(&text);
        for edit in edits {
            match edit {
                0 => line.left(),
                1 => line.right(),
                2 => line.delete_before(),
                3 => line.delete_behind(),
                4 => line.delete_word(),
                5 => line.to_begin(),
                6 => line.to_end(),
                7 => line.delete_to_end(),
                _ => { line.insert("ä€"); }
            }
            let (before, behind) = line.halves();
            prop_assert_eq!(format!("{before}{behind}"), line.text());
        }
    }
}
