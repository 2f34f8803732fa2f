//! What database sessions waited for.

use std::collections::BTreeMap;

use wire::query::{WaitEvent, Waits};
use wire::time::{Micros, Range};

use super::sums::{self, Scope};
use super::{Answer, Ask};
use crate::rollup::{Subject, Tier};

pub(crate) fn ask(
    ask: &Ask,
    range: Range,
    project: Option<&str>,
    host: Option<&str>,
) -> Answer<Waits> {
    let mut events: BTreeMap<String, i64> = BTreeMap::new();
    for day in ask.reader.days_since(range.from_at_us)? {
        let scope = Scope {
            subject: Subject::Waits,
            tier: Tier::for_range(range),
            range,
            project,
            host,
        };
        let total = sums::total(&day, &scope)?;
        let name = "SELECT id, name FROM main.wait_event WHERE id BETWEEN ?1 AND ?2";
        let names = sums::names(&day, name, total.iter().map(|((event, _), _)| event))?;
        for ((event, _), values) in total.iter() {
            if let Some(name) = names.get(&event) {
                *events.entry(name.clone()).or_default() += values[0];
            }
        }
    }
    let mut events: Vec<WaitEvent> = events
        .into_iter()
        .map(|(name, active_us)| WaitEvent {
            name,
            active_us: Micros(active_us),
            load: active_us as f64 / range.span().0.max(1) as f64,
        })
        .collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.active_us));
    Ok(Waits { range, events })
}
