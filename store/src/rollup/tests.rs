use proptest::prelude::*;
use wire::time::Micros;

use super::*;

fn any_sums() -> impl Strategy<Value = Sums> {
    let entry = (any::<(i64, i64)>(), any::<[i64; COLUMNS]>());
    let small = ((0..40_i64, 0..40_i64), prop::array::uniform8(-3..900_i64));
    let entries = prop::collection::vec(prop_oneof![entry, small], 0..200);
    entries.prop_map(|entries| entries.into_iter().collect())
}

proptest! {
    #[test]
    fn what_was_written_is_read(sums in any_sums()) {
        prop_assert_eq!(Sums::decode(&sums.encode()).unwrap(), sums);
    }

    #[test]
    fn damage_is_told_and_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Sums::decode(&bytes);
    }

    #[test]
    fn a_cut_text_is_damage(sums in any_sums(), cut in 1..40_usize) {
        let bytes = sums.encode();
        if cut < bytes.len() {
            prop_assert!(Sums::decode(&bytes[..bytes.len() - cut]).is_err());
        }
    }

    #[test]
    fn it_does_not_matter_who_is_added_to_whom(a in any_small(), b in any_small()) {
        let (mut ab, mut ba) = (a.clone(), b.clone());
        ab.merge(&b);
        ba.merge(&a);
        prop_assert_eq!(ab, ba);
    }
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
    assert_eq!(sums.get((1, 2)), Some(&[2, 3, 4, 5, 6, 7, 9, 8]));
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
