use super::*;

const ENVELOPE: &str = r#"{"v":1,"kind":"request","event_id":"019ab1c2-0000-7000-8000-000000000000","project":"shop","host":"web1","at_us":1,"body":{"x":1},"later":"field"}"#;

#[test]
fn a_record_is_kept_as_it_came_with_fields_of_later_versions() {
    assert_eq!(
        admit(ENVELOPE.as_bytes().to_vec()).unwrap(),
        ENVELOPE.as_bytes()
    );
}

#[test]
fn a_record_on_several_lines_becomes_one_line_that_says_the_same() {
    let text = ENVELOPE.replace(',', ",\r\n");
    let line = admit(text.clone().into_bytes()).unwrap();
    assert!(!line.contains(&b'\n') && !line.contains(&b'\r'));
    let value = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).unwrap();
    assert_eq!(value(&line), value(text.as_bytes()));
}

#[test]
fn every_kind_of_bad_record_has_its_counter() {
    let deep = "[".repeat(100);
    for (text, counter) in [
        ("garbage", "frames_refused_json"),
        ("\"\u{fffd}", "frames_refused_json"),
        (deep.as_str(), "frames_refused_depth"),
        (
            &ENVELOPE.replace("\"v\":1", "\"v\":2"),
            "frames_refused_record_version",
        ),
        (&ENVELOPE.replace("{\"x\":1}", "[]"), "frames_refused_body"),
        (&ENVELOPE.replace("shop", "my shop"), "frames_refused_json"),
    ] {
        let error = admit(text.as_bytes().to_vec()).unwrap_err();
        assert_eq!(counter_name(&error), counter, "{text}: {error}");
    }
}
