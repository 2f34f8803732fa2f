//! An entry in the csv format: one record, whose quoted fields may hold newlines.
//!
//! The columns have only ever been added to: 23 up to version 12, 24 in 13, 26 since 14.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};

use super::entry::{Entry, Head};
use super::severity::severity;
use super::stamp::Stamps;

const COLUMNS_LEAST: usize = 23;
const COLUMNS_MOST: usize = 32;

/// Places of the columns that are read.
mod column {
    pub(super) const AT: usize = 0;
    pub(super) const USER: usize = 1;
    pub(super) const DATABASE: usize = 2;
    pub(super) const PID: usize = 3;
    pub(super) const CLIENT: usize = 4;
    pub(super) const SESSION_ID: usize = 5;
    pub(super) const SEVERITY: usize = 11;
    pub(super) const SQL_STATE: usize = 12;
    pub(super) const MESSAGE: usize = 13;
    pub(super) const DETAIL: usize = 14;
    pub(super) const HINT: usize = 15;
    pub(super) const INTERNAL_QUERY: usize = 16;
    pub(super) const CONTEXT: usize = 18;
    pub(super) const STATEMENT: usize = 19;
    pub(super) const APPLICATION_NAME: usize = 22;
    pub(super) const BACKEND_TYPE: usize = 23;
    pub(super) const LEADER_PID: usize = 24;
    pub(super) const QUERY_ID: usize = 25;
}

/// The fields of one record.
#[derive(Default)]
struct Fields<'a> {
    list: [Cow<'a, str>; COLUMNS_MOST],
    count: usize,
}

/// Where the first record ends, its newline included. `from` is how far was looked before, and whether
/// that was within quotes; both are moved on.
pub(super) fn end_of_record(bytes: &[u8], from: &mut usize, is_quoted: &mut bool) -> Option<usize> {
    while let Some(step) = memchr(b'\n', &bytes[*from..]) {
        let line = &bytes[*from..*from + step];
        // A doubled quote leaves and enters again, so that an odd count alone matters.
        *is_quoted ^= memchr_iter(b'"', line).count() % 2 == 1;
        *from += step + 1;
        if !*is_quoted {
            return Some(*from);
        }
    }
    None
}

/// Reads one record.
pub(super) fn read<'a>(record: &'a str, stamps: &mut Stamps) -> Option<Entry<'a>> {
    let mut fields = Fields::split(record.trim_end_matches(['\n', '\r']))?;
    if fields.count < COLUMNS_LEAST {
        return None;
    }
    let head = Head {
        at: Some(stamps.read(&fields.list[column::AT])?),
        pid: fields.list[column::PID].parse().ok(),
        leader_pid: fields.list[column::LEADER_PID].parse().ok(),
        user: Head::known(fields.take(column::USER)),
        database: Head::known(fields.take(column::DATABASE)),
        application_name: Head::known(fields.take(column::APPLICATION_NAME)),
        client: Head::known(without_port(fields.take(column::CLIENT))),
        backend_type: Head::known(fields.take(column::BACKEND_TYPE)),
        session_id: Head::known(fields.take(column::SESSION_ID)),
        sql_state: Head::failure(fields.take(column::SQL_STATE)),
        query_id: fields.list[column::QUERY_ID]
            .parse()
            .ok()
            .filter(|id| *id != 0),
    };
    let mut text = |column| Some(fields.take(column)).filter(|text| !text.is_empty());
    Some(Entry {
        head,
        message: text(column::MESSAGE).unwrap_or_default(),
        detail: text(column::DETAIL),
        hint: text(column::HINT),
        context: text(column::CONTEXT),
        statement: text(column::STATEMENT),
        internal_query: text(column::INTERNAL_QUERY),
        severity: severity(&fields.list[column::SEVERITY])?,
        is_parsed: true,
        ..Entry::default()
    })
}

/// `10.0.0.7:35538`, `[local]`
fn without_port(mut client: Cow<'_, str>) -> Cow<'_, str> {
    let Some(colon) = client.rfind(':') else {
        return client;
    };
    if client[colon + 1..]
        .bytes()
        .all(|byte| byte.is_ascii_digit())
    {
        match &mut client {
            Cow::Borrowed(text) => *text = &text[..colon],
            Cow::Owned(text) => text.truncate(colon),
        }
    }
    client
}

// === impl Fields ===

impl<'a> Fields<'a> {
    fn split(record: &'a str) -> Option<Self> {
        let mut fields = Self::default();
        let mut rest = record;
        loop {
            let (field, after) = if let Some(quoted) = rest.strip_prefix('"') {
                unquote(quoted)?
            } else {
                let end = memchr(b',', rest.as_bytes()).unwrap_or(rest.len());
                (Cow::Borrowed(&rest[..end]), &rest[end..])
            };
            *fields.list.get_mut(fields.count)? = field;
            fields.count += 1;
            match after.strip_prefix(',') {
                Some(next) => rest = next,
                None if after.is_empty() => return Some(fields),
                None => return None,
            }
        }
    }

    fn take(&mut self, column: usize) -> Cow<'a, str> {
        std::mem::take(&mut self.list[column])
    }
}

/// What stands up to the closing quote, and what follows it.
fn unquote(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut from = 0;
    let mut is_plain = true;
    loop {
        let quote = from + memchr(b'"', &text.as_bytes()[from..])?;
        if text.as_bytes().get(quote + 1) == Some(&b'"') {
            is_plain = false;
            from = quote + 2;
            continue;
        }
        let (field, after) = (&text[..quote], &text[quote + 1..]);
        let field = if is_plain {
            Cow::Borrowed(field)
        } else {
            Cow::Owned(field.replace("\"\"", "\""))
        };
        return Some((field, after));
    }
}
