//! What the databases' logs told of in a range, and what somebody marked: it may be a cause of a spike, or an effect.

use std::collections::BTreeMap;

use wire::mark::Mark;
use wire::pg::log::Log;
use wire::query::SuspectEvent;
use wire::time::{Instant, Micros, Range};

use crate::query::{Answer, Ask, host};

/// Classes that say something of the server as a whole, or of somebody who came to grief.
const CLASSES: &[&str] = &[
    "autoanalyze",
    "autovacuum",
    "cancelled",
    "checkpoint",
    "checkpoints_too_frequent",
    "config_change",
    "config_reload",
    "corruption",
    "crash",
    "deadlock",
    "disk_full",
    "out_of_memory",
    "replication",
    "saturation",
    "server_state",
    "temporary_file",
    "terminated",
    "timeout",
];

/// Entries that are read: durations are most of a busy log.
const ENTRIES_MAX: i64 = 2_000;

/// Events told.
const EVENTS_MAX: usize = 20;

/// How long before a range what somebody marked may be its cause.
const MARKS_BEFORE: Micros = Micros::from_seconds(15 * 60);

/// Events of a range, the first of each class on a host, in the order of time; what was marked, also shortly before.
pub(super) fn read(ask: &Ask, range: Range, project: Option<&str>) -> Answer<Vec<SuspectEvent>> {
    let mut found = Found::default();
    let before = Range {
        from_at_us: range.from_at_us - MARKS_BEFORE,
        ..range
    };
    each(ask, (before, project, Mark::KIND), |at_us, host, body| {
        let Ok(mark) = serde_json::from_str::<Mark>(body) else {
            return Ok(());
        };
        let class = wire::text::cut(&mark.what, 40).to_owned();
        found.add(at_us, host, class, &mark.text)
    })?;
    each(ask, (range, project, Log::KIND), |at_us, host, body| {
        let Ok(entry) = serde_json::from_str::<Log>(body) else {
            return Ok(());
        };
        let class = entry.event.class();
        if CLASSES.contains(&class) {
            found.add(at_us, host, class.to_owned(), &entry.text)?;
        }
        Ok(())
    })?;
    Ok(found.told())
}

/// Gives the bodies of a kind's entries, each with its time and its host.
fn each(
    ask: &Ask,
    (range, project, kind): (Range, Option<&str>, &str),
    mut take: impl FnMut(Instant, String, &str) -> Answer<()>,
) -> Answer<()> {
    let sql = "SELECT log_entry.at_us, log_entry.host, body.zstd FROM log_entry
               JOIN body ON body.record_id = log_entry.record_id
               WHERE log_entry.at_us >= ?1 AND log_entry.at_us < ?2 AND log_entry.kind = ?3
               AND (?4 IS NULL OR log_entry.project = ?4)
               ORDER BY log_entry.at_us LIMIT ?5";
    let params = (
        range.from_at_us.0,
        range.to_at_us.0,
        kind,
        project,
        ENTRIES_MAX,
    );
    for day in ask.reader.days_since(range.from_at_us)? {
        let rows = day.rows(sql, params, |row| {
            let (at_us, name): (i64, String) = (row.get(0)?, row.get(1)?);
            Ok((Instant(at_us), name, row.get::<_, Vec<u8>>(2)?))
        })?;
        for (at_us, name, body) in rows {
            take(at_us, name, &day.body_text(&body)?)?;
        }
    }
    Ok(())
}

/// The first of each class on a host, with their number.
#[derive(Default)]
struct Found(BTreeMap<(String, String), SuspectEvent>);

// === impl Found ===

impl Found {
    fn add(&mut self, at_us: Instant, name: String, class: String, text: &str) -> Answer<()> {
        let event = SuspectEvent {
            at_us,
            host: host(name.clone())?,
            class: class.clone(),
            count: 0,
            text: wire::text::cut(text, 300).replace('\n', " "),
        };
        self.0.entry((name, class)).or_insert(event).count += 1;
        Ok(())
    }

    fn told(self) -> Vec<SuspectEvent> {
        let mut events: Vec<SuspectEvent> = self.0.into_values().collect();
        events.sort_by_key(|it| it.at_us);
        events.truncate(EVENTS_MAX);
        events
    }
}
