use proptest::prelude::*;

use super::*;
use crate::serverlog::entry::Head;

const PREFIX: &str = "%m [%p] %q[user=%u,db=%d,app=%a,client=%h,qid=%Q,b=%b,e=%e,l=%l,c=%c,v=%v,x=%x,P=%P,r=%r,i=%i,s=%s] ";
const STDERR: &[u8] = include_bytes!("../../../tests/data/events.stderr.log");
const CSV: &[u8] = include_bytes!("../../../tests/data/events.csv");
const JSON: &[u8] = include_bytes!("../../../tests/data/events.json");
/// A crash, a restart and a full server, as stderr.
const CRASH: &[u8] = include_bytes!("../../../tests/data/restart_saturation_crash.stderr.log");

fn parser(format: Format) -> Parser {
    let prefix = Prefix::compile(PREFIX).unwrap();
    Parser::new(format, Some(prefix), Stamps::new("UTC").unwrap())
}

/// All entries, as text that can be compared, and where each one ends.
fn entries(format: Format, pieces: &[&[u8]]) -> Vec<(String, u64)> {
    let mut parser = parser(format);
    let (mut all, mut at) = (Vec::new(), 0);
    for piece in pieces {
        parser.push(piece);
        while let Some((entry, bytes)) = parser.next(Ending::Next) {
            at += bytes;
            all.push((shown(&entry), at));
        }
    }
    while let Some((entry, bytes)) = parser.next(Ending::File) {
        at += bytes;
        all.push((shown(&entry), at));
    }
    assert_eq!(parser.pending_bytes(), 0);
    all
}

/// What all formats tell. A parallel worker has no session in stderr, and a connection's prefix does not
/// yet know the application.
fn shown(entry: &Entry<'_>) -> String {
    assert!(entry.is_parsed, "{entry:?}");
    let Head { at, pid, .. } = entry.head;
    format!(
        "{at:?} {pid:?} {:?} {} | {:?} | {:?} | {:?} | {:?} | {:?}",
        entry.severity,
        entry.message,
        entry.detail,
        entry.hint,
        entry.context,
        entry.statement,
        entry.internal_query,
    )
}

#[test]
fn the_three_formats_tell_the_same() {
    let texts = |format, bytes| -> Vec<String> {
        let all = entries(format, &[bytes]);
        all.into_iter().map(|(text, _)| text).collect()
    };
    let json = texts(Format::Json, JSON);
    assert_eq!(json.len(), 173);
    // The stderr sample was taken 34 s before the others.
    for (format, bytes, count) in [(Format::Csv, CSV, 173), (Format::Stderr, STDERR, 168)] {
        let other = texts(format, bytes);
        for (other, json) in other.iter().zip(&json) {
            assert_eq!(other, json, "{format:?}");
        }
        assert_eq!(other.len(), count, "{format:?}");
    }
    assert_eq!(entries(Format::Stderr, &[CRASH]).len(), 121);
}

#[test]
fn sessions_are_told_the_same_where_stderr_knows_them() {
    let heads = |format, bytes: &'static [u8]| {
        let mut parser = parser(format);
        parser.push(bytes);
        let mut heads = Vec::new();
        while let Some((entry, _)) = parser.next(Ending::File) {
            let head = &entry.head;
            let text = |field: &Option<std::borrow::Cow<'_, str>>| {
                field.as_deref().unwrap_or("").to_owned()
            };
            heads.push([
                text(&head.user),
                text(&head.database),
                text(&head.application_name),
                text(&head.client),
                text(&head.backend_type),
                text(&head.sql_state),
                head.query_id.map(|id| id.to_string()).unwrap_or_default(),
            ]);
        }
        heads
    };
    let json = heads(Format::Json, JSON);
    assert_eq!(heads(Format::Csv, CSV), json);
    let stderr = heads(Format::Stderr, STDERR);
    let with_session = stderr
        .iter()
        .zip(&json)
        .filter(|(stderr, _)| !stderr[0].is_empty());
    let mut count = 0;
    for (stderr, json) in with_session {
        assert_eq!(stderr, json);
        count += 1;
    }
    assert!(count > 100, "{count}");
    let evil = stderr
        .iter()
        .filter(|head| head[2] == "evil] LOG:  duration: 9 ms");
    assert_eq!(
        evil.count(),
        json.iter()
            .filter(|head| head[2].starts_with("evil"))
            .count()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn it_does_not_matter_how_the_bytes_come(cuts in prop::collection::vec(0_usize..60_000, 0..40)) {
        for (format, bytes) in [(Format::Stderr, STDERR), (Format::Csv, CSV), (Format::Json, JSON)] {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % bytes.len()).collect();
            cuts.sort_unstable();
            cuts.push(bytes.len());
            let mut from = 0;
            let mut pieces = Vec::new();
            for cut in cuts {
                pieces.push(&bytes[from..cut]);
                from = cut;
            }
            prop_assert_eq!(entries(format, &pieces), entries(format, &[bytes]));
        }
    }

    #[test]
    fn any_bytes_are_read_to_their_end(bytes in prop::collection::vec(any::<u8>(), 0..2_000), text in "[ -~\n\t\"]{0,500}") {
        for format in Format::ALL {
            let mut parser = parser(format);
            parser.push(&bytes);
            parser.push(text.as_bytes());
            let mut read = 0;
            while let Some((_, bytes)) = parser.next(Ending::File) {
                read += bytes;
            }
            prop_assert_eq!(read, (bytes.len() + text.len()) as u64);
        }
    }
}

#[test]
fn the_last_entry_waits_until_it_is_whole() {
    let mut parser = parser(Format::Stderr);
    parser.push(b"2026-11-23 08:33:17.635 UTC [7] ERROR:  division by zero\n");
    assert!(parser.next(Ending::Next).is_none());
    parser.push(b"2026-11-23 08:33:17.635 UTC [7] STATEMENT:  select 1/0\n2026-11");
    assert!(parser.next(Ending::Next).is_none());
    let (entry, bytes) = parser.next(Ending::Settled).unwrap();
    assert_eq!(entry.statement.as_deref(), Some("select 1/0"));
    assert_eq!(bytes, 112);
    assert!(
        parser.next(Ending::Settled).is_none(),
        "half a line is nothing"
    );
    assert_eq!(parser.pending_bytes(), 7);
}

#[test]
fn an_entry_without_an_end_costs_no_more_than_its_bound() {
    let long = vec![b'x'; 300_000];
    for (format, begin, end) in [
        (
            Format::Stderr,
            "2026-11-23 08:33:17.635 UTC [7] LOG:  statement: ",
            "\n",
        ),
        (
            Format::Csv,
            "2026-11-23 08:33:17.635 UTC,,,7,,,,,,,,LOG,00000,\"statement: ",
            "\",,,,,,,,,\"\",\"\",,0\n",
        ),
        (Format::Json, "{\"message\":\"", "\"}\n"),
    ] {
        let mut parser = parser(format);
        parser.push(begin.as_bytes());
        for _ in 0..20 {
            parser.push(&long);
            parser.push(b"\n\t\"\"");
            assert!(parser.next(Ending::Next).is_none() || format == Format::Json);
            assert!(
                parser.buffer.as_bytes().len() < 3 * ENTRY_BYTES_MAX,
                "{format:?}"
            );
        }
        parser.push(end.as_bytes());
        let mut bytes = 0;
        let mut cut = 0;
        while let Some((entry, length)) = parser.next(Ending::File) {
            cut += u32::from(entry.is_cut);
            bytes += length;
        }
        let pushed = begin.len() + 20 * (300_000 + 4) + end.len();
        assert!(
            format == Format::Json || (cut, bytes) == (1, pushed as u64),
            "{format:?}: {cut}, {bytes}"
        );
    }
}

#[test]
fn verbose_errors_and_other_languages_are_read() {
    let mut parser = parser(Format::Stderr);
    parser.push(
        "2026-11-23 08:33:17.635 UTC [7] ERROR:  22012: division by zero\n\
         2026-11-23 08:33:17.635 UTC [7] LOCATION:  int4div, int.c:843\n\
         2026-11-23 08:33:17.635 UTC [7] STATEMENT:  select 1/0\n\
         2026-11-23 08:33:17.640 UTC [7] FEHLER:  Division durch Null bei Zeichen 8\n\
         2026-11-23 08:33:17.640 UTC [7] ANWEISUNG:  select 1/0\n"
            .as_bytes(),
    );
    let (entry, _) = parser.next(Ending::File).unwrap();
    assert_eq!(entry.head.sql_state.as_deref(), Some("22012"));
    assert_eq!(entry.message, "division by zero");
    let (entry, _) = parser.next(Ending::File).unwrap();
    assert_eq!(entry.severity, wire::pg::log::Severity::Error);
    assert_eq!(entry.statement.as_deref(), Some("select 1/0"));
}
