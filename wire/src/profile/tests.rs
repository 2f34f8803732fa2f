use proptest::prelude::*;

use super::*;

fn profile(edges: &[(Option<&str>, &str, i64, i64)]) -> Profile {
    let mut profile = Profile {
        shape: "call_pairs".into(),
        metrics: vec!["calls".into(), "wall_us".into()],
        ..Profile::default()
    };
    let mut index = |name: &str| {
        let found = profile.names.iter().position(|known| known == name);
        let index = found.unwrap_or_else(|| {
            profile.names.push(name);
            profile.names.len() - 1
        });
        i64::try_from(index).unwrap()
    };
    let edges = edges
        .iter()
        .map(|(parent, child, calls, wall_us)| {
            [
                parent.map_or(-1, &mut index),
                index(child),
                *calls,
                *wall_us,
            ]
        })
        .collect();
    profile.edges = edges;
    profile
}

#[test]
fn recursion_counts_once_inclusively_and_wholly_exclusively() {
    let profile = profile(&[
        (None, "main()", 1, 1_000),
        (Some("main()"), "foo", 1, 900),
        (Some("foo"), "foo@1", 1, 500),
        (Some("foo@1"), "foo@2", 1, 200),
        (Some("foo@2"), "bar", 2, 50),
    ]);
    let functions = profile.functions();
    let foo = functions
        .iter()
        .find(|function| function.name == "foo")
        .unwrap();
    assert_eq!(
        (foo.inclusive_us.0, foo.exclusive_us.0, foo.calls),
        (900, 850, 3)
    );
    assert_eq!(
        functions.iter().map(|f| f.exclusive_us.0).sum::<i64>(),
        1_000
    );
    assert_eq!(profile.total_us().0, 1_000);
}

#[test]
fn an_unmerged_graph_has_the_same_sums_and_a_pair_for_each_edge() {
    let profile = profile(&[
        (None, "main()", 1, 1_000),
        (Some("main()"), "foo", 1, 900),
        (Some("foo"), "foo@1", 1, 500),
        (Some("foo"), "bar", 1, 30),
        (Some("foo@1"), "bar", 2, 50),
    ]);
    let (merged, unmerged) = (profile.graph(), Graph::unmerged(&profile));
    assert_eq!(
        (&merged.names, &merged.functions, merged.total_us),
        (&unmerged.names, &unmerged.functions, unmerged.total_us)
    );
    assert_eq!((merged.pairs.len(), unmerged.pairs.len()), (3, 4));
    let inclusive_us = |graph: &Graph<'_>| -> i64 {
        let to_bar = graph
            .pairs
            .iter()
            .filter(|it| graph.names[it.callee] == "bar");
        to_bar.map(|it| it.inclusive_us).sum()
    };
    assert_eq!((inclusive_us(&merged), inclusive_us(&unmerged)), (80, 80));
}

#[test]
fn callers_and_callees_are_exact_per_pair() {
    let profile = profile(&[
        (None, "main()", 1, 100),
        (Some("main()"), "a", 1, 60),
        (Some("main()"), "b", 1, 40),
        (Some("a"), "sql", 3, 50),
        (Some("b"), "sql", 1, 10),
    ]);
    let callers = profile.callers("sql");
    let named = |pair: &Pair| (pair.name.clone(), pair.calls, pair.inclusive_us.0);
    assert_eq!(
        callers.iter().map(named).collect::<Vec<_>>(),
        [("a".to_owned(), 3, 50), ("b".to_owned(), 1, 10)]
    );
    assert_eq!(
        profile.callees("a").iter().map(named).collect::<Vec<_>>(),
        [("sql".to_owned(), 3, 50)]
    );
}

#[test]
fn edges_that_point_nowhere_are_passed_over() {
    let mut profile = profile(&[(None, "main()", 1, 100)]);
    let nonsense: [&[i64]; 5] = [&[], &[0], &[0, 99, 1, 1], &[-7, 0, 1, 1], &[0, 0, 1]];
    profile.edges.extend(nonsense);
    assert_eq!(profile.functions().len(), 1);
}

#[test]
fn an_address_in_a_name_is_no_recursion() {
    assert_eq!(split_recursion("class@anonymous"), ("class@anonymous", 0));
    assert_eq!(split_recursion("foo@12"), ("foo", 12));
    assert_eq!(split_recursion("@1"), ("@1", 0));
}

proptest! {
    /// Any tree of calls: the exclusive times add up to the root.
    #[test]
    fn exclusive_times_add_up_to_the_total(
        calls in prop::collection::vec((0_usize..8, 0_i64..1_000_000), 1..60),
    ) {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let mut edges = vec![(None, "main()", 1, 1_000_000_000)];
        let mut parent = "main()";
        for (name, wall_us) in calls {
            edges.push((Some(parent), names[name], 1, wall_us));
            parent = names[name];
        }
        let profile = profile(&edges);
        let sum: i64 = profile.functions().iter().map(|function| function.exclusive_us.0).sum();
        prop_assert_eq!(sum, profile.total_us().0);
    }
}
