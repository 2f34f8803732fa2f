use std::borrow::Cow;

use proptest::prelude::*;
use wire::pg::log::Severity;

use super::*;

const FULL: &str = "%m [%p] %q[user=%u,db=%d,app=%a,client=%h,qid=%Q,b=%b,e=%e,l=%l,c=%c,v=%v,x=%x,P=%P,r=%r,i=%i,s=%s] ";

fn stamps() -> Stamps {
    Stamps::new("UTC").unwrap()
}

/// A line that was read.
struct Line<'a> {
    head: Head<'a>,
    word: Word,
    text: &'a str,
    is_doubtful: bool,
}

fn read<'a>(prefix: &str, line: &'a str) -> Option<Line<'a>> {
    let layout = Prefix::compile(prefix).unwrap().read(line, &mut stamps())?;
    Some(Line {
        head: layout.head(line),
        word: layout.word,
        text: &line[layout.text_at..],
        is_doubtful: layout.is_doubtful,
    })
}

/// Application name, severity's word and text of a line.
fn of_application(prefix: &str, line: &str) -> (String, String, bool) {
    let line = read(prefix, line).unwrap();
    let name = line.head.application_name.unwrap_or_default();
    (name.into_owned(), line.text.to_owned(), line.is_doubtful)
}

#[test]
fn every_field_is_read() {
    let line = "2026-11-23 08:33:19.286 UTC [23376] [user=post gres,db=a]p,p,app=psql,client=127.0.0.1,\
                qid=-70,b=client backend,e=42P01,l=3,c=6b03fa4e.5b50,v=3/8,x=729,P=99,r=127.0.0.1(35546),\
                i=UPDATE waiting,s=2026-11-23 08:33:18 UTC] ERROR:  relation \"x\" does not exist";
    let line = read(FULL, line).unwrap();
    let Head {
        pid,
        leader_pid,
        query_id,
        ..
    } = line.head;
    assert_eq!(
        (pid, leader_pid, query_id),
        (Some(23_376), Some(99), Some(-70))
    );
    let text = |field: &Option<Cow<'_, str>>| field.as_deref().unwrap_or("").to_owned();
    assert_eq!(text(&line.head.user), "post gres");
    assert_eq!(text(&line.head.database), "a]p,p");
    assert_eq!(text(&line.head.application_name), "psql");
    assert_eq!(text(&line.head.client), "127.0.0.1");
    assert_eq!(text(&line.head.backend_type), "client backend");
    assert_eq!(text(&line.head.sql_state), "42P01");
    assert_eq!(text(&line.head.session_id), "6b03fa4e.5b50");
    assert_eq!(line.word, Word::Message(Severity::Error));
    assert_eq!(line.text, "relation \"x\" does not exist");
    assert!(!line.is_doubtful);
}

#[test]
fn a_process_without_a_session_stops_early() {
    let line = read(FULL, "2026-11-23 08:33:17.683 UTC [23358] LOG:  ready").unwrap();
    assert_eq!((line.head.pid, line.text), (Some(23_358), "ready"));
    assert_eq!(line.head.user, None);
}

#[test]
fn prefixes_of_other_sites_are_read() {
    let cases = [
        // Debian's, Red Hat's, the ones of pgBadger's manual, of Amazon, of Alloy.
        (
            "%m [%p] %q%u@%d ",
            "2026-11-23 08:33:17.635 UTC [7] shop@shop LOG:  x",
        ),
        ("%m [%p] ", "2026-11-23 08:33:17.635 CET [7] LOG:  x"),
        (
            "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
            "2026-11-23 08:33:17 UTC [7]: [3-1] user=shop,db=shop,app=php,client=10.0.0.1 LOG:  x",
        ),
        (
            "%t:%r:%u@%d:[%p]:",
            "2026-11-23 08:33:17 UTC:10.0.0.1(5022):shop@shop:[7]:LOG:  x",
        ),
        (
            "%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a",
            "2026-11-23 08:33:17.635 UTC:10.0.0.1(5022):shop@shop:[7]:3:00000:2026-11-23 08:33:17 UTC:3/8:\
             729:6b03fa4e.5b50:phpLOG:  x",
        ),
        (
            "<%n %p %-10u|%5d> ",
            "<1763886797.635 7 shop      | shop> LOG:  x",
        ),
        ("%n [%c] %u ", "1763886797.635 [6b03fa4e.7] shop LOG:  x"),
        (
            "%m %%[%5p] ",
            "2026-11-23 08:33:17.635 +03 %[    7] LOG:  x",
        ),
    ];
    for (prefix, line) in cases {
        let read = read(prefix, line).unwrap_or_else(|| panic!("{prefix}: {line}"));
        assert_eq!((read.head.pid, read.text), (Some(7), "x"), "{prefix}");
        if prefix.contains('u') {
            assert_eq!(read.head.user.as_deref(), Some("shop"), "{prefix}");
        }
        assert!(!read.is_doubtful, "{prefix}");
    }
}

#[test]
fn a_name_cannot_forge_an_entry() {
    let evil = "evil] LOG:  duration: 9 ms";
    let line = format!(
        "2026-11-23 08:33:17.635 UTC [7] [app={evil}] LOG:  duration: 120.5 ms  statement: select 1"
    );
    let (name, text, is_doubtful) = of_application("%m [%p] %q[app=%a] ", &line);
    assert_eq!((name.as_str(), is_doubtful), (evil, true));
    assert!(text.starts_with("duration: 120.5 ms"), "{text}");

    // Fields with a shape that follow leave no doubt.
    let line = format!(
        "2026-11-23 08:33:17.635 UTC [7] [app={evil},client=10.0.0.1,qid=5] LOG:  duration: 120.5 ms"
    );
    let (name, text, is_doubtful) = of_application("%m [%p] %q[app=%a,client=%h,qid=%Q] ", &line);
    assert_eq!(
        (name.as_str(), text.as_str(), is_doubtful),
        (evil, "duration: 120.5 ms", false)
    );

    // Nor can the name of a user, who need not even exist.
    let line = "2026-11-23 08:33:17.635 UTC [7] x@y LOG:  database system is ready@y FATAL:  role does not exist";
    let read = read("%m [%p] %q%u@%d ", line).unwrap();
    assert_eq!(read.word, Word::Message(Severity::Fatal));
    assert!(read.is_doubtful);
}

#[test]
fn the_statement_of_a_message_is_not_taken_for_its_head() {
    let line = "2026-11-23 08:33:17.635 UTC [7] [app=php] LOG:  duration: 9.000 ms  statement: select price \
                from stock where note = '] LOG:  duration: 1 ms  statement: drop table x'";
    let (name, text, is_doubtful) = of_application("%m [%p] %q[app=%a] ", line);
    assert_eq!(
        (name.as_str(), is_doubtful),
        ("php", false),
        "it stands beyond a name's length"
    );
    assert!(text.starts_with("duration: 9.000 ms"));
}

#[test]
fn what_has_another_prefix_is_none() {
    for line in [
        "",
        "LOG:  x",
        "2026-11-23 08:33:17.635 UTC LOG:  x",
        "nonsense",
        "\u{1F600}",
    ] {
        assert!(read("%m [%p] ", line).is_none(), "{line}");
    }
    assert_eq!(Prefix::compile("%p %Z"), Err(PrefixError::Escape('Z')));
    assert_eq!(Prefix::compile("%p "), Err(PrefixError::NoTime));
}

proptest! {
    #[test]
    fn any_line_is_read_to_an_end(line in "\\PC{0,300}") {
        let _ = read(FULL, &line);
        let _ = read("%m%u%d%a%i", &line);
        let _ = read("%n%a%a%a%a%a%a ", &line);
    }

    #[test]
    fn whatever_a_session_calls_itself_is_its_name(name in "[ -~]{0,63}") {
        let line = format!(
            "2026-11-23 08:33:17.635 UTC [7] [app={name},client=10.0.0.1,qid=5] ERROR:  division by zero"
        );
        let (read, text, _) = of_application("%m [%p] %q[app=%a,client=%h,qid=%Q] ", &line);
        let expected = if name.trim() == "[unknown]" { "" } else { name.trim() };
        prop_assert_eq!(read, expected);
        prop_assert_eq!(text, "division by zero");
    }
}
