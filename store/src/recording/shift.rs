//! Moves a record in time: every `*_at_us`, in the envelope and anywhere in the body, by the same
//! span. The protocol keeps the promise that no other field carries a time.

use serde_json::Value;
use thiserror::Error;
use uuid::{NoContext, Timestamp, Uuid};
use wire::time::{Instant, Micros};

/// A line of a recording that is no record.
#[derive(Debug, Error)]
pub(crate) enum ShiftError {
    #[error("not JSON")]
    Json(#[from] serde_json::Error),
    #[error("no record: at_us is missing")]
    Time,
}

/// When what a line describes began.
pub(crate) fn time_of(line: &[u8]) -> Result<Instant, ShiftError> {
    let value: Value = serde_json::from_slice(line)?;
    value
        .get("at_us")
        .and_then(Value::as_i64)
        .map(Instant)
        .ok_or(ShiftError::Time)
}

/// The line moved by a span, with an `event_id` of its own: a replay is new data, and a second one
/// is again. Correlation ids stay, so that what belongs together stays together.
pub(crate) fn shift(line: &[u8], span: Micros) -> Result<Vec<u8>, ShiftError> {
    let mut value: Value = serde_json::from_slice(line)?;
    move_times(&mut value, span);
    let at_us = value
        .get("at_us")
        .and_then(Value::as_i64)
        .ok_or(ShiftError::Time)?;
    let event_id = value.get_mut("event_id").ok_or(ShiftError::Time)?;
    *event_id = Value::String(event_id_at(Instant(at_us)).to_string());
    Ok(serde_json::to_vec(&value)?)
}

fn event_id_at(at: Instant) -> Uuid {
    let micros = u64::try_from(at.0).unwrap_or(0);
    let nanos = u32::try_from(micros % 1_000_000).expect("below a million") * 1_000;
    Uuid::new_v7(Timestamp::from_unix(NoContext, micros / 1_000_000, nanos))
}

/// The nesting was bounded when the record was stored.
fn move_times(value: &mut Value, span: Micros) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_i64() {
                    Some(at_us) if name.ends_with("_at_us") || name == "at_us" => {
                        *value = at_us.saturating_add(span.0).into();
                    }
                    _ => move_times(value, span),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| move_times(value, span)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] = br#"{"v":1,"kind":"x","event_id":"019ab1c2-0000-7000-8000-000000000000","project":"p","host":"h","at_us":1000000,"body":{"wall_us":5,"query_start_at_us":900000,"list":[{"xact_start_at_us":7,"state_change_at_us":null}],"at_us":"no number"}}"#;

    #[test]
    fn every_instant_moves_and_no_duration_does() {
        let moved = shift(LINE, Micros(50)).unwrap();
        let moved: Value = serde_json::from_slice(&moved).unwrap();
        assert_eq!(moved["at_us"], 1_000_050);
        assert_eq!(moved["body"]["query_start_at_us"], 900_050);
        assert_eq!(moved["body"]["list"][0]["xact_start_at_us"], 57);
        assert_eq!(moved["body"]["list"][0]["state_change_at_us"], Value::Null);
        assert_eq!(moved["body"]["wall_us"], 5);
        assert_eq!(moved["body"]["at_us"], "no number");
    }

    #[test]
    fn a_moved_record_is_a_new_record() {
        let id = |line: &[u8]| serde_json::from_slice::<Value>(line).unwrap()["event_id"].clone();
        let (first, second) = (
            shift(LINE, Micros(0)).unwrap(),
            shift(LINE, Micros(0)).unwrap(),
        );
        assert_ne!(id(&first), id(LINE));
        assert_ne!(id(&first), id(&second));
    }
}
