use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;

#[test]
fn the_ceiling_doubles_with_each_failure_up_to_the_most() {
    let mut backoff = Backoff::new(Duration::from_millis(500));
    let mut random = StdRng::seed_from_u64(1);
    let mut ceilings = Vec::new();
    for _ in 0..5 {
        ceilings.push(backoff.ceiling().as_millis());
        backoff.failed(&mut random);
    }
    assert_eq!(ceilings, [100, 200, 400, 500, 500]);
}

#[test]
fn a_success_starts_over() {
    let mut backoff = Backoff::new(Duration::from_secs(30));
    let mut random = StdRng::seed_from_u64(1);
    for _ in 0..8 {
        backoff.failed(&mut random);
    }
    backoff.succeeded();
    assert_eq!(backoff.ceiling(), CEILING_FIRST);
}

proptest! {
    #[test]
    fn no_wait_is_above_the_ceiling(seed: u64, failures in 0_u32..200, most_ms in 0_u64..100_000) {
        let most = Duration::from_millis(most_ms);
        let mut backoff = Backoff { most, failures };
        let ceiling = backoff.ceiling();
        prop_assert!(ceiling <= most);
        prop_assert!(backoff.failed(&mut StdRng::seed_from_u64(seed)) <= ceiling);
    }
}
