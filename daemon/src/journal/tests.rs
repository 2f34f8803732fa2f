use std::fs;

use tempfile::TempDir;

use super::*;

mod damage;
mod model;

/// A journal in a folder of its own that can be closed and opened again.
struct Bench {
    dir: TempDir,
    options: Options,
    journal: Option<Journal>,
    recovery: Recovery,
}

impl Bench {
    fn new(memory_bytes_max: u64, disk_bytes_max: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = Options {
            memory_bytes_max,
            disk_bytes_max,
        };
        let (journal, recovery) = Journal::open(dir.path(), options).unwrap();
        Self {
            dir,
            options,
            journal: Some(journal),
            recovery,
        }
    }

    fn journal(&mut self) -> &mut Journal {
        self.journal.as_mut().expect("the journal is open")
    }

    fn close(&mut self) {
        self.journal = None;
    }

    fn reopen(&mut self) -> Recovery {
        self.close();
        let (journal, recovery) = Journal::open(self.dir.path(), self.options).unwrap();
        self.journal = Some(journal);
        self.recovery = recovery;
        recovery
    }

    fn append(&mut self, texts: &[&str]) {
        for text in texts {
            self.journal().append(text.as_bytes()).unwrap();
        }
    }

    /// Everything behind the cursor, acknowledged as it is read.
    fn drain(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        loop {
            let batch = self.journal().peek_batch(3, 1 << 20).unwrap();
            if batch.records.is_empty() {
                return texts;
            }
            texts.extend(to_texts(&batch));
            self.journal().acknowledge(batch.end).unwrap();
        }
    }

    fn segments(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.dir.path()).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|suffix| suffix == "segment"));
        paths.sort();
        paths
    }
}

fn to_texts(batch: &Batch) -> Vec<String> {
    batch
        .records
        .iter()
        .map(|record| String::from_utf8(record.to_vec()).unwrap())
        .collect()
}

#[test]
fn a_record_lies_on_disk_as_the_doc_shows_it() {
    let mut bench = Bench::new(0, 1 << 20);
    bench.append(&["{}"]);
    let bytes = fs::read(&bench.segments()[0]).unwrap();
    let hex = |bytes: &[u8]| -> String {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(&bytes[..16], b"bvjournl\0\0\0\x01\0\0\0\0");
    let doc = include_str!("../journal.rs");
    for field in [
        &bytes[16..20],
        &bytes[20..24],
        &bytes[24..32],
        &bytes[32..36],
        &bytes[36..],
    ] {
        assert!(
            doc.contains(&format!("  {}\n", hex(field))),
            "the doc lacks {}",
            hex(field)
        );
    }
}

#[test]
fn records_come_out_in_order_whether_from_memory_or_from_disk() {
    for memory_bytes_max in [0, 250, 1 << 20] {
        let mut bench = Bench::new(memory_bytes_max, 1 << 20);
        let texts: Vec<String> = (0..100).map(|n| format!("record {n}")).collect();
        bench.append(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(
            bench.drain(),
            texts,
            "with {memory_bytes_max} bytes of memory"
        );
    }
}

#[test]
fn a_peek_moves_nothing_and_an_acknowledgement_does() {
    let mut bench = Bench::new(1 << 20, 1 << 20);
    bench.append(&["a", "b", "c"]);
    let first = bench.journal().peek_batch(2, 1 << 20).unwrap();
    let again = bench.journal().peek_batch(2, 1 << 20).unwrap();
    assert_eq!(to_texts(&first), to_texts(&again));
    bench.journal().acknowledge(first.end).unwrap();
    assert_eq!(bench.drain(), ["c"]);
    // An answer that comes late must not move the cursor back.
    bench.journal().acknowledge(first.end).unwrap();
    assert_eq!(bench.journal().stats().records, 0);
}

#[test]
fn a_batch_keeps_to_its_bytes_but_always_has_its_first_record() {
    let mut bench = Bench::new(1 << 20, 1 << 20);
    bench.append(&["0123456789", "01234", "56789"]);
    assert_eq!(bench.journal().peek_batch(9, 4).unwrap().records.len(), 1);
    assert_eq!(bench.journal().peek_batch(9, 15).unwrap().records.len(), 2);
    assert_eq!(bench.journal().peek_batch(9, 19).unwrap().records.len(), 2);
}

#[test]
fn what_is_unread_is_there_after_a_reopen() {
    let mut bench = Bench::new(1 << 20, 1 << 20);
    bench.append(&["a", "b", "c"]);
    let batch = bench.journal().peek_batch(1, 1 << 20).unwrap();
    bench.journal().acknowledge(batch.end).unwrap();
    let recovery = bench.reopen();
    assert_eq!(
        recovery,
        Recovery {
            records: 2,
            ..Recovery::default()
        }
    );
    bench.append(&["d"]);
    assert_eq!(bench.drain(), ["b", "c", "d"]);
}

#[test]
fn an_empty_or_oversized_record_is_refused_and_its_group_with_it() {
    let mut bench = Bench::new(0, 1 << 20);
    let large = vec![b'x'; PAYLOAD_BYTES_MAX + 1];
    for bad in [&b""[..], &large] {
        let error = bench.journal().append_all(&[b"good", bad]).unwrap_err();
        assert!(matches!(error, JournalError::Length { .. }), "{error}");
    }
    assert_eq!(bench.journal().stats().records, 0);
    bench.journal().append(&large[1..]).unwrap();
    assert_eq!(bench.drain().len(), 1);
}

#[test]
fn segments_that_are_read_go_with_the_next_sync() {
    let mut bench = Bench::new(0, 8 * 1024);
    for n in 0..60 {
        bench.append(&[&format!("{n:0100}")]);
    }
    assert!(bench.segments().len() > 3);
    assert_eq!(bench.drain().len(), 60);
    let shared = Shared::new(bench.journal.take().unwrap());
    shared.sync().unwrap();
    assert_eq!(bench.segments().len(), 1);
    assert_eq!(shared.stats().segments, 1);
}

#[test]
fn a_full_journal_gives_up_its_oldest_segment_and_tells_how_many_records() {
    let mut bench = Bench::new(0, 8 * 1024);
    for n in 0..200 {
        bench.append(&[&format!("{n:0100}")]);
    }
    let stats = bench.journal().stats();
    assert!(stats.disk_bytes <= 8 * 1024, "{stats:?}");
    assert!(stats.lost_records > 0 && stats.lost_bytes > 100 * stats.lost_records);
    let lost = usize::try_from(stats.lost_records).unwrap();
    let left = bench.drain();
    assert_eq!(left.len() + lost, 200);
    assert_eq!(left[0], format!("{lost:0100}"));
}

#[test]
fn a_loss_is_reported_once_even_across_a_restart() {
    let mut bench = Bench::new(0, 8 * 1024);
    for n in 0..200 {
        bench.append(&[&format!("{n:0100}")]);
    }
    let lost = bench.journal().stats().lost_records;
    bench.reopen();
    let mut told = Vec::new();
    for _ in 0..2 {
        bench
            .journal()
            .report_losses(|kind, loss| {
                told.push((kind, loss.records));
                b"gap".to_vec()
            })
            .unwrap();
    }
    // The gap's own record may push out one more segment, which the next report tells.
    assert_eq!(told[0], (LossKind::Full, lost));
    assert!(
        told[1..].iter().all(|(_, records)| *records < lost),
        "{told:?}"
    );
    assert!(bench.drain().contains(&"gap".to_owned()));
}

#[test]
fn a_second_daemon_is_kept_out() {
    let bench = Bench::new(0, 1 << 20);
    let error = Journal::open(bench.dir.path(), bench.options).unwrap_err();
    assert!(matches!(error, JournalError::Locked { .. }), "{error}");
}

#[test]
fn a_segment_of_a_later_version_stops_the_start_and_is_not_touched() {
    let mut bench = Bench::new(0, 1 << 20);
    bench.append(&["a"]);
    bench.close();
    let path = bench.segments().remove(0);
    let mut bytes = fs::read(&path).unwrap();
    bytes[11] = 2;
    fs::write(&path, &bytes).unwrap();
    let error = Journal::open(bench.dir.path(), bench.options).unwrap_err();
    assert!(
        matches!(error, JournalError::Version { given: 2, .. }),
        "{error}"
    );
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_write_that_fails_is_told_and_leaves_nothing() {
    let mut bench = Bench::new(1 << 20, 1 << 20);
    bench.append(&["a"]);
    let before = fs::read(&bench.segments()[0]).unwrap();
    // A handle that can't write stands for a disk that is full: the write fails the same way.
    let path = bench.segments().remove(0);
    let writer = &mut bench.journal().writer.file;
    let good = std::mem::replace(&mut writer.handle, Arc::new(File::open(&path).unwrap()));
    let error = bench.journal().append(b"b").unwrap_err();
    assert!(matches!(error, JournalError::Write { .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
    bench.journal().writer.file.handle = good;
    bench.append(&["c"]);
    assert_eq!(bench.drain(), ["a", "c"]);
}

#[test]
fn a_start_holds_nothing_of_a_backlog_in_memory() {
    let mut bench = Bench::new(1 << 20, 64 << 20);
    let payload = vec![b'x'; 100_000];
    for _ in 0..300 {
        bench.journal().append(&payload).unwrap();
    }
    bench.reopen();
    let stats = bench.journal().stats();
    assert_eq!((stats.records, stats.memory_bytes), (300, 0));
}

#[test]
fn a_segment_that_is_all_read_gives_back_its_disk_when_there_is_no_other() {
    let mut bench = Bench::new(0, 1 << 20);
    bench.append(&["first", "second"]);
    assert!(!bench.journal().reclaim(), "something is unread");
    assert_eq!(bench.drain(), ["first", "second"]);
    assert!(bench.journal().reclaim());
    assert_eq!(bench.segments().len(), 1);
    assert_eq!(bench.journal().stats().disk_bytes, segment::HEADER_BYTES);
    assert!(!bench.journal().reclaim(), "there is nothing to give back");
    bench.append(&["third"]);
    bench.reopen();
    assert_eq!(bench.drain(), ["third"]);
    assert_eq!(bench.journal().stats().lost_records, 0);
}
