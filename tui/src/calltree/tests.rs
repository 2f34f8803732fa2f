//! The unfolded tree: bounded, and no time is lost or made up.

use proptest::prelude::*;
use wire::query::{FunctionGraph, FunctionRow};
use wire::time::Micros;

use super::*;
use crate::fixture;

pub(super) fn tree() -> (CallGraph, CallTree) {
    let answer = fixture::function_graph(fixture::range("14:01:10", "14:08:40"));
    let graph = CallGraph::new(answer);
    let tree = CallTree::of(&graph);
    (graph, tree)
}

/// Whatever a node's children, the rest and its own time add up to its time.
pub(super) fn check(tree: &CallTree) {
    for node in &tree.nodes {
        let children = node.children.iter().map(|child| tree.nodes[*child].time_us);
        let sum = children.sum::<f64>() + node.rest.time_us + node.self_us;
        assert!(
            (sum - node.time_us).abs() <= 1e-6 * node.time_us.max(1.0),
            "{node:?} {sum}"
        );
    }
    let roots = tree.roots.iter().map(|root| tree.nodes[*root].time_us);
    let sum = roots.sum::<f64>() + tree.rest.time_us;
    assert!(
        (sum - tree.total_us).abs() <= 1e-6 * tree.total_us.max(1.0),
        "{sum}"
    );
    assert!(tree.nodes.len() <= NODES_MAX);
}

#[test]
fn a_callee_s_time_is_divided_among_its_callers() {
    let (graph, tree) = tree();
    check(&tree);
    let rule = graph
        .place("Shop\\Pricing\\Rule::match")
        .expect("it is there");
    let times: Vec<f64> = tree
        .nodes
        .iter()
        .filter(|node| node.function == rule)
        .map(|node| (node.time_us / 1e6).round())
        .collect();
    assert_eq!(times, [1_240.0, 38.0]);
}

#[test]
fn recursion_ends() {
    let row = |name: &str| FunctionRow {
        name: name.to_owned(),
        calls: 1,
        inclusive_us: Micros(100),
        exclusive_us: Micros(50),
        profiles: 1,
        share: 0.5,
        ..FunctionRow::default()
    };
    let (graph, _) = tree();
    let graph = CallGraph::new(FunctionGraph {
        functions: vec![row("main()"), row("a"), row("b")],
        pairs: vec![
            (0, 1, 1, Micros(100)),
            (1, 2, 1, Micros(90)),
            (2, 1, 1, Micros(80)),
            (1, 1, 1, Micros(70)),
        ],
        total_us: Micros(100),
        ..graph.answer
    });
    let tree = CallTree::of(&graph);
    check(&tree);
    assert_eq!(tree.nodes.len(), 3);
}

fn any_graph() -> impl Strategy<Value = FunctionGraph> {
    let rows = prop::collection::vec((-5i64..1_000_000, 0i64..1_000), 0..12);
    let pairs = prop::collection::vec((0u32..14, 0u32..14, -9i64..1_000_000), 0..60);
    (rows, pairs, -5i64..2_000_000).prop_map(|(rows, pairs, total)| {
        let (graph, _) = tree();
        FunctionGraph {
            total_us: Micros(total),
            functions: rows
                .iter()
                .enumerate()
                .map(|(index, (inclusive, exclusive))| FunctionRow {
                    name: format!("f{index}"),
                    inclusive_us: Micros(*inclusive),
                    exclusive_us: Micros(*exclusive),
                    ..FunctionRow::default()
                })
                .collect(),
            pairs: pairs
                .into_iter()
                .map(|(caller, callee, time)| (caller, callee, 1, Micros(time)))
                .collect(),
            ..graph.answer
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_the_store_answers_no_time_is_lost(answer in any_graph()) {
        check(&CallTree::of(&CallGraph::new(answer)));
    }
}
