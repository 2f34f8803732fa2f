//! Reads records behind the cursor and writes their messages.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use daemon::clock::Clock;

use super::filter::Filter;
use super::ledger::{Item, Load};
use crate::calendar::Day;
use crate::db::DbError;
use crate::db::custody::Place;
use crate::db::files::Files;
use crate::db::follow::Followed;
use crate::db::reader::{DayReader, Reader};
use crate::gelf::map::{self, Envelope, Style};
use crate::limits;
use crate::settings::Graylog;

/// A read goes on as long as it takes to write its messages; it holds back no more of the WAL than an export.
const READ_DEADLINE: Duration = Duration::from_secs(60);

/// Where records come from.
#[derive(Debug)]
pub(super) struct Source {
    files: Files,
    clock: Clock,
    settings: Graylog,
    style: Style,
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
        let Some(reader) = self.reader().day(day)? else {
            return Ok(Reading {
                is_end: true,
                ..Reading::default()
            });
        };
        let mut kinds: HashMap<i64, Arc<str>> = HashMap::new();
        let (mut frames, mut items) = (Vec::new(), Vec::new());
        let names = reader.names()?;
        let mut is_end = true;
        reader.follow(after_id, through_id, |followed| {
            let kind = names.kind(followed.kind_id);
            let source = names.source(followed.source_id);
            // A name that came into use after the names were read is read next time.
            let (Some(kind), Some((project, host))) = (kind, source) else {
                is_end = false;
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
            let messages = self.write(&reader, followed, envelope, &mut frames);
            let kind = kinds
                .entry(followed.kind_id)
                .or_insert_with(|| Arc::from(kind));
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
        Ok(Reading {
            load: Load {
                frames: Arc::new(frames),
                items,
            },
            is_end,
        })
    }

    /// Appends a record's messages and says how many they are; none for one that is not wanted.
    fn write(
        &self,
        reader: &DayReader,
        followed: &Followed<'_>,
        envelope: Envelope<'_>,
        frames: &mut Vec<u8>,
    ) -> u32 {
        let filter = Filter(&self.settings);
        if !filter.takes(envelope.kind, envelope.project, envelope.event_id) {
            return 0;
        }
        match reader.body_text(followed.zstd) {
            Ok(body) => map::write(frames, envelope, &body, self.style),
            // One body that is damaged must not hold up all others: its envelope still tells of it.
            Err(error) => {
                let error = daemon::log::chain(&error);
                tracing::error!(event_id = %envelope.event_id, error, "body can't be read, forwarded without");
                map::write(frames, envelope, "{}", self.style)
            }
        }
    }
}
