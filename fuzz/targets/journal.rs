//! Journals: nothing that stands on the disk stops a start, what is appended then is read, and looking sees
//! what reading reads.
#![no_main]

use std::fs;

use daemon::journal::{Journal, Options, inspect};
use libfuzzer_sys::fuzz_target;

const OPTIONS: Options = Options {
    memory_bytes_max: 0,
    disk_bytes_max: 1 << 30,
};

fuzz_target!(|input: (&[u8], &[u8], bool)| {
    let (segment, cursor, has_head) = input;
    let dir = tempfile::tempdir().expect("a folder");
    // Half of the inputs get past the segment's head without having to find it.
    let head: &[u8] = if has_head {
        b"bvjournl\0\0\0\x01\0\0\0\0"
    } else {
        b""
    };
    let name = "00000000000000000001.segment";
    fs::write(dir.path().join(name), [head, segment].concat()).expect("a segment");
    if !cursor.is_empty() {
        fs::write(dir.path().join("cursor"), cursor).expect("a cursor");
    }
    let mut seen = 0;
    let inspection = inspect(dir.path(), &mut |_, _| seen += 1).expect("looking never fails");
    assert_eq!(inspection.unread_records, seen);
    let (mut journal, _) = Journal::open(dir.path(), OPTIONS).expect("no content stops a start");
    journal.append(b"{\"last\":1}").expect("room for one more");
    let (mut last, mut read) = (Vec::new(), 0);
    loop {
        let batch = journal
            .peek_batch(100, 1 << 20)
            .expect("reading goes past damage");
        let Some(record) = batch.records.last() else {
            break;
        };
        last = record.to_vec();
        read += batch.records.len() as u64;
        journal.acknowledge(batch.end).expect("the cursor moves");
    }
    assert_eq!(last, b"{\"last\":1}");
    if cursor.is_empty() {
        assert_eq!(read, seen + 1, "looking sees what reading reads");
    }
});
