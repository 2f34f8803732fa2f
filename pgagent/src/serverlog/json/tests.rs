use proptest::prelude::*;

use super::*;

const LOG: &str = include_str!("../../../tests/data/events.json");

/// Both readers' words on a line.
fn both(line: &str) -> (Option<Line<'_>>, Option<Line<'_>>) {
    (plain::read(line), serde_json::from_str(line).ok())
}

#[test]
fn all_that_a_server_wrote_is_plain() {
    for line in LOG.lines() {
        let (plain, general) = both(line);
        assert!(plain.is_some(), "{line}");
        assert_eq!(plain, general, "{line}");
    }
}

#[test]
fn what_the_server_would_not_write_is_left_to_the_general_reader() {
    for line in [
        "",
        "{",
        "{}",
        r#"{"pid":1"#,
        r#"{"pid":1,"#,
        r#"{"pid":1,""#,
        r#"{"pid":1,"}"#,
        r#"{"pid":1}}"#,
        r#"{"pid":1,}"#,
        r#"{"pid":01}"#,
        r#"{"pid":-0}"#,
        r#"{"pid":-}"#,
        r#"{"pid":1.0}"#,
        r#"{"pid":null}"#,
        r#"{"pid":99999999999}"#,
        r#"{"pid":1,"pid":1}"#,
        r#"{"pid":1,"user":"a"}"#,
        r#"{"pid": 1}"#,
        r#"{"user":1}"#,
        r#"{"user":"a\u00e9"}"#,
        r#"{"user":"a\x"}"#,
        "{\"user\":\"a\tb\"}",
        r#"{"user":"a}"#,
        r#"{"user":"a\"}"#,
        r#"{"users":"a"}"#,
        r#"{"ps":{}}"#,
    ] {
        assert_eq!(plain::read(line), None, "{line}");
    }
}

/// Pieces that lines are made of, good ones and bad ones.
fn piece() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "timestamp",
        "user",
        "pid",
        "ps",
        "txid",
        "message",
        "detail",
        "leader_pid",
        "query_id",
        "x",
    ]);
    let value = prop_oneof![
        "\"[a-z]{0,4}(\\\\[ntrbf/\"\\\\u])?[ -~é\t]{0,4}\"",
        "-?[0-9]{1,20}",
        "-?[0-9.e]{1,3}",
        Just("null".to_owned()),
        Just("[{}]".to_owned()),
    ];
    (key, value).prop_map(|(key, value)| format!("\"{key}\":{value}"))
}

proptest! {
    #[test]
    fn what_is_plain_means_the_same_to_both(
        pieces in prop::collection::vec(piece(), 0..5),
        between in prop::sample::select(vec![",", ", ", ""]),
    ) {
        let line = format!("{{{}}}", pieces.join(between));
        if let (Some(plain), general) = both(&line) {
            prop_assert_eq!(Some(plain), general);
        }
    }

    #[test]
    fn a_line_that_was_damaged_is_not_read_as_another(
        number in 0_usize..173,
        at in 0_usize..400,
        damage in "[\"\\\\,:{}0-9a-z \t]{0,3}",
        length in 0_usize..4,
    ) {
        let line = LOG.lines().nth(number).expect("the sample has so many lines");
        let from = wire::text::boundary_below(line, at);
        let to = wire::text::boundary_below(line, at + length);
        let line = format!("{}{damage}{}", &line[..from], &line[to..]);
        if let (Some(plain), general) = both(&line) {
            prop_assert_eq!(Some(plain), general);
        }
    }
}
