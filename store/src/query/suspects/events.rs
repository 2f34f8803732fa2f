//! What the databases' logs told of in a range that may be a cause of a spike, or an effect.

use std::collections::BTreeMap;

use wire::pg::log::Log;
use wire::query::SuspectEvent;
use wire::time::{Instant, Range};

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

/// Events of a range, the first of each class on a host, in the order of time.
pub(super) fn read(ask: &Ask, range: Range, project: Option<&str>) -> Answer<Vec<SuspectEvent>> {
    let sql = "SELECT log_entry.at_us, log_entry.host, body.zstd FROM log_entry
               JOIN body ON body.record_id = log_entry.record_id
               WHERE log_entry.at_us >= ?1 AND log_entry.at_us < ?2 AND log_entry.kind = ?3
               AND (?4 IS NULL OR log_entry.project = ?4)
               ORDER BY log_entry.at_us LIMIT ?5";
    let params = (
        range.from_at_us.0,
        range.to_at_us.0,
        Log::KIND,
        project,
        ENTRIES_MAX,
    );
    let mut events: BTreeMap<(String, &str), SuspectEvent> = BTreeMap::new();
    for day in ask.reader.days_since(range.from_at_us)? {
        let rows = day.rows(sql, params, |row| {
            let (at_us, name): (i64, String) = (row.get(0)?, row.get(1)?);
            Ok((Instant(at_us), name, row.get::<_, Vec<u8>>(2)?))
        })?;
        for (at_us, name, body) in rows {
            let Ok(entry) = serde_json::from_str::<Log>(&day.body_text(&body)?) else {
                continue;
            };
            let class = entry.event.class();
            let Some(class) = CLASSES.iter().find(|it| **it == class) else {
                continue;
            };
            let event = SuspectEvent {
                at_us,
                host: host(name.clone())?,
                class: (*class).to_owned(),
                count: 0,
                text: wire::text::cut(&entry.text, 300).replace('\n', " "),
            };
            events.entry((name, class)).or_insert(event).count += 1;
        }
    }
    let mut events: Vec<SuspectEvent> = events.into_values().collect();
    events.sort_by_key(|it| it.at_us);
    events.truncate(EVENTS_MAX);
    Ok(events)
}
