//! Statements: what was normalized stays as it is, on one line, and no value survives.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::sql::{fingerprint, names_relation, normalize, takes_locks};

fuzz_target!(|text: &str| {
    let once = normalize(text);
    assert_eq!(normalize(&once), once);
    assert_eq!(fingerprint(text), fingerprint(&once));
    assert!(!once.contains('\n'));
    assert_eq!(takes_locks(text), takes_locks(&once));
    names_relation(text, "stock");
});
