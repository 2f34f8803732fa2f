//! The orders of a list, and where a page ended.

use std::cmp::Ordering;

use crate::calendar::Day;

/// By what a page is sorted, and whether the greatest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sort {
    pub(super) key: Key,
    pub(super) is_descending: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Wall,
    Time,
    Sql,
    Memory,
    Lock,
    Blocked,
}

/// The last row of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(super) key: i64,
    pub(super) day: Day,
    pub(super) record_id: i64,
}

/// Every sort that is allowed, as it stands in the query string.
pub(crate) const SORTS: &[(&str, Key, bool)] = &[
    ("-wall_us", Key::Wall, true),
    ("wall_us", Key::Wall, false),
    ("-at_us", Key::Time, true),
    ("at_us", Key::Time, false),
    ("-sql_us", Key::Sql, true),
    ("-lock_us", Key::Lock, true),
    ("-blocked_us", Key::Blocked, true),
    ("-memory", Key::Memory, true),
];

// === impl Key ===

impl Key {
    /// The column, and the index that has it in order within an hour.
    pub(super) fn indexed(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Wall => ("r.wall_us", "request_by_wall"),
            Self::Time => ("r.at_us", "request_by_at"),
            Self::Sql => ("r.sql_us", "request_by_sql"),
            Self::Memory => ("coalesce(r.memory_peak_bytes, -1)", "request_by_memory"),
            Self::Lock | Self::Blocked => return None,
        })
    }
}

// === impl Sort ===

impl Sort {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (_, key, is_descending) = *SORTS.iter().find(|(name, _, _)| *name == text)?;
        Some(Self { key, is_descending })
    }

    pub(super) fn order(self, a: &Cursor, b: &Cursor) -> Ordering {
        let by_key = a.key.cmp(&b.key);
        let by_key = if self.is_descending {
            by_key.reverse()
        } else {
            by_key
        };
        by_key.then((a.day, a.record_id).cmp(&(b.day, b.record_id)))
    }

    pub(super) fn direction(self) -> &'static str {
        if self.is_descending { "DESC" } else { "ASC" }
    }

    /// What a key has to be to come behind another.
    pub(super) fn beyond(self) -> &'static str {
        if self.is_descending { "<" } else { ">" }
    }

    /// What a key has to be to come before another.
    pub(super) fn before(self) -> &'static str {
        if self.is_descending { ">" } else { "<" }
    }
}

// === impl Cursor ===

impl Cursor {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('~');
        let cursor = Self {
            key: parts.next()?.parse().ok()?,
            day: Day::parse(parts.next()?)?,
            record_id: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(cursor)
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}~{}~{}", self.key, self.day, self.record_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_as_it_was_written() {
        let cursor = Cursor {
            key: -1,
            day: Day::parse("2025-11-23").unwrap(),
            record_id: 677,
        };
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        for text in [
            "",
            "1",
            "1~2025-11-23",
            "1~2025-11-31~2",
            "1~2025-11-23~2~3",
            "x~2025-11-23~2",
        ] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
