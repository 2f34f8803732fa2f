//! Sums over spans of time, by two numbers that say of what: pure.
//!
//! A week of requests is too much to read for one chart. So each [`Subject`] is added up while records
//! are written, per minute, per ten minutes and per hour; a question takes the widest [`Tier`] that its
//! buckets allow. The sums of one span are kept as one small text of numbers:
//!
//! ```text
//! version 1: byte 0 = 1 plain, 2 zstd; then varints (LEB128, signed ones zigzag):
//! entries, columns, every key's first number as the difference to the one before, every key's second
//! number, then column by column every value. Keys ascend.
//! ```
//!
//! Numbers next to each other are alike, which is what makes them small.

mod totals;

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use thiserror::Error;
use wire::time::{Instant, Range};
use zstd::bulk::Compressor;

pub(crate) use self::totals::Totals;
use crate::unzip;

/// How wide a span is that sums are kept of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Tier {
    Minute,
    TenMinutes,
    Hour,
}

/// What is added up. The numbers are stored and may never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// Captured requests of a host. Key: route, 0 -> [`request`]'s columns; 0, 1 + bucket of a histogram of
    /// all wall times -> count.
    Requests = 1,
    /// Who called whom in the function profiles of a project. Key: caller, callee -> calls, inclusive.
    Calls = 2,
    /// Statements that the requests of a project issued. Key: fingerprint, route -> [`statement`]'s.
    Statements = 3,
    /// What a database's sessions waited for. Key: wait event, 0 -> session-time.
    Waits = 4,
    /// A database's sessions by what they do. Key: 0, 0 -> [`sessions`]' columns.
    Sessions = 5,
    /// A host's load and CPU. Key: 0, 0 -> [`host`]'s columns.
    Hosts = 6,
    /// All requests of a host, captured or not. Key: as `Requests`, with [`traffic`]'s columns; the
    /// sum over all routes has route 0.
    Traffic = 7,
    /// How long the requests of a project's routes took. Key: route, 1 + bucket -> count. Apart from
    /// `Requests`, of which every chart reads all, while this is asked for one route.
    Walls = 8,
    /// Function profiles of a project. Key: 0, function -> calls, inclusive, exclusive, profiles; 0, 0 ->
    /// profiles, their total. Apart from `Calls`, which are ten times as many and seldom asked for.
    Functions = 9,
}

/// Columns of [`Subject::Requests`].
pub(crate) mod request {
    pub(crate) const COUNT: usize = 0;
    pub(crate) const ERRORS: usize = 1;
    pub(crate) const WALL_US: usize = 2;
    pub(crate) const SQL_COUNT: usize = 3;
    pub(crate) const SQL_US: usize = 4;
    /// The time that requests were in flight within the span, whenever they began.
    pub(crate) const BUSY_US: usize = 5;
    pub(crate) const LONGEST_US: usize = 6;
}

/// Columns of [`Subject::Statements`].
pub(crate) mod statement {
    pub(crate) const REQUESTS: usize = 0;
    pub(crate) const COUNT: usize = 1;
    pub(crate) const FAILED: usize = 2;
    pub(crate) const TOTAL_US: usize = 3;
    /// Requests in which it came so often that it looks like a loop.
    pub(crate) const LOOPS: usize = 4;
    pub(crate) const LONGEST_US: usize = 6;
    pub(crate) const MOST_IN_ONE: usize = 7;
}

/// Columns of [`Subject::Sessions`]: the sampled time, and session-time by class.
pub(crate) mod sessions {
    pub(crate) const SAMPLED_US: usize = 0;
    /// `cpu`, `io`, `lock`, `client`, `other`.
    pub(crate) const CLASSES: std::ops::Range<usize> = 1..6;
    /// The seventh column is a greatest one, so this has a key of its own: 0, 1.
    pub(crate) const IDLE_IN_TRANSACTION: usize = 0;
}

/// Columns of [`Subject::Hosts`].
pub(crate) mod host {
    pub(crate) const SAMPLED_US: usize = 0;
    /// Thousandths of load times microseconds.
    pub(crate) const LOAD: usize = 1;
    /// The time for which the CPU was told.
    pub(crate) const BUSY_SAMPLED_US: usize = 2;
    /// Thousandths of a percent times microseconds.
    pub(crate) const BUSY: usize = 3;
    /// The same of the time in which all tasks were stalled.
    pub(crate) const STALLED_SAMPLED_US: usize = 4;
    pub(crate) const STALLED: usize = 5;
    pub(crate) const CORES: usize = 6;
    /// 0 web, 1 db.
    pub(crate) const ROLE: usize = 7;
}

/// Columns of [`Subject::Traffic`].
pub(crate) mod traffic {
    /// Of route 0 alone.
    pub(crate) const SAMPLED_US: usize = 0;
    pub(crate) const COUNT: usize = 1;
    pub(crate) const ERRORS: usize = 2;
    pub(crate) const WALL_US: usize = 3;
    pub(crate) const SQL_COUNT: usize = 4;
    pub(crate) const SQL_US: usize = 5;
    pub(crate) const LONGEST_US: usize = 6;
}

/// Columns of one entry. The first [`ADDED`] are added up, of the others the greatest is kept.
pub(crate) const COLUMNS: usize = 8;

const ADDED: usize = 6;

/// Of what a sum is.
pub(crate) type Key = (i64, i64);

pub(crate) type Values = [i64; COLUMNS];

/// Sums that are being gathered, by key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums(FxHashMap<Key, Values>);

/// Why stored sums can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("stored sums are damaged at byte {at}")]
pub(crate) struct SumsError {
    at: usize,
}

/// Shorter ones gain nothing from zstd.
const PLAIN_BYTES_MAX: usize = 160;

/// What the sums of one span may unpack to: 100 times what was seen of the largest.
const UNPACKED_BYTES_MAX: usize = 64 * 1024 * 1024;

const PLAIN: u8 = 1;
const ZSTD: u8 = 2;

// === impl Tier ===

impl Tier {
    pub(crate) const ALL: [Self; 3] = [Self::Minute, Self::TenMinutes, Self::Hour];

    pub(crate) const fn span_us(self) -> i64 {
        match self {
            Self::Minute => 60_000_000,
            Self::TenMinutes => 600_000_000,
            Self::Hour => 3_600_000_000,
        }
    }

    /// Where the span begins that a moment is in.
    pub(crate) fn start_of(self, at: Instant) -> Instant {
        Instant(at.0.div_euclid(self.span_us()) * self.span_us())
    }

    /// The widest one that is not wider than a bucket, if there is one.
    pub(crate) fn within(bucket_us: i64) -> Option<Self> {
        let narrow = |tier: &Self| tier.span_us() <= bucket_us;
        Self::ALL.into_iter().rev().find(narrow)
    }

    /// The one that answers a question about a whole range: spans enough that the edges, which are
    /// counted whole, weigh little.
    pub(crate) fn for_range(range: Range) -> Self {
        /// Then both edges together are at most 4 % too long.
        const SPANS_MIN: i64 = 48;
        let fine = |tier: &Self| range.span().0 / tier.span_us() >= SPANS_MIN;
        Self::ALL
            .into_iter()
            .rev()
            .find(fine)
            .unwrap_or(Self::Minute)
    }

    /// The spans' starts that a range touches.
    pub(crate) fn starts(self, range: Range) -> Range {
        Range {
            from_at_us: self.start_of(range.from_at_us),
            to_at_us: range.to_at_us,
        }
    }
}

// === impl Sums ===

impl Sums {
    pub(crate) fn add(&mut self, key: Key, values: &Values) {
        merge_values(self.0.entry(key).or_default(), values);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Key, &Values)> {
        self.0.iter().map(|(key, values)| (*key, values))
    }
}

/// Adds one entry's values to another's, as each column has it.
pub(crate) fn merge_values(sums: &mut Values, values: &Values) {
    for (sum, value) in sums[..ADDED].iter_mut().zip(values) {
        *sum = sum.saturating_add(*value);
    }
    for (sum, value) in sums[ADDED..].iter_mut().zip(&values[ADDED..]) {
        *sum = (*sum).max(*value);
    }
}

thread_local! {
    /// Made once: it has more to set up than most sums have to compress.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = RefCell::new(Compressor::new(1).ok());
}

fn pack(plain: &[u8]) -> Vec<u8> {
    let compressed =
        || COMPRESSOR.with_borrow_mut(|compressor| compressor.as_mut()?.compress(plain).ok());
    let packed = (plain.len() > PLAIN_BYTES_MAX)
        .then(compressed)
        .flatten()
        .filter(|packed| packed.len() < plain.len());
    let (mark, text) = match &packed {
        Some(packed) => (ZSTD, packed.as_slice()),
        None => (PLAIN, plain),
    };
    let mut bytes = Vec::with_capacity(text.len() + 1);
    bytes.push(mark);
    bytes.extend_from_slice(text);
    bytes
}

fn unpack(bytes: &[u8]) -> Result<std::borrow::Cow<'_, [u8]>, SumsError> {
    match bytes.split_first() {
        Some((&PLAIN, plain)) => Ok(plain.into()),
        Some((&ZSTD, packed)) => unzip::plain(packed, UNPACKED_BYTES_MAX)
            .map(Into::into)
            .map_err(|_| SumsError { at: 1 }),
        _ => Err(SumsError { at: 0 }),
    }
}

/// Writes a number in groups of seven bits, the lowest first.
pub(crate) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        #[expect(clippy::cast_possible_truncation, reason = "seven bits are meant")]
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "below 128 after the loop")]
    bytes.push(number as u8);
}

/// Small numbers of either sign become small ones without.
pub(crate) fn put_signed(bytes: &mut Vec<u8>, number: i64) {
    put(
        bytes,
        (number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned(),
    );
}

/// Reads what [`put`] and [`put_signed`] wrote.
pub(crate) struct Varints<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
}

// === impl Varints ===

impl Varints<'_> {
    pub(crate) fn next(&mut self) -> Result<u64, SumsError> {
        // Most are small.
        if let Some(byte) = self.bytes.get(self.at).filter(|byte| **byte < 0x80) {
            self.at += 1;
            return Ok(u64::from(*byte));
        }
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at).ok_or(SumsError { at: self.at })?;
            self.at += 1;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(SumsError { at: self.at })
    }

    pub(crate) fn signed(&mut self) -> Result<i64, SumsError> {
        let number = self.next()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// A number of things, each of which takes a byte at least.
    pub(crate) fn length(&mut self) -> Result<usize, SumsError> {
        let at = self.at;
        let length = usize::try_from(self.next()?).unwrap_or(usize::MAX);
        if length > self.bytes.len() {
            return Err(SumsError { at });
        }
        Ok(length)
    }

    pub(crate) fn is_done(&self) -> bool {
        self.at >= self.bytes.len()
    }
}

#[cfg(test)]
mod tests;
