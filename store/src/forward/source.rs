//! Reads records behind the cursor and writes their messages.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use daemon::clock::{Clock, Monotonic};

use super::filter::Filter;
use super::ledger::{Item, Load};
use crate::calendar::Day;
use crate::db::DbError;
use crate::db::custody::Place;
use crate::db::files::Files;
use crate::db::follow::{Followed, NamesOfDay};
use crate::db::reader::{DayReader, Reader};
use crate::gelf::map::{self, Envelope, Style};
use crate::limits;
use crate::settings::Graylog;

/// A read goes on as long as it takes to write its messages; it holds back no more of the WAL than an export.
const READ_DEADLINE: Duration = Duration::from_secs(60);

/// How long files stay open from one read to the next, with their pages and their names: to begin anew takes as long
/// as to read some hundred records, but one that retention has removed must not stay on the disk for our sake.
const OPEN_MAX: Duration = Duration::from_secs(1);

/// Where records come from.
#[derive(Debug)]
pub(super) struct Source {
    files: Files,
    clock: Clock,
    settings: Graylog,
    style: Style,
    /// From one read to the next, as long as there is one after the other.
    kept: RefCell<Option<Kept>>,
}

/// What the next read need not make anew.
#[derive(Debug)]
struct Kept {
    reader: Reader,
    opened_at: Monotonic,
    names: Option<(Day, NamesOfDay)>,
    body: Vec<u8>,
    /// All that were given out: one that nobody has any more is used again.
    frames: Vec<Arc<Vec<u8>>>,
}

/// What was read, and whether there was more.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) load: Load,
    pub(super) is_end: bool,
}

// === impl Source ===

impl Source {
    pub(super) fn new(files: Files, clock: Clock, settings: Graylog) -> Self {
        Self {
            files,
            clock,
            style: Style {
                frame_bytes_max: settings.frame_bytes_max,
                has_lists: settings.has_lists,
            },
            settings,
            kept: RefCell::new(None),
        }
    }

    pub(super) fn reader(&self) -> Reader {
        Reader::with_deadline(self.files.clone(), self.clock.clone(), READ_DEADLINE)
    }

    /// Reads records of a day after one, through another, up to the bounds of a load.
    pub(super) fn read(
        &self,
        day: Day,
        after_id: i64,
        through_id: i64,
    ) -> Result<Reading, DbError> {
        let mut kept = self.kept();
        let Some(reader) = kept.reader.day(day)? else {
            return Ok(Reading {
                is_end: true,
                ..Reading::default()
            });
        };
        let names = match kept.names.take().filter(|it| it.0 == day) {
            Some((_, names)) => names,
            None => reader.names()?,
        };
        let (mut frames, mut items) = (kept.frames(), Vec::with_capacity(limits::LOAD_RECORDS_MAX));
        let (mut is_end, mut has_names) = (true, true);
        reader.follow(after_id, through_id, |followed| {
            let kind = names.kind(followed.kind_id);
            let source = names.source(followed.source_id);
            // A name that came into use after the names were read is read next time.
            let (Some(kind), Some((project, host))) = (kind, source) else {
                (is_end, has_names) = (false, false);
                return Ok(false);
            };
            let begin = frames.len();
            let envelope = Envelope {
                kind,
                event_id: followed.event_id,
                project,
                host,
                at_us: followed.at_us,
                given_at_us: followed.given_at_us,
            };
            let out = (&mut kept.body, &mut frames);
            let messages = self.write(&reader, followed, envelope, out);
            items.push(Item {
                place: Place {
                    day,
                    record_id: followed.record_id,
                },
                event_id: followed.event_id,
                kind: Arc::clone(kind),
                received_at_us: followed.received_at_us,
                frames: begin..frames.len(),
                messages,
            });
            is_end =
                items.len() < limits::LOAD_RECORDS_MAX && frames.len() < limits::LOAD_BYTES_MAX;
            Ok(is_end)
        })?;
        drop(reader);
        kept.names = has_names.then_some((day, names));
        let frames = Arc::new(frames);
        kept.frames.push(Arc::clone(&frames));
        *self.kept.borrow_mut() = Some(kept);
        Ok(Reading {
            load: Load { frames, items },
            is_end,
        })
    }

    /// Lets go of what was kept from one read to the next: nothing more is read.
    pub(super) fn close(&self) {
        *self.kept.borrow_mut() = None;
    }

    /// The same of what is old by now.
    pub(super) fn rest(&self) {
        let now = self.clock.monotonic();
        let mut kept = self.kept.borrow_mut();
        if kept
            .as_ref()
            .is_some_and(|it| now - it.opened_at >= OPEN_MAX)
        {
            *kept = None;
        }
    }

    /// What the last read has left, its file opened anew after a while.
    fn kept(&self) -> Kept {
        let now = self.clock.monotonic();
        let fresh = |frames| Kept {
            reader: self.reader(),
            opened_at: now,
            names: None,
            body: Vec::new(),
            frames,
        };
        match self.kept.take() {
            Some(kept) if now - kept.opened_at < OPEN_MAX => kept,
            Some(kept) => fresh(kept.frames),
            None => fresh(Vec::new()),
        }
    }

    /// Appends a record's messages and says how many they are; none for one that is not wanted.
    fn write(
        &self,
        reader: &DayReader,
        followed: &Followed<'_>,
        envelope: Envelope<'_>,
        (body, frames): (&mut Vec<u8>, &mut Vec<u8>),
    ) -> u32 {
        let filter = Filter(&self.settings);
        if !filter.takes(envelope.kind, envelope.project, envelope.event_id) {
            return 0;
        }
        match reader.body_text_in(followed.zstd, body) {
            Ok(body) => map::write(frames, envelope, body, self.style),
            // One body that is damaged must not hold up all others: its envelope still tells of it.
            Err(error) => {
                let error = daemon::log::chain(&error);
                tracing::error!(event_id = %envelope.event_id, error, "body can't be read, forwarded without");
                map::write(frames, envelope, "{}", self.style)
            }
        }
    }
}

// === impl Kept ===

impl Kept {
    /// Room for frames, of a load that is done with if there is one.
    fn frames(&mut self) -> Vec<u8> {
        let is_free = |it: &Arc<Vec<u8>>| Arc::strong_count(it) == 1;
        let free = self.frames.iter().position(is_free);
        let free = free.and_then(|at| Arc::into_inner(self.frames.swap_remove(at)));
        let mut frames = free.unwrap_or_default();
        frames.clear();
        frames
    }
}
