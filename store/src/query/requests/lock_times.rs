//! How long requests waited for locks, and how long others waited behind them.
//!
//! The samples of a request that ran over midnight are in the file of another day than the request, so the
//! neighbours' sums count too. Where rows are sorted or chosen by these times, SQL adds them up over attached files;
//! else they are looked up for the rows of the page alone, by the files that are open anyway.

use std::collections::BTreeSet;

use wire::query::RequestRow;
use wire::time::Micros;

use crate::calendar::Day;
use crate::db::reader::DayReader;
use crate::query::filter::NumberField;
use crate::query::{Answer, Ask};

use super::{Filter, Sort};

/// SQL for the lock times of a request `r`.
pub(super) struct LockTimes {
    pub(super) waited_us: String,
    pub(super) blocked_us: String,
    pub(super) schemas: Vec<&'static str>,
}

/// Whether rows have to have their lock times before it is known which are wanted.
pub(super) fn are_asked(filter: &Filter, sort: Option<Sort>) -> bool {
    let is_sorted = sort.is_some_and(|sort| sort.key.indexed().is_none());
    is_sorted || filter.has_number(&[NumberField::LockUs, NumberField::BlockedUs])
}

/// The days whose requests waited or held others up: their own files or their neighbours' have times.
pub(super) fn days_of(days: &[DayReader]) -> Answer<BTreeSet<Day>> {
    let mut found = BTreeSet::new();
    for day in days {
        let any = day.row("SELECT 1 FROM main.lock_time LIMIT 1", [], |_| Ok(()))?;
        if any.is_some() {
            found.extend([-1, 0, 1].map(|away| day.day.plus(away)));
        }
    }
    Ok(found)
}

/// Looks up the times of a row of a day's file.
pub(super) fn look_up(days: &[DayReader], of: Day, row: &mut RequestRow) -> Answer<()> {
    let sql = "SELECT waited_us, blocked_us FROM main.lock_time WHERE correlation_id = ?1";
    let near = days
        .iter()
        .filter(|it| it.day >= of.plus(-1) && it.day <= of.plus(1));
    let (mut waited_us, mut blocked_us) = (0, 0);
    for day in near {
        let id = [row.correlation_id.0.as_bytes()];
        if let Some(times) = day.row(sql, id, |row| Ok((row.get(0)?, row.get(1)?)))? {
            let (waited, blocked): (i64, i64) = times;
            waited_us += waited;
            blocked_us += blocked;
        }
    }
    (row.lock_us, row.blocked_us) = (Micros(waited_us), Micros(blocked_us));
    Ok(())
}

// === impl LockTimes ===

impl LockTimes {
    /// Nothing but zeros, unless they are asked for.
    pub(super) fn if_asked(ask: &Ask, day: &DayReader, are_asked: bool) -> Answer<Self> {
        if are_asked {
            return Self::of(ask, day);
        }
        // A number alone would be that of a column to sort by.
        Ok(Self {
            waited_us: "0 + 0".to_owned(),
            blocked_us: "0 + 0".to_owned(),
            schemas: vec!["main"],
        })
    }

    fn of(ask: &Ask, day: &DayReader) -> Answer<Self> {
        let mut schemas = vec!["main"];
        schemas.extend(day.attach_neighbours(ask.reader.files())?);
        let sum = |column: &str| {
            let sums = schemas.iter().map(|schema| {
                format!(
                    "coalesce((SELECT {column} FROM {schema}.lock_time AS times
                     WHERE times.correlation_id = r.correlation_id), 0)"
                )
            });
            sums.collect::<Vec<_>>().join(" + ")
        };
        Ok(Self {
            waited_us: sum("waited_us"),
            blocked_us: sum("blocked_us"),
            schemas,
        })
    }

    pub(super) fn both(&self) -> (&str, &str) {
        (&self.waited_us, &self.blocked_us)
    }
}
