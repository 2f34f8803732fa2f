use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn head<'a>(short: &'a str, full: &'a str) -> Head<'a> {
    Head {
        host: "web1",
        at_us: Instant(1_795_431_822_643_859),
        level: Level::Notice,
        short,
        full,
    }
}

/// A frame without its delimiter, read.
fn read(frame: &[u8]) -> Value {
    let (last, json) = frame.split_last().unwrap();
    assert_eq!(*last, DELIMITER);
    assert!(!json.contains(&DELIMITER), "a delimiter within a frame");
    serde_json::from_slice(json).unwrap()
}

fn written(frame_bytes_max: usize, head: &Head<'_>, fields: impl Fn(&mut Fields<'_>)) -> Value {
    let mut out = Vec::new();
    write(&mut out, frame_bytes_max, head, fields);
    assert!(out.len() <= frame_bytes_max, "{} bytes", out.len());
    read(&out)
}

#[test]
fn types_are_what_graylog_keeps() {
    let message = written(1 << 20, &head("short", ""), |out| {
        out.text(field::URL, "/cart");
        out.text(field::ROUTE, "  ");
        out.text(field::METHOD, None);
        out.int(field::STATUS, 200_u16);
        out.int(field::PID, None::<i32>);
        out.int(field::BYTES, u64::MAX);
        out.float(field::LOAD1, 5.0);
        out.float(field::LOAD5, f64::NAN);
        out.flag(field::IS_ERROR, true);
    });
    let wanted = serde_json::json!({
        "version": "1.1", "host": "web1", "short_message": "short",
        "timestamp": 1_795_431_822.643, "level": 5, "_url": "/cart", "_status": 200,
        "_bytes": i64::MAX, "_load1": 5.0, "_is_error": 1,
    });
    assert_eq!(message, wanted);
    assert!(message["_load1"].is_f64(), "a decimal stays one");
}

#[test]
fn the_long_text_is_cut_first_and_the_message_says_so() {
    let full = "x".repeat(100_000);
    let message = written(16 * 1024, &head("short", &full), |out| {
        out.text(field::URL, "/cart");
    });
    assert_eq!(message["_cut"], "full_message");
    assert_eq!(message["_url"], "/cart");
    let full = message["full_message"].as_str().unwrap();
    assert!(
        full.ends_with('…') && full.len() > 15_000,
        "{} bytes",
        full.len()
    );
}

#[test]
fn then_every_text_is_cut_and_no_number() {
    let url = "/\"".repeat(20_000);
    let message = written(16 * 1024, &head("short", "full"), |out| {
        out.text(field::URL, url.as_str());
        out.text(field::ROUTE, url.as_str());
        out.text(field::STATEMENT, url.as_str());
        out.int(field::STATUS, 500_u16);
    });
    assert_eq!(message["_cut"], "_url _route _statement");
    assert_eq!(message["_status"], 500);
    assert_eq!(message["full_message"], "full");
    assert!(message["_url"].as_str().unwrap().len() > 500);
}

#[test]
fn a_long_text_that_has_no_room_is_left_out_and_named() {
    let full = "y".repeat(100);
    let mut left_out = 0;
    for url_bytes in 7_000..8_100 {
        let url = "/".repeat(url_bytes);
        let message = written(16 * 1024, &head("short", &full), |out| {
            out.text(field::URL, url.as_str());
            out.text(field::ROUTE, url.as_str());
        });
        if let Some(full) = message.get("full_message") {
            assert!(!full.as_str().unwrap().is_empty(), "{url_bytes}");
        } else {
            assert_eq!(message["_cut"], "full_message", "{url_bytes}");
            left_out += 1;
        }
    }
    assert!(left_out > 0, "no length is just too long");
}

#[test]
fn a_text_is_never_longer_than_an_index_takes() {
    let statement = "ü".repeat(40_000);
    let message = written(1 << 20, &head("short", &statement), |out| {
        out.text(field::STATEMENT, statement.as_str());
    });
    assert!(message["_statement"].as_str().unwrap().len() <= escape::TEXT_BYTES_MAX);
    assert_eq!(message["full_message"], statement.as_str());
    assert_eq!(message["_cut"], "_statement");
}

proptest! {
    #[test]
    fn any_text_makes_a_frame_within_its_bound(
        texts in proptest::collection::vec("(\\PC|[\u{0}-\u{1f}\"\\\\]){0,300}", 3),
        repeat in 1_usize..400, frame_bytes_max in 16_384_usize..40_000,
    ) {
        let long: Vec<String> = texts.iter().map(|text| text.repeat(repeat)).collect();
        let short = format!("s{}", long[0]);
        let message = written(frame_bytes_max, &head(&short, &long[1]), |out| {
            for name in [field::URL, field::ROUTE, field::STATEMENT, field::CLIENT] {
                out.text(name, long[2].as_str());
            }
        });
        prop_assert!(message["short_message"].as_str().unwrap().starts_with('s'));
    }
}
