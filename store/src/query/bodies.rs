//! Records as they came in: what sums by the minute can't tell is read from their bodies.

use serde::de::DeserializeOwned;
use wire::request::Request;
use wire::time::{Micros, Range};

use super::filter::Filter;
use super::{Answer, Ask, requests};
use crate::db::reader::DayReader;
use crate::db::{DbError, packed};

/// Bodies that are read for one answer: some 0.1 ms each.
pub(super) const BODIES_MAX: usize = 500;

/// Sums are kept by the minute: a spike of half one would be told with the calm before it. So a range
/// shorter than this is read request by request, if these are few enough.
pub(super) const SUMMED_SPAN_MIN: Micros = Micros::from_seconds(20 * 60);

/// A record's body; nothing if it is gone. It was read when it came in; a later version may read it otherwise.
pub(super) fn body_of<T: DeserializeOwned>(day: &DayReader, record_id: i64) -> Answer<Option<T>> {
    let text = text_of(day, record_id)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// A record's body as it came in.
fn text_of(day: &DayReader, record_id: i64) -> Answer<Option<String>> {
    zstd_of(day, record_id)?
        .map(|body| day.body_text(&body))
        .transpose()
}

/// A record's body as it is kept: see [`packed`].
pub(super) fn packed_of(day: &DayReader, record_id: i64) -> Answer<Option<Vec<u8>>> {
    zstd_of(day, record_id)?
        .map(|body| day.body_packed(&body))
        .transpose()
}

/// A request by its record.
pub(super) fn request_of(day: &DayReader, record_id: i64) -> Answer<Option<Request>> {
    let Some(body) = packed_of(day, record_id)? else {
        return Ok(None);
    };
    let read = packed::request(&body).ok_or_else(|| DbError::Body {
        detail: "its tables are damaged".to_owned(),
    })?;
    // It was read when it came in; a later version may read it otherwise.
    Ok(read.ok())
}

fn zstd_of(day: &DayReader, record_id: i64) -> Answer<Option<Vec<u8>>> {
    let find = "SELECT zstd FROM main.body WHERE record_id = ?1";
    day.row(find, [record_id], |row| row.get(0))
}

/// Gives each request of a short range. Nothing is given, and `false` told, if the range is long or has too many.
pub(super) fn each_of_few(
    ask: &Ask,
    range: Range,
    filter: &Filter,
    mut take: impl FnMut(&Request),
) -> Answer<bool> {
    if range.span() >= SUMMED_SPAN_MIN {
        return Ok(false);
    }
    let mut found = Vec::new();
    let mut count = 0;
    for day in ask.reader.days_since(range.from_at_us)? {
        // One more than is read tells that there are more.
        let matching = requests::matching(ask, &day, range, filter, BODIES_MAX + 1 - count)?;
        count += matching.len();
        if count > BODIES_MAX {
            return Ok(false);
        }
        found.push((day, matching));
    }
    for (day, matching) in found {
        for (record_id, _) in matching {
            if let Some(request) = request_of(&day, record_id)? {
                take(&request);
            }
        }
    }
    Ok(true)
}
