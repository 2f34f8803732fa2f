//! Times as people type them, made into ranges: `10m`, `14:03`, `14:03±2m`, `14:00..14:10`, a date, an instant.
//!
//! | typed | means |
//! |---|---|
//! | `10m`, `-15m` | the last ten minutes, the last quarter of an hour |
//! | `14:03`, `14:03:22` | around this time of the day that is looked at; not in the future |
//! | `14:03±2m`, also `+-` and `+/-` | from two minutes before to two minutes after |
//! | `14:00..14:10`, also `–` | from one to the other, or to `now` |
//! | `2026-11-23`, `today`, `yesterday` | that whole day |
//! | `2026-11-23 14:03`, `2026-11-23T14:03:22Z` | around this instant; without an offset in the zone that is shown |
//!
//! Nothing here reads a clock: now and the zone are given.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use wire::time::{Instant, Micros, Range};

use crate::typed::Fault;
use crate::zone::Zone;

/// What may be typed, for one who typed something else.
pub const ALLOWED: &str =
    "10m, 14:03, 14:03±2m, 14:00..14:10, 2026-11-23 or 2026-11-23T14:03:00Z is allowed";
const END_ALLOWED: &str = "14:03, 2026-11-23, 2026-11-23T14:03:00Z, -15m or now is allowed";
/// As much as the screens show of it.
const SPAN_MAX: Micros = Micros::from_seconds(31 * 86_400);

/// Where and when one types.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    pub now: Instant,
    /// Times of day are of this day.
    pub day_of: Instant,
    pub zone: &'a Zone,
}

/// What was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// The newest data.
    Last(Micros),
    Around(Instant),
    Between(Range),
}

/// One end, or what has two of its own.
enum Moment {
    At(Instant),
    /// A time of day, which another end may move by a day.
    OfDay(Instant),
    Day(Range),
    Ago(Micros),
}

/// A part of a line, and the column where it begins.
#[derive(Clone, Copy)]
struct Part<'a> {
    text: &'a str,
    column: usize,
}

/// Reads what to look at.
pub fn read(line: &str, here: Here<'_>) -> Result<Looked, Fault> {
    let whole = Part::new(line);
    if let Some((from, to)) = whole.split(&["..", "–"]) {
        return between(from, to, here).map(Looked::Between);
    }
    if let Some((at, around)) = whole.split(&["±", "+/-", "+-"]) {
        let at = match moment(at, here)? {
            Moment::At(at) | Moment::OfDay(at) => at,
            Moment::Ago(span) => here.now - span,
            Moment::Day(_) => return Err(at.fault("a time is to stand before the ±, not a day")),
        };
        let span = span(around)?;
        let range = Range {
            from_at_us: at - span,
            to_at_us: at + span,
        };
        return sound(range, whole, here).map(Looked::Between);
    }
    match moment(whole, here)? {
        Moment::At(at) | Moment::OfDay(at) if at > here.now => Err(whole.fault(FUTURE)),
        Moment::At(at) | Moment::OfDay(at) => Ok(Looked::Around(at)),
        Moment::Day(range) => sound(range, whole, here).map(Looked::Between),
        Moment::Ago(Micros(0)) => Err(whole.fault("no time has passed since now")),
        Moment::Ago(span) if span > SPAN_MAX => Err(whole.fault(TOO_LONG)),
        Moment::Ago(span) => Ok(Looked::Last(span)),
    }
}

/// One end of a range, as a command takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    At(Instant),
    /// Before now, which is the store's.
    Ago(Micros),
}

/// Reads one end of a range; of a day it is the begin.
pub fn end(line: &str, zone: &Zone, now: Instant) -> Result<End, Fault> {
    let here = Here {
        now,
        day_of: now,
        zone,
    };
    match moment(Part::new(line), here) {
        Ok(Moment::At(at) | Moment::OfDay(at)) => Ok(End::At(at)),
        Ok(Moment::Day(range)) => Ok(End::At(range.from_at_us)),
        Ok(Moment::Ago(span)) => Ok(End::Ago(span)),
        Err(fault) if fault.words == ALLOWED => Err(Fault {
            words: END_ALLOWED.to_owned(),
            ..fault
        }),
        Err(fault) => Err(fault),
    }
}

/// Reads both ends: a time of day at the end is the first one behind the begin.
pub fn ends(from: &str, to: &str, zone: &Zone, now: Instant) -> Result<(End, End), Fault> {
    let (begin, end) = (end(from, zone, now)?, end(to, zone, now)?);
    let is_of_day = looks_like_time_of_day(to.trim());
    Ok(match (begin, end) {
        (End::At(from), End::At(to)) if is_of_day => {
            (begin, End::At(of_day_behind(from, to, zone)))
        }
        both => both,
    })
}

const FUTURE: &str = "that is in the future";
const TOO_LONG: &str = "31 days at most can be looked at at once";

fn between(from: Part<'_>, to: Part<'_>, here: Here<'_>) -> Result<Range, Fault> {
    let from_at_us = match moment(from, here)? {
        Moment::At(at) | Moment::OfDay(at) => at,
        Moment::Day(range) => range.from_at_us,
        Moment::Ago(span) => here.now - span,
    };
    let to_at_us = match moment(to, here)? {
        Moment::At(at) => at,
        // The first such time behind the begin: 22:00..02:00 ends on the next day.
        Moment::OfDay(at) => of_day_behind(from_at_us, at, here.zone),
        // A day belongs to the range whole.
        Moment::Day(range) => range.to_at_us,
        Moment::Ago(span) => here.now - span,
    };
    if to_at_us <= from_at_us {
        return Err(to.fault("the end is to be later than the begin"));
    }
    let range = Range {
        from_at_us,
        to_at_us,
    };
    sound(range, from, here)
}

/// The same time of day, on the begin's day or on the next.
fn of_day_behind(begin: Instant, at: Instant, zone: &Zone) -> Instant {
    let time = zone.civil(at).time();
    let day = zone.civil(begin).date();
    let days = [Ok(day), day.tomorrow()].into_iter().flatten();
    let mut ends = days.filter_map(|day| zone.instant(day.to_datetime(time)));
    ends.find(|end| *end > begin).unwrap_or(at)
}

fn sound(range: Range, part: Part<'_>, here: Here<'_>) -> Result<Range, Fault> {
    if range.from_at_us >= here.now {
        Err(part.fault(FUTURE))
    } else if range.span() > SPAN_MAX {
        Err(part.fault(TOO_LONG))
    } else {
        Ok(range)
    }
}

fn moment(part: Part<'_>, here: Here<'_>) -> Result<Moment, Fault> {
    let text = part.text;
    if text == "now" {
        return Ok(Moment::Ago(Micros(0)));
    }
    let today = here.zone.civil(here.now).date();
    match text {
        "today" => return day(today, part, here.zone),
        "yesterday" => return day(today.yesterday().unwrap_or(today), part, here.zone),
        _ => {}
    }
    if looks_like_time_of_day(text) {
        let time = time_of_day(text).ok_or_else(|| part.fault("there is no such time of day"))?;
        return Ok(Moment::OfDay(of_day(time, here)));
    }
    // A date begins with its year: four digits and a dash.
    if text.len() > 4 && text.as_bytes()[4] == b'-' && text.is_char_boundary(4) {
        return calendar(part, here.zone);
    }
    let ago = text.strip_prefix('-').unwrap_or(text);
    match wire::human::parse_duration(ago) {
        Ok(_) => span(part).map(Moment::Ago),
        Err(_) => Err(part.fault(ALLOWED)),
    }
}

/// Today's, or that of the day that is looked at; if it is still to come, the day before's.
fn of_day(time: Time, here: Here<'_>) -> Instant {
    let date = here.zone.civil(here.day_of).date();
    let on = |date: Date| here.zone.instant(date.to_datetime(time));
    let at = on(date).unwrap_or(here.now);
    if at <= here.now {
        return at;
    }
    date.yesterday().ok().and_then(on).unwrap_or(here.now)
}

fn day(date: Date, part: Part<'_>, zone: &Zone) -> Result<Moment, Fault> {
    let begin = |date: Date| zone.instant(date.to_datetime(Time::midnight()));
    let next = date.tomorrow().ok();
    match (begin(date), next.and_then(begin)) {
        (Some(from_at_us), Some(to_at_us)) => Ok(Moment::Day(Range {
            from_at_us,
            to_at_us,
        })),
        _ => Err(part.fault("there is no such day")),
    }
}

/// A date, a date with a time in the zone, or an instant with its offset.
fn calendar(part: Part<'_>, zone: &Zone) -> Result<Moment, Fault> {
    let text = part.text;
    if text.len() == "2026-11-23".len() {
        let date = text.parse::<Date>();
        return match date {
            Ok(date) => day(date, part, zone),
            Err(_) => Err(part.fault("there is no such day")),
        };
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Moment::At(Instant(at.as_microsecond())));
    }
    let civil = text.parse::<DateTime>().ok();
    // What has a bracketed zone behind it would be read, too, and its zone overlooked.
    let civil = civil.filter(|_| !text.contains('['));
    match civil.and_then(|civil| zone.instant(civil)) {
        Some(at) => Ok(Moment::At(at)),
        None => {
            Err(part
                .fault("this is no date with a time: 2026-11-23 14:03 or 2026-11-23T14:03:00Z is"))
        }
    }
}

/// Hours and minutes, and seconds if one likes: whether there are such or not.
fn looks_like_time_of_day(text: &str) -> bool {
    let is_number = |part: &str| {
        let is_digit = |it: u8| it.is_ascii_digit();
        (1..=2).contains(&part.len()) && part.bytes().all(is_digit)
    };
    matches!(text.split(':').count(), 2 | 3) && text.split(':').all(is_number)
}

/// Nothing if there is none like it on any clock.
fn time_of_day(text: &str) -> Option<Time> {
    let mut numbers = text.split(':').map(str::parse::<i8>);
    let (hour, minute) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    let second = numbers.next().map_or(Some(0), Result::ok)?;
    Time::new(hour, minute, second, 0).ok()
}

fn span(part: Part<'_>) -> Result<Micros, Fault> {
    let text = part.text.strip_prefix('-').unwrap_or(part.text);
    let span = wire::human::parse_duration(text).map_err(|error| part.fault(&error.to_string()))?;
    let span = Micros(i64::try_from(span.as_micros()).unwrap_or(i64::MAX));
    if span > SPAN_MAX {
        return Err(part.fault(TOO_LONG));
    }
    Ok(span)
}

// === impl Part ===

impl<'a> Part<'a> {
    fn new(line: &'a str) -> Self {
        Self {
            text: line,
            column: 0,
        }
        .trimmed()
    }

    fn trimmed(self) -> Self {
        let begun = self.text.trim_start();
        let skipped = self.text.chars().count() - begun.chars().count();
        Self {
            text: begun.trim_end(),
            column: self.column + skipped,
        }
    }

    /// The parts on either side of the first of these marks that it has.
    fn split(self, marks: &[&str]) -> Option<(Self, Self)> {
        let mark = marks.iter().find(|mark| self.text.contains(**mark))?;
        let (before, behind) = self.text.split_once(mark)?;
        let column = self.column + before.chars().count() + mark.chars().count();
        let behind = Self {
            text: behind,
            column,
        };
        let before = Self {
            text: before,
            column: self.column,
        };
        Some((before.trimmed(), behind.trimmed()))
    }

    fn fault(self, words: &str) -> Fault {
        Fault {
            column: self.column,
            words: words.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
