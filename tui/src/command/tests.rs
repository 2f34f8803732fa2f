//! What a command prints beside its page: JSON that is safe to look at.

use super::*;

#[test]
fn json_keeps_its_meaning_and_moves_no_cursor() {
    let hostile = "a\u{9b}31m\u{202e}\u{7f}\u{e0041}\u{1b}\n\u{e9}";
    let text = json(&vec![hostile]);
    let hidden = text.chars().find(|it| *it != '\n' && is_hidden(*it));
    assert_eq!(hidden, None, "{text:?}");
    let back: Vec<String> = serde_json::from_str(&text).expect("JSON");
    assert_eq!(back, [hostile]);
}

#[test]
fn the_exit_code_tells_a_wrong_question_from_a_missing_answer() {
    let problem = |status| Trouble::Problem(wire::batch::Problem::new(status, "x", "y"));
    let code = |trouble| format!("{:?}", complain(&trouble));
    assert_eq!(code(problem(400)), format!("{:?}", ExitCode::from(2)));
    assert_eq!(code(problem(404)), format!("{:?}", ExitCode::from(3)));
    assert_eq!(code(problem(503)), format!("{:?}", ExitCode::from(1)));
}
