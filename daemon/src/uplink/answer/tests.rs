use wire::batch::PutAside;

use super::*;

fn receipt(stored: u64, known: u64, put_aside: usize) -> Vec<u8> {
    let put_aside = (1..=put_aside)
        .map(|line| PutAside {
            line,
            reason: "r".to_owned(),
        })
        .collect();
    serde_json::to_vec(&Receipt {
        stored,
        known,
        put_aside,
    })
    .unwrap()
}

/// A moment whose date is Thu, 26 Nov 2026 17:00:00 GMT.
const NOW: Instant = Instant(1_795_712_400_000_000);

fn of(status: u16, retry_after: Option<&str>, body: &[u8], records: usize) -> Verdict {
    Verdict::of(status, retry_after, body, records, NOW)
}

#[test]
fn a_receipt_for_every_record_commits_the_batch() {
    let verdict = of(200, None, &receipt(7, 2, 1), 10);
    assert!(matches!(verdict, Verdict::Committed(receipt) if receipt.stored == 7));
}

#[test]
fn a_receipt_that_leaves_a_record_out_is_trouble() {
    assert_eq!(
        of(200, None, &receipt(7, 2, 0), 10),
        Verdict::Trouble("store's receipt accounts for 9 of 10 records".to_owned())
    );
}

#[test]
fn a_200_that_is_no_receipt_is_trouble() {
    assert!(matches!(
        of(200, None, b"<html>login", 1),
        Verdict::Trouble(_)
    ));
    assert!(matches!(of(200, None, b"", 1), Verdict::Trouble(_)));
}

#[test]
fn every_status_of_the_table_has_its_verdict() {
    for status in [400, 413, 415, 422] {
        assert!(
            matches!(of(status, None, b"", 1), Verdict::Refused { .. }),
            "{status}"
        );
    }
    for status in [401, 403] {
        assert_eq!(of(status, None, b"", 1), Verdict::Token { status });
    }
    for status in [429, 503] {
        let after = Some(Duration::from_secs(7));
        assert_eq!(
            of(status, Some("7"), b"", 1),
            Verdict::Later { status, after }
        );
        assert_eq!(
            of(status, None, b"", 1),
            Verdict::Later {
                status,
                after: None
            }
        );
    }
    for status in [100, 204, 301, 404, 405, 500, 502, 504, 999] {
        assert!(
            matches!(of(status, None, b"", 1), Verdict::Trouble(_)),
            "{status}"
        );
    }
}

#[test]
fn a_retry_after_is_bounded_and_may_be_a_date() {
    let after = |text| match of(503, Some(text), b"", 1) {
        Verdict::Later { after, .. } => after,
        other => panic!("not a wait: {other:?}"),
    };
    assert_eq!(after("86400"), Some(RETRY_AFTER_MAX));
    let dated = after("Thu, 26 Nov 2026 17:00:42 GMT");
    assert_eq!(dated, Some(Duration::from_secs(42)));
    assert_eq!(
        after("Fri, 27 Nov 2026 17:00:00 GMT"),
        Some(RETRY_AFTER_MAX)
    );
    assert_eq!(after("Wed, 21 Oct 2026 07:28:00 GMT"), Some(Duration::ZERO));
    assert_eq!(after("tomorrow"), None);
    assert_eq!(after("-1"), None);
}

#[test]
fn a_problem_document_is_told_in_its_own_words() {
    let body = serde_json::to_vec(&Problem::new(422, "no batch", "line 3 is no\nrecord")).unwrap();
    let Verdict::Refused { detail, .. } = of(422, None, &body, 3) else {
        panic!("a 422 refuses");
    };
    assert_eq!(detail, "no batch: line 3 is no record");
}
