//! Sums, differences over the names of both, neighbours.

use super::*;
use crate::fixture;

fn graphs() -> (CallGraph, CallGraph) {
    let now = fixture::function_graph(fixture::range("14:01:10", "14:08:40"));
    let before = fixture::function_graph(fixture::range("13:31:10", "14:01:10"));
    (CallGraph::new(now), CallGraph::new(before))
}

fn find<'a>(lines: &'a [Line], name: &str) -> &'a Line {
    let mut lines = lines.iter();
    lines
        .find(|line| line.name.ends_with(name))
        .expect("a line")
}

#[test]
fn self_times_and_what_is_left_out_add_up_to_the_total() {
    let (graph, _) = graphs();
    let own: f64 = totals(&graph).iter().map(|line| line.sums().self_us).sum();
    let whole = own + graph.answer.omitted_us.0 as f64;
    assert!(
        (whole - graph.answer.total_us.0 as f64).abs() < 1.0,
        "{whole}"
    );
}

#[test]
fn a_difference_has_the_functions_of_both_and_adds_up_to_the_change_of_the_mean() {
    let (now, before) = graphs();
    let mut lines = changes(&now, &before);
    Order::Change.sort(&mut lines);
    assert!(lines[0].name.ends_with("Rule::match"), "{lines:?}");
    assert!(find(&lines, "gc_collect_cycles").is_new());
    assert!(find(&lines, "Smarty::fetch").is_gone());
    assert!(!find(&lines, "Rule::match").is_new());
    let change: f64 = lines.iter().map(Line::self_change_us).sum();
    let mean = |graph: &CallGraph| {
        let total = graph.answer.total_us.0 - graph.answer.omitted_us.0;
        total as f64 / graph.answer.profiles as f64
    };
    let expected = mean(&now) - mean(&before);
    assert!((change - expected).abs() < 1.0, "{change} {expected}");
}

#[test]
fn neighbours_are_those_of_both_ranges() {
    let (now, before) = graphs();
    let name = "Shop\\Pricing\\Rule::match";
    let callers = around(&now, Some(&before), name, Side::Callers);
    let names: Vec<&str> = callers.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(
        names,
        ["Shop\\Pricing::forCart", "Shop\\Admin\\Preview::show"]
    );
    assert!(callers[1].is_new() && !callers[0].is_new());
    let callees = around(&now, None, name, Side::Callees);
    assert_eq!(callees.len(), 1);
    assert!((callees[0].sums().calls - 3_988_160.0).abs() < 0.5);
    assert_eq!(around(&now, None, "nobody", Side::Callers), []);
}

#[test]
fn pairs_that_point_nowhere_are_passed_over() {
    let (graph, _) = graphs();
    let mut answer = graph.answer;
    answer.pairs.push((7_000, 0, 1, wire::time::Micros(1)));
    let graph = CallGraph::new(answer);
    assert_eq!(graph.roots().collect::<Vec<_>>(), [0]);
}
