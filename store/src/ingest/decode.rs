//! Decodes a batch line by line and hands its records to the writer in portions.
//!
//! The plain text is never held whole: it is decompressed as lines are taken from it, so a bomb ends
//! at the bound in bytes, and what is held are the portions in the writer's bounded queue. A line
//! that is no record is put aside and harms no other; only what can't be read at all (a broken
//! stream, too much of it) refuses the batch, of which earlier portions may be stored already. They
//! are answered as known when the sender comes back with the rest.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use flate2::bufread::MultiGzDecoder;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;
use wire::batch::{PutAside, Receipt};
use wire::limits::{BATCH_PLAIN_BYTES_MAX, BATCH_RECORDS_MAX, LINE_BYTES_MAX};
use wire::record::{Record, RecordError};
use wire::text::boundary_below;
use wire::time::{Micros, Range};

use super::RETRY_AFTER;
use super::receive::Encoding;
use crate::db::DbError;
use crate::db::dictionary::Bodies;
use crate::db::names::Names;
use crate::db::packed::{Cut, Rows};
use crate::db::row::Prepared;
use crate::db::writer::{Aside, Portion, Queue, Written};
use crate::limits;
use crate::refusal::Refusal;
use crate::token::Grant;

/// Answers that were not yet waited for.
type Pending = Vec<oneshot::Receiver<Result<Written, Arc<DbError>>>>;

/// One batch on its way.
pub(super) struct Decoder<'q> {
    queue: &'q Queue,
    grant: &'q Grant,
    kept: Range,
    behind: Option<Micros>,
    /// Of the portion that is being filled.
    names: Arc<Names>,
    receipt: Receipt,
    /// Records of the whole batch.
    counted: u64,
    records: Vec<Prepared>,
    bytes: usize,
    aside: Vec<Aside>,
    pending: Pending,
}

/// A batch whose records the writer has or will have.
pub(super) struct Decoded {
    receipt: Receipt,
    records: u64,
    pending: Pending,
}

/// One line of a body.
enum Line {
    End,
    Whole,
    /// Longer than a record may be; its rest was passed over.
    TooLong {
        bytes: usize,
    },
}

// === impl Decoder ===

impl<'q> Decoder<'q> {
    pub(super) fn new(queue: &'q Queue, grant: &'q Grant, kept: Range) -> Self {
        Self {
            queue,
            grant,
            kept,
            behind: None,
            names: queue.names.get(),
            receipt: Receipt::default(),
            counted: 0,
            records: Vec::new(),
            bytes: 0,
            aside: Vec::new(),
            pending: Vec::new(),
        }
    }

    /// Says how long after it was sent the batch came, by its sender's clock.
    pub(super) fn sent(mut self, behind: Option<Micros>) -> Self {
        self.behind = behind;
        self
    }

    /// Decodes the whole body and hands it over. Blocks.
    pub(super) fn run(mut self, body: &[u8], encoding: Encoding) -> Result<Decoded, Refusal> {
        match encoding {
            Encoding::Identity => self.lines(body)?,
            Encoding::Gzip => self.lines(BufReader::new(MultiGzDecoder::new(body)))?,
            Encoding::Zstd => {
                let mut plain =
                    zstd::stream::read::Decoder::with_buffer(body).map_err(unreadable)?;
                plain
                    .window_log_max(limits::ZSTD_WINDOW_LOG_MAX)
                    .map_err(unreadable)?;
                self.lines(BufReader::new(plain))?;
            }
        }
        self.hand_over()?;
        Ok(Decoded {
            receipt: self.receipt,
            records: self.counted,
            pending: self.pending,
        })
    }

    fn lines(&mut self, plain: impl BufRead) -> Result<(), Refusal> {
        // One byte more than allowed, so that reaching the bound and passing it can be told apart.
        let mut plain = plain.take(BATCH_PLAIN_BYTES_MAX as u64 + 1);
        let dictionaries = self.queue.dictionaries.clone();
        let mut bodies = Bodies::new(dictionaries).map_err(unreadable)?;
        let mut buffer = Vec::new();
        for number in 1.. {
            let line = read_line(&mut plain, &mut buffer).map_err(unreadable)?;
            if plain.limit() == 0 {
                return Err(too_large(&format!(
                    "{BATCH_PLAIN_BYTES_MAX} bytes of plain text"
                )));
            }
            let text = buffer.trim_ascii();
            match line {
                Line::End => break,
                Line::Whole if text.is_empty() => continue,
                Line::Whole => self.line(number, text, &mut bodies),
                Line::TooLong { bytes } => {
                    let reason = RecordError::Length { given: bytes }.to_string();
                    self.put_aside(number, text, bytes, reason);
                }
            }
            self.counted += 1;
            if self.counted > BATCH_RECORDS_MAX as u64 {
                return Err(too_large(&format!("{BATCH_RECORDS_MAX} records")));
            }
            if self.is_full() {
                self.hand_over()?;
            }
        }
        Ok(())
    }

    fn line(&mut self, number: usize, text: &[u8], bodies: &mut Bodies) {
        match self.prepared(text, bodies) {
            Ok(prepared) => {
                self.bytes += prepared.bytes();
                self.records.push(prepared);
            }
            Err(reason) => self.put_aside(number, text, text.len(), reason),
        }
    }

    fn prepared(&self, text: &[u8], bodies: &mut Bodies) -> Result<Prepared, String> {
        if let Some(Cut { line, edges }) = Cut::of(text)
            && let Ok(record) = Record::try_from_line(&line)
            && let Ok(prepared) = self.prepare(&record, Some(edges), bodies)
        {
            return Ok(prepared);
        }
        // What is wrong is told of the line as it came.
        let record = Record::try_from_line(text).map_err(|error| error.to_string())?;
        self.prepare(&record, None, bodies)
    }

    fn prepare(
        &self,
        record: &Record,
        edges: Option<Rows>,
        bodies: &mut Bodies,
    ) -> Result<Prepared, String> {
        if let Some(allowed) = &self.grant.scope.project
            && record.project != *allowed
        {
            return Err(format!(
                "project: the token {} is for {}, got {}",
                self.grant.name,
                allowed.as_str(),
                record.project.as_str()
            ));
        }
        Prepared::of_parts(record, edges, self.kept, &self.names, bodies)
            .map_err(|error| error.to_string())
    }

    fn put_aside(&mut self, number: usize, text: &[u8], line_bytes: usize, mut reason: String) {
        if reason.len() > limits::REASON_BYTES_MAX {
            reason.truncate(boundary_below(&reason, limits::REASON_BYTES_MAX));
            reason.push('…');
        }
        self.receipt.put_aside.push(PutAside {
            line: number,
            reason: reason.clone(),
        });
        let aside = Aside::new(reason, text, line_bytes);
        self.bytes += aside.bytes();
        self.aside.push(aside);
    }

    fn is_full(&self) -> bool {
        self.records.len() + self.aside.len() >= limits::PORTION_RECORDS_MAX
            || self.bytes >= limits::PORTION_BYTES_MAX
    }

    fn hand_over(&mut self) -> Result<(), Refusal> {
        if self.records.is_empty() && self.aside.is_empty() {
            return Ok(());
        }
        let (answer, pending) = oneshot::channel();
        let portion = Portion {
            records: std::mem::take(&mut self.records),
            put_aside: std::mem::take(&mut self.aside),
            behind: self.behind,
            names: std::mem::replace(&mut self.names, self.queue.names.get()),
            token: self.grant.name.clone(),
            answer,
        };
        self.bytes = 0;
        let is_first = self.pending.is_empty();
        self.pending.push(pending);
        // A batch that was begun is worth waiting for; one that was not is refused while it is cheap.
        if !is_first {
            return self
                .queue
                .portions
                .blocking_send(portion)
                .map_err(|_| stopping());
        }
        self.queue
            .portions
            .try_send(portion)
            .map_err(|error| match error {
                TrySendError::Full(_) => full(),
                TrySendError::Closed(_) => stopping(),
            })
    }
}

// === impl Decoded ===

impl Decoded {
    /// How many records there were, those put aside counted, too.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// Waits until all of it is committed.
    pub(super) async fn committed(mut self) -> Result<Receipt, Refusal> {
        for pending in self.pending {
            let written = pending.await.map_err(|_| stopping())?;
            let written = written.map_err(|error| Refusal::database(&error))?;
            self.receipt.stored += written.stored;
            self.receipt.known += written.known;
        }
        Ok(self.receipt)
    }
}

/// Reads up to a newline. Of a line that is too long, what is kept aside of one stays in `line`.
fn read_line(plain: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Line> {
    line.clear();
    // The newline is one more.
    let bound = LINE_BYTES_MAX as u64 + 1;
    let read = plain.by_ref().take(bound).read_until(b'\n', line)?;
    if read == 0 {
        return Ok(Line::End);
    }
    if line.last() == Some(&b'\n') || line.len() <= LINE_BYTES_MAX {
        return Ok(Line::Whole);
    }
    let mut bytes = line.len();
    line.truncate(limits::PUT_ASIDE_LINE_BYTES_MAX);
    bytes += skip_line(plain)?;
    Ok(Line::TooLong { bytes })
}

fn skip_line(plain: &mut impl BufRead) -> io::Result<usize> {
    let mut skipped = 0;
    loop {
        let available = plain.fill_buf()?;
        if available.is_empty() {
            return Ok(skipped);
        }
        let newline = available.iter().position(|byte| *byte == b'\n');
        let taken = newline.map_or(available.len(), |at| at + 1);
        plain.consume(taken);
        skipped += newline.unwrap_or(taken);
        if newline.is_some() {
            return Ok(skipped);
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn unreadable(error: io::Error) -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        format!(
            "the body can't be decompressed: {error}; gzip, or zstd with a window of at most 8 MiB, is allowed"
        ),
    )
}

fn too_large(bound: &str) -> Refusal {
    Refusal::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("at most {bound} are allowed in a batch"),
    )
}

fn full() -> Refusal {
    Refusal::busy("the queue to the database is full", RETRY_AFTER)
}

fn stopping() -> Refusal {
    Refusal::busy("the store is stopping", Duration::from_secs(5))
}

#[cfg(test)]
mod tests;
