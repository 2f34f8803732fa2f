//! One statement: which functions issue it, what sessions that run it wait for, what the server's own
//! statistics and its log have of it.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use wire::pg::log::{Event, Log};
use wire::pg::statements as counted;
use wire::query::{
    LogEntry, StatementCaller, StatementCounts, StatementDetail, StatementPlan, WaitEvent,
};
use wire::request::Request;
use wire::sql::{self, Fingerprint};
use wire::time::{Micros, Range};

use super::filter::Filter;
use super::logs;
use super::{Answer, Ask, bodies, requests};

/// Requests whose bodies are read for who issued it: some 0.1 ms each.
const BODIES_MAX: usize = 100;
/// Callers that are told. The listener names one per statement, so they are few.
const CALLERS_MAX: usize = 20;
/// Plans that are told: each may be long, and the newest ones are most alike.
const PLANS_MAX: usize = 3;
/// Entries of logs that are looked through for plans and statistics, of each kind.
const ENTRIES_MAX: usize = 500;

/// Which statement.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) range: Range,
    pub(crate) project: Option<String>,
    pub(crate) fingerprint: Fingerprint,
    /// Whose requests; it has the fingerprint in it.
    pub(crate) filter: Filter,
}

pub(crate) fn ask(ask: &Ask, question: &Question) -> Answer<StatementDetail> {
    let (callers, requests_read) = callers(ask, question)?;
    Ok(StatementDetail {
        range: question.range,
        fingerprint: question.fingerprint,
        requests_read,
        callers,
        waits: waits(ask, question)?,
        database: database(ask, question)?,
        plans: plans(ask, question)?,
    })
}

/// Who issued it, in the newest requests.
fn callers(ask: &Ask, question: &Question) -> Answer<(Vec<StatementCaller>, u64)> {
    let mut callers: BTreeMap<(Option<String>, Option<String>), StatementCaller> = BTreeMap::new();
    let mut read = 0;
    for day in ask
        .reader
        .days_since(question.range.from_at_us)?
        .iter()
        .rev()
    {
        let left = BODIES_MAX - read;
        if left == 0 {
            break;
        }
        let matching = requests::matching(ask, day, question.range, &question.filter, left)?;
        for (record_id, _) in matching {
            read += 1;
            if let Some(request) = bodies::request_of(day, record_id)? {
                add_callers(&mut callers, &request, question.fingerprint);
            }
        }
    }
    let mut callers: Vec<StatementCaller> = callers.into_values().collect();
    callers.sort_by_key(|caller| std::cmp::Reverse((caller.total_us, caller.count)));
    callers.truncate(CALLERS_MAX);
    Ok((callers, read as u64))
}

fn add_callers(
    callers: &mut BTreeMap<(Option<String>, Option<String>), StatementCaller>,
    request: &Request,
    fingerprint: Fingerprint,
) {
    let queries = request.sql.iter().flat_map(|sql| &sql.queries);
    let queries = queries
        .filter(|query| sql::fingerprint(&query.sql) == fingerprint)
        .map(|query| {
            let name = (query.caller.clone(), query.caller_at.clone());
            (name, 1, query.duration_us)
        });
    // Those that the listener has told as a number come without their caller.
    let repeated = request.sql.iter().flat_map(|sql| &sql.repeated);
    let repeated = repeated
        .filter(|group| sql::fingerprint(&group.sql) == fingerprint)
        .map(|group| ((None, None), u64::from(group.count), group.total_us));
    for ((name, place), count, time_us) in queries.chain(repeated) {
        let caller = callers
            .entry((name.clone(), place.clone()))
            .or_insert(StatementCaller {
                name,
                place,
                count: 0,
                total_us: Micros(0),
            });
        caller.count = caller.count.saturating_add(count);
        caller.total_us = Micros(caller.total_us.0.saturating_add(time_us.0));
    }
}

/// What sessions that ran it waited for, each sample for its interval.
fn waits(ask: &Ask, question: &Question) -> Answer<Vec<WaitEvent>> {
    let sql = "SELECT statement_id, wait_class, wait_event, SUM(interval_us) FROM main.pg_session
               WHERE at_us >= ?1 AND at_us < ?2 AND state = 'active' AND statement_id IS NOT NULL
               AND (?3 IS NULL OR project = ?3) GROUP BY statement_id, wait_class, wait_event";
    let find = "SELECT text FROM main.statement WHERE id = ?1";
    let mut events: BTreeMap<String, i64> = BTreeMap::new();
    for day in ask.reader.days_since(question.range.from_at_us)? {
        let range = question.range;
        let params = (range.from_at_us.0, range.to_at_us.0, &question.project);
        let rows = day.rows(sql, params, |row| {
            let (class, event): (String, Option<String>) = (row.get(1)?, row.get(2)?);
            let name = match event {
                Some(event) => format!("{class}: {event}"),
                None => class,
            };
            Ok((row.get::<_, i64>(0)?, name, row.get::<_, i64>(3)?))
        })?;
        let mut shapes: HashMap<i64, bool> = HashMap::new();
        for (id, name, time_us) in rows {
            if let Entry::Vacant(place) = shapes.entry(id) {
                let text: Option<String> = day.row(find, [id], |row| row.get(0))?;
                let shape = text.map(|text| sql::fingerprint(&text));
                place.insert(shape == Some(question.fingerprint));
            }
            if shapes[&id] {
                *events.entry(name).or_default() += time_us;
            }
        }
    }
    let mut waits: Vec<WaitEvent> = events
        .into_iter()
        .map(|(name, active_us)| WaitEvent {
            name,
            active_us: Micros(active_us),
            load: active_us as f64 / question.range.span().0.max(1) as f64,
        })
        .collect();
    waits.sort_by_key(|wait| std::cmp::Reverse(wait.active_us));
    Ok(waits)
}

/// What the server itself counted (`pg_stat_statements`), of the intervals that ended in the range.
fn database(ask: &Ask, question: &Question) -> Answer<Option<StatementCounts>> {
    let mut sum = counted::Counts::default();
    let mut interval_us = Micros(0);
    let mut is_there = false;
    for entry in entries(ask, question, counted::Statements::KIND)? {
        let Ok(told) = serde_json::from_value::<counted::Statements>(entry.body) else {
            continue;
        };
        interval_us = interval_us + told.interval_us;
        for statement in &told.statements {
            if statement.fingerprint == Some(question.fingerprint) {
                sum.add(&statement.counts);
                is_there = true;
            }
        }
    }
    Ok(is_there.then_some(StatementCounts {
        interval_us,
        calls: sum.calls,
        rows: sum.rows,
        execution_us: sum.execution_us,
        io_us: sum.io_us,
        blocks_hit: sum.blocks_hit,
        blocks_read: sum.blocks_read,
        temporary_blocks_written: sum.temporary_blocks_written,
        wal_bytes: sum.wal_bytes,
    }))
}

/// How the server carried it out, as `auto_explain` wrote it into the log, the newest first.
fn plans(ask: &Ask, question: &Question) -> Answer<Vec<StatementPlan>> {
    let mut plans = Vec::new();
    for entry in entries(ask, question, "pg_log")? {
        let Ok(log) = serde_json::from_value::<Log>(entry.body) else {
            continue;
        };
        if let Event::Plan { duration_us, plan } = log.event
            && log.fingerprint == Some(question.fingerprint)
        {
            plans.push(StatementPlan {
                at_us: entry.at_us,
                host: entry.host,
                duration_us,
                steps: plan.nodes.iter().map(step).collect(),
                is_cut: plan.is_cut,
            });
        }
        if plans.len() == PLANS_MAX {
            break;
        }
    }
    Ok(plans)
}

/// `  Seq Scan on item  rows 2 (planned 1), 0.4 ms × 3  Filter (id < ?)`.
fn step(node: &wire::pg::plan::Node) -> String {
    let mut words = format!("{}{}", "  ".repeat(usize::from(node.depth)), node.node_type);
    if let Some(index) = &node.index {
        words.push_str(" using ");
        words.push_str(index);
    }
    if let Some(relation) = &node.relation {
        words.push_str(" on ");
        words.push_str(relation);
    }
    words.push_str("  rows ");
    let planned = format!("{:.0}", node.rows_planned);
    match node.rows {
        Some(rows) => write(&mut words, format_args!("{rows:.0} (planned {planned})")),
        None => write(&mut words, format_args!("{planned} planned")),
    }
    if let Some(time_us) = node.time_us {
        write(
            &mut words,
            format_args!(", {}", wire::figure::duration(time_us)),
        );
    }
    if let Some(loops) = node.loops.filter(|loops| *loops > 1.0) {
        write(&mut words, format_args!(" × {loops:.0}"));
    }
    for (name, text) in &node.details {
        write(&mut words, format_args!("  {name} {text}"));
    }
    words
}

/// Writing to a string never fails.
fn write(words: &mut String, more: std::fmt::Arguments<'_>) {
    let _ = words.write_fmt(more);
}

fn entries(ask: &Ask, question: &Question, kind: &str) -> Answer<Vec<LogEntry>> {
    let question = logs::Question {
        range: question.range,
        project: question.project.clone(),
        host: None,
        kind: Some(kind.to_owned()),
        correlation_id: None,
        limit: ENTRIES_MAX,
    };
    Ok(logs::ask(ask, &question)?.entries)
}

#[cfg(test)]
mod tests;
