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
