use proptest::prelude::*;
use wire::pg::log::Severity;
use wire::time::Instant;

use super::*;
use crate::serverlog::parser::{Ending, Format, Parser};
use crate::serverlog::stamp::Stamps;

const SAMPLE: &[u8] = include_bytes!("../../../tests/data/events.json");

fn reporter() -> Reporter {
    Reporter {
        prefix: "req:".to_owned(),
        projects: "sample database=app".parse().unwrap(),
        with_values: false,
    }
}

fn logs(reporter: &Reporter) -> Vec<Log> {
    let mut parser = Parser::new(Format::Json, None, Stamps::new("UTC").unwrap());
    parser.push(SAMPLE);
    let mut logs = Vec::new();
    while let Some((entry, _)) = parser.next(Ending::File) {
        logs.push(reporter.log(&entry));
    }
    logs
}

#[test]
fn no_value_leaves_the_host() {
    // What the samples' statements have for values.
    let secrets = [
        "'667'",
        "it''s",
        "it's",
        "'dup'",
        "bad",
        "multi",
        "injected",
        "repeat('x'",
        "v='w'",
    ];
    for log in logs(&reporter()) {
        let mut json = serde_json::to_value(&log).unwrap();
        // Who a session is and where it comes from is no value.
        json["application_name"] = serde_json::Value::Null;
        let text = json.to_string();
        for secret in secrets {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}

#[test]
fn a_site_may_want_its_values() {
    let with_values = Reporter {
        with_values: true,
        ..reporter()
    };
    let logs = logs(&with_values);
    assert!(
        logs.iter()
            .any(|log| log.detail.as_deref() == Some("parameters: $1 = '667'"))
    );
    let statement = logs
        .iter()
        .find_map(|log| log.statement.as_deref().filter(|sql| sql.contains("'dup'")));
    assert!(statement.is_some());
}

#[test]
fn a_request_is_found_by_the_name_of_its_session() {
    let id = "11111111-2222-4333-8444-555555555555";
    let logs = logs(&reporter());
    let of_request: Vec<&Log> = logs
        .iter()
        .filter(|log| {
            log.correlation_id
                .is_some_and(|found| found.to_string() == id)
        })
        .collect();
    let classes: Vec<&str> = of_request.iter().map(|log| log.event.class()).collect();
    assert_eq!(classes.iter().filter(|class| **class == "plan").count(), 2);
    assert!(
        classes.contains(&"connection_authorized"),
        "its name is in the message alone"
    );
    assert_eq!(
        reporter().project(of_request[1]).unwrap().as_str(),
        "sample"
    );
    // A plan and the duration beside it are of one statement.
    let (plan, duration) = (&of_request[1], &of_request[2]);
    assert_eq!(
        (plan.event.class(), duration.event.class()),
        ("plan", "duration")
    );
    assert_eq!(plan.fingerprint, duration.fingerprint);
    assert!(plan.fingerprint.is_some());
}

#[test]
fn a_query_id_of_the_session_before_is_not_told() {
    for log in logs(&reporter()) {
        assert!(log.query_id.is_none() || !log.event.class().starts_with("connection"));
    }
}

#[test]
fn an_entry_has_the_same_id_whenever_it_is_read() {
    let entry = |message: &'static str| Entry {
        message: message.into(),
        ..Entry::default()
    };
    let place = Place {
        file: 7,
        offset: 100,
    };
    let at = Instant(1_767_225_600_635_000);
    let id = place.event_id(at, &entry("x"));
    assert_eq!(id, place.event_id(at, &entry("x")));
    assert_eq!(id.0.get_version_num(), 7);
    let (seconds, nanos) = id.0.get_timestamp().unwrap().to_unix();
    assert_eq!((seconds, nanos), (1_767_225_600, 635_000_000));
    assert_ne!(id, place.event_id(at, &entry("y")));
    assert_ne!(
        id,
        Place {
            offset: 101,
            ..place
        }
        .event_id(at, &entry("x"))
    );
    assert_ne!(id, Place { file: 8, ..place }.event_id(at, &entry("x")));
}

/// How texts of the server begin; what follows may be anything.
const BEGINNINGS: [&str; 26] = [
    "",
    "duration: 1.5 ms  plan:\nQuery Text: ",
    "duration: 1.5 ms  plan:\n{\"Query Text\": \"",
    "duration: 1.5 ms  execute ",
    "duration: 1",
    "process 7 still waiting for ShareLock on ",
    "process 7 acquired ExclusiveLock on tuple (0,1) of relation 9 of database 5 after ",
    "temporary file: path \"x\", size ",
    "checkpoint complete: wrote 9 buffers",
    "automatic vacuum of table \"",
    "automatic analyze of table \"a.b.c\"\nbuffer usage: ",
    "disconnection: session time: 0:",
    "connection authorized: user=x application_name=",
    "deadlock detected",
    "server process (PID 9) was terminated by signal ",
    "parameter \"",
    "Key (a)=(",
    "Process 1 waits for ShareLock on transaction 7; blocked by process 2.\nProcess 1: ",
    "Processes holding the lock: 1, 2. Wait queue: ",
    "SQL statement \"",
    "prepare: prepare q as ",
    "parameters: $1 = '",
    "Failing row contains (",
    "syntax error at or near \"",
    "invalid input syntax for type integer: \"",
    "while updating tuple (0,1) in relation \"",
];

fn text() -> impl Strategy<Value = String> {
    let rest = "[\\PC\n\"'()=:.0-9]{0,80}";
    (prop::sample::select(&BEGINNINGS[..]), rest).prop_map(|(begin, rest)| format!("{begin}{rest}"))
}

proptest! {
    #[test]
    fn any_texts_are_told(
        texts in prop::array::uniform5(text()),
        state in prop::sample::select(&["00000", "22P02", "40P01", "42601", "P0001"][..]),
        is_failure: bool,
    ) {
        let [message, detail, hint, context, statement] = texts;
        let entry = Entry {
            severity: if is_failure { Severity::Error } else { Severity::Log },
            is_parsed: true,
            message: message.into(),
            detail: Some(detail.into()),
            hint: Some(hint.into()),
            context: Some(context.into()),
            statement: Some(statement.into()),
            head: Head {
                sql_state: Some(state.into()),
                ..Head::default()
            },
            ..Entry::default()
        };
        let log = reporter().log(&entry);
        let json = serde_json::to_string(&log).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Log>(&json).unwrap().event, &log.event);
        for text in [&log.detail, &log.context, &log.hint].into_iter().flatten() {
            prop_assert!(text.len() <= 4 * redact::TEXT_BYTES_MAX);
        }
        let of_unparsed = Entry { is_parsed: false, ..entry };
        prop_assert_eq!(reporter().log(&of_unparsed).event, Event::Unparsed);
    }
}
