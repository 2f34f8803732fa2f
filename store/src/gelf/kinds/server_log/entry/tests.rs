use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

/// Members as agents write them, and some that are not quite what their type allows.
const MEMBERS: &[&str] = &[
    r#""severity":"LOG""#,
    r#""severity":"Log""#,
    r#""text":"duration: ? ms""#,
    r#""text":"say \"no\"\n""#,
    r#""text":null"#,
    r#""event":{"class":"duration","duration_us":9000000,"phase":"execute"}"#,
    r#""event":{"phase":"bind","duration_us":-1,"class":"duration","name":"a","parameters":3}"#,
    r#""event":{"class":"duration","duration_us":1,"duration_us":1,"phase":"bind"}"#,
    r#""event":{"class":"duration","duration_us":1}"#,
    r#""event":{"class":"duration","class":"duration","duration_us":1,"phase":"bind"}"#,
    r#""event":{"class":"duration","duration_us":1,"phase":"bind","parameters":4294967296}"#,
    r#""event":{"class":"duration","duration_us":1,"phase":"bind","name":null,"parameters":null}"#,
    r#""event":{"class":"duration","duration_us":1,"phase":"bind","name":"a","name":"b"}"#,
    r#""event":{"class":"error"}"#,
    r#""event":{"class":"of a later version","list":[1,{}]}"#,
    r#""event":{"class":"temporary_file","bytes":4096}"#,
    r#""event":["duration"]"#,
    r#""event":"duration""#,
    r#""event":{"class":[}"#,
    r#""statement":"SELECT ?""#,
    r#""statement":null"#,
    r#""statement":7"#,
    r#""statement_is_cut":true"#,
    r#""statement_is_cut":null"#,
    r#""fingerprint":"00ffAB1200000007""#,
    r#""fingerprint":"7""#,
    r#""query_id":"-77""#,
    r#""pid":4711"#,
    r#""pid":2147483648"#,
    r#""pid":"4711""#,
    r#""pid":1.0"#,
    r#""leader_pid":1"#,
    r#""leader_pid":[1]"#,
    r#""session_id":"6a.1f""#,
    r#""database":"shop""#,
    r#""user":" shop ""#,
    r#""application_name":"bv:6fd07b7e-3e5f-4a3c-9a0b-2f7c5e1d0a11""#,
    r#""correlation_id":"6FD07B7E-3e5f-4a3c-9a0b-2f7c5e1d0a11""#,
    r#""correlation_id":"6fd07b7e""#,
    r#""correlation_id":null"#,
    r#""client":"10.0.0.7""#,
    r#""backend_type":"client backend""#,
    r#""sql_state":"40P01""#,
    r#""detail":"d""#,
    r#""hint":"h""#,
    r#""context":"c""#,
    r#""is_doubtful":false"#,
    r#""is_cut":true"#,
    r#""is_cut":1"#,
    r#""later":{"a":[1,2]}"#,
    r#""later":[tru]"#,
    r#""later":"x""#,
];

/// What is read of the text is what the type is read as.
fn compare(text: &str) -> bool {
    let Ok((mut entry, event)) = Entry::read(text) else {
        return false;
    };
    assert_eq!(std::mem::take(&mut entry.is_plain), !text.contains('\\'));
    let log: Log = serde_json::from_str(text).unwrap();
    assert_eq!(entry, Entry::of(&log), "{text}");
    assert_eq!(event, log.event, "{text}");
    true
}

#[test]
fn an_entry_as_agents_write_it_is_read_of_its_text() {
    let log = Log {
        text: "duration: ? ms".to_owned(),
        event: Event::Duration {
            duration_us: Micros(7),
            phase: Phase::Fetch,
            name: Some("s1".to_owned()),
            parameters: Some(3),
        },
        statement: Some("SELECT \"a\" FROM b".to_owned()),
        statement_is_cut: true,
        fingerprint: Some(wire::sql::fingerprint("SELECT 1")),
        pid: Some(4711),
        leader_pid: Some(4710),
        user: Some("shop".to_owned()),
        correlation_id: Some(CorrelationId(Uuid::from_u128(5))),
        is_doubtful: true,
        is_cut: true,
        ..Log::default()
    };
    assert!(compare(&serde_json::to_string(&log).unwrap()));
    assert!(compare(&serde_json::to_string(&Log::default()).unwrap()));
    assert!(!compare(r#"{"severity":"LOG","text":"x"}"#));
    assert!(!compare("{}"));
}

#[test]
fn every_severity_and_phase_is_known_by_its_name() {
    for name in [
        "DEBUG", "LOG", "INFO", "NOTICE", "WARNING", "ERROR", "FATAL", "PANIC",
    ] {
        for phase in [
            "statement",
            "parse",
            "bind",
            "execute",
            "fetch",
            "fastpath",
            "unknown",
        ] {
            let event = format!(
                r#"{{"class":"duration","duration_us":5,"phase":"{phase}","name":"s\"1","parameters":0}}"#
            );
            assert!(duration(&event).is_ok());
            assert!(compare(&format!(
                r#"{{"severity":"{name}","text":"","event":{event}}}"#
            )));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_body_is_read_otherwise_than_by_its_type(
        chosen in prop::collection::vec(select(MEMBERS), 0..12), whole in any::<bool>(),
    ) {
        let mut members = chosen;
        if whole {
            members.extend([MEMBERS[0], MEMBERS[2], MEMBERS[5]]);
        }
        compare(&format!("{{{}}}", members.join(",")));
    }

    #[test]
    fn nor_one_that_was_damaged(
        chosen in prop::sample::subsequence(MEMBERS, 0..8), at in any::<Index>(), with in "[{}\\[\\]\":,\\\\a0-9é\\-. ]{0,2}",
        gone in 0_usize..4,
    ) {
        let members = [&[MEMBERS[0], MEMBERS[2], MEMBERS[5]], &chosen[..]].concat();
        let text = format!("{{{}}}", members.join(","));
        let at = at.index(text.len());
        let damaged = format!("{}{with}{}", &text[..at], &text[(at + gone).min(text.len())..]);
        compare(&damaged);
    }
}
