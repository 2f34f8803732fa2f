//! Who waits for whom at one moment.

use std::fmt::Write as _;

use wire::figure::duration;
use wire::ids::BackendPid;
use wire::pg::{Locks, Session, Wait};
use wire::time::Micros;

use super::activity;
use super::{LINES_MAX, correlation_id, counted};
use crate::correlate::{self, WaitRow};
use crate::gelf::field;
use crate::gelf::level::Level;
use crate::gelf::map::Messages;

pub(in crate::gelf) fn write(messages: &mut Messages<'_>, locks: &Locks) {
    let rows = correlate::wait_rows(locks);
    let longest = locks.waits.iter().filter_map(|it| it.waited_us).max();
    let root = worst_root(&rows);
    let waiters = counted(locks.waits.len() as u64, "session");
    let mut short = format!("{waiters} waiting for locks");
    if let Some(longest) = longest {
        let _ = write!(short, ", longest {}", duration(longest));
    }
    let root_session = root.and_then(|pid| locks.session(pid));
    if let Some(pid) = root {
        let _ = write!(short, ", behind pid {pid}");
    }
    if let Some(application) = root_session.and_then(|it| it.application_name.as_deref()) {
        let _ = write!(short, " ({application})");
    }
    let relation = locks.waits.iter().find_map(|it| it.relation.as_deref());
    let root_id = root_session.and_then(|it| it.correlation_id);
    let root_id = root_id.map(|it| it.to_string());
    messages.record(Level::Warning, &short, &full(locks, &rows), |out| {
        out.int(field::INTERVAL_US, locks.interval_us);
        out.int(field::WAITERS, locks.waits.len());
        out.int(field::WAITED_US, longest);
        out.int(field::ROOT_PID, root);
        out.text(field::ROOT_CORRELATION_ID, root_id.as_deref());
        out.text(field::RELATION, relation);
    });
    for row in &rows {
        let wait = locks.waits.iter().find(|it| it.pid == row.waiter_pid);
        if let Some(wait) = wait.filter(|_| messages.has_lists()) {
            member(messages, locks, wait, row);
        }
    }
}

/// Who has most sessions behind it.
fn worst_root(rows: &[WaitRow]) -> Option<BackendPid> {
    let behind = |pid| rows.iter().filter(|row| row.root_pid == pid).count();
    let roots = rows.iter().map(|row| row.root_pid);
    roots.max_by_key(|pid| (behind(*pid), std::cmp::Reverse(*pid)))
}

fn full(locks: &Locks, rows: &[WaitRow]) -> String {
    let mut text = String::new();
    for pid in locks.roots().into_iter().take(LINES_MAX) {
        let behind = rows.iter().filter(|row| row.root_pid == pid).count();
        let _ = writeln!(text, "{behind:>5} wait behind {}", of(locks, pid));
    }
    for wait in locks.waits.iter().take(LINES_MAX) {
        let waited = duration(wait.waited_us.unwrap_or_default());
        let _ = writeln!(text, "{waited:>9} {}", of(locks, wait.pid));
    }
    text
}

fn of(locks: &Locks, pid: BackendPid) -> String {
    let session = locks.session(pid);
    session.map_or_else(|| format!("pid {pid}"), activity::told)
}

/// A wait as a message of its own.
fn member(messages: &mut Messages<'_>, locks: &Locks, wait: &Wait, row: &WaitRow) {
    let session = locks.session(wait.pid);
    let root = locks.session(row.root_pid);
    let short = short(wait, row, session);
    let full = session.and_then(|it| it.query.as_deref());
    let root_id = root.and_then(|it| it.correlation_id);
    let root_id = root_id.map(|it| it.to_string());
    let at_us = messages.envelope().at_us;
    let texts = (short.as_str(), full.unwrap_or_default());
    messages.member("waits", Level::Warning, at_us, texts, |out| {
        if let Some(session) = session {
            activity::fields(out, session);
        } else {
            correlation_id(out, None);
            out.int(field::BACKEND_PID, wait.pid);
        }
        out.int(field::WAITED_US, wait.waited_us);
        out.int(field::BLOCKER_PID, row.blocker_pid);
        out.int(field::ROOT_PID, row.root_pid);
        out.text(field::ROOT_CORRELATION_ID, root_id.as_deref());
        out.text(field::LOCK_TYPE, wait.lock_type.as_deref());
        out.text(field::LOCK_MODE, wait.mode.as_deref());
        out.text(field::RELATION, wait.relation.as_deref());
    });
}

fn short(wait: &Wait, row: &WaitRow, session: Option<&Session>) -> String {
    let waited = duration(wait.waited_us.unwrap_or(Micros(0)));
    let mut text = format!(
        "pid {} has waited {waited} for pid {}",
        wait.pid, row.blocker_pid
    );
    if let Some(relation) = &wait.relation {
        let _ = write!(text, " on {relation}");
    }
    if let Some(query) = session.and_then(|it| it.query.as_deref()) {
        let _ = write!(text, ": {}", super::line(query));
    }
    text
}
