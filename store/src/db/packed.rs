//! A body's text with its tables of numbers written as numbers. Lossless for any text.
//!
//! Most of a request's body are the edges of its function profile, a list of lists of integers: five to ten
//! digits a number that a compressor of texts makes little of. So each such table is cut out of the text
//! and written by columns, as varints; the text goes behind them. What is not written as JSON is mostly
//! written stays in the text, so any text comes back as it was.
//!
//! ```text
//! version 1: byte 0x01, which no JSON text begins with; varints: how many tables; per table how many bytes
//! of the rest lie before it since the last one, its columns, its rows, then by columns each value as the
//! zigzag difference to the one above it (first two columns) or the value itself; then the rest.
//! ```

mod cut;

use std::borrow::Cow;

use serde::Deserialize;
use wire::profile::{Edges, Profile};
use wire::request::Request;

pub(crate) use self::cut::Cut;
use crate::rollup::{Varints, put, put_signed};

const MARK: u8 = 1;

/// Fewer rows are not worth it.
const ROWS_MIN: usize = 8;

/// Room for the edges of a usual profile.
const VALUES_USUAL: usize = 2_048;

/// A table of more columns is none that a profile has.
const COLUMNS_MAX: usize = 12;

/// Columns in which a value is near to the one above: places of names.
const COLUMNS_NEAR: usize = 2;

/// Of what is read back: no body is longer.
const TEXT_BYTES_MAX: usize = wire::limits::LINE_BYTES_MAX;

/// A parent that no edge has.
const STAND_IN: i64 = i64::MIN;

/// A table as it was written: its rows one behind the other.
pub(crate) struct Rows {
    columns: usize,
    values: Vec<i64>,
}

/// A table within a text.
struct Table {
    begin: usize,
    end: usize,
    rows: Rows,
}

/// A request's text to be read, with the edges of its profile apart.
///
/// They are taken as the numbers that they are: to write them as text and to read that again would be half of the
/// work. In the text stands a row in their place that no profile has.
pub(crate) struct Opened<'p> {
    text: Cow<'p, [u8]>,
    edges: Vec<Option<Edges>>,
}

/// The packed form, or nothing if the text has no tables. Edges that were cut out of the text are in it as if they
/// stood in their place.
pub(crate) fn pack(text: &[u8], edges: Option<&Rows>) -> Option<Vec<u8>> {
    let found = tables(text);
    let stand_in = edges.and_then(|_| memchr::memmem::find(text, cut::stand_in().as_bytes()));
    let mut tables: Vec<(usize, usize, &Rows)> = found
        .iter()
        .map(|it| (it.begin, it.end, &it.rows))
        .collect();
    if let (Some(begin), Some(edges)) = (stand_in, edges) {
        let place = tables.partition_point(|table| table.0 < begin);
        tables.insert(place, (begin, begin + cut::stand_in().len(), edges));
    }
    if tables.is_empty() {
        return None;
    }
    let mut packed = Vec::with_capacity(text.len());
    packed.push(MARK);
    put(&mut packed, tables.len() as u64);
    let mut last = 0;
    for (begin, end, rows) in &tables {
        put(&mut packed, (begin - last) as u64);
        last = *end;
        put(&mut packed, rows.columns as u64);
        put(&mut packed, rows.count() as u64);
        for column in 0..rows.columns {
            let mut above = 0_i64;
            for value in rows.values.iter().skip(column).step_by(rows.columns) {
                put_signed(&mut packed, value.wrapping_sub(above));
                above = if column < COLUMNS_NEAR { *value } else { 0 };
            }
        }
    }
    let mut last = 0;
    for (begin, end, _) in &tables {
        packed.extend_from_slice(&text[last..*begin]);
        last = *end;
    }
    packed.extend_from_slice(&text[last..]);
    Some(packed)
}

/// Whether it is what [`pack`] makes.
pub(crate) fn is_packed(bytes: &[u8]) -> bool {
    bytes.first() == Some(&MARK)
}

/// The text of what [`pack`] made, and any other text as it is; nothing if it is damaged.
pub(crate) fn unpack(packed: Vec<u8>) -> Option<Vec<u8>> {
    if !is_packed(&packed) {
        return Some(packed);
    }
    put_back(&packed, |text, rows| write(text, &rows))
}

/// A request whose body was packed, or is there as it came; nothing if it is damaged.
pub(crate) fn request(packed: &[u8]) -> Option<serde_json::Result<Request>> {
    let mut opened = Opened::of(packed)?;
    Some(opened.read(|request: &mut Request| request.profile.as_mut()))
}

// === impl Opened ===

impl<'p> Opened<'p> {
    /// Nothing if it is damaged.
    pub(crate) fn of(packed: &'p [u8]) -> Option<Self> {
        let mut edges: Vec<Option<Edges>> = Vec::new();
        if !is_packed(packed) {
            return Some(Self {
                text: packed.into(),
                edges,
            });
        }
        let text = put_back(packed, |text, rows| {
            if !text.ends_with(b"\"edges\":") {
                return write(text, &rows);
            }
            text.extend_from_slice(format!("[[{STAND_IN},{}]]", edges.len()).as_bytes());
            edges.push(Some(Edges::of_table(rows.values, rows.columns)));
            Some(())
        })?;
        Some(Self {
            text: text.into(),
            edges,
        })
    }

    /// As whatever has its profile there.
    pub(crate) fn read<'t, R: Deserialize<'t>>(
        &'t mut self,
        profile: impl FnOnce(&mut R) -> Option<&mut Profile>,
    ) -> serde_json::Result<R> {
        let Self { text, edges } = self;
        let mut read = match str::from_utf8(text) {
            // Looked at once and not again in each string.
            Ok(text) => serde_json::from_str(text),
            // Says where.
            Err(_) => serde_json::from_slice(text),
        }?;
        if let Some(profile) = profile(&mut read)
            && let Some(place) = place_of(&profile.edges)
            && let Some(table) = edges.get_mut(place).and_then(Option::take)
        {
            profile.edges = table;
        }
        Ok(read)
    }
}

/// Which table a row stands in for.
fn place_of(edges: &Edges) -> Option<usize> {
    let mut rows = edges.iter();
    match (rows.next(), rows.next()) {
        (Some(&[STAND_IN, place]), None) => usize::try_from(place).ok(),
        _ => None,
    }
}

/// Puts the tables back into the rest of the text, each as `write` has it.
fn put_back(
    packed: &[u8],
    mut write: impl FnMut(&mut Vec<u8>, Rows) -> Option<()>,
) -> Option<Vec<u8>> {
    let mut reader = Varints {
        bytes: packed,
        at: 1,
    };
    let count = reader.length().ok()?;
    let mut tables: Vec<(usize, Rows)> = Vec::new();
    for _ in 0..count {
        let before = reader.length().ok()?;
        tables.push((before, read_rows(&mut reader)?));
    }
    let mut rest = &packed[reader.at..];
    let mut text = Vec::with_capacity(rest.len() * 2);
    for (before, rows) in tables {
        let (head, tail) = rest.split_at_checked(before)?;
        text.extend_from_slice(head);
        write(&mut text, rows)?;
        rest = tail;
    }
    text.extend_from_slice(rest);
    Some(text)
}

fn read_rows(reader: &mut Varints<'_>) -> Option<Rows> {
    let columns = reader
        .length()
        .ok()
        .filter(|it| (1..=COLUMNS_MAX).contains(it))?;
    let rows = reader.length().ok()?;
    // Each value takes a byte at least.
    let count = rows
        .checked_mul(columns)
        .filter(|it| *it <= reader.bytes.len())?;
    let mut values = vec![0_i64; count];
    for column in 0..columns {
        let mut above = 0_i64;
        for row in 0..rows {
            let value = above.wrapping_add(reader.signed().ok()?);
            values[row * columns + column] = value;
            above = if column < COLUMNS_NEAR { value } else { 0 };
        }
    }
    Some(Rows { columns, values })
}

/// Writes a table as it stood in the text, if that is not longer than allowed.
fn write(text: &mut Vec<u8>, rows: &Rows) -> Option<()> {
    let mut digits = itoa::Buffer::new();
    text.reserve(rows.values.len() * 6);
    for (number, row) in rows.values.chunks(rows.columns).enumerate() {
        text.extend_from_slice(if number == 0 { b"[[" } else { b",[" });
        for (column, value) in row.iter().enumerate() {
            if column > 0 {
                text.push(b',');
            }
            text.extend_from_slice(digits.format(*value).as_bytes());
        }
        text.push(b']');
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
    }
    text.push(b']');
    Some(())
}

fn tables(text: &[u8]) -> Vec<Table> {
    let mut tables = Vec::new();
    let mut at = 0;
    while let Some(step) = memchr::memmem::find(&text[at..], b"[[") {
        let begin = at + step;
        match table(text, begin) {
            Some(table) if table.rows.count() >= ROWS_MIN => {
                at = table.end;
                tables.push(table);
            }
            _ => at = begin + 1,
        }
    }
    tables
}

/// A table that begins there and is written exactly as it will be written back.
fn table(text: &[u8], begin: usize) -> Option<Table> {
    let mut at = begin + 1;
    let (mut values, mut columns) = (Vec::with_capacity(VALUES_USUAL), 0);
    loop {
        if text.get(at) != Some(&b'[') {
            return None;
        }
        at += 1;
        let first = values.len();
        loop {
            let (value, end) = number(text, at)?;
            values.push(value);
            at = end + 1;
            match text.get(end)? {
                b',' => {}
                b']' => break,
                _ => return None,
            }
        }
        let width = values.len() - first;
        if columns == 0 {
            columns = width;
        }
        if width != columns || width > COLUMNS_MAX {
            return None;
        }
        match text.get(at)? {
            b',' => at += 1,
            b']' => break,
            _ => return None,
        }
    }
    Some(Table {
        begin,
        end: at + 1,
        rows: Rows { columns, values },
    })
}

/// An integer and where it ends. `007` and `-0` would not come back as they are, so they are none.
fn number(text: &[u8], begin: usize) -> Option<(i64, usize)> {
    let is_negative = text.get(begin) == Some(&b'-');
    let first = begin + usize::from(is_negative);
    let mut at = first;
    let mut value = 0_i64;
    // So many digits fit whatever they are.
    let safe = text.len().min(first + 18);
    while at < safe && text[at].is_ascii_digit() {
        value = value * 10 - i64::from(text[at] - b'0');
        at += 1;
    }
    while let Some(digit) = text.get(at).filter(|byte| byte.is_ascii_digit()) {
        value = value
            .checked_mul(10)?
            .checked_sub(i64::from(digit - b'0'))?;
        at += 1;
    }
    let has_zeros = text.get(first) == Some(&b'0') && (at - first > 1 || is_negative);
    if at == first || has_zeros {
        return None;
    }
    let value = if is_negative {
        value
    } else {
        value.checked_neg()?
    };
    Some((value, at))
}

// === impl Rows ===

impl Rows {
    fn count(&self) -> usize {
        self.values.len() / self.columns
    }
}

#[cfg(test)]
mod tests;
