use crate::profile::Pair;
use proptest::prelude::*;

use super::*;

/// `main -> a -> b`, `main -> a -> b -> a`, `main`: 3, 2 and 1 samples of 10 ms.
fn recursive() -> Profile {
    Profile {
        shape: SHAPE.into(),
        period_us: Some(Micros::from_millis(10)),
        names: ["main()", "a", "b"].into_iter().collect(),
        nodes: vec![(-1, 0), (0, 1), (1, 2), (2, 1)],
        stacks: vec![(2, 3), (3, 2), (0, 1)],
        ..Profile::default()
    }
}

fn sums(profile: &Profile) -> Vec<(String, i64, i64)> {
    let functions = profile.functions().into_iter();
    functions
        .map(|f| (f.name, f.exclusive_us.0 / 1000, f.inclusive_us.0 / 1000))
        .collect()
}

#[test]
fn recursion_counts_once_inclusively() {
    let expected = [("b", 30, 50), ("a", 20, 50), ("main()", 10, 60)];
    let expected = expected.map(|(name, own, all)| (name.to_owned(), own, all));
    assert_eq!(sums(&recursive()), expected);
    assert_eq!(recursive().total_us(), Micros::from_millis(60));
}

#[test]
fn callers_and_callees_are_those_next_on_the_stack() {
    let names = |pairs: Vec<Pair>| -> Vec<(String, i64)> {
        let pairs = pairs.into_iter();
        pairs.map(|p| (p.name, p.inclusive_us.0 / 1000)).collect()
    };
    let profile = recursive();
    assert_eq!(
        names(profile.callers("a")),
        [("main()".to_owned(), 50), ("b".to_owned(), 20)]
    );
    assert_eq!(names(profile.callees("b")), [("a".to_owned(), 20)]);
}

#[test]
fn nonsense_ends_and_harms_nobody() {
    let mut profile = recursive();
    profile.nodes.extend([(99, 7), (5, 1)]);
    profile
        .stacks
        .extend([(4, 1), (5, 1), (77, 1), (-3, 1), (0, -5)]);
    assert_eq!(profile.total_us(), Micros::from_millis(80));
    assert!(sums(&profile).contains(&("?".to_owned(), 10, 10)));
}

proptest! {
    #[test]
    fn exclusive_times_add_up_to_all(
        parents in prop::collection::vec((-2_i64..40, -1_i64..12), 0..40),
        stacks in prop::collection::vec((-1_i64..45, -2_i64..1000), 0..60),
    ) {
        let profile = Profile {
            shape: SHAPE.into(),
            period_us: Some(Micros(10_000)),
            names: (0..10).map(|index| format!("f{index}")).collect(),
            nodes: parents,
            stacks,
            ..Profile::default()
        };
        let functions = profile.functions();
        let exclusive: i64 = functions.iter().map(|f| f.exclusive_us.0).sum();
        prop_assert_eq!(exclusive, profile.total_us().0);
        prop_assert!(functions.iter().all(|f| f.inclusive_us >= f.exclusive_us));
        prop_assert!(functions.iter().all(|f| f.inclusive_us <= profile.total_us()));
    }
}
