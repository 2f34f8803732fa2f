//! Two trees, place by place.

use super::super::tests::{check, tree};
use super::*;
use crate::callgraph::CallGraph;
use crate::fixture;

fn compared() -> CallTree {
    let (_, mut tree) = tree();
    let calm = fixture::function_graph(fixture::range("13:31:10", "14:01:10"));
    tree.compare(&CallTree::of(&CallGraph::new(calm)));
    check(&tree);
    tree
}

fn change(tree: &CallTree, name: &str) -> (f64, Change) {
    let mut nodes = 0..tree.nodes.len();
    let node = nodes.find(|node| tree.name(*node) == name);
    tree.change(node.unwrap_or_else(|| panic!("{name} has a node")))
}

#[test]
fn a_place_that_took_more_less_or_was_not_there_is_told() {
    let tree = compared();
    // 1,240 s of 412 requests against 195 s of 1,650.
    let (us, rule) = change(&tree, "Shop\\Pricing\\Rule::match");
    assert_eq!(rule, Change::More);
    assert!(
        (us / 1e6 - (1_240.0 / 412.0 - 195.0 / 1_650.0)).abs() < 1e-6,
        "{us}"
    );
    assert_eq!(change(&tree, "Phalcon\\Mvc\\View::render").1, Change::New);
    assert_eq!(change(&tree, "PDOStatement::execute").1, Change::More);
}

#[test]
fn a_tree_beside_itself_has_not_changed() {
    let (_, mut tree) = tree();
    let same = tree.clone();
    tree.compare(&same);
    for node in 0..tree.nodes.len() {
        assert_eq!(
            tree.change(node),
            (0.0, Change::Same),
            "{}",
            tree.name(node)
        );
    }
}

#[test]
fn a_function_that_was_elsewhere_is_more_here_and_not_new() {
    let (_, mut tree) = tree();
    let mut before = tree.clone();
    // The rules were called by the preview alone.
    let preview = (0..before.nodes.len())
        .find(|node| before.name(*node).ends_with("forCart"))
        .expect("it is there");
    before.nodes[preview].children.clear();
    tree.compare(&before);
    assert_eq!(change(&tree, "Shop\\Pricing\\Rule::match").1, Change::More);
}
