//! What Graylog makes of a frame, and what it does not take: `GelfDecoder`, `MessageInput` and the index.
//!
//! Numbers in brackets are those of the list in this project's notes on GELF, each checked in Graylog's source.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// The longest term that Lucene takes; a longer one loses the whole document [9].
const TERM_BYTES_MAX: usize = 32_766;

/// Names that the server sets itself, or that the index keeps for itself [7].
const RESERVED: &[&str] = &[
    "id",
    "message",
    "source",
    "timestamp",
    "level",
    "host",
    "version",
    "short_message",
    "full_message",
    "streams",
    "index",
    "type",
    "routing",
    "parent",
    "ttl",
    "field_names",
    "size",
];

/// The types of an index: the first value of a field fixes its own.
#[derive(Debug, Default)]
pub(crate) struct Mapping(HashMap<String, Type>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Long,
    Double,
    Keyword,
}

/// A message as it would be stored, or why it would not be the one that was sent.
pub(crate) fn check(
    frame: &[u8],
    mapping: &mut Mapping,
) -> (Option<Map<String, Value>>, Vec<String>) {
    let mut violations = Vec::new();
    let read: Result<Value, _> = serde_json::from_slice(frame);
    let message = match read {
        Ok(Value::Object(message)) => message,
        // More than one object in a frame: the rest is dropped [4].
        Ok(other) => return (None, vec![format!("no JSON object: {other}")]),
        Err(error) => return (None, vec![format!("no JSON: {error}")]),
    };
    head(&message, &mut violations);
    for (name, value) in &message {
        if let Some(field) = name.strip_prefix('_') {
            violations.extend(check_name(field));
            violations.extend(check_value(field, value, mapping));
        } else if !matches!(
            name.as_str(),
            "version" | "host" | "short_message" | "full_message" | "timestamp" | "level"
        ) {
            violations.push(format!("{name}: a field of one's own begins with _"));
        }
    }
    (Some(message), violations)
}

/// What every message has [10, 11].
fn head(message: &Map<String, Value>, violations: &mut Vec<String>) {
    let text = |name: &str| message.get(name).and_then(Value::as_str).map(str::trim);
    if text("version") != Some("1.1") {
        violations.push("version: 1.1 is wanted".to_owned());
    }
    for name in ["host", "short_message"] {
        if text(name).is_none_or(str::is_empty) {
            violations.push(format!("{name}: missing or blank, the message is refused"));
        }
    }
    if message.contains_key("full_message") && text("full_message").is_none_or(str::is_empty) {
        violations.push("full_message: blank or no text".to_owned());
    }
    let seconds = message.get("timestamp").and_then(Value::as_f64);
    // 2001 to 2100: milliseconds, zero and a string are none of that.
    if seconds.is_none_or(|it| !(1e9..4.2e9).contains(&it)) {
        violations.push(format!(
            "timestamp: {:?} is no time in seconds",
            message.get("timestamp")
        ));
    }
    let level = message.get("level").and_then(Value::as_i64);
    if level.is_none_or(|it| !(0..=7).contains(&it)) {
        violations.push("level: 0 to 7 is wanted".to_owned());
    }
}

fn check_name(field: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if field.is_empty() || !field.bytes().all(is_plain) {
        return Some(format!(
            "_{field}: characters that are passed over, or changed in the index"
        ));
    }
    let is_reserved =
        RESERVED.contains(&field) || field.starts_with("gl2_") || field.starts_with('_');
    is_reserved.then(|| format!("_{field}: the name is reserved"))
}

/// Null and booleans are passed over, lists and objects become text [5]; texts are trimmed [6].
fn check_value(field: &str, value: &Value, mapping: &mut Mapping) -> Option<String> {
    let given = match value {
        Value::Null | Value::Bool(_) => return Some(format!("_{field}: {value} is passed over")),
        Value::Array(_) | Value::Object(_) => return Some(format!("_{field}: no plain value")),
        Value::Number(number) if number.is_f64() => Type::Double,
        Value::Number(_) => Type::Long,
        Value::String(text) if text.trim().is_empty() => {
            return Some(format!("_{field}: an empty text is not stored"));
        }
        Value::String(text) if text.trim() != text => {
            return Some(format!("_{field}: stored without its blanks"));
        }
        Value::String(text) if text.len() > TERM_BYTES_MAX => {
            return Some(format!("_{field}: {} bytes lose the document", text.len()));
        }
        Value::String(_) => Type::Keyword,
    };
    let fixed = mapping.0.entry(field.to_owned()).or_insert(given);
    (*fixed != given).then(|| format!("_{field}: {given:?}, the index has it as {fixed:?}"))
}
