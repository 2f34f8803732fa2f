//! Lines of a batch: what is taken for a record stays the same record when it is written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::batch;
use wire::record::Record;

fuzz_target!(|bytes: &[u8]| {
    for (_, line) in batch::lines(bytes) {
        let Ok(record) = Record::try_from_line(line) else {
            continue;
        };
        // A body of a known kind may be refused, with words.
        if let Err(error) = record.body() {
            assert!(!error.to_string().is_empty());
        }
        let written = record.to_line();
        assert!(!written.contains(&b'\n'));
        let read = Record::try_from_line(&written).expect("what was written is read");
        assert_eq!(read.event_id, record.event_id);
        assert_eq!(read.to_line(), written);
    }
});
