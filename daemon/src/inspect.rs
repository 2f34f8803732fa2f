//! The `journal` command of the agents: what waits in a journal's folder and whether it is sound, for
//! people and as JSON.
//!
//! Nothing is changed, so it may be asked of a daemon that runs. Bodies of records may hold what people
//! typed into forms; they are shown only to who asks for them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use wire::human;
use wire::record::Record;
use wire::time::{Instant, Micros};

use crate::clock::Clock;
use crate::journal::{self, Inspection, SegmentSeen};
use crate::log::chain;
use crate::status::{plural, size, span};

/// The command's exit codes: sound, damaged, can't be read.
const EXIT_DAMAGED: u8 = 1;
const EXIT_UNREADABLE: u8 = 2;

/// Kinds that are told apart: more is not a journal of ours.
const KINDS_MAX: usize = 100;

/// What to show.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// So many of the oldest unread records, each on a line.
    pub records: usize,
    /// With their bodies.
    pub bodies: bool,
    pub json: bool,
}

/// What there is to say of a folder.
#[derive(Debug, Serialize)]
struct Report {
    dir: String,
    is_sound: bool,
    #[serde(flatten)]
    inspection: Inspection,
    unread_kinds: BTreeMap<String, u64>,
    /// Lines that are no record: the store would refuse them.
    unread_no_records: u64,
    oldest_unread_at_us: Option<Instant>,
    put_aside_bytes: u64,
    #[serde(skip)]
    shown: Vec<String>,
}

/// One record on its line.
#[derive(Serialize)]
struct Line<'r> {
    sequence: u64,
    kind: &'r str,
    event_id: String,
    at_us: Instant,
    bytes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<&'r serde_json::value::RawValue>,
}

/// Prints what is in the folder.
pub fn run(dir: &Path, wanted: Wanted, clock: &Clock) -> ExitCode {
    let report = match Report::of(dir, wanted) {
        Ok(report) => report,
        Err(error) => {
            eprintln!("{}", chain(&error));
            return ExitCode::from(EXIT_UNREADABLE);
        }
    };
    if wanted.json {
        let text = serde_json::to_string_pretty(&report).expect("a report is JSON");
        println!("{text}");
    } else {
        print!("{}", report.render(clock.now()));
    }
    for line in &report.shown {
        println!("{line}");
    }
    ExitCode::from(if report.is_sound { 0 } else { EXIT_DAMAGED })
}

// === impl Report ===

impl Report {
    fn of(dir: &Path, wanted: Wanted) -> Result<Self, journal::InspectError> {
        let mut report = Self {
            dir: dir.display().to_string(),
            is_sound: true,
            inspection: Inspection::default(),
            unread_kinds: BTreeMap::new(),
            unread_no_records: 0,
            oldest_unread_at_us: None,
            put_aside_bytes: std::fs::metadata(dir.join("put_aside.ndjson"))
                .map_or(0, |metadata| metadata.len()),
            shown: Vec::new(),
        };
        let inspection = journal::inspect(dir, &mut |sequence, payload| {
            report.take(sequence, payload, wanted);
        })?;
        report.is_sound = inspection.is_sound();
        report.inspection = inspection;
        Ok(report)
    }

    fn take(&mut self, sequence: u64, payload: &[u8], wanted: Wanted) {
        let Ok(record) = Record::try_from_line(payload) else {
            self.unread_no_records += 1;
            return;
        };
        let kind = record.kind.as_str();
        if self.unread_kinds.contains_key(kind) || self.unread_kinds.len() < KINDS_MAX {
            *self.unread_kinds.entry(kind.to_owned()).or_default() += 1;
        }
        let oldest = self.oldest_unread_at_us.get_or_insert(record.at_us);
        *oldest = (*oldest).min(record.at_us);
        if self.shown.len() < wanted.records {
            let line = Line {
                sequence,
                kind,
                event_id: record.event_id.to_string(),
                at_us: record.at_us,
                bytes: payload.len(),
                record: serde_json::from_slice(payload)
                    .ok()
                    .filter(|_| wanted.bodies),
            };
            self.shown
                .push(serde_json::to_string(&line).expect("a line is JSON"));
        }
    }

    fn render(&self, now: Instant) -> String {
        let mut text = String::new();
        let seen = &self.inspection;
        let sound = if self.is_sound { "sound" } else { "DAMAGED" };
        let _ = writeln!(text, "journal {}: {sound}", self.dir);
        match seen.cursor {
            Some(cursor) => {
                let _ = writeln!(
                    text,
                    "cursor     record {} is the next to be sent (segment {}, byte {})",
                    cursor.sequence, cursor.segment, cursor.offset
                );
                for (count, why) in [
                    (cursor.unreported_full_records, "the journal was full"),
                    (cursor.unreported_damaged_records, "of damage"),
                ] {
                    if count > 0 {
                        let _ = writeln!(
                            text,
                            "lost       {count} because {why}, not yet told to the store"
                        );
                    }
                }
            }
            None => {
                text.push_str("cursor     none that can be read: everything will be sent again\n");
            }
        }
        self.render_unread(&mut text, now);
        if self.put_aside_bytes > 0 {
            let _ = writeln!(
                text,
                "put aside  {} in put_aside.ndjson: records that the store refused",
                size(self.put_aside_bytes)
            );
        }
        let _ = writeln!(text, "segments   {}", seen.segments.len());
        for segment in &seen.segments {
            render_segment(&mut text, segment);
        }
        text
    }

    fn render_unread(&self, text: &mut String, now: Instant) {
        let seen = &self.inspection;
        let _ = write!(
            text,
            "unread     {}, {}",
            plural(seen.unread_records, "record"),
            size(seen.unread_bytes)
        );
        if let Some(at) = self.oldest_unread_at_us {
            let _ = write!(
                text,
                ", the oldest began {} ago",
                span(Micros(now.0.saturating_sub(at.0)))
            );
        }
        text.push('\n');
        for (kind, count) in &self.unread_kinds {
            let _ = writeln!(text, "  {kind:<20} {count:>10}");
        }
        if self.unread_no_records > 0 {
            let _ = writeln!(
                text,
                "  {:<20} {:>10}",
                "no record at all", self.unread_no_records
            );
        }
    }
}

fn render_segment(text: &mut String, segment: &SegmentSeen) {
    let _ = write!(
        text,
        "  from {:<12} {:>9} records {:>10}",
        segment.first_sequence,
        segment.records,
        size(segment.bytes)
    );
    if let Some(version) = segment.foreign_version {
        let _ = write!(
            text,
            "  of format version {version}, which this program can't read"
        );
    }
    if segment.torn_bytes > 0 {
        let bytes = human::format_size(segment.torn_bytes);
        let _ = write!(
            text,
            "  and {bytes} at its end that are no whole record yet"
        );
    }
    text.push('\n');
    for damage in &segment.damage {
        let _ = writeln!(
            text,
            "    DAMAGE at byte {}: {} bytes are no record, {} missing",
            damage.offset,
            damage.bytes,
            plural(damage.records, "record")
        );
    }
    let unnamed = segment.damaged_places - segment.damage.len() as u64;
    if unnamed > 0 {
        let _ = writeln!(text, "    DAMAGE at {unnamed} more places");
    }
}

#[cfg(test)]
mod tests;
