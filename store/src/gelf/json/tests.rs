use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read(text: &str) -> Option<Vec<(String, String)>> {
    let mut read = Vec::new();
    let json = Json::try_new(text).ok()?;
    let done = json.members(|key, value| {
        read.push((key.to_owned(), format!("{value:?}")));
        Ok(())
    });
    done.ok().map(|()| read)
}

#[test]
fn members_are_given_as_they_are_written() {
    let text =
        r#"{"a":"x","b":-70,"c":null,"d":true,"e":false,"f":[{"g":"]\"}"}],"h":"\"\u00e4","i":0}"#;
    let read = read(text).unwrap();
    let read: Vec<(&str, &str)> = read.iter().map(|it| (&*it.0, &*it.1)).collect();
    let wanted = [
        ("a", r#"Text("x")"#),
        ("b", "Whole(-70)"),
        ("c", "Null"),
        ("d", "Flag(true)"),
        ("e", "Flag(false)"),
        ("f", r#"Nested("[{\"g\":\"]\\\"}\"}]")"#),
        ("h", r#"Text("\"ä")"#),
        ("i", "Whole(0)"),
    ];
    assert_eq!(read, wanted);
    assert_eq!(super::tests::read("{}"), Some(Vec::new()));
}

#[test]
fn what_is_written_otherwise_is_left_to_others() {
    for text in [
        "",
        "{",
        "[]",
        "{ }",
        "{}\n",
        r#"{"a": 1}"#,
        r#"{"a" :1}"#,
        r#"{"a":1,}"#,
        r#"{"a":1"#,
        r#"{"a":01}"#,
        r#"{"a":-0}"#,
        r#"{"a":-}"#,
        r#"{"a":1.5}"#,
        r#"{"a":1e3}"#,
        r#"{"a":1234567890123456789}"#,
        r#"{"a\n":1}"#,
        r#"{"a":"\x"}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"a":"x}"#,
        "{\"a\":\"\n\"}",
        r#"{"a":[}"#,
        r#"{"a":tru}"#,
        r#"{"a":nullx}"#,
        r#"{"a":1}}"#,
        "{a:1}",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn any_texts_and_numbers_come_as_they_were(
        text in "\\PC{0,60}|[\"\\\\\n\u{0}é]{0,9}", whole in -999_999_999_999_999_999_i64..=999_999_999_999_999_999,
    ) {
        let body = json!({"a": text, "b": whole}).to_string();
        let wanted = [Value::Text(Cow::Borrowed(&*text)), Value::Whole(whole)];
        let mut wanted = wanted.into_iter();
        let json = Json::try_new(&body).unwrap();
        prop_assert_eq!(json.is_plain(), !body.contains('\\'));
        let done = json.members(|_, value| {
            assert_eq!(Some(value), wanted.next());
            Ok(())
        });
        prop_assert!(done.is_ok() && wanted.next().is_none());
    }

    #[test]
    fn nothing_makes_it_panic(text in "[{}\\[\\]\":,\\\\a0-9é\\-.]{0,40}") {
        let _ = read(&text);
        let _ = read(&format!("{{\"a\":{text}}}"));
    }
}
