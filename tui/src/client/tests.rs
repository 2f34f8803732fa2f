//! What a client says before it asks anything; the answers are in `tests/report.rs`.

use super::*;
use crate::ask::Sort;
use wire::time::{Instant, Range};

#[test]
fn a_url_is_http_and_nothing_but_an_address() {
    assert!(parse_base("http://127.0.0.1:7802").is_ok());
    assert!(parse_base("https://store.example/bitville/").is_ok());
    for wrong in [
        "127.0.0.1:7802",
        "ftp://store",
        "http://",
        "http://a:b@store",
        "http://store?x=1",
        "http://store#x",
    ] {
        assert!(parse_base(wrong).is_err(), "{wrong}");
    }
    let error = parse_base("http://user:secret-words@store").expect_err("a password in the URL");
    assert!(!error.to_string().contains("secret-words"));
}

#[test]
fn parameters_are_encoded() {
    let client = Client::try_new("http://store:7802/sub/", None).expect("a client");
    let ask = Ask::Requests {
        filter: None,
        range: Range {
            from_at_us: Instant(1),
            to_at_us: Instant(2),
        },
        project: None,
        route: Some("GET /a b&c=d".to_owned()),
        sort: Sort::Wall,
        rows_max: 5,
        cursor: None,
    };
    assert_eq!(
        client.url(&ask.path(), &ask.parameters()).as_str(),
        "http://store:7802/sub/v1/requests?from_at_us=1&to_at_us=2&route=GET+%2Fa+b%26c%3Dd&sort=-wall_us&limit=5"
    );
}

#[test]
fn a_token_is_one_printable_line() {
    assert!(Token::try_new("abc", "file").is_ok());
    for wrong in ["", "a b", "a\nb", "ä"] {
        assert!(Token::try_new(wrong, "file").is_err(), "{wrong:?}");
    }
}
