//! Folding: whose the time becomes, and that none is lost.

use proptest::prelude::*;
use wire::time::{Instant, Range};

use super::*;
use crate::callgraph::{Side, around};

fn graph(functions: &[(&str, i64, i64)], pairs: &[(u32, u32, i64, i64)]) -> CallGraph {
    let rows = functions
        .iter()
        .map(|(name, inclusive, exclusive)| FunctionRow {
            name: (*name).to_owned(),
            calls: 1,
            inclusive_us: Micros(*inclusive),
            exclusive_us: Micros(*exclusive),
            exclusive_p95_us: Some(Micros(*exclusive)),
            ..FunctionRow::default()
        });
    let total = functions.iter().map(|it| it.2).sum();
    let pairs = pairs.iter().map(|it| (it.0, it.1, it.2, Micros(it.3)));
    CallGraph::new(FunctionGraph {
        range: Range {
            from_at_us: Instant(0),
            to_at_us: Instant(1),
        },
        profiles: 1,
        sampled_of: None,
        total_us: Micros(total),
        functions: rows.collect(),
        pairs: pairs.collect(),
        omitted: 0,
        omitted_us: Micros(0),
        omitted_pairs: 0,
    })
}

fn own(graph: &CallGraph, name: &str) -> i64 {
    let place = graph
        .place(name)
        .unwrap_or_else(|| panic!("{name} is there"));
    graph.answer.functions[place].exclusive_us.0
}

#[test]
fn a_library_s_time_is_its_callers_in_the_shares_in_which_they_called_it() {
    let mut graph = graph(
        &[
            ("main()", 100, 10),
            ("A::one", 60, 0),
            ("B::two", 30, 10),
            ("PDO::query", 80, 40),
            ("C::back", 40, 40),
        ],
        // Both call the library, which calls back.
        &[
            (0, 1, 1, 60),
            (0, 2, 1, 30),
            (1, 3, 6, 60),
            (2, 3, 2, 20),
            (3, 4, 8, 40),
        ],
    );
    graph.fold(Some(&Vendors::default()));
    let seen = graph.seen();
    assert_eq!(
        seen.away,
        Away {
            functions: 1,
            self_us: 40
        }
    );
    assert_eq!(own(seen, "A::one"), 30);
    assert_eq!(own(seen, "B::two"), 20);
    assert_eq!(own(seen, "main()"), 10);
    assert_eq!(seen.place("PDO::query"), None);
    let callers = around(seen, None, "C::back", Side::Callers);
    let callers: Vec<(&str, f64, f64)> = callers
        .iter()
        .map(|it| (it.name.as_str(), it.sums().calls, it.sums().inclusive_us))
        .collect();
    assert_eq!(callers, [("A::one", 6.0, 30.0), ("B::two", 2.0, 10.0)]);
    let rows = &seen.answer.functions;
    let p95 = |name: &str| rows[seen.place(name).expect("a row")].exclusive_p95_us;
    assert_eq!((p95("A::one"), p95("C::back")), (None, Some(Micros(40))));
    graph.fold(None);
    assert!(graph.seen().place("PDO::query").is_some());
}

#[test]
fn libraries_that_call_each_other_in_a_circle_are_folded_and_a_root_stays() {
    let mut graph = graph(
        &[
            ("Phalcon\\Loop::run", 100, 20),
            ("Shop::index", 80, 30),
            ("Phalcon\\One::a", 50, 25),
            ("Phalcon\\Two::b", 40, 25),
        ],
        &[
            (0, 1, 1, 80),
            (1, 2, 1, 50),
            (2, 3, 3, 40),
            (3, 2, 2, 15),
            (3, 3, 1, 5),
        ],
    );
    graph.fold(Some(&Vendors::default()));
    let names: Vec<&str> = graph
        .seen()
        .answer
        .functions
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(names, ["Phalcon\\Loop::run", "Shop::index"]);
    assert_eq!(own(graph.seen(), "Shop::index"), 80);
}

#[test]
fn what_took_no_time_is_folded_as_well() {
    let mut graph = graph(
        &[("main()", 10, 10), ("strlen", 0, 0), ("usleep", 0, 0)],
        &[(0, 1, 4, 0), (0, 2, 0, 0)],
    );
    graph.fold(Some(&Vendors::default()));
    assert_eq!(graph.seen().answer.functions.len(), 1);
    assert_eq!(own(graph.seen(), "main()"), 10);
}

proptest! {
    #[test]
    fn no_time_is_lost_whatever_calls_whatever(
        own_us in prop::collection::vec((0i64..1_000_000, prop::bool::ANY), 1..24),
        pairs in prop::collection::vec((0u32..26, 0u32..26, 0i64..50, -5i64..2_000_000), 0..120),
    ) {
        let names: Vec<String> = own_us.iter().enumerate()
            .map(|(place, it)| format!("{}F::f{place}", if it.1 { "Phalcon\\" } else { "Shop\\" }))
            .collect();
        let functions: Vec<(&str, i64, i64)> = own_us.iter().zip(&names)
            .map(|(it, name)| (name.as_str(), it.0 * 2, it.0))
            .collect();
        let mut graph = graph(&functions, &pairs);
        graph.fold(Some(&Vendors::default()));
        let (raw, seen) = (&graph.answer, &graph.seen().answer);
        let sum = |it: &FunctionGraph| -> i64 { it.functions.iter().map(|row| row.exclusive_us.0).sum() };
        prop_assert_eq!(sum(raw), sum(seen));
        prop_assert_eq!(raw.total_us, seen.total_us);
        let share: f64 = seen.functions.iter().map(|row| row.share).sum();
        prop_assert!(sum(raw) == 0 || (share - 1.0).abs() < 1e-9);
        for row in &seen.functions {
            let before = raw.functions.iter().find(|it| it.name == row.name);
            prop_assert_eq!(before.map(|it| it.inclusive_us), Some(row.inclusive_us));
        }
        for pair in &seen.pairs {
            let count = seen.functions.len();
            prop_assert!((pair.0 as usize) < count && (pair.1 as usize) < count);
        }
        prop_assert_eq!(raw.functions.len(), seen.functions.len() + graph.seen().away.functions);
    }
}
