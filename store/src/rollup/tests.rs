use proptest::prelude::*;
use wire::time::Micros;

use super::*;

impl FromIterator<(Key, Values)> for Sums {
    fn from_iter<I: IntoIterator<Item = (Key, Values)>>(entries: I) -> Self {
        let mut sums = Self::default();
        for (key, values) in entries {
            sums.add(key, &values);
        }
        sums
    }
}

fn any_sums() -> impl Strategy<Value = Sums> {
    let entry = (any::<(i64, i64)>(), any::<[i64; COLUMNS]>());
    let small = ((0..40_i64, 0..40_i64), prop::array::uniform8(-3..900_i64));
    let entries = prop::collection::vec(prop_oneof![entry, small], 0..200);
    entries.prop_map(|entries| entries.into_iter().collect())
}

proptest! {
    #[test]
    fn what_was_written_is_read(sums in any_sums()) {
        let written = totals([&sums]);
        let read = Totals::decode(&written.encode()).unwrap();
        prop_assert_eq!(entries(&read), entries(&written));
        prop_assert_eq!(entries(&read), sorted(&sums));
    }

    #[test]
    fn damage_is_told_and_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Totals::decode(&bytes);
    }

    #[test]
    fn a_cut_text_is_damage(sums in any_sums(), cut in 1..40_usize) {
        let bytes = totals([&sums]).encode();
        if cut < bytes.len() {
            prop_assert!(Totals::decode(&bytes[..bytes.len() - cut]).is_err());
        }
    }

    #[test]
    fn it_does_not_matter_who_is_added_to_whom(a in any_small(), b in any_small()) {
        prop_assert_eq!(entries(&totals([&a, &b])), entries(&totals([&b, &a])));
    }

    /// Many beside few, which are looked for in another way; and from what was stored.
    #[test]
    fn totals_are_the_sums_of_all_parts(parts in prop::collection::vec(any_small(), 1..6), many in any_many()) {
        let parts: Vec<&Sums> = std::iter::once(&many).chain(&parts).collect();
        let mut wanted = Sums::default();
        let mut read = Totals::default();
        for part in &parts {
            for (key, values) in part.iter() {
                wanted.add(key, values);
            }
            read.decode_into(&totals([*part]).encode()).unwrap();
        }
        let merged = totals(parts);
        prop_assert_eq!(entries(&merged), sorted(&wanted));
        prop_assert_eq!(entries(&read), sorted(&wanted));
        prop_assert_eq!(merged.len(), wanted.0.len());
        for (key, values) in wanted.iter() {
            prop_assert_eq!(merged.get(key), Some(*values));
        }
        prop_assert_eq!(merged.get((-1, 7)), None);
    }
}

fn totals<'s>(parts: impl IntoIterator<Item = &'s Sums>) -> Totals {
    let mut totals = Totals::default();
    for part in parts {
        totals.merge(&Totals::of(part));
    }
    totals
}

fn entries(totals: &Totals) -> Vec<(Key, Values)> {
    totals.iter().collect()
}

fn sorted(sums: &Sums) -> Vec<(Key, Values)> {
    let mut entries: Vec<_> = sums.iter().map(|(key, values)| (key, *values)).collect();
    entries.sort_unstable_by_key(|it| it.0);
    entries
}

fn any_many() -> impl Strategy<Value = Sums> {
    let entry = ((0..40_i64, 0..40_i64), prop::array::uniform8(0..900_i64));
    prop::collection::vec(entry, 0..900).prop_map(|entries| entries.into_iter().collect())
}

fn any_small() -> impl Strategy<Value = Sums> {
    let entry = ((0..9_i64, 0..9_i64), prop::array::uniform8(0..900_i64));
    prop::collection::vec(entry, 0..40).prop_map(|entries| entries.into_iter().collect())
}

#[test]
fn the_first_columns_are_added_and_of_the_last_the_greatest_is_kept() {
    let mut sums = Sums::default();
    sums.add((1, 2), &[1, 2, 3, 4, 5, 6, 7, 8]);
    sums.add((1, 2), &[1, 1, 1, 1, 1, 1, 9, 1]);
    assert_eq!(totals([&sums]).get((1, 2)), Some([2, 3, 4, 5, 6, 7, 9, 8]));
}

#[test]
fn the_tier_is_the_widest_that_fits() {
    let minutes = |minutes: i64| Tier::within(minutes * 60_000_000);
    assert_eq!(Tier::within(59_999_999), None);
    assert_eq!(minutes(1), Some(Tier::Minute));
    assert_eq!(minutes(59), Some(Tier::TenMinutes));
    assert_eq!(minutes(60), Some(Tier::Hour));
    let range = |hours: i64| Range {
        from_at_us: Instant(0),
        to_at_us: Instant(0) + Micros::from_seconds(hours * 3_600),
    };
    assert_eq!(Tier::for_range(range(1)), Tier::Minute);
    assert_eq!(Tier::for_range(range(24)), Tier::TenMinutes);
    assert_eq!(Tier::for_range(range(168)), Tier::Hour);
}
