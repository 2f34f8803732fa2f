//! The tree of stacks: each is where it was seen, bounded, and no time is lost or made up.

use proptest::prelude::*;
use wire::time::Micros;

use super::super::tests::check;
use super::*;
use crate::fixture;

fn time(tree: &CallTree, path: &[&str]) -> f64 {
    let mut places = &tree.roots;
    let mut time_us = 0.0;
    for name in path {
        let node = places.iter().find(|node| tree.name(**node) == *name);
        let node = *node.unwrap_or_else(|| panic!("{name} is not there"));
        (time_us, places) = (tree.nodes[node].time_us, &tree.nodes[node].children);
    }
    time_us
}

#[test]
fn what_was_seen_below_one_caller_is_not_seen_below_another() {
    // Both call it, but only one of them does so from here.
    let profile = Profile {
        shape: "stacks".to_owned(),
        names: ["main", "one", "two", "both", "end"].into_iter().collect(),
        period_us: Some(Micros(1_000)),
        nodes: vec![(-1, 0), (0, 1), (0, 2), (1, 3), (2, 3), (3, 4)],
        stacks: vec![(5, 30), (4, 10)],
        ..Profile::default()
    };
    let tree = CallTree::of_stacks([&profile], None);
    check(&tree);
    assert!((time(&tree, &["main", "one", "both", "end"]) - 30_000.0).abs() < 1e-6);
    assert!((time(&tree, &["main", "two", "both"]) - 10_000.0).abs() < 1e-6);
    let below_two = tree
        .nodes
        .iter()
        .find(|it| it.depth == 2 && it.children.is_empty());
    assert!(
        below_two.is_some(),
        "what the one calls on is not drawn below the other"
    );
    let estimate = CallTree::of(&crate::callgraph::CallGraph::of_profile(&profile));
    let ends = estimate.nodes.iter().filter(|it| it.depth == 3).count();
    assert_eq!(ends, 2, "pairs can't tell");
}

#[test]
fn profiles_are_added_up_and_pairs_are_none() {
    let pairs = fixture::reprice().request.profile.expect("a profile");
    let tree = CallTree::of_stacks(
        [
            &fixture::sampled::sampled(10.0),
            &fixture::sampled::sampled(10.0),
            &pairs,
        ],
        None,
    );
    check(&tree);
    assert!(!tree.is_estimate);
    assert!(
        (tree.total_us - 2.0 * 9.6e6).abs() < 1.0,
        "{}",
        tree.total_us
    );
}

proptest! {
    #[test]
    fn whatever_was_sent_no_time_is_lost(
        nodes in prop::collection::vec((-2i64..40, -1i64..6), 0..40),
        stacks in prop::collection::vec((-1i64..42, -3i64..1_000), 0..60),
    ) {
        let profile = Profile {
            shape: "stacks".to_owned(),
            names: (0..5).map(|name| format!("f{name}")).collect(),
            period_us: Some(Micros(1_000)),
            nodes,
            stacks,
            ..Profile::default()
        };
        let tree = CallTree::of_stacks([&profile], None);
        check(&tree);
        prop_assert!((tree.total_us - profile.total_us().0 as f64).abs() < 1e-3);
    }
}
