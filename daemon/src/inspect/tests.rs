use std::fs;

use crate::journal::{Journal, Options};

use super::*;

const NOW: Instant = Instant(100_000_000);

fn line(number: u64, kind: &str) -> Vec<u8> {
    format!(
        r#"{{"v":1,"kind":"{kind}","event_id":"019ab1c2-0000-7000-8000-{number:012x}","project":"shop","host":"web1","at_us":{},"body":{{"secret":"s3cret"}}}}"#,
        40_000_000 + number
    )
    .into_bytes()
}

fn journal(dir: &Path) -> Journal {
    let options = Options {
        memory_bytes_max: 0,
        disk_bytes_max: 1 << 20,
    };
    Journal::open(dir, options).unwrap().0
}

fn flip(dir: &Path, offset_of: &[u8]) {
    let path = dir.join("00000000000000000001.segment");
    let mut content = fs::read(&path).unwrap();
    let at = content
        .windows(offset_of.len())
        .position(|window| window == offset_of)
        .unwrap();
    content[at] ^= 1;
    fs::write(&path, content).unwrap();
}

#[test]
fn a_journal_in_use_is_shown_and_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = journal(dir.path());
    for number in 0..5 {
        journal.append(&line(number, "request")).unwrap();
    }
    journal.append(&line(9, "gap")).unwrap();
    journal.append(b"no record").unwrap();
    let batch = journal.peek_batch(2, 1 << 20).unwrap();
    journal.acknowledge(batch.end).unwrap();
    let report = Report::of(dir.path(), Wanted::default()).unwrap();
    let text = report.render(NOW).replace(&report.dir, "DIR");
    let expected = "\
journal DIR: sound
cursor     record 3 is the next to be sent (segment 1, byte 354)
unread     5 records, 601 B, the oldest began 59 s ago
  gap                           1
  request                       3
  no record at all              1
segments   1
  from 1                    7 records    1.0 KiB
";
    assert_eq!(text, expected);
    assert_eq!(journal.stats().records, 5);
}

#[test]
fn damage_is_shown_with_its_place_and_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let mut open = journal(dir.path());
    for number in 1..=4 {
        open.append(&line(number, "request")).unwrap();
    }
    drop(open);
    flip(dir.path(), b"000000000002\"");
    let path = dir.path().join("00000000000000000001.segment");
    let mut content = fs::read(&path).unwrap();
    content.extend_from_slice(b"\xffbv\xfetorn");
    fs::write(&path, content).unwrap();
    let report = Report::of(dir.path(), Wanted::default()).unwrap();
    assert!(!report.is_sound);
    let text = report.render(NOW);
    assert!(
        text.contains("DAMAGE at byte 185: 169 bytes are no record, 1 record missing"),
        "{text}"
    );
    assert!(
        text.contains("and 8B at its end that are no whole record yet"),
        "{text}"
    );
    assert_eq!(report.inspection.unread_records, 3);
}

#[test]
fn records_are_shown_without_their_bodies_unless_somebody_asks() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = journal(dir.path());
    for number in 0..3 {
        journal.append(&line(number, "request")).unwrap();
    }
    let wanted = Wanted {
        records: 2,
        ..Wanted::default()
    };
    let shown = Report::of(dir.path(), wanted).unwrap().shown;
    assert_eq!(shown.len(), 2);
    assert_eq!(
        shown[0],
        r#"{"sequence":1,"kind":"request","event_id":"019ab1c2-0000-7000-8000-000000000000","at_us":40000000,"bytes":149}"#
    );
    let wanted = Wanted {
        bodies: true,
        ..wanted
    };
    assert!(Report::of(dir.path(), wanted).unwrap().shown[0].contains("s3cret"));
}

#[test]
fn a_segment_of_a_later_format_is_told_and_not_called_garbage() {
    let dir = tempfile::tempdir().unwrap();
    drop(journal(dir.path()));
    let path = dir.path().join("00000000000000000001.segment");
    let mut content = fs::read(&path).unwrap();
    content[11] = 2;
    fs::write(&path, content).unwrap();
    let report = Report::of(dir.path(), Wanted::default()).unwrap();
    assert!(!report.is_sound);
    assert!(
        report
            .render(NOW)
            .contains("of format version 2, which this program can't read")
    );
}

#[test]
fn a_folder_that_is_empty_is_sound_and_one_that_is_missing_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let report = Report::of(dir.path(), Wanted::default()).unwrap();
    assert!(report.is_sound && report.inspection.cursor.is_none());
    let missing = Report::of(Path::new("/nowhere"), Wanted::default()).unwrap_err();
    assert_eq!(missing.to_string(), "journal folder /nowhere can't be read");
}
