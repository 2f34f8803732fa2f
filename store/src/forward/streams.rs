//! The two streams of records: what comes in, and what is sent beside it once more or belatedly.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use daemon::clock::Monotonic;
use wire::time::{Instant, Micros};

use super::ledger::Ledger;
use super::pace::Pace;
use super::source::Source;
use crate::calendar::Day;
use crate::db::DbError;
use crate::db::custody::{Custody, Place, Progress, Stretch, Why};
use crate::limits;

/// Which stream a batch is of. Streams are asked in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Live,
    Replay,
}

/// What comes in, behind the cursor.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) ledger: Ledger,
    /// How far each day was read.
    read: BTreeMap<Day, i64>,
    /// What the process before got done beyond the cursor.
    ahead: Vec<(Arc<str>, Place)>,
    /// The same of this process, as it was told last.
    told_ahead: Vec<(Arc<str>, Place)>,
    /// Days before the newest that were read to their end.
    settled: BTreeSet<Day>,
    settled_at: Monotonic,
    read_at: Monotonic,
    is_end: bool,
}

/// What is sent once more, or was left for later, stretch by stretch.
#[derive(Debug, Default)]
pub(super) struct Replay {
    pub(super) ledger: Ledger,
    stretch: Option<Stretch>,
    read: i64,
}

/// How often days that are over are looked at again: a clock that was set back writes to one of them.
const SETTLED_INTERVAL: Duration = Duration::from_secs(60);

// === impl Live ===

impl Live {
    pub(super) fn new(
        cursors: BTreeMap<Day, i64>,
        ahead: Vec<(Arc<str>, Place)>,
        now: Monotonic,
    ) -> Self {
        Self {
            ledger: Ledger::default(),
            read: cursors,
            told_ahead: Vec::new(),
            ahead,
            settled: BTreeSet::new(),
            settled_at: now,
            read_at: now,
            is_end: false,
        }
    }

    /// Reads a load of what came since, if it is time and there is room.
    pub(super) fn fill(
        &mut self,
        source: &Source,
        batch_interval: Duration,
        now: Monotonic,
    ) -> Result<(), DbError> {
        let is_gathering = self.is_end && now - self.read_at < batch_interval;
        if is_gathering || is_full(&self.ledger) {
            return Ok(());
        }
        if now - self.settled_at >= SETTLED_INTERVAL {
            self.settled.clear();
            self.settled_at = now;
        }
        self.read_at = now;
        self.is_end = true;
        let days = source.reader().files().days()?;
        self.read.retain(|day, _| days.contains(day));
        for day in &days {
            if self.settled.contains(day) {
                continue;
            }
            if !self.fill_day(source, *day)? {
                self.is_end = false;
                break;
            }
            if Some(day) != days.last() {
                self.settled.insert(*day);
            }
        }
        Ok(())
    }

    /// Reads a day on; `true` says that all of it was read.
    fn fill_day(&mut self, source: &Source, day: Day) -> Result<bool, DbError> {
        let read = self.read.entry(day).or_insert(0);
        let reading = source.read(day, *read, i64::MAX)?;
        if let Some(last) = reading.load.items.last() {
            *read = last.place.record_id;
        }
        let ahead = &self.ahead;
        self.ledger.push(reading.load, |item| {
            // Of that day alone: a clock that was set back adds to an earlier one.
            let done = |it: &(Arc<str>, Place)| {
                let (kind, place) = it;
                let is_of_day = place.day == item.place.day;
                *kind == item.kind && is_of_day && item.place.record_id <= place.record_id
            };
            ahead.iter().any(done)
        });
        Ok(reading.is_end)
    }

    /// Whether what comes first is late, and nothing stands against leaving it for later.
    pub(super) fn is_late(&self, now: Instant) -> bool {
        let oldest = self.ledger.oldest_at_us();
        !self.ledger.is_under_way() && oldest.is_some_and(|it| Pace::is_late(it, now))
    }

    /// Puts the cursor behind everything that was received before a moment; what of it was not forwarded
    /// becomes stretches.
    pub(super) fn leave(
        &mut self,
        custody: &Custody,
        source: &Source,
        (why, before): (Why, Instant),
    ) -> Result<(), DbError> {
        let cursors = custody.cursors()?;
        let (mut stretches, mut places) = (Vec::new(), Vec::new());
        for day in source.reader().days()? {
            let cursor = cursors.get(&day.day).copied().unwrap_or(0);
            // A day that is done with need not be searched.
            let ends = if day.last_id()? > cursor {
                day.received_between(Instant(i64::MIN), before)?
            } else {
                None
            };
            let record_id = ends.map_or(cursor, |it| it.1);
            stretches.push((day.day, cursor, record_id));
            places.push(Place {
                day: day.day,
                record_id: record_id.max(cursor),
            });
        }
        custody.add_stretches(why, &stretches, &places)?;
        self.ledger.clear();
        self.ahead.clear();
        self.read = places.iter().map(|it| (it.day, it.record_id)).collect();
        Ok(())
    }

    /// Records that wait to be forwarded for the first time; days that are over are not opened for that.
    pub(super) fn waiting(&self, custody: &Custody, source: &Source) -> Result<u64, DbError> {
        let reader = source.reader();
        let days = reader.files().days()?;
        custody.waiting(&days, |day| {
            if self.settled.contains(&day) {
                return Ok(self.read.get(&day).copied().unwrap_or(0));
            }
            let reader = reader.day(day)?;
            reader.map_or(Ok(0), |it| it.last_id())
        })
    }

    /// How far records are done with since the last time.
    pub(super) fn settle(&mut self) -> Progress {
        let done = self.ledger.settle();
        let ahead = self.ledger.ahead();
        let is_news = ahead != self.told_ahead;
        self.told_ahead.clone_from(&ahead);
        Progress {
            records: done.records,
            messages: done.messages,
            filtered: done.filtered,
            places: done.places,
            stretches: Vec::new(),
            ahead: is_news.then_some(ahead),
        }
    }

    pub(super) fn has_read_all(&self) -> bool {
        self.is_end
    }

    /// Whether there is more to be read at once, and room for it.
    pub(super) fn has_more(&self) -> bool {
        !self.is_end && !is_full(&self.ledger)
    }
}

// === impl Replay ===

impl Replay {
    /// Reads a load more, or begins the next stretch.
    pub(super) fn fill(&mut self, source: &Source, custody: &Custody) -> Result<(), DbError> {
        if self.stretch.is_none() {
            let next = custody
                .stretches()?
                .into_iter()
                .find(|it| it.why != Why::Skipped);
            let Some(stretch) = next else { return Ok(()) };
            tracing::info!(day = %stretch.day, records = stretch.len(), why = stretch.why.as_str(), "stretch begun");
            self.read = stretch.after_id;
            self.stretch = Some(stretch);
        }
        if let Some(stretch) = self.stretch.filter(|_| self.has_more()) {
            let reading = source.read(stretch.day, self.read, stretch.through_id)?;
            if let Some(last) = reading.load.items.last() {
                self.read = last.place.record_id;
            }
            if reading.is_end {
                self.read = stretch.through_id;
            }
            self.ledger.push(reading.load, |_| false);
        }
        Ok(())
    }

    /// How far the stretch is done with since the last time.
    pub(super) fn settle(&mut self) -> Progress {
        let Some(stretch) = self.stretch else {
            return Progress::default();
        };
        let done = self.ledger.settle();
        let mut after_id = done.places.last().map(|it| it.record_id);
        if self.ledger.len() == 0 && self.read >= stretch.through_id {
            after_id = Some(stretch.through_id);
            self.stretch = None;
        }
        // What goes again has been counted before.
        let is_first = stretch.why == Why::Backlog;
        Progress {
            records: if is_first { done.records } else { 0 },
            messages: done.messages,
            filtered: if is_first { done.filtered } else { 0 },
            places: Vec::new(),
            stretches: after_id.map(|it| (stretch.id, it)).into_iter().collect(),
            ahead: None,
        }
    }

    /// Forgets what was read, since stretches have changed. Nothing may be under way.
    pub(super) fn forget(&mut self) {
        self.ledger.clear();
        self.stretch = None;
    }

    pub(super) fn is_idle(&self) -> bool {
        self.stretch.is_none()
    }

    /// Whether there is more to be read at once, and room for it.
    pub(super) fn has_more(&self) -> bool {
        let is_left = |it: Stretch| self.read < it.through_id;
        self.stretch.is_some_and(is_left) && !is_full(&self.ledger)
    }
}

fn is_full(ledger: &Ledger) -> bool {
    ledger.bytes() >= limits::WINDOW_BYTES_MAX / 2 || ledger.len() >= limits::WINDOW_RECORDS_MAX / 2
}

/// Stretches for all that was done with after a place, or since the beginning, up to the cursors.
pub(super) fn since(place: Option<Place>, cursors: &BTreeMap<Day, i64>) -> Vec<(Day, i64, i64)> {
    let Some(place) = place else {
        return cursors
            .iter()
            .map(|(day, cursor)| (*day, 0, *cursor))
            .collect();
    };
    let later = cursors.iter().filter(|(day, _)| **day >= place.day);
    let stretches = later.map(|(day, cursor)| {
        let after_id = if *day == place.day {
            place.record_id
        } else {
            0
        };
        (*day, after_id, *cursor)
    });
    stretches.collect()
}

/// Stretches for all that was received between two moments, up to the cursors: what is beyond goes anyway.
pub(super) fn between(
    source: &Source,
    (from, to): (Instant, Instant),
    cursors: &BTreeMap<Day, i64>,
) -> Result<Vec<(Day, i64, i64)>, DbError> {
    let mut stretches = Vec::new();
    // Days are by receipt, and a day more in case the clock was set.
    for day in source
        .reader()
        .days_since(from - Micros(crate::calendar::DAY_US))?
    {
        if let Some((after_id, through_id)) = day.received_between(from, to)? {
            let cursor = cursors.get(&day.day).copied().unwrap_or(0);
            stretches.push((day.day, after_id, through_id.min(cursor)));
        }
    }
    Ok(stretches)
}
