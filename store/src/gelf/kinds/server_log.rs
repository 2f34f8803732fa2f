//! An entry of the database server's log.

mod entry;

use std::fmt::Write as _;

use wire::figure::duration;
use wire::pg::log::Event;
use wire::pg::plan::Plan;
use wire::time::Micros;

pub(in crate::gelf) use self::entry::Entry;
use super::{LINE_BYTES_MAX, correlation_id, fingerprint, line};
use crate::gelf::escape::TEXT_BYTES_MAX;
use crate::gelf::field;
use crate::gelf::level::Level;
use crate::gelf::map::Messages;
use crate::gelf::message::Fields;

pub(in crate::gelf) fn write(messages: &mut Messages<'_>, entry: &Entry<'_>, event: &Event) {
    let (short, full) = (short(entry), full(entry, event));
    messages.record(level(entry, event), &short, &full, |out| {
        fields(out, entry, event);
    });
}

/// `LOG: duration: ? ms: SELECT …`
fn short(entry: &Entry<'_>) -> String {
    let (text, statement) = (line(&entry.text), entry.statement.as_deref().map(line));
    let statement = statement.as_deref();
    let mut short = String::with_capacity(text.len() + statement.map_or(0, str::len) + 16);
    short.push_str(entry.severity.as_str());
    for part in [Some(&*text), statement].into_iter().flatten() {
        short.push_str(": ");
        short.push_str(part);
    }
    short
}

/// By what it means: some of what the server takes for a note is trouble.
fn level(entry: &Entry<'_>, event: &Event) -> Level {
    let level = match event {
        Event::Corruption | Event::DiskFull | Event::OutOfMemory { .. } => Level::Alert,
        Event::Crash { .. } => Level::Critical,
        Event::Deadlock { .. } | Event::Saturation { .. } => Level::Error,
        Event::LockWait(_) | Event::CheckpointsTooFrequent { .. } => Level::Warning,
        Event::Duration { .. } | Event::Plan { .. } | Event::TemporaryFile { .. } => Level::Notice,
        _ => Level::Debug,
    };
    // The worse of the two.
    level.min(Level::of_severity(entry.severity))
}

fn fields(out: &mut Fields<'_>, entry: &Entry<'_>, event: &Event) {
    out.are_plain(entry.is_plain);
    correlation_id(out, entry.correlation_id);
    out.word(field::SEVERITY, entry.severity.as_str());
    out.word(field::CLASS, event.class());
    out.text(field::SQL_STATE, entry.sql_state.as_deref());
    out.int(field::BACKEND_PID, entry.pid);
    out.text(field::DATABASE, entry.database.as_deref());
    out.text(field::DB_USER, entry.user.as_deref());
    out.text(field::APPLICATION, entry.application_name.as_deref());
    out.text(field::CLIENT, entry.client.as_deref());
    out.text(field::BACKEND_TYPE, entry.backend_type.as_deref());
    out.text(field::SESSION_ID, entry.session_id.as_deref());
    out.text(field::QUERY_ID, entry.query_id.as_deref());
    fingerprint(out, entry.fingerprint);
    out.text(field::STATEMENT, entry.statement.as_deref());
    out.are_plain(false);
    out.int(field::DURATION_US, duration_of(event));
    match event {
        Event::LockWait(wait) => {
            out.int(field::WAITED_US, wait.waited_us);
            out.int(field::BLOCKER_PID, wait.holders.first().copied());
            out.text(field::LOCK_MODE, wait.mode.as_str());
            out.text(field::RELATION, wait.object.relation_name.as_deref());
        }
        Event::TemporaryFile { bytes } => out.int(field::BYTES, *bytes),
        Event::OutOfMemory { bytes } => out.int(field::BYTES, *bytes),
        Event::Autovacuum(it) | Event::Autoanalyze(it) => {
            out.text(field::RELATION, it.table.as_str());
        }
        _ => {}
    }
}

/// How long what the entry tells of took.
fn duration_of(event: &Event) -> Option<Micros> {
    match event {
        Event::Duration { duration_us, .. } | Event::Plan { duration_us, .. } => Some(*duration_us),
        Event::Disconnection { session_us } => Some(*session_us),
        Event::Checkpoint(it) => Some(it.total_us),
        Event::Autovacuum(it) | Event::Autoanalyze(it) => it.elapsed_us,
        _ => None,
    }
}

/// The entry as the log has it; nothing where short message and fields have all of it already.
fn full(entry: &Entry<'_>, event: &Event) -> String {
    let has_more = entry.detail.is_some() || entry.hint.is_some() || entry.context.is_some();
    let is_long = entry.text.len() > LINE_BYTES_MAX;
    let statement_bytes = entry.statement.as_ref().map_or(0, |it| it.len());
    let is_listed = matches!(event, Event::Plan { .. } | Event::Deadlock { .. });
    if !(has_more || is_long || is_listed || statement_bytes > TEXT_BYTES_MAX) {
        return String::new();
    }
    let mut text = format!("{}: {}\n", entry.severity.as_str(), entry.text);
    for (name, value) in [
        ("DETAIL", &entry.detail),
        ("HINT", &entry.hint),
        ("CONTEXT", &entry.context),
        ("STATEMENT", &entry.statement),
    ] {
        if let Some(value) = value {
            let _ = writeln!(text, "{name}: {value}");
        }
    }
    match event {
        Event::Plan { plan, .. } => plan_lines(&mut text, plan),
        Event::Deadlock { parties } => {
            for party in parties {
                let statement = party.statement.as_deref().unwrap_or("unknown statement");
                let (mode, object) = (&party.mode, &party.object.text);
                let _ = writeln!(
                    text,
                    "pid {} waits for {mode} on {object}, held by pid {}: {statement}",
                    party.pid, party.blocker
                );
            }
        }
        _ => {}
    }
    text
}

fn plan_lines(text: &mut String, plan: &Plan) {
    for node in &plan.nodes {
        let indent = 2 * usize::from(node.depth);
        let _ = write!(text, "{:indent$}{}", "", node.node_type);
        for name in [&node.relation, &node.index].into_iter().flatten() {
            let _ = write!(text, " {name}");
        }
        let _ = write!(text, " cost {:.0} rows {:.0}", node.cost, node.rows_planned);
        if let (Some(rows), Some(time_us)) = (node.rows, node.time_us) {
            let _ = write!(text, " actual {rows:.0} in {}", duration(time_us));
        }
        text.push('\n');
    }
}
