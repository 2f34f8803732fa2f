//! Keys on the screens of functions and of statements.

use wire::query::{Suspect, SuspectKind};
use wire::time::Range;

use super::*;
use crate::action::{Answered, Msg};
use crate::ask::Answer;
use crate::fixture;
use crate::keymap::Key;
use crate::state::drawing::Drawing;
use crate::state::functions::Pane;
use crate::state::tests::Desk;

const RULE: &str = "Shop\\Pricing\\Rule::match";

fn functions(desk: &Desk) -> &FunctionsScreen {
    match desk.state.above.last() {
        Some(Above::Functions(screen)) => screen,
        other => panic!("the functions should be in front, not {other:?}"),
    }
}

fn statements(desk: &Desk) -> &StatementsScreen {
    match desk.state.above.last() {
        Some(Above::Statements(screen)) => screen,
        other => panic!("the statements should be in front, not {other:?}"),
    }
}

fn chosen(desk: &Desk) -> &str {
    &functions(desk).line().expect("a function").name
}

fn spike() -> (Range, Range) {
    let suspects = fixture::suspects();
    (suspects.range, suspects.baseline)
}

/// A console whose first suspect is this one.
fn suspecting(kind: SuspectKind, label: &str, fingerprint: Option<Fingerprint>) -> Desk {
    let mut desk = Desk::started(120, 40);
    desk.key(Key::Char('0'));
    let place = desk
        .open
        .iter()
        .position(|job| matches!(job.ask, Ask::Suspects { .. }));
    let job = desk.open.remove(place.expect("suspects are asked for"));
    let mut answer = fixture::suspects();
    let suspect = Suspect {
        kind,
        label: label.to_owned(),
        fingerprint,
        ..answer.suspects[0].clone()
    };
    answer.suspects.insert(0, suspect);
    desk.send(Msg::Answered(Answered {
        generation: job.generation,
        outcome: Ok(Answer::Suspects(Box::new(answer))),
    }));
    desk.settle();
    desk
}

#[test]
fn from_a_spike_the_functions_are_those_of_the_spike_and_its_baseline() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('3')]);
    let (range, baseline) = spike();
    assert_eq!(functions(&desk).subject.range, range);
    assert_eq!(functions(&desk).subject.baseline, Some(baseline));
    assert!(!functions(&desk).is_compared);
    desk.key(Key::Char('d'));
    let ranges: Vec<Option<Range>> = desk
        .open
        .iter()
        .map(|job| match &job.ask {
            Ask::FunctionGraph { range, .. } => Some(*range),
            _ => None,
        })
        .collect();
    assert!(ranges.contains(&Some(baseline)), "{ranges:?}");
    desk.settle();
    assert_eq!(chosen(&desk), RULE);
    desk.keys(&[Key::Char('d'), Key::Char('3')]);
    assert!(!functions(&desk).is_compared);
    assert!(desk.state.notice.is_some());
}

#[test]
fn away_from_the_spike_the_functions_are_those_of_the_window() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[
        Key::Char('r'),
        Key::Char('h'),
        Key::Char('h'),
        Key::Char('h'),
    ]);
    let window = desk.state.window.range;
    assert!(!window.overlaps(spike().0), "{window:?}");
    desk.keys(&[Key::Char('3')]);
    assert_eq!(functions(&desk).subject.range, window);
    desk.keys(&[Key::Char('r')]);
    assert_eq!(functions(&desk).subject.range, desk.state.window.range);
}

#[test]
fn a_suspected_function_opens_at_itself_and_compared() {
    let mut desk = suspecting(SuspectKind::Function, RULE, None);
    desk.keys(&[Key::Enter]);
    assert!(functions(&desk).baseline().is_some());
    assert_eq!(chosen(&desk), RULE);
}

#[test]
fn a_suspected_function_that_only_the_baseline_has_is_found_when_it_comes() {
    let gone = "Shop\\View\\Smarty::fetch";
    let mut desk = suspecting(SuspectKind::Function, gone, None);
    desk.keys(&[Key::Enter]);
    assert_eq!(chosen(&desk), gone);
}

#[test]
fn a_suspected_statement_opens_at_itself() {
    let sql = "UPDATE stock SET price = round(price * ?, 2) WHERE category = ?";
    let fingerprint = wire::sql::fingerprint(sql);
    for (label, told) in [(sql, None), ("UPDATE stock SET pr…", Some(fingerprint))] {
        let mut desk = suspecting(SuspectKind::Statement, label, told);
        desk.keys(&[Key::Enter]);
        let line = statements(&desk).line().expect("a statement");
        assert_eq!(line.row.fingerprint, fingerprint);
    }
}

#[test]
fn a_wait_for_the_session_opens_the_request_that_had_it() {
    let mut desk = suspecting(SuspectKind::Function, wire::profile::SESSION_START, None);
    desk.keys(&[Key::Enter]);
    let Some(Above::Request(screen)) = desk.state.above.last() else {
        panic!("a request is open");
    };
    assert_eq!(screen.correlation_id, fixture::reprice_id());
}

#[test]
fn enter_goes_from_function_to_function_and_esc_all_the_way_back() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('3')]);
    assert_eq!(chosen(&desk), "Shop\\Pricing\\Rule::match");
    desk.keys(&[Key::Enter]);
    assert_eq!(functions(&desk).pane, Pane::Around);
    desk.keys(&[Key::Enter]);
    assert_eq!(chosen(&desk), "Shop\\Pricing::forCart");
    desk.keys(&[Key::Enter]);
    assert_eq!(chosen(&desk), "Shop\\CheckoutController::submitAction");
    desk.keys(&[Key::Esc, Key::Esc]);
    assert_eq!(chosen(&desk), RULE);
    desk.keys(&[Key::Esc]);
    assert_eq!(functions(&desk).pane, Pane::Functions);
    desk.keys(&[Key::Esc]);
    assert!(desk.state.above.is_empty());
}

#[test]
fn the_order_goes_round_and_change_is_one_only_with_a_baseline() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('3')]);
    let first = |desk: &mut Desk| {
        desk.keys(&[Key::Char('o')]);
        (functions(desk).order.label(), chosen(desk).to_owned())
    };
    assert_eq!(first(&mut desk), ("inclusive time", "main()".to_owned()));
    assert_eq!(first(&mut desk), ("calls", "preg_match".to_owned()));
    assert_eq!(first(&mut desk), ("self time", RULE.to_owned()));
    desk.keys(&[Key::Char('d')]);
    assert_eq!(functions(&desk).order.label(), "change of self time");
}

#[test]
fn the_icicle_is_walked_zoomed_and_left() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('3'), Key::Char('i')]);
    let name = |desk: &Desk| {
        let screen = functions(desk);
        let icicle = screen
            .drawing
            .as_ref()
            .and_then(Drawing::icicle)
            .expect("an icicle");
        let graph = screen.graph.current().expect("a graph");
        let node = &icicle.tree.nodes[icicle.selected.expect("a box")];
        graph.answer.functions[node.function].name.clone()
    };
    assert_eq!(name(&desk), "main()");
    desk.keys(&['j', 'j', 'l'].map(Key::Char));
    assert_eq!(name(&desk), "Shop\\Admin\\Preview::show");
    desk.keys(&['h', 'k', 'G'].map(Key::Char));
    assert_eq!(name(&desk), "preg_match");
    desk.keys(&[Key::Char('k'), Key::Enter]);
    assert_eq!(
        functions(&desk)
            .drawing
            .as_ref()
            .and_then(Drawing::icicle)
            .map(|it| it.zooms.len()),
        Some(1)
    );
    desk.keys(&[Key::Esc, Key::Esc]);
    assert!(functions(&desk).drawing.is_none());
}

#[test]
fn from_a_route_s_requests_its_functions_and_statements() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('j'), Key::Enter, Key::Char('3')]);
    assert_eq!(
        functions(&desk).subject.route.as_deref(),
        Some("GET /search")
    );
    assert_eq!(functions(&desk).subject.range, spike().0);
    desk.keys(&[Key::Char('4')]);
    assert_eq!(
        statements(&desk).subject.route.as_deref(),
        Some("GET /search")
    );
    desk.keys(&[Key::Char('x')]);
    assert_eq!(statements(&desk).subject.route, None);
}

#[test]
fn a_statement_leads_to_the_requests_that_issued_it() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('4'), Key::Char('j')]);
    let fingerprint = statements(&desk)
        .line()
        .expect("a statement")
        .row
        .fingerprint;
    desk.keys(&[Key::Enter]);
    let Some(Above::Statement(screen)) = desk.state.above.last() else {
        panic!("the statement should be in front");
    };
    assert!(screen.detail.current().is_some());
    desk.keys(&[Key::Char('G')]);
    desk.key(Key::Enter);
    let wanted = format!("fingerprint:{fingerprint}");
    let is_asked = desk.open.iter().any(
        |job| matches!(&job.ask, Ask::Requests { filter: Some(filter), .. } if *filter == wanted),
    );
    assert!(is_asked, "{:?}", desk.open);
}

#[test]
fn what_the_store_did_not_answer_is_asked_again() {
    let mut desk = Desk::started(120, 40);
    desk.key(Key::Char('4'));
    desk.fail(&crate::state::tests::unreachable());
    assert!(statements(&desk).lines.is_empty());
    desk.send(Msg::Clock(
        fixture::NOW + wire::time::Micros::from_seconds(2),
    ));
    desk.settle();
    assert_eq!(statements(&desk).lines.len(), 4);
}

#[test]
fn from_a_request_s_function_and_statement_to_the_same_of_its_route() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Enter, Key::Char('f'), Key::Char('j'), Key::Enter]);
    assert_eq!(chosen(&desk), RULE);
    let subject = &functions(&desk).subject;
    assert_eq!(subject.route.as_deref(), Some("POST /cron/reprice"));
    assert_eq!(subject.range, spike().0);
    desk.keys(&[Key::Esc, Key::Char('s'), Key::Enter]);
    let line = statements(&desk).line().expect("a statement");
    assert!(
        line.row.sql.starts_with("UPDATE stock SET price"),
        "{line:?}"
    );
}

#[test]
fn a_live_screen_is_renewed_every_ten_seconds_and_stays_where_one_is() {
    for key in ['3', '4'] {
        let mut desk = Desk::started(120, 40);
        // Live, and of the range instead of the spike.
        desk.keys(&[key, 'r', 'j', 'j'].map(Key::Char));
        assert!(desk.state.window.is_live);
        let selected = |desk: &Desk| match desk.state.above.last() {
            Some(Above::Functions(screen)) => screen.line().map(|line| line.name.clone()),
            Some(Above::Statements(screen)) => screen.line().map(|line| line.row.sql.clone()),
            other => panic!("a list should be in front, not {other:?}"),
        };
        let before = selected(&desk);
        let is_asked = |desk: &Desk| {
            desk.open
                .iter()
                .any(|job| matches!(job.ask, Ask::FunctionGraph { .. } | Ask::Statements { .. }))
        };
        let mut asked_after = None;
        for seconds in 1..=12 {
            let now = fixture::NOW + Micros::from_seconds(seconds);
            desk.send(Msg::Clock(now));
            // The round's overview is answered, which moves the range.
            while let Some(place) = desk.open.iter().position(|job| job.ask == Ask::Overview) {
                let job = desk.open.remove(place);
                let mut overview = fixture::overview();
                overview.now_at_us = now;
                desk.send(Msg::Answered(Answered {
                    generation: job.generation,
                    outcome: Ok(Answer::Overview(Box::new(overview))),
                }));
            }
            if is_asked(&desk) {
                asked_after = Some(seconds);
                break;
            }
        }
        assert_eq!(asked_after, Some(10), "{key}");
        assert_eq!(
            selected(&desk),
            before,
            "{key}: it is there until the newer one has come"
        );
        desk.settle();
        assert_eq!(selected(&desk), before, "{key}");
    }
}

#[test]
fn a_screen_of_a_spike_stays_as_it_is() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('3'), Key::Char(' ')]);
    let range = functions(&desk).subject.range;
    for seconds in [11, 22] {
        desk.send(Msg::Clock(fixture::NOW + Micros::from_seconds(seconds)));
        desk.settle();
    }
    assert_eq!(functions(&desk).subject.range, range);
}
