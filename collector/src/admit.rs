//! Whether a frame's body may enter the journal, and as which line.
//!
//! The envelope is checked, since the store would refuse it later and PHP hears of it only now; the
//! body is not looked into. The line is the body as it came: fields that this version does not know
//! are kept.

use wire::record::{self, Record, RecordError};

/// The journal's line for a frame's body.
pub fn admit(mut body: Vec<u8>) -> Result<Vec<u8>, RecordError> {
    Record::try_from_line(&body)?;
    record::flatten(&mut body);
    Ok(body)
}

/// The counter of frames that were refused for that reason.
pub fn counter_name(error: &RecordError) -> &'static str {
    match error {
        RecordError::Length { .. } => "frames_refused_length",
        RecordError::Depth { .. } => "frames_refused_depth",
        RecordError::Json(_) => "frames_refused_json",
        RecordError::Version { .. } => "frames_refused_record_version",
        RecordError::BodyType(_) | RecordError::Body { .. } => "frames_refused_body",
    }
}

#[cfg(test)]
mod tests;
