//! What crashes, bad disks and people do to a journal's files.

use super::*;

/// Three segments' worth of records of 100 bytes, closed.
fn filled() -> Bench {
    let mut bench = Bench::new(0, 64 * 1024);
    for n in 0..200 {
        bench.append(&[&format!("{n:0100}")]);
    }
    assert!(bench.segments().len() >= 3);
    bench.close();
    bench
}

fn numbers(texts: &[String]) -> Vec<u64> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn a_tail_torn_at_any_byte_is_cut_and_costs_nothing_else() {
    let mut bench = Bench::new(0, 1 << 20);
    bench.append(&["first", "second"]);
    bench.close();
    let path = bench.segments().remove(0);
    let whole = fs::read(&path).unwrap();
    let second = whole.len() - (record::HEADER_BYTES + "second".len());
    for length in second..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let _ = fs::remove_file(cursor::path(bench.dir.path()));
        let recovery = bench.reopen();
        assert_eq!(
            recovery.torn_bytes,
            (length - second) as u64,
            "torn at {length}"
        );
        bench.append(&["third"]);
        assert_eq!(bench.drain(), ["first", "third"], "torn at {length}");
        bench.close();
    }
}

#[test]
fn a_header_torn_at_any_byte_is_written_anew() {
    let mut bench = Bench::new(0, 1 << 20);
    bench.close();
    let path = bench.segments().remove(0);
    for length in 0..16 {
        fs::write(&path, &b"bvjournl\0\0\0\x01\0\0\0\0"[..length]).unwrap();
        bench.reopen();
        bench.append(&["a"]);
        assert_eq!(bench.drain(), ["a"], "torn at {length}");
        bench.close();
        let _ = fs::remove_file(cursor::path(bench.dir.path()));
    }
}

#[test]
fn zeros_behind_the_end_are_cut() {
    let mut bench = Bench::new(0, 1 << 20);
    bench.append(&["a"]);
    bench.close();
    let file = File::options()
        .append(true)
        .open(&bench.segments()[0])
        .unwrap();
    file.set_len(file.metadata().unwrap().len() + 70_000)
        .unwrap();
    assert_eq!(bench.reopen().torn_bytes, 70_000);
    assert_eq!(bench.drain(), ["a"]);
}

#[test]
fn a_byte_flipped_anywhere_in_a_record_costs_that_record_alone() {
    let mut bench = filled();
    let path = bench.segments().remove(1);
    let first = segment::first_sequence(path.file_name().unwrap().to_str().unwrap()).unwrap() - 1;
    let whole = fs::read(&path).unwrap();
    let size = record::HEADER_BYTES + 100;
    for byte in 0..size {
        let mut bytes = whole.clone();
        bytes[16 + 3 * size + byte] ^= 0x40;
        fs::write(&path, &bytes).unwrap();
        let copy = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(bench.dir.path()).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
        let (journal, _) = Journal::open(copy.path(), bench.options).unwrap();
        let mut opened = Bench {
            dir: copy,
            journal: Some(journal),
            ..Bench::new(0, 0)
        };
        let expected: Vec<u64> = (0..200).filter(|n| *n != first + 3).collect();
        assert_eq!(numbers(&opened.drain()), expected, "byte {byte}");
        assert_eq!(opened.journal().stats().lost_records, 1, "byte {byte}");
    }
    fs::write(&path, &whole).unwrap();
    bench.reopen();
    assert_eq!(bench.drain().len(), 200);
}

#[test]
fn a_last_record_whose_length_was_damaged_is_torn_and_not_half_believed() {
    let mut bench = Bench::new(0, 1 << 20);
    bench.append(&["first", "second"]);
    bench.close();
    let path = bench.segments().remove(0);
    let mut content = fs::read(&path).unwrap();
    let length_at = content.len() - "second".len() - record::HEADER_BYTES + 5;
    // A megabyte more than there is: what there is would pass for all of it.
    content[length_at] ^= 0x10;
    fs::write(&path, content).unwrap();
    let torn = record::size("second".len());
    assert_eq!(bench.reopen().torn_bytes, torn);
    assert_eq!(bench.drain(), ["first"]);
}

#[test]
fn a_segment_that_is_garbage_costs_its_records_alone() {
    let mut bench = filled();
    let path = bench.segments().remove(1);
    let length = fs::metadata(&path).unwrap().len();
    fs::write(&path, vec![0xa5; usize::try_from(length).unwrap()]).unwrap();
    bench.reopen();
    let left = bench.drain().len();
    let lost = usize::try_from(bench.journal().stats().lost_records).unwrap();
    assert_eq!((left + lost, lost > 10), (200, true));
}

#[test]
fn a_payload_full_of_markers_is_no_record() {
    let mut bench = Bench::new(0, 1 << 20);
    let mut trap = Vec::new();
    record::encode(2, b"forged", &mut trap);
    bench.append(&["a"]);
    bench
        .journal()
        .append(&[&trap[..], &record::MARKER.repeat(50)].concat())
        .unwrap();
    bench.append(&["b"]);
    for expected in [
        &b"a"[..],
        &[&trap[..], &record::MARKER.repeat(50)].concat(),
        b"b",
    ] {
        let batch = bench.journal().peek_batch(1, 1 << 20).unwrap();
        assert_eq!(&*batch.records[0], expected);
        bench.journal().acknowledge(batch.end).unwrap();
    }
}

#[test]
fn a_segment_that_is_gone_is_counted_and_stepped_over() {
    // Before the start: the cursor is older than the files.
    let mut bench = filled();
    let gone = bench.segments().remove(0);
    fs::remove_file(gone).unwrap();
    let recovery = bench.reopen();
    let left = bench.drain().len() as u64;
    assert_eq!(
        (recovery.records, recovery.missing_records),
        (left, 200 - left)
    );
    // While it runs.
    let mut bench = filled();
    bench.reopen();
    fs::remove_file(bench.segments().remove(1)).unwrap();
    let left = bench.drain().len() as u64;
    assert_eq!(bench.journal().stats().lost_records, 200 - left);
}

#[test]
fn without_a_usable_cursor_everything_is_sent_again() {
    for cursor in [
        None,
        Some(""),
        Some("bitville-cursor 1 9 9 9 0 0 0 0 00000000\n"),
    ] {
        let mut bench = Bench::new(0, 1 << 20);
        bench.append(&["a", "b"]);
        assert_eq!(bench.drain(), ["a", "b"]);
        bench.close();
        let path = cursor::path(bench.dir.path());
        match cursor {
            None => fs::remove_file(path).unwrap(),
            Some(text) => fs::write(path, text).unwrap(),
        }
        assert!(bench.reopen().is_cursor_lost);
        assert_eq!(bench.drain(), ["a", "b"]);
    }
}

#[test]
fn numbers_that_were_acknowledged_are_not_used_again_after_a_torn_tail() {
    let mut bench = Bench::new(1 << 20, 1 << 20);
    bench.append(&["a", "b", "c"]);
    assert_eq!(bench.drain().len(), 3);
    bench.close();
    // A loss of power took the data but not the cursor.
    File::options()
        .write(true)
        .open(&bench.segments()[0])
        .unwrap()
        .set_len(16)
        .unwrap();
    bench.reopen();
    bench.append(&["d"]);
    bench.reopen();
    assert_eq!(bench.drain(), ["d"]);
    assert_eq!(bench.journal().stats().lost_records, 0);
}

#[test]
fn segments_behind_the_cursor_that_a_kill_has_left_are_removed() {
    let mut bench = filled();
    let stale = bench.segments().remove(0);
    let bytes = fs::read(&stale).unwrap();
    bench.reopen();
    bench.drain();
    Shared::new(bench.journal.take().unwrap()).sync().unwrap();
    fs::write(&stale, bytes).unwrap();
    assert_eq!(bench.reopen().records, 0);
    assert!(!stale.exists());
}

#[test]
fn a_disk_that_cannot_be_read_is_tried_again_and_then_given_up() {
    let mut bench = filled();
    bench.reopen();
    let path = bench.segments().remove(0);
    // Reading a folder fails as reading a broken sector does.
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    for _ in 0..2 {
        let error = bench.journal().peek_batch(3, 1 << 20).unwrap_err();
        assert!(matches!(error, JournalError::Read { .. }), "{error}");
    }
    let left = bench.drain().len() as u64;
    assert_eq!(left + bench.journal().stats().lost_records, 200);
}
