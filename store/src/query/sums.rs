//! Reads the sums over spans of time.

use std::collections::HashMap;

use rustc_hash::FxHashSet;
use wire::time::{Instant, Range};

use super::Answer;
use crate::db::DbError;
use crate::db::reader::DayReader;
use crate::rollup::{Subject, Tier, Totals};

/// Which sums.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) subject: Subject,
    pub(crate) tier: Tier,
    /// Every span that it touches.
    pub(crate) range: Range,
    pub(crate) project: Option<&'a str>,
    pub(crate) host: Option<&'a str>,
}

/// Whose sums and where their span begins.
#[derive(Debug)]
pub(crate) struct Span {
    pub(crate) at_us: Instant,
    pub(crate) project: String,
    pub(crate) host: String,
}

/// Gives every span's sums of one day's file. A record that came after midnight has its sums in the
/// next day's file, so a span may come twice.
pub(crate) fn each(
    day: &DayReader,
    scope: &Scope<'_>,
    mut take: impl FnMut(&Span, &Totals),
) -> Answer<()> {
    rows(day, scope, |span, bytes| {
        let sums = Totals::decode(bytes).map_err(|error| DbError::Body {
            detail: error.to_string(),
        })?;
        take(&span, &sums);
        Ok(())
    })
}

/// All of it added up.
pub(crate) fn total(day: &DayReader, scope: &Scope<'_>) -> Answer<Totals> {
    let mut total = Totals::default();
    rows(day, scope, |_, bytes| {
        total.decode_into(bytes).map_err(|error| DbError::Body {
            detail: error.to_string(),
        })
    })?;
    Ok(total)
}

fn rows(
    day: &DayReader,
    scope: &Scope<'_>,
    mut take: impl FnMut(Span, &[u8]) -> Answer<()>,
) -> Answer<()> {
    let sql = "SELECT at_us, project, host, sums FROM main.rollup
               WHERE subject = ?1 AND span_us = ?2 AND at_us >= ?3 AND at_us < ?4
               AND (?5 IS NULL OR project = ?5) AND (?6 IS NULL OR host = ?6)";
    let range = scope.tier.starts(scope.range);
    let params = (
        scope.subject as i64,
        scope.tier.span_us(),
        range.from_at_us.0,
        range.to_at_us.0,
        scope.project,
        scope.host,
    );
    let mut outcome = Ok(());
    day.each(sql, params, |row| {
        let span = Span {
            at_us: Instant(row.get(0)?),
            project: row.get(1)?,
            host: row.get(2)?,
        };
        let bytes = row.get_ref(3)?.as_blob().unwrap_or_default();
        outcome = take(span, bytes);
        Ok(outcome.is_ok())
    })?;
    outcome
}

/// Names of one of a day's tables, by their number. `sql` gives number and name of all from ?1 to ?2: one
/// walk through a part of the table is far less than a look for each.
pub(crate) fn names(
    day: &DayReader,
    sql: &str,
    ids: impl Iterator<Item = i64>,
) -> Answer<HashMap<i64, String>> {
    let wanted: FxHashSet<i64> = ids.collect();
    let (Some(first), Some(last)) = (wanted.iter().min(), wanted.iter().max()) else {
        return Ok(HashMap::new());
    };
    let mut names = HashMap::with_capacity(wanted.len());
    day.each(sql, (first, last), |row| {
        let id = row.get(0)?;
        if wanted.contains(&id) {
            names.insert(id, row.get(1)?);
        }
        Ok(true)
    })?;
    Ok(names)
}
