//! Looks whether a day's file is whole: as SQLite sees it, and whether its tables agree.

use std::collections::HashMap;

use crate::calendar::Day;
use crate::db::DbError;
use crate::db::reader::{DayReader, Reader};

/// Bodies that one question reads. Between two, the file's WAL can be reset.
const BODIES_AT_ONCE: usize = 1_000;

/// Faults told of one file; more of the same help nobody.
const FAULTS_MAX: usize = 20;

/// What was found in one file.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) day: Day,
    pub(crate) records: u64,
    /// What is wrong, a line each; empty if the file is in order.
    pub(crate) faults: Vec<String>,
}

/// Two numbers that have to be the same.
const EQUAL: &[(&str, &str, &str)] = &[
    (
        "every record has a body",
        "SELECT count(*) FROM main.record",
        "SELECT count(*) FROM main.body",
    ),
    (
        "records are counted by kind",
        "SELECT count(*) FROM main.record",
        "SELECT coalesce(sum(records), 0) FROM main.kind",
    ),
    (
        "every request has a record",
        "SELECT count(*) FROM main.request",
        "SELECT count(*) FROM main.request JOIN main.record ON record.id = request.record_id",
    ),
    (
        "every name of a request is known",
        "SELECT count(*) FROM main.request",
        "SELECT count(*) FROM main.request JOIN main.source ON source.id = source_id
         JOIN main.route ON route.id = route_id",
    ),
];

/// Checks every file. Quick leaves out the bodies and SQLite's own look at indexes.
pub(crate) fn check(reader: &Reader, is_quick: bool) -> Result<Vec<Finding>, DbError> {
    let days = reader.days()?;
    let mut findings: Vec<Finding> = days
        .iter()
        .map(|day| check_day(day, is_quick))
        .collect::<Result<_, _>>()?;
    // Questions pass such a file over; who asks whether all is well must hear of it.
    let read: Vec<Day> = days.iter().map(|day| day.day).collect();
    let unread = reader.files().days()?.into_iter();
    findings.extend(unread.filter(|day| !read.contains(day)).map(|day| Finding {
        day,
        records: 0,
        faults: vec![
            "of another schema, not looked at; a store that starts brings it up".to_owned(),
        ],
    }));
    findings.sort_by_key(|finding| finding.day);
    Ok(findings)
}

fn check_day(day: &DayReader, is_quick: bool) -> Result<Finding, DbError> {
    let pragma = if is_quick {
        "PRAGMA main.quick_check(20)"
    } else {
        "PRAGMA main.integrity_check(20)"
    };
    let told: Vec<String> = day.rows(pragma, [], |row| row.get(0))?;
    let mut faults: Vec<String> = told.into_iter().filter(|line| line != "ok").collect();
    let count = |sql: &str| -> Result<u64, DbError> {
        Ok(day.row(sql, [], |row| row.get(0))?.unwrap_or(0))
    };
    for (what, left, right) in EQUAL {
        let (left, right) = (count(left)?, count(right)?);
        if left != right {
            faults.push(format!("{what}: {left} and {right} differ"));
        }
    }
    if !is_quick {
        check_bodies(day, &mut faults)?;
    }
    faults.truncate(FAULTS_MAX);
    Ok(Finding {
        day: day.day,
        records: count("SELECT count(*) FROM main.record")?,
        faults,
    })
}

/// Whether each body can be read back as JSON.
fn check_bodies(day: &DayReader, faults: &mut Vec<String>) -> Result<(), DbError> {
    let sql =
        "SELECT record_id, zstd FROM main.body WHERE record_id > ?1 ORDER BY record_id LIMIT ?2";
    let mut last = i64::MIN;
    loop {
        let bodies: HashMap<i64, Vec<u8>> = day
            .rows(sql, (last, BODIES_AT_ONCE), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?
            .into_iter()
            .collect();
        let Some(newest) = bodies.keys().max() else {
            return Ok(());
        };
        last = *newest;
        for (record_id, zstd) in &bodies {
            let text = day.body_text(zstd);
            let is_json = text.as_deref().is_ok_and(|text| {
                serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok()
            });
            if !is_json && faults.len() < FAULTS_MAX {
                faults.push(format!("the body of record {record_id} can't be read"));
            }
        }
    }
}
