use super::*;

const RATES: Rates = Rates {
    records_per_s: 100,
    bytes_per_s: 10_000,
    connections: 2,
};

fn at(millis: u64) -> Monotonic {
    Monotonic(Duration::from_millis(millis))
}

#[test]
fn a_batch_larger_than_a_second_s_worth_passes_and_is_waited_for_afterwards() {
    let accounts = Accounts::new(RATES);
    accounts.admit("web1", at(0)).unwrap().take(300, 10);
    let excess = accounts.admit("web1", at(0)).unwrap_err();
    assert_eq!((excess.what, excess.allowed), ("records a second", 100));
    // 200 below zero, and one to begin with.
    assert_eq!(excess.retry_after, Duration::from_millis(2_010));
    assert!(accounts.admit("web1", at(2_000)).is_err());
    assert!(accounts.admit("web1", at(2_010)).is_ok());
}

#[test]
fn bytes_count_as_records_do_and_idleness_saves_up_one_second_at_most() {
    let accounts = Accounts::new(RATES);
    for second in [0, 3_600] {
        accounts
            .admit("web1", at(second * 1_000))
            .unwrap()
            .take(1, 25_000);
        let excess = accounts.admit("web1", at(second * 1_000)).unwrap_err();
        assert_eq!(excess.what, "bytes a second");
        assert!(accounts.admit("web1", at(second * 1_000 + 1_600)).is_ok());
    }
}

#[test]
fn tokens_do_not_pay_for_each_other() {
    let accounts = Accounts::new(RATES);
    accounts.admit("web1", at(0)).unwrap().take(1_000, 0);
    assert!(accounts.admit("web1", at(0)).is_err());
    assert!(accounts.admit("web2", at(0)).is_ok());
}

#[test]
fn batches_under_way_are_counted_until_they_are_done() {
    let accounts = Accounts::new(RATES);
    let first = accounts.admit("web1", at(0)).unwrap();
    let _second = accounts.admit("web1", at(0)).unwrap();
    assert_eq!(
        accounts.admit("web1", at(0)).unwrap_err().what,
        "batches at once"
    );
    drop(first);
    assert!(accounts.admit("web1", at(0)).is_ok());
}

#[test]
fn zero_is_no_limit() {
    let accounts = Accounts::new(Rates {
        records_per_s: 0,
        bytes_per_s: 0,
        connections: 0,
    });
    let admissions: Vec<_> = (0..100)
        .map(|_| {
            let admission = accounts.admit("web1", at(0)).unwrap();
            admission.take(1_000_000, u64::from(u32::MAX));
            admission
        })
        .collect();
    assert_eq!(admissions.len(), 100);
}

#[test]
fn accounts_of_tokens_that_are_gone_are_forgotten() {
    let accounts = Accounts::new(RATES);
    for number in 0..limits::TOKENS_MAX {
        accounts.admit(&number.to_string(), at(0)).unwrap();
    }
    accounts.admit("late", at(120_000)).unwrap();
    assert_eq!(accounts.lock().len(), 1);
}
