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

#[test]
fn a_process_goes_on_from_what_the_one_before_it_has_counted() {
    let first = Counters::default();
    first.counter("frames").add(3);
    first.counter("errors").add(1);
    first.set_last_error("disk full");
    let second = Counters::default();
    second.counter("frames").add(2);
    second.resume(first.counts(), first.last_error());
    second.counter("frames").add(2);
    let expected = [("errors".to_owned(), 1), ("frames".to_owned(), 7)];
    assert_eq!(second.counts(), expected.into());
    assert_eq!(second.last_error().as_deref(), Some("disk full"));
    // What a counter's own holder sees is this process's share.
    assert_eq!(second.counter("frames").get(), 4);
}
