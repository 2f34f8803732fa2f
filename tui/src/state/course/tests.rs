//! Keys in the order of time.

use super::*;
use crate::fixture;

fn view() -> CourseView {
    let course =
        Course::of(&fixture::sampled::sampled(10.0), 10_000_000, None).expect("it tells when");
    CourseView::new(course)
}

fn chosen(view: &CourseView) -> &str {
    let run = view.chosen(&view.runs(100, 20), 20).expect("a box");
    view.course.name(run.node)
}

#[test]
fn one_goes_down_the_stack_and_along_the_time() {
    let mut view = view();
    assert_eq!(chosen(&view), "main()");
    view.step(99);
    assert_eq!(chosen(&view), "PDOStatement::execute");
    view.beside(100, 20, true);
    assert_eq!(chosen(&view), "Shop\\Pricing\\Rule::match");
    view.step(-1);
    assert_eq!(chosen(&view), "Shop\\Pricing::forCart");
    view.beside(100, 20, false);
    assert_eq!(chosen(&view), "Shop\\Stock::reserve");
    for _ in 0..9 {
        view.beside(100, 20, false);
    }
    assert_eq!(
        chosen(&view),
        "Shop\\Pricing::forCart",
        "the first in that row"
    );
}

#[test]
fn a_zoom_is_the_box_s_time_and_is_left_again() {
    let mut view = view();
    view.step(3);
    assert_eq!(view.zoom(100, 20), None);
    assert_eq!(view.stretch(), 600_000..8_000_000);
    assert_eq!(view.zoom(100, 20), Some("it fills the width already"));
    assert!(view.back());
    assert_eq!(view.stretch(), 0..10_000_000);
    assert!(!view.back());
}

#[test]
fn a_deep_stack_is_scrolled_so_that_the_chosen_box_is_seen() {
    let mut view = view();
    view.step(99);
    for rows in 1..6 {
        let run = view.chosen(&view.runs(100, rows), rows).expect("a box");
        assert_eq!(
            view.course.name(run.node),
            "PDOStatement::execute",
            "{rows} rows"
        );
        assert!(run.row < rows);
    }
}

#[test]
fn what_is_searched_for_is_gone_to_when_it_was_seen_first() {
    let mut view = view();
    view.step(3);
    view.zoom(100, 20);
    "preg".clone_into(&mut view.wanted);
    assert!(view.seek());
    assert_eq!(chosen(&view), "preg_match");
    assert_eq!(view.stretch(), 0..10_000_000, "it is not in the zoom");
}
