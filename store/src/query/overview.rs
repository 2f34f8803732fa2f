//! Where to begin: which projects and hosts there are, and from when to when there is data.

use std::collections::BTreeSet;

use wire::query::Overview;
use wire::time::{Instant, Micros, Range};

use super::{Answer, Ask, host, project};

pub(crate) fn ask(ask: &Ask) -> Answer<Overview> {
    let mut projects = BTreeSet::new();
    let mut hosts = BTreeSet::new();
    for day in ask.reader.days()? {
        day.each("SELECT project, host FROM source", [], |row| {
            projects.insert(project(row.get(0)?)?);
            hosts.insert(host(row.get(1)?)?);
            Ok(true)
        })?;
    }
    Ok(Overview {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now_at_us: ask.now,
        projects: projects.into_iter().collect(),
        hosts: hosts.into_iter().collect(),
        data: data_range(ask)?,
    })
}

/// From the oldest to just behind the newest record.
pub(crate) fn data_range(ask: &Ask) -> Answer<Option<Range>> {
    let mut range: Option<Range> = None;
    for day in ask.reader.days()? {
        // Two questions: SQLite answers one minimum or one maximum from an index, but not both.
        let edge = |sql| day.row(sql, [], |row| row.get::<_, Option<i64>>(0));
        let oldest = edge("SELECT min(at_us) FROM record")?.flatten();
        let newest = edge("SELECT max(at_us) FROM record")?.flatten();
        let (Some(oldest), Some(newest)) = (oldest, newest) else {
            continue;
        };
        let (oldest, newest) = (Instant(oldest), Instant(newest) + Micros(1));
        let known = range.get_or_insert(Range {
            from_at_us: oldest,
            to_at_us: newest,
        });
        known.from_at_us = known.from_at_us.min(oldest);
        known.to_at_us = known.to_at_us.max(newest);
    }
    Ok(range)
}
