use proptest::prelude::*;

use super::*;

const NOW: Instant = Instant(1_763_941_500_000_000);

fn tests(text: &str) -> Vec<(bool, Test)> {
    let filter = Filter::parse(text, NOW).unwrap();
    filter
        .terms
        .into_iter()
        .map(|term| (term.is_not, term.test))
        .collect()
}

fn error(text: &str) -> String {
    Filter::parse(text, NOW).unwrap_err().to_string()
}

#[test]
fn terms_are_read_with_their_units() {
    let read = tests(
        r#"route:"POST /checkout" duration>2s -client:10.0.0.7 status:5xx,404 memory>=64MiB"#,
    );
    let text = |text: &str| vec![Pattern::new(text)];
    assert_eq!(
        read,
        [
            (false, Test::Text(TextField::Route, text("POST /checkout"))),
            (
                false,
                Test::Number(NumberField::DurationUs, Comparison::Greater, 2_000_000)
            ),
            (true, Test::Text(TextField::Client, text("10.0.0.7"))),
            (false, Test::Status(vec![(500, 599), (404, 404)])),
            (
                false,
                Test::Number(
                    NumberField::MemoryBytes,
                    Comparison::GreaterOrEqual,
                    64 << 20
                )
            ),
        ]
    );
}

#[test]
fn times_may_be_relative_and_a_word_is_looked_for_anywhere() {
    assert_eq!(
        tests("time>-15m cart"),
        [
            (
                false,
                Test::Number(NumberField::Time, Comparison::Greater, NOW.0 - 900_000_000)
            ),
            (false, Test::Word(Pattern::new("*cart*"))),
        ]
    );
    assert_eq!(tests("  "), []);
    assert!(tests("project!=shop").first().unwrap().0);
}

#[test]
fn a_pattern_escapes_what_like_would_take_for_more() {
    assert_eq!(Pattern::new("/a_b%*c").like(), r"/a\_b\%%c");
    assert_eq!(Pattern::new("shop").exact(), Some("shop"));
}

#[test]
fn what_can_not_be_read_is_told_with_its_column() {
    assert_eq!(
        error("route:x durration>2s").split(';').next(),
        Some(r#"column 9: unknown field "durration""#)
    );
    assert_eq!(
        error("duration>soon"),
        r#"column 10: a duration such as 1.5s or 200ms is allowed, got "soon""#
    );
    assert_eq!(error("ü url:\"x"), "column 7: this quote is not closed");
    assert_eq!(error("url:"), "column 5: a value is missing here");
    assert_eq!(
        error("status:teapot"),
        r#"column 8: a status such as 500 or 5xx is allowed, got "teapot""#
    );
    assert_eq!(
        error("host>a"),
        r#"column 1: host is no number; : or != is allowed, got ">""#
    );
}

#[test]
fn exact_texts_are_known_as_such() {
    let filter = Filter::parse("project:shop route:\"GET /\"", NOW).unwrap();
    assert_eq!(filter.exact(TextField::Route), Some("GET /"));
    assert!(filter.is_only(&[TextField::Project, TextField::Route]));
    assert!(!filter.is_only(&[TextField::Project]));
    let open = Filter::parse("route:*cart*", NOW).unwrap();
    assert_eq!(open.exact(TextField::Route), None);
}

proptest! {
    #[test]
    fn any_text_is_a_filter_or_an_error(text in "\\PC{0,60}") {
        let _ = Filter::parse(&text, NOW);
    }

    #[test]
    fn any_mix_of_its_tokens_is_a_filter_or_an_error(
        tokens in prop::collection::vec(
            prop::sample::select(vec!["url", "-", ":", ">", "=", "\"", ",", " ", "ü", "5xx", "2s"]),
            0..30,
        )
    ) {
        let _ = Filter::parse(&tokens.concat(), NOW);
    }
}
