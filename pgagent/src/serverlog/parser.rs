//! Bytes of a log in, its entries out.
//!
//! Bytes are pushed as they come; [`Parser::next`] gives what is complete, with its length, so that whoever
//! reads the file knows how far it has come. An entry ends where the next one begins, so the last one waits
//! until something follows or nothing has for a while ([`Ending`]).
//!
//! An entry that is longer than [`ENTRY_BYTES_MAX`] keeps its beginning; the rest is passed over as it
//! comes, so a statement of a gigabyte costs a mebibyte.

use std::borrow::Cow;

use super::buffer::Buffer;
use super::entry::Entry;
use super::prefix::{Layout, Prefix};
use super::stamp::Stamps;
use super::stderr::Prefixes;
use super::{csv, json, stderr};

/// How much of an entry is kept. Statements are cut far earlier, plans are not.
pub const ENTRY_BYTES_MAX: usize = 1024 * 1024;

/// What a log is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Stderr,
    Csv,
    Json,
}

/// What may be taken for the end of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Only the beginning of the next one.
    Next,
    /// The end of what was pushed, if it is the end of a line: nothing has come for a while.
    Settled,
    /// The end of what was pushed: the file is at its end.
    File,
}

/// Reads one log from one place on.
#[derive(Debug)]
pub struct Parser {
    format: Format,
    prefixes: Prefixes,
    stamps: Stamps,
    buffer: Buffer,
    /// Where in the buffer the next entry begins.
    begin: usize,
    /// How far from there its end was looked for.
    looked: usize,
    is_quoted: bool,
    /// What is known of the next entry's first line.
    first: Option<Layout>,
    /// Bytes of the next entry that were passed over.
    passed_over: u64,
    /// The text of an entry in another encoding.
    repaired: String,
}

// === impl Format ===

impl Format {
    pub const ALL: [Self; 3] = [Self::Json, Self::Csv, Self::Stderr];

    /// What a file of that format ends in; for stderr anything else.
    pub fn of_name(name: &str) -> Self {
        match name.rsplit_once('.') {
            Some((_, "csv")) => Self::Csv,
            Some((_, "json")) => Self::Json,
            _ => Self::Stderr,
        }
    }
}

// === impl Parser ===

impl Parser {
    /// `prefix` is of use to stderr alone.
    pub fn new(format: Format, prefix: Option<Prefix>, stamps: Stamps) -> Self {
        Self {
            format,
            prefixes: Prefixes::new(prefix),
            stamps,
            buffer: Buffer::default(),
            begin: 0,
            looked: 0,
            is_quoted: false,
            first: None,
            passed_over: 0,
            repaired: String::new(),
        }
    }

    pub fn push(&mut self, bytes: &[u8]) {
        let mut buffer = std::mem::take(&mut self.buffer).into_bytes();
        buffer.drain(..self.begin);
        self.begin = 0;
        self.pass_over(&mut buffer);
        buffer.extend_from_slice(bytes);
        self.buffer = Buffer::new(buffer);
    }

    /// How many bytes were pushed that no entry has been made of.
    pub fn pending_bytes(&self) -> u64 {
        (self.buffer.as_bytes().len() - self.begin) as u64 + self.passed_over
    }

    /// The next entry, and how many bytes of the log it takes.
    pub fn next(&mut self, ending: Ending) -> Option<(Entry<'_>, u64)> {
        let first = self.first;
        let length = self.end_of_entry(ending)?;
        let begin = self.begin;
        self.begin += length;
        self.looked = 0;
        self.is_quoted = false;
        let passed_over = std::mem::take(&mut self.passed_over);

        let is_cut = passed_over > 0 || length > ENTRY_BYTES_MAX;
        let text = match self.buffer.text(begin..begin + length.min(ENTRY_BYTES_MAX)) {
            Cow::Borrowed(text) => text,
            Cow::Owned(text) => {
                self.repaired = text;
                &self.repaired
            }
        };
        let mut entry = read(
            self.format,
            text,
            first.as_ref(),
            &self.prefixes,
            &mut self.stamps,
        );
        entry.is_cut = is_cut;
        Some((entry, length as u64 + passed_over))
    }

    /// The length of the next entry in the buffer.
    fn end_of_entry(&mut self, ending: Ending) -> Option<usize> {
        let bytes = &self.buffer.as_bytes()[self.begin..];
        let found = match self.format {
            Format::Json => {
                let found = memchr::memchr(b'\n', &bytes[self.looked..]);
                let end = found.map(|step| self.looked + step + 1);
                self.looked = bytes.len();
                end
            }
            Format::Csv => csv::end_of_record(bytes, &mut self.looked, &mut self.is_quoted),
            Format::Stderr => {
                let end = stderr::end_of_entry(
                    &self.buffer,
                    self.begin,
                    self.first.as_ref(),
                    &mut self.looked,
                    ending != Ending::Next,
                    &self.prefixes,
                    &mut self.stamps,
                );
                if let Some((_, next)) = end {
                    self.first = next;
                }
                end.map(|(end, _)| end)
            }
        };
        if found.is_none() && ending == Ending::File && !bytes.is_empty() {
            self.first = None;
            return Some(bytes.len());
        }
        found
    }

    /// Lets go of the middle of an entry that has no end yet and is long already.
    fn pass_over(&mut self, buffer: &mut Vec<u8>) {
        let looked = self.looked.min(buffer.len());
        if looked > ENTRY_BYTES_MAX {
            buffer.drain(ENTRY_BYTES_MAX..looked);
            self.passed_over += (looked - ENTRY_BYTES_MAX) as u64;
            self.looked = ENTRY_BYTES_MAX;
        }
    }
}

fn read<'a>(
    format: Format,
    text: &'a str,
    first: Option<&Layout>,
    prefixes: &Prefixes,
    stamps: &mut Stamps,
) -> Entry<'a> {
    let text = text.trim_end_matches(['\n', '\r']);
    let read = match format {
        Format::Json => json::read(text, stamps),
        Format::Csv => csv::read(text, stamps),
        Format::Stderr => Some(stderr::read(text, first, prefixes, stamps)),
    };
    read.unwrap_or_else(|| Entry {
        message: text.into(),
        ..Entry::default()
    })
}

#[cfg(test)]
mod tests;
