//! Waits for locks (`log_lock_waits`), and deadlocks.

use wire::ids::BackendPid;
use wire::pg::log::{DeadlockParty, Event, LockObject, LockOutcome, LockWait};
use wire::sql::Fingerprint;

use crate::serverlog::entry::Entry;
use crate::serverlog::redact;
use crate::serverlog::scan::{Scan, split_once};

/// A deadlock with more sides than this is told by the first ones.
const PARTIES_MAX: usize = 32;

/// `process 24912 still waiting for ShareLock on transaction 742 after 200.110 ms`
pub(super) fn wait(entry: &Entry<'_>) -> Option<Event> {
    let mut scan = Scan(&entry.message);
    scan.tag("process ")?;
    let pid = scan.number()?;
    let (outcome, end) = outcome(&mut scan)?;
    let mode = scan.until(" on ")?;
    let object = scan.until(end)?;
    let (holders, queue) = entry.detail.as_deref().map(holders).unwrap_or_default();
    let mut object = object_of(object);
    object.relation_name = entry
        .context
        .as_deref()
        .and_then(relation_of)
        .map(str::to_owned);
    Some(Event::LockWait(LockWait {
        outcome,
        pid,
        mode: mode.to_owned(),
        object,
        waited_us: scan.millis()?,
        holders,
        queue,
    }))
}

/// Reads what became of the wait; with it, what stands between the lock and the time.
fn outcome(scan: &mut Scan<'_>) -> Option<(LockOutcome, &'static str)> {
    const OUTCOMES: [(&str, LockOutcome, &str); 5] = [
        (" still waiting for ", LockOutcome::Waiting, " after "),
        (" acquired ", LockOutcome::Acquired, " after "),
        (
            " detected deadlock while waiting for ",
            LockOutcome::DeadlockDetected,
            " after ",
        ),
        (
            " avoided deadlock for ",
            LockOutcome::DeadlockAvoided,
            " by rearranging queue order after ",
        ),
        (" failed to acquire ", LockOutcome::Failed, " after "),
    ];
    let found = OUTCOMES
        .into_iter()
        .find(|(tag, ..)| scan.tag(tag).is_some());
    found.map(|(_, outcome, end)| (outcome, end))
}

/// `Processes holding the lock: 1, 2. Wait queue: 3.`
fn holders(detail: &str) -> (Vec<BackendPid>, Vec<BackendPid>) {
    let mut scan = Scan(detail);
    if scan.tag("Process holding the lock: ").is_none()
        && scan.tag("Processes holding the lock: ").is_none()
    {
        return Default::default();
    }
    let pids = |list: &str| {
        list.split(", ")
            .filter_map(|pid| pid.parse().ok())
            .collect()
    };
    let holders = scan.until(". Wait queue: ").map(pids).unwrap_or_default();
    let queue = pids(scan.0.trim_end_matches('.'));
    (holders, queue)
}

/// A lock's object, from the words of `DescribeLockTag`.
fn object_of(text: &str) -> LockObject {
    let number_after = |tag: &str| {
        let (_, rest) = split_once(text, tag)?;
        Scan(rest).number()
    };
    let relation = number_after("relation ");
    LockObject {
        database: number_after("of database ").map(|oid: u64| u32::try_from(oid).unwrap_or(0)),
        relation: relation.map(|oid: u64| u32::try_from(oid).unwrap_or(0)),
        transaction: text
            .strip_prefix("transaction ")
            .and_then(|id| id.parse().ok()),
        text: text.to_owned(),
        relation_name: None,
    }
}

/// `while updating tuple (0,1) in relation "t"`
fn relation_of(context: &str) -> Option<&str> {
    let line = context.lines().find(|line| line.starts_with("while "))?;
    let (_, name) = split_once(line, " in relation \"")?;
    name.strip_suffix('"')
}

/// Both sides of `deadlock detected`.
pub(super) fn deadlock(entry: &Entry<'_>) -> Event {
    let detail = entry.detail.as_deref().unwrap_or_default();
    let mut parties: Vec<DeadlockParty> =
        detail.lines().map_while(party).take(PARTIES_MAX).collect();
    // Their statements follow in the same order, each behind its party's name at the beginning of a line.
    let mut rest = detail;
    for at in 0..parties.len() {
        let Some((_, behind)) = rest.split_once(&name_of(&parties[at])) else {
            break;
        };
        let end = parties
            .get(at + 1)
            .and_then(|next| behind.find(&name_of(next)));
        let statement = redact::statement(&behind[..end.unwrap_or(behind.len())]);
        parties[at].fingerprint = Some(Fingerprint::of_normalized(&statement.text));
        parties[at].statement = Some(statement.text);
        rest = &behind[end.unwrap_or(behind.len())..];
    }
    if let [party, ..] = parties.as_mut_slice() {
        party.object.relation_name = entry
            .context
            .as_deref()
            .and_then(relation_of)
            .map(str::to_owned);
    }
    Event::Deadlock { parties }
}

fn name_of(party: &DeadlockParty) -> String {
    format!("\nProcess {}: ", party.pid)
}

/// `Process 24933 waits for ShareLock on transaction 746; blocked by process 24934.`
fn party(line: &str) -> Option<DeadlockParty> {
    let mut scan = Scan(line);
    scan.tag("Process ")?;
    let pid = scan.number()?;
    scan.tag(" waits for ")?;
    let mode = scan.until(" on ")?.to_owned();
    let object = object_of(scan.until("; blocked by process ")?);
    Some(DeadlockParty {
        pid,
        mode,
        object,
        blocker: scan.number()?,
        ..DeadlockParty::default()
    })
}
