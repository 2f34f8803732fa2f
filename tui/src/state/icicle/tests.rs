//! What is searched for in an icicle.

use super::*;
use crate::fixture;

fn icicle() -> Icicle {
    Icicle::new(
        CallTree::of_stacks([&fixture::sampled::sampled(10.0)], None),
        None,
    )
}

#[test]
fn a_box_within_another_that_is_searched_for_is_not_counted_twice() {
    let mut icicle = icicle();
    icicle.want("PRICING");
    assert_eq!(icicle.wanted_count(), 2, "forCart, and match below it");
    let share = icicle.wanted_share();
    // 1.5 s of the 9.6 s that were seen.
    assert!((share - 1.5 / 9.6).abs() < 1e-6, "{share}");
    icicle.want("  ");
    assert_eq!(icicle.wanted_count(), 0);
}

#[test]
fn the_longest_is_gone_to_and_a_zoom_that_hides_it_ends() {
    let mut icicle = icicle();
    icicle.want("View::render");
    assert!(icicle.seek());
    icicle.zoom();
    icicle.want("execute");
    assert!(icicle.seek());
    assert!(icicle.zooms.is_empty());
    let selected = icicle.selected.expect("a box");
    assert_eq!(icicle.tree.name(selected), "PDOStatement::execute");
    icicle.want("nowhere");
    assert!(!icicle.seek());
    assert_eq!(icicle.selected, Some(selected));
}
