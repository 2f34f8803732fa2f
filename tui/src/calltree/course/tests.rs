//! Boxes in the order of time: each function while it was seen, and nothing over another.

use proptest::prelude::*;
use wire::time::Micros;

use super::*;
use crate::fixture;

fn course() -> Course {
    Course::of(&fixture::sampled::sampled(10.0), 10_000_000, None).expect("it tells when")
}

#[test]
fn a_function_that_comes_again_has_two_boxes() {
    let course = course();
    let runs = course.runs(0..10_000_000, 100, 0, 10);
    let of = |name: &str| -> Vec<(usize, usize)> {
        let found = runs.iter().filter(|run| course.name(run.node) == name);
        found.map(|run| (run.x, run.columns)).collect()
    };
    assert_eq!(of("main()"), [(0, 96)]);
    assert_eq!(of("preg_match"), [(3, 2), (82, 8)]);
    assert_eq!(of("PDOStatement::execute"), [(6, 74), (90, 4)]);
}

#[test]
fn a_stretch_shows_what_is_in_it_alone() {
    let course = course();
    let runs = course.runs(8_200_000..9_000_000, 80, 4, 2);
    let names: Vec<&str> = runs.iter().map(|run| course.name(run.node)).collect();
    assert_eq!(names, ["Shop\\Pricing\\Rule::match", "preg_match"]);
    assert!(runs.iter().all(|run| run.columns == 80));
}

#[test]
fn of_a_column_the_longest_stack_is_taken() {
    let course = course();
    let runs = course.runs(0..10_000_000, 1, 7, 1);
    assert!(runs.is_empty(), "nothing is so deep");
    let runs = course.runs(0..10_000_000, 1, 4, 1);
    assert_eq!(course.name(runs[0].node), "PDOStatement::execute");
}

#[test]
fn folded_libraries_are_their_callers_boxes() {
    let profile = fixture::sampled::sampled(10.0);
    let course =
        Course::of(&profile, 10_000_000, Some(&Vendors::default())).expect("it tells when");
    let runs = course.runs(0..10_000_000, 100, 0, 10);
    let named = |row: usize| -> Vec<&str> {
        let row = runs.iter().filter(|run| run.row == row);
        row.map(|run| course.name(run.node)).collect()
    };
    assert_eq!(named(0), ["main()"]);
    assert_eq!(named(1), ["Shop\\CheckoutController::submitAction"]);
    let matched = runs
        .iter()
        .filter(|run| course.name(run.node).ends_with("Rule::match"));
    let columns: usize = matched.map(|run| run.columns).sum();
    assert_eq!(columns, 13, "with preg_match in it");
}

#[test]
fn call_pairs_have_no_course() {
    let pairs = fixture::reprice().request.profile.expect("a profile");
    assert_eq!(Course::of(&pairs, 1_000_000, None), None);
}

proptest! {
    #[test]
    fn boxes_stand_beside_each_other_and_on_their_callers(
        nodes in prop::collection::vec((-2i64..30, -1i64..6), 0..30),
        timeline in prop::collection::vec((-5i64..10_000, -1i64..32, -3i64..100), 0..60),
        span in 0i64..12_000,
        columns in 0usize..90,
    ) {
        let timeline = timeline.into_iter().map(|(at, node, samples)| (Micros(at), node, samples));
        let profile = Profile {
            names: (0..5).map(|name| format!("f{name}")).collect(),
            period_us: Some(Micros(10)),
            nodes,
            timeline: timeline.collect(),
            ..Profile::default()
        };
        let Some(course) = Course::of(&profile, span, None) else {
            return Ok(());
        };
        let runs = course.runs(0..course.span_us, columns, 0, 40);
        for (index, run) in runs.iter().enumerate() {
            prop_assert!(run.columns > 0 && run.x + run.columns <= columns && run.from_us < run.to_us);
            for other in &runs[index + 1..] {
                let is_apart = other.x >= run.x + run.columns || run.x >= other.x + other.columns;
                prop_assert!(run.row != other.row || is_apart);
            }
            let covers = |it: &Run| it.x <= run.x && it.x + it.columns >= run.x + run.columns;
            let has_caller = runs.iter().any(|it| it.row + 1 == run.row && covers(it));
            prop_assert!(run.row == 0 || has_caller);
        }
    }
}
