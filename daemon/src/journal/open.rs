//! Opening a journal: which segments there are, where the last one ends, where reading goes on.
//!
//! Only the last segment is read through, so a start costs the same whatever waits.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cursor::{Cursor, Loss, LossKind, Losses, Position};
use super::segment::{self, Found, SegmentFile, SegmentReader};
use super::sizes::Sizes;
use super::window::Window;
use super::{Journal, JournalError, Options, SEGMENT_BYTES_MAX, SEGMENTS_LEAST, Writer, record};

/// A gigabyte of segments: more than any disk takes between two syncs.
const UNSYNCED_SEGMENTS_MAX: usize = 64;

/// What a start has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Records that wait to be sent.
    pub records: u64,
    /// Cut from the end of the last segment: a write that a crash has torn.
    pub torn_bytes: u64,
    /// Records whose segments are gone.
    pub missing_records: u64,
    /// Whether the cursor file could not be used, so that all records are sent again.
    pub is_cursor_lost: bool,
}

/// See [`Journal::open`].
pub(super) fn open(
    dir: &Path,
    options: Options,
    lock: File,
) -> Result<(Journal, Recovery), JournalError> {
    let mut segments = list(dir)?;
    let saved = Cursor::load(dir);
    let is_cursor_lost = saved.is_none() && segments.first().is_some();
    let start = segments.first().unwrap_or(1);
    let mut cursor = saved.unwrap_or(Cursor {
        position: Position::start_of(start),
        losses: Losses::default(),
    });

    let (writer, torn_bytes) = open_writer(dir, &mut segments, cursor.position.sequence)?;
    let end = Position {
        sequence: writer.next_sequence,
        segment: writer.segment,
        offset: writer.offset,
    };
    remove_read(
        dir,
        &mut segments,
        cursor.position.segment.min(writer.segment),
    );
    let loss = place_cursor(&mut cursor, &segments, end);
    let segments_newest = segments.newest(UNSYNCED_SEGMENTS_MAX);

    let mut journal = Journal {
        dir: dir.to_owned(),
        options,
        segment_bytes_max: SEGMENT_BYTES_MAX.min(options.disk_bytes_max / SEGMENTS_LEAST),
        _lock: lock,
        segments,
        writer,
        cursor,
        window: Window::new(options.memory_bytes_max),
        unsynced: unsynced(dir, &segments_newest),
        garbage: Vec::new(),
        lost: Loss::default(),
        read_failures: 0,
    };
    if loss.records > 0 {
        journal.lose(LossKind::Damaged, loss);
    }
    journal.save_cursor()?;
    let recovery = Recovery {
        records: journal.stats().records,
        torn_bytes,
        missing_records: loss.records,
        is_cursor_lost,
    };
    Ok((journal, recovery))
}

/// The segments that a process before this one may have written without forcing them to disk, which falls
/// to this one. For those that are on disk already it costs nothing.
fn unsynced(dir: &Path, segments: &[u64]) -> Vec<(PathBuf, Arc<File>)> {
    let open = |segment: &u64| {
        let path = segment::path(dir, *segment);
        // One that can't be opened can't be read either, which is told where it is.
        let file = File::open(&path).ok()?;
        Some((path, Arc::new(file)))
    };
    segments.iter().filter_map(open).collect()
}

/// The segments in the folder.
fn list(dir: &Path) -> Result<Sizes, JournalError> {
    let list_error = |source| JournalError::List {
        path: dir.to_owned(),
        source,
    };
    let mut segments = Sizes::default();
    for entry in fs::read_dir(dir).map_err(list_error)? {
        let entry = entry.map_err(list_error)?;
        let name = entry.file_name();
        let Some(first) = name.to_str().and_then(segment::first_sequence) else {
            continue;
        };
        let path = entry.path();
        let read_error = |source| JournalError::Read {
            path: path.clone(),
            source,
        };
        let bytes = entry.metadata().map_err(list_error)?.len();
        let version = SegmentReader::open(&path, bytes)
            .and_then(|mut reader| reader.version())
            .map_err(read_error)?;
        // A later version's records must not be mistaken for damage and thrown away.
        if let Some(given) = version.filter(|version| *version != segment::VERSION) {
            return Err(JournalError::Version { path, given });
        }
        segments.set(first, bytes);
    }
    Ok(segments)
}

/// Opens the last segment behind its last valid record, or makes the first one.
fn open_writer(
    dir: &Path,
    segments: &mut Sizes,
    unread: u64,
) -> Result<(Writer, u64), JournalError> {
    let Some((segment, bytes)) = segments.last() else {
        let file = SegmentFile::create(dir, unread)?;
        segments.set(unread, segment::HEADER_BYTES);
        return Ok((Writer::at(file, Position::start_of(unread)), 0));
    };
    let file = SegmentFile::open(dir, segment)?;
    let end = find_end(&file.path, segment, bytes)?;
    let torn_bytes = bytes.saturating_sub(end.offset);
    if bytes != end.offset {
        file.cut(end.offset)?;
        segments.set(segment, end.offset);
    }
    // What was read and acknowledged may be torn off the disk; its numbers are not used again.
    let end = Position {
        sequence: end.sequence.max(unread),
        ..end
    };
    Ok((Writer::at(file, end), torn_bytes))
}

/// The position behind the last valid record of a segment.
fn find_end(path: &Path, segment: u64, bytes: u64) -> Result<Position, JournalError> {
    let read_error = |source| JournalError::Read {
        path: path.to_owned(),
        source,
    };
    let mut reader = SegmentReader::open(path, bytes).map_err(read_error)?;
    let mut end = Position::start_of(segment);
    let mut place = end;
    loop {
        match reader
            .find(place.offset, place.sequence)
            .map_err(read_error)?
        {
            Found::Record { sequence, payload } => {
                let offset = place.offset + record::size(payload.len());
                place = Position {
                    sequence: sequence + 1,
                    offset,
                    ..place
                };
                end = place;
            }
            Found::Damage { next: Some(next) } => {
                place = Position {
                    sequence: next.sequence,
                    offset: next.offset,
                    ..place
                };
            }
            Found::Damage { next: None } | Found::End => return Ok(end),
        }
    }
}

/// Removes segments before the cursor's, which a kill has left between two steps.
fn remove_read(dir: &Path, segments: &mut Sizes, cursor_segment: u64) {
    while let Some(oldest) = segments.take_older_than(cursor_segment) {
        // If it can't be removed now, the next start tries again.
        let _ = fs::remove_file(segment::path(dir, oldest));
    }
}

/// Moves a cursor that points to nothing to the next record there is. Gives what lies between.
fn place_cursor(cursor: &mut Cursor, segments: &Sizes, end: Position) -> Loss {
    let position = cursor.position;
    if position.sequence >= end.sequence {
        cursor.position = end;
        return Loss::default();
    }
    if segments.get(position.segment).is_some() {
        return Loss::default();
    }
    let to = segments
        .first_from(position.segment)
        .map_or(end, Position::start_of);
    // A name below the cursor means that numbers were told twice; nothing is missing then.
    let records = to.sequence.saturating_sub(position.sequence);
    cursor.position = to;
    Loss { records, bytes: 0 }
}

// === impl Writer ===

impl Writer {
    fn at(file: SegmentFile, end: Position) -> Self {
        Self {
            segment: end.segment,
            file,
            offset: end.offset,
            next_sequence: end.sequence,
            is_dirty: false,
            buffer: Vec::new(),
        }
    }
}
