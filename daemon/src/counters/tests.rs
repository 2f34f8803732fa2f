use super::*;

#[test]
fn a_name_is_one_counter_for_all_who_ask() {
    let counters = Counters::default();
    counters.counter("frames_accepted").increment();
    counters.clone().counter("frames_accepted").add(2);
    assert_eq!(
        counters.counts(),
        BTreeMap::from([("frames_accepted".to_owned(), 3)])
    );
}

#[test]
fn a_gauge_shows_its_last_level() {
    let counters = Counters::default();
    counters.gauge("journal_bytes").set_size(7);
    counters.gauge("journal_bytes").set_size(u64::MAX);
    assert_eq!(
        counters.levels(),
        BTreeMap::from([("journal_bytes".to_owned(), i64::MAX)])
    );
}

#[test]
fn the_last_error_is_cut_to_its_bound() {
    let counters = Counters::default();
    counters.set_last_error(&"é".repeat(2_000));
    assert_eq!(
        counters.last_error().unwrap().chars().count(),
        LAST_ERROR_CHARS_MAX
    );
}
