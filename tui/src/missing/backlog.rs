//! What has not come to the store yet, or not gone on from it, by what the store and its agents say of themselves.
//!
//! What an agent refused or gave up once is no part of it: those counters never fall again, and a line that always
//! stands is not read. The Health screen has them.

use wire::ids::{Host, Project};
use wire::limits::BATCH_COMPRESSED_BYTES_MAX;
use wire::query::{AgentSeen, Forwarding, Health};
use wire::time::{Instant, Micros, Range};

use super::SILENT;
use crate::board::health::LATE;
use crate::format;

/// What fits into one batch is on its way; more waits.
const ON_ITS_WAY_BYTES: u64 = BATCH_COMPRESSED_BYTES_MAX as u64;
/// An agent that was not heard of for so long was taken away, or is known to be gone. Health lists it still.
const GONE: Micros = Micros::from_seconds(86_400);

/// What is looked at, as far as it decides what is worth a word.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    pub range: Range,
    pub project: Option<&'a Project>,
    /// The store's time.
    pub now: Instant,
}

/// The shortest first, because the line is cut at its end. `silent` are hosts that are told of already.
pub(super) fn words(health: &Health, sight: Sight<'_>, silent: &[&Host]) -> Vec<String> {
    let mut words = Vec::new();
    words.extend(agents(&health.agents, sight, silent));
    words.extend(health.forwarding.as_ref().and_then(forwarding));
    if health.days_unread > 0 {
        let days = wire::figure::counted(health.days_unread, "day");
        words.push(format!("{days} of an earlier version left out"));
    }
    words.sort_by_key(|it| it.chars().count());
    words
}

/// The agent that is worst off, and how many others are not well.
fn agents(agents: &[AgentSeen], sight: Sight<'_>, silent: &[&Host]) -> Option<String> {
    let of_project = |seen: &&AgentSeen| sight.project.is_none_or(|it| *it == seen.project);
    let unwell = agents.iter().filter(of_project);
    let mut unwell: Vec<(u64, String)> = unwell
        .filter_map(|seen| agent(seen, sight, silent.contains(&&seen.host)))
        .collect();
    // Of equals the first one, as Health lists them.
    unwell.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let others = unwell.len().saturating_sub(1);
    let (_, words) = unwell.into_iter().next()?;
    Some(match others {
        0 => words,
        _ => format!(
            "{words} and {}",
            wire::figure::counted(others as u64, "more agent")
        ),
    })
}

/// What keeps an agent's records from the store, and how much that weighs.
fn agent(seen: &AgentSeen, sight: Sight<'_>, is_host_told: bool) -> Option<(u64, String)> {
    let gauge = |name: &str| {
        let value = seen.health.gauges.get(name).copied().unwrap_or_default();
        u64::try_from(value).unwrap_or_default()
    };
    let name = format!("{} {}", seen.health.agent, seen.host);
    let age = sight.now - seen.at_us;
    if age > GONE {
        return None;
    }
    if age > SILENT {
        // A range that ended before lacks nothing of it.
        let concerns = seen.at_us + SILENT < sight.range.to_at_us && !is_host_told;
        let since = format::clock(seen.at_us);
        return concerns.then(|| (u64::MAX, format!("{name} silent since {since}")));
    }
    let waits = gauge("journal_bytes");
    let bytes = format::bytes(waits);
    if gauge("journal_failing") > 0 {
        Some((u64::MAX, format!("{name} takes nothing, its journal fails")))
    } else if gauge("breaker_open") > 0 {
        Some((waits.max(1), format!("{name} can't send, {bytes} wait")))
    } else if waits > ON_ITS_WAY_BYTES {
        Some((waits, format!("{name} is behind, {bytes} wait")))
    } else {
        None
    }
}

fn forwarding(forwarding: &Forwarding) -> Option<String> {
    if forwarding.lag_us <= LATE && forwarding.warning.is_none() {
        return None;
    }
    // The reason stands behind a colon: Health has room for it.
    let state = forwarding.state.split(':').next().unwrap_or_default();
    let lost = match forwarding.records_lost {
        0 => String::new(),
        lost => format!(", {} lost", format::count(lost)),
    };
    let lag = format::duration(forwarding.lag_us);
    let destination = &forwarding.destination;
    Some(format!("{destination} {state}, {lag} behind{lost}"))
}

#[cfg(test)]
mod tests;
