//! Boxes: no overlap, no gap before the last, no lost column.

use proptest::prelude::*;

use super::super::tests::tree;
use super::*;

#[test]
fn largest_remainders_get_what_is_left() {
    assert_eq!(columns_of(&[1.0, 1.0, 1.0], 10), [4, 3, 3]);
    assert_eq!(columns_of(&[0.5, 49.5, 50.0], 10), [0, 5, 5]);
    assert_eq!(columns_of(&[0.0, 0.0], 10), [0, 0]);
}

#[test]
fn what_is_too_narrow_shares_a_box_that_says_how_much() {
    let (_, mut tree) = tree();
    let root = tree.roots[0];
    let time_us = tree.nodes[root].time_us;
    let parts: Vec<f64> = (0..400).map(|_| time_us * 0.53 / 400.0).collect();
    let small: Vec<usize> = parts
        .iter()
        .map(|part| {
            tree.push(0, Some(root), 1, *part);
            tree.nodes.len() - 1
        })
        .collect();
    tree.nodes[root].children = small;
    tree.nodes[root].rest = Rest::default();
    tree.nodes[root].self_us = time_us * 0.47;
    let picture = Picture::of(&tree, Some(root), 100, 2);
    let more = picture.cells.iter().find_map(|cell| match cell.what {
        What::More(rest) => Some((rest.count, cell.columns)),
        What::Node(_) => None,
    });
    assert_eq!(more, Some((400, 53)));
}

#[test]
fn the_keys_find_their_way_in_the_boxes() {
    let (graph, tree) = tree();
    let picture = Picture::of(&tree, None, 100, 20);
    let name = |node: usize| {
        graph.answer.functions[tree.nodes[node].function]
            .name
            .as_str()
    };
    let root = tree.roots[0];
    assert_eq!(name(root), "main()");
    let mut node = root;
    for _ in 0..2 {
        node = picture.below(&tree, node).expect("a callee");
    }
    assert!(name(node).ends_with("submitAction"));
    let right = picture.beside(node, true).expect("a neighbour");
    assert!(name(right).ends_with("Preview::show"));
    assert_eq!(picture.beside(right, false), Some(node));
    assert_eq!(picture.beside(root, true), None);
}

proptest! {
    #[test]
    fn every_box_lies_below_its_caller(columns in 0usize..200, rows in 0usize..30, zoom in prop::option::of(0usize..20)) {
        let (_, tree) = tree();
        let picture = Picture::of(&tree, zoom, columns, rows);
        for cell in &picture.cells {
            prop_assert!(cell.x + cell.columns <= columns && cell.row < rows && cell.columns > 0);
            if let What::Node(node) = cell.what
                && cell.row > 0
            {
                let parent = tree.nodes[node].parent.expect("a box below another");
                let above = picture.cells[picture.position(parent).expect("its caller")];
                prop_assert_eq!(above.row + 1, cell.row);
                prop_assert!(above.x <= cell.x && cell.x + cell.columns <= above.x + above.columns);
            }
        }
        for (index, cell) in picture.cells.iter().enumerate() {
            let next = picture.cells.get(index + 1).filter(|next| next.row == cell.row);
            prop_assert!(next.is_none_or(|next| next.x >= cell.x + cell.columns));
        }
    }
}
