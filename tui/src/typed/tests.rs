//! Lines that are understood, completed and refused.

use super::*;
use crate::board::Board;

fn refused(scope: Scope, line: &str) -> (usize, String) {
    let fault = read(scope, line).expect_err(line);
    (fault.column, fault.words)
}

#[test]
fn every_action_of_every_screen_can_be_typed() {
    for scope in Scope::SCREENS {
        for entry in entries(scope) {
            let Some(action) = entry.action else { continue };
            assert_eq!(read(scope, entry.name), Ok(Typed::Act(action)), "{entry:?}");
        }
    }
}

#[test]
fn lines_are_understood() {
    let act = |line: &str| read(Scope::Timeline, line).expect(line);
    assert_eq!(act("  locks "), Typed::Act(Action::GoBoard(Board::Locks)));
    assert_eq!(act("q"), Typed::Act(Action::Quit));
    assert_eq!(act("spike 3"), Typed::Spike(SpikeId(3)));
    assert_eq!(act("spike #3"), Typed::Spike(SpikeId(3)));
    assert_eq!(act("filter"), Typed::Act(Action::EditFilter));
    let terms = "route:\"POST /cart\" sql>9".to_owned();
    assert_eq!(act(&format!("filter  {terms}")), Typed::Filter(terms));
    let id = "11111111-1111-4111-8111-111111111111";
    let id = CorrelationId(id.parse().expect("a UUID"));
    assert_eq!(act(&format!("request {id}")), Typed::Request(id));
}

#[test]
fn what_is_wrong_is_named_with_its_column_and_the_nearest_command() {
    let timeline = |line| refused(Scope::Timeline, line);
    let told = |column, words: &str| (column, words.to_owned());
    assert_eq!(
        timeline("  lokcs"),
        told(2, "there is no command \"lokcs\"; is it locks?")
    );
    assert_eq!(
        timeline("xyzzyplugh"),
        told(0, "there is no command \"xyzzyplugh\"; tab shows them all")
    );
    assert_eq!(
        timeline("icicle"),
        told(0, "icicle is not for here: it holds in the functions")
    );
    assert_eq!(timeline("locks now"), told(6, "locks takes nothing"));
    assert_eq!(
        timeline("spike three"),
        told(6, "\"three\" is no spike's number")
    );
    assert_eq!(
        timeline("spike"),
        told(5, "spike takes N: to the spike of this number")
    );
    assert_eq!(
        refused(Scope::Hosts, "filter"),
        told(
            6,
            "filter takes TERMS: filter requests: duration>2s status:5xx …"
        )
    );
    assert_eq!(timeline(""), told(0, "type a command; tab shows them all"));
}

#[test]
fn names_are_completed_as_far_as_there_is_no_doubt() {
    let known = |verb: &str| match verb {
        "spike" => vec!["3".to_owned(), "12".to_owned(), "11".to_owned()],
        _ => Vec::new(),
    };
    let complete = |line: &str| complete(Scope::Timeline, line, known);
    let told = |line: &str, candidates: &[&str]| Completion {
        line: line.to_owned(),
        candidates: candidates.iter().map(|&it| it.to_owned()).collect(),
    };
    assert_eq!(complete("loc"), told("locks", &["locks"]));
    assert_eq!(complete("locks"), told("locks", &[]));
    assert_eq!(complete("spi"), told("spike ", &["spike"]));
    assert_eq!(complete("zoo"), told("zoom-", &["zoom-in", "zoom-out"]));
    assert_eq!(complete("spike 1"), told("spike 1", &["12", "11"]));
    assert_eq!(complete("spike 12"), told("spike 12", &[]));
    assert_eq!(complete("nothing such"), told("nothing such", &[]));
    assert_eq!(complete("xx"), told("xx", &[]));
    assert!(complete("").candidates.len() > 30, "all that there is");
}

#[test]
fn the_palette_finds_by_letters_of_the_name_and_by_words() {
    let first = |wanted| search(Scope::Timeline, wanted)[0].name;
    assert_eq!(first("loc"), "locks");
    assert_eq!(first("nb"), "next-baseline");
    assert_eq!(first("PHP-FPM"), "hosts");
    assert!(search(Scope::Timeline, "xyzzy").is_empty());
    assert_eq!(search(Scope::Logs, ""), entries(Scope::Logs));
}
