use super::*;

const LINE: &str = r#"{"v":1,"kind":"moon_phase","event_id":"019ab1c2-0000-7000-8000-000000000001","project":"shop","host":"web1","at_us":1763892202000000,"body":{"phase":"full","new_field":[1,2]}}"#;

#[test]
fn an_unknown_kind_is_kept_to_the_letter() {
    let record = Record::try_from_line(LINE.as_bytes()).unwrap();
    assert!(matches!(record.body(), Ok(Body::Unknown)));
    assert_eq!(record.to_line(), LINE.as_bytes());
}

#[test]
fn a_bad_envelope_is_told_which_field_and_what_is_allowed() {
    let told = |from: &str, to: &str| {
        Record::try_from_line(LINE.replace(from, to).as_bytes())
            .unwrap_err()
            .to_string()
    };
    assert!(told("\"shop\"", "\"a shop\"").contains("1 to 64 of [A-Za-z0-9._-]"));
    assert!(told("\"v\":1", "\"v\":2").contains("1 is allowed, got 2"));
    assert!(told("{\"phase\":\"full\",\"new_field\":[1,2]}", "[1]").contains("a JSON object"));
    assert!(told("1763892202000000", "\"noon\"").contains("expected i64"));
    assert!(told("\"event_id\"", "\"id\"").contains("event_id"));
}

#[test]
fn deep_nesting_is_refused_before_it_is_parsed() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let line = LINE.replace("\"full\"", &deep);
    assert!(matches!(
        Record::try_from_line(line.as_bytes()),
        Err(RecordError::Depth { .. })
    ));
}

#[test]
fn brackets_inside_strings_are_no_nesting() {
    let line = LINE.replace("full", &format!("\\\"{}", "[".repeat(1_000)));
    assert!(Record::try_from_line(line.as_bytes()).is_ok());
}

#[test]
fn a_body_with_newlines_still_makes_one_line() {
    let line = LINE.replace("[1,2]", "[1,\n2]");
    let record = Record::try_from_line(line.as_bytes()).unwrap();
    assert!(!record.to_line().contains(&b'\n'));
}
