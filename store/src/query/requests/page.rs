//! Fills a page from the days' files.

use std::collections::BTreeSet;

use rusqlite::params_from_iter;
use rusqlite::types::Value;
use wire::query::RequestRow;
use wire::time::{Instant, Range};

use super::condition::Condition;
use super::sort::{Cursor, Key};
use super::{COLUMNS, LockTimes, NAMES, Question, lock_times, row_of};
use crate::calendar::Day;
use crate::db::reader::DayReader;
use crate::query::filter::TextField;
use crate::query::side_by_side::{THREADS_MAX, side_by_side};
use crate::query::timeline::LONG_REQUEST_US;
use crate::query::{Answer, Ask};

const HOUR_US: i64 = 3_600_000_000;

/// If a filter asks for more, the rows of a piece of an hour that is at most this long are read by their time.
const SHORT_PIECE_US: i64 = HOUR_US / 4;

/// The best rows so far.
pub(super) struct Page<'q> {
    question: &'q Question,
    /// The range has so many requests that they can't all be read.
    is_among_many: bool,
    /// Rows come with their lock times.
    has_lock_times: bool,
    /// The days on which somebody waited.
    lock_days: BTreeSet<Day>,
    /// What is not read yet is read when it is known to be on the page.
    rows: Vec<(Cursor, Option<RequestRow>)>,
}

/// Which rows of a day, for one statement.
struct Scan<'s> {
    /// What stands behind FROM, names left out.
    from: String,
    key: &'s str,
    /// A condition beside the filter; `?1` and `?2` are its values.
    within: String,
    values: [i64; 2],
    /// All of it lies in the range and no filter asks for more, so the index tells the rows' places.
    is_index_enough: bool,
}

// === impl Page ===

impl<'q> Page<'q> {
    pub(super) fn new(
        question: &'q Question,
        days: &[DayReader],
        is_among_many: bool,
    ) -> Answer<Self> {
        Ok(Self {
            question,
            is_among_many,
            has_lock_times: lock_times::are_asked(&question.filter, Some(question.sort)),
            lock_days: lock_times::days_of(days)?,
            rows: Vec::new(),
        })
    }

    /// Adds what the days have.
    pub(super) fn add_days(&mut self, ask: &Ask, days: Vec<DayReader>) -> Answer<()> {
        // What a page by time holds is mostly of the last day, and bounds what is read of the others.
        if self.question.sort.key == Key::Time {
            for day in days.iter().rev() {
                self.add_day(ask, day)?;
            }
            return Ok(());
        }
        // By anything else each day has some to tell, and its pages lie far from each other on the disk. Who reads
        // them takes the connections that are let go here.
        let days: Vec<Day> = days.into_iter().map(|it| it.day).collect();
        let empty = &*self;
        let pages = side_by_side(ask.reader.helpers(), &days, |day| -> Answer<_> {
            let mut page = Self {
                rows: Vec::new(),
                lock_days: empty.lock_days.clone(),
                ..*empty
            };
            if let Some(day) = ask.reader.day(*day)? {
                page.add_day(ask, &day)?;
            }
            Ok(page.rows)
        });
        for rows in pages {
            self.take(rows?);
        }
        Ok(())
    }

    fn add_day(&mut self, ask: &Ask, day: &DayReader) -> Answer<()> {
        // Of the other days nobody has any, and no neighbour need be opened.
        let have_some = self.lock_days.contains(&day.day);
        let locks = LockTimes::if_asked(ask, day, self.has_lock_times && have_some)?;
        // ?1 and ?2 are the piece, ?3 and ?4 the range, ?5 to ?8 the page.
        let condition = Condition::of(&self.question.filter, day, locks.both(), 9)?;
        let key = self.question.sort.key;
        match key.indexed() {
            Some(indexed) => self.add_hours(day, &locks, &condition, indexed),
            None if self.is_among_many && !have_some => Ok(()),
            None if self.is_among_many => self.add_waiting(day, &locks, &condition),
            None => {
                let column = match key {
                    Key::Blocked => &locks.blocked_us,
                    _ => &locks.waited_us,
                };
                let column = format!("({column})");
                self.add_hours(day, &locks, &condition, (&column, "request_by_at"))
            }
        }
    }

    /// The page, and where the next one begins if there is one.
    pub(super) fn finish(mut self, ask: &Ask) -> Answer<(Vec<RequestRow>, Option<String>)> {
        let is_more = self.rows.len() > self.question.limit;
        self.rows.truncate(self.question.limit);
        let last = self.rows.last().filter(|_| is_more);
        let next = last.map(|(cursor, _)| cursor.to_string());
        read_missing(ask, &mut self.rows)?;
        let days = ask.reader.days_since(self.question.range.from_at_us)?;
        let mut requests = Vec::with_capacity(self.rows.len());
        for (cursor, row) in self.rows {
            let Some(mut row) = row else { continue };
            if !self.has_lock_times && self.lock_days.contains(&cursor.day) {
                lock_times::look_up(&days, cursor.day, &mut row)?;
            }
            requests.push(row);
        }
        Ok((requests, next))
    }

    fn add_hours(
        &mut self,
        day: &DayReader,
        locks: &LockTimes,
        condition: &Condition,
        (key, index): (&str, &str),
    ) -> Answer<()> {
        let range = self.question.range;
        let route_id = match self.question.filter.exact(TextField::Route) {
            // Of a day without a request of that route there is nothing.
            Some(label) => match route_id(day, label)? {
                Some(id) => Some(id),
                None => return Ok(()),
            },
            None => None,
        };
        let begin = (range.from_at_us.0 - LONG_REQUEST_US).div_euclid(HOUR_US);
        let end = (range.to_at_us.0 - 1).div_euclid(HOUR_US);
        let mut hours = day.hours_between(begin, end)?;
        // By time, the hours come in the order of the page; else the newest first is as good as any.
        if self.question.sort.is_descending || self.question.sort.key != Key::Time {
            hours.reverse();
        }
        for hour in hours {
            if let Some(scan) = self.scan_of(day, (key, index), route_id, hour)? {
                self.add(day, locks, condition, &scan)?;
            }
        }
        let long = format!(
            "r.wall_us > {LONG_REQUEST_US} AND r.at_us + r.wall_us > ?1 AND r.at_us < ?1 - {LONG_REQUEST_US}
             AND ?2 = ?2"
        );
        let scan = Scan {
            from: "main.request AS r INDEXED BY request_by_end".to_owned(),
            key,
            within: long,
            values: [range.from_at_us.0, 0],
            is_index_enough: false,
        };
        self.add(day, locks, condition, &scan)
    }

    /// How an hour's requests are asked for, if any could still come onto the page.
    fn scan_of<'s>(
        &self,
        day: &DayReader,
        (key, index): (&'s str, &str),
        route_id: Option<i64>,
        hour: i64,
    ) -> Answer<Option<Scan<'s>>> {
        let range = self.question.range;
        let piece = self.worth(Range {
            from_at_us: Instant((hour * HOUR_US).max(range.from_at_us.0 - LONG_REQUEST_US)),
            to_at_us: Instant(((hour + 1) * HOUR_US).min(range.to_at_us.0)),
        });
        if piece.from_at_us >= piece.to_at_us {
            return Ok(None);
        }
        let is_whole = piece.span().0 == HOUR_US && piece.from_at_us >= range.from_at_us;
        let is_index_enough = is_whole && self.is_told_by(index, route_id.is_some());
        // Those from before are found by their end.
        let since = if is_index_enough {
            String::new()
        } else {
            format!(" AND r.at_us >= ?3 - {LONG_REQUEST_US}")
        };
        let is_by_time = index == "request_by_at"
            || if self.question.filter.is_only(&[]) {
                !is_whole && self.is_few(day, piece)?
            } else {
                piece.span().0 <= SHORT_PIECE_US
            };
        let (index, within, values) = match route_id {
            Some(id) => (
                "request_by_route",
                "r.at_us / 3600000000 = ?1 AND r.route_id = ?2",
                [hour, id],
            ),
            None if is_by_time => {
                let piece = [piece.from_at_us.0, piece.to_at_us.0];
                ("request_by_at", "r.at_us >= ?1 AND r.at_us < ?2", piece)
            }
            None => (index, "r.at_us / 3600000000 = ?1 AND ?2 = ?2", [hour, 0]),
        };
        Ok(Some(Scan {
            from: format!("main.request AS r INDEXED BY {index}"),
            key,
            within: format!("{within}{since}"),
            values,
            is_index_enough,
        }))
    }

    /// Whether a piece of an hour has fewer requests than an index that has the sort's values in order would be
    /// followed for, of which most may lie in the rest of the hour.
    fn is_few(&self, day: &DayReader, piece: Range) -> Answer<bool> {
        let limit = i64::try_from(self.question.limit).unwrap_or(i64::MAX);
        let most = limit.saturating_mul(HOUR_US / piece.span().0.max(1) + 1);
        let sql = "SELECT count(*) FROM (SELECT 1 FROM main.request INDEXED BY request_by_at
                   WHERE at_us >= ?1 AND at_us < ?2 LIMIT ?3 + 1)";
        let params = (piece.from_at_us.0, piece.to_at_us.0, most);
        let count: Option<i64> = day.row(sql, params, |row| row.get(0))?;
        Ok(count.unwrap_or(0) <= most)
    }

    /// Whether an index by hour, or the one by hour and route, has all that the rows of an hour are chosen by.
    fn is_told_by(&self, index: &str, has_route: bool) -> bool {
        let filter = &self.question.filter;
        if has_route {
            filter.is_only(&[TextField::Route]) && self.question.sort.key == Key::Wall
        } else {
            filter.is_only(&[]) && index != "request_by_at"
        }
    }

    /// What of a piece could still come onto a page that is sorted by time.
    fn worth(&self, piece: Range) -> Range {
        let sort = self.question.sort;
        let worst = self.rows.get(self.question.limit).map(|(it, _)| it.key);
        let Some(worst) = worst.filter(|_| sort.key == Key::Time) else {
            return piece;
        };
        if sort.is_descending {
            Range {
                from_at_us: piece.from_at_us.max(Instant(worst)),
                ..piece
            }
        } else {
            Range {
                to_at_us: piece.to_at_us.min(Instant(worst.saturating_add(1))),
                ..piece
            }
        }
    }

    /// Requests by their lock times, of a range that has very many: those that have some, which are few.
    fn add_waiting(
        &mut self,
        day: &DayReader,
        locks: &LockTimes,
        condition: &Condition,
    ) -> Answer<()> {
        let (key, column) = match self.question.sort.key {
            Key::Blocked => (&locks.blocked_us, "blocked_us"),
            _ => (&locks.waited_us, "waited_us"),
        };
        let tables = locks.schemas.iter().map(|schema| {
            format!("SELECT correlation_id FROM {schema}.lock_time WHERE {column} > 0")
        });
        let scan = Scan {
            from: format!(
                "({}) AS times CROSS JOIN main.request AS r ON r.at_us / 3600000000 IN ({})
                 AND r.correlation_id = times.correlation_id",
                tables.collect::<Vec<_>>().join(" UNION "),
                day.hours()?
            ),
            key,
            within: "?1 = ?1 AND ?2 = ?2".to_owned(),
            values: [0, 0],
            is_index_enough: false,
        };
        self.add(day, locks, condition, &scan)
    }

    fn add(
        &mut self,
        day: &DayReader,
        locks: &LockTimes,
        condition: &Condition,
        scan: &Scan<'_>,
    ) -> Answer<()> {
        let question = self.question;
        let sort = question.sort;
        let key = scan.key;
        let limit = question.limit + 1;
        let worst = self.rows.get(limit - 1).map(|(cursor, _)| cursor.key);
        let after = self.after(day.day);
        let mut values: Vec<Value> = vec![
            scan.values[0].into(),
            scan.values[1].into(),
            question.range.from_at_us.0.into(),
            question.range.to_at_us.0.into(),
            after.map(|(key, _)| key).into(),
            after.map(|(_, place)| place).into(),
            worst.into(),
            i64::try_from(limit).unwrap_or(i64::MAX).into(),
        ];
        // Said so that the index ends the scan there. What is not there is still bound, or the numbers
        // of the others would be others.
        let (beyond, before) = (sort.beyond(), sort.before());
        let page = match after {
            Some(_) => format!("{key} {beyond}= ?5 AND ({key} <> ?5 OR r.record_id > ?6)"),
            None => "?5 IS ?6".to_owned(),
        };
        let worth = match worst {
            Some(_) => format!("{key} {before}= ?7"),
            None => "?7 IS NULL".to_owned(),
        };
        let order = format!("ORDER BY {key} {}, r.record_id LIMIT ?8", sort.direction());
        let sql = if scan.is_index_enough {
            format!(
                "SELECT r.record_id, {key} AS sort_key FROM {}
                 WHERE {} AND {page} AND {worth} {order}",
                scan.from, scan.within
            )
        } else {
            values.extend(condition.values.iter().cloned());
            format!(
                "SELECT {COLUMNS}, {} AS lock_us, {} AS blocked_us, {key} AS sort_key FROM {} {NAMES}
                 WHERE {} AND r.at_us < ?4 AND r.at_us + r.wall_us > ?3 AND {page} AND {worth} AND {}
                 {order}",
                locks.waited_us, locks.blocked_us, scan.from, scan.within, condition.sql,
            )
        };
        let rows = day.rows(&sql, params_from_iter(values), |row| {
            let cursor = Cursor {
                key: row.get("sort_key")?,
                day: day.day,
                record_id: row.get(0)?,
            };
            let row = (!scan.is_index_enough).then(|| row_of(row)).transpose()?;
            Ok((cursor, row))
        })?;
        self.take(rows);
        Ok(())
    }

    /// Keeps the best of what there is and of more; one more than asked for tells whether there is a next page.
    fn take(&mut self, rows: Vec<(Cursor, Option<RequestRow>)>) {
        let question = self.question;
        self.rows.extend(rows);
        self.rows
            .sort_by(|(a, _), (b, _)| question.sort.order(a, b));
        self.rows.truncate(question.limit + 1);
    }

    /// Where the page before ended, as a key and a place in that day's file.
    fn after(&self, day: Day) -> Option<(i64, i64)> {
        let cursor = self.question.cursor?;
        let place = match day.cmp(&cursor.day) {
            std::cmp::Ordering::Less => i64::MAX,
            std::cmp::Ordering::Equal => cursor.record_id,
            std::cmp::Ordering::Greater => -1,
        };
        Some((cursor.key, place))
    }
}

/// The number of a route in a day's file.
pub(super) fn route_id(day: &DayReader, label: &str) -> Answer<Option<i64>> {
    let find = "SELECT id FROM main.route WHERE label = ?1";
    day.row(find, [label], |row| row.get(0))
}

/// Reads what the index alone does not tell. Each row lies in a page of its own, so those of a part are waited for
/// while others are.
fn read_missing(ask: &Ask, rows: &mut [(Cursor, Option<RequestRow>)]) -> Answer<()> {
    let missing = rows.iter_mut().filter(|(_, row)| row.is_none());
    let mut missing: Vec<(Cursor, &mut Option<RequestRow>)> =
        missing.map(|(cursor, row)| (*cursor, row)).collect();
    missing.sort_unstable_by_key(|(cursor, _)| (cursor.day, cursor.record_id));
    let cursors: Vec<Cursor> = missing.iter().map(|(cursor, _)| *cursor).collect();
    let each = cursors.len().div_ceil(THREADS_MAX).max(1);
    let parts: Vec<&[Cursor]> = cursors.chunks(each).collect();
    let sql =
        format!("SELECT {COLUMNS}, 0, 0 FROM main.request AS r {NAMES} WHERE r.record_id = ?1");
    let read = side_by_side(ask.reader.helpers(), &parts, |part| -> Answer<_> {
        let mut read = Vec::with_capacity(part.len());
        for of_day in part.chunk_by(|a, b| a.day == b.day) {
            let day = ask.reader.day(of_day[0].day)?;
            for cursor in of_day {
                let row = day
                    .as_ref()
                    .map(|day| day.row(&sql, [cursor.record_id], row_of));
                read.push(row.transpose()?.flatten());
            }
        }
        Ok(read)
    });
    let mut missing = missing.into_iter();
    for part in read {
        for (row, (_, missing)) in part?.into_iter().zip(&mut missing) {
            *missing = row;
        }
    }
    Ok(())
}
