//! What statements cost since the look before, from two looks at all that they ever cost.
//!
//! Counts only grow, unless an entry was pushed out and came back, or somebody has reset it. Where the
//! extension tells since when an entry counts, that decides; before, a count that has become less does, and
//! all of them are looked at, since calls alone may have overtaken by then. In either case what the entry has
//! now was added since the look before.

use std::collections::HashMap;

use wire::pg::statements::Counts;
use wire::time::{Instant, Micros};

use crate::probe::statements::{Entry, Key, Look};

/// Statements that are told one by one: those after them are a rounding error, or the site has no repeated
/// statements at all.
pub const LISTED_MAX: usize = 300;

/// What is known from the look before.
#[derive(Debug, Default)]
pub struct Ledger {
    before: Option<Before>,
}

#[derive(Debug)]
struct Before {
    at: Instant,
    counts: HashMap<Key, (Counts, Option<Instant>)>,
    evictions: Option<i64>,
    reset_at: Option<Instant>,
}

/// What was added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Added {
    pub interval_us: Micros,
    /// Those that took most first.
    pub listed: Vec<(Key, Counts)>,
    pub others: Counts,
    pub others_count: usize,
    pub known: usize,
    pub evictions: Option<u64>,
    pub is_reset: bool,
}

// === impl Ledger ===

impl Ledger {
    /// Another server: nothing is known of it.
    pub fn forget(&mut self) {
        self.before = None;
    }

    /// Enters a look; gives what was added since the one before, if there was one.
    pub fn enter(&mut self, look: &Look, at: Instant) -> Option<Added> {
        let added = self.before.as_ref().map(|before| before.added(look, at));
        let counts = look
            .entries
            .iter()
            .map(|entry| (entry.key, (entry.counts, entry.since)));
        self.before = Some(Before {
            at,
            counts: counts.collect(),
            evictions: look.evictions,
            reset_at: look.reset_at,
        });
        added
    }
}

// === impl Before ===

impl Before {
    fn added(&self, look: &Look, at: Instant) -> Added {
        // All entries began anew; what they have is of the time since the reset.
        let is_reset = look.reset_at != self.reset_at;
        let mut listed: Vec<(Key, Counts)> = look
            .entries
            .iter()
            .map(|entry| {
                (
                    entry.key,
                    if is_reset {
                        entry.counts
                    } else {
                        self.added_to(entry)
                    },
                )
            })
            .filter(|(_, counts)| counts.calls > 0 || counts.execution_us > Micros(0))
            .collect();
        listed.sort_by_key(|(key, counts)| {
            let took = counts.execution_us + counts.planning_us;
            (std::cmp::Reverse(took), *key)
        });
        let rest = listed.split_off(listed.len().min(LISTED_MAX));
        let mut others = Counts::default();
        for (_, counts) in &rest {
            others.add(counts);
        }
        Added {
            interval_us: at - self.at,
            listed,
            others,
            others_count: rest.len(),
            known: look.entries.len(),
            evictions: self.evicted(look),
            is_reset,
        }
    }

    fn added_to(&self, entry: &Entry) -> Counts {
        let Some((counts, since)) = self.counts.get(&entry.key) else {
            // It came since, and all of it with it.
            return entry.counts;
        };
        if *since != entry.since {
            return entry.counts;
        }
        entry.counts.since(counts).unwrap_or(entry.counts)
    }

    fn evicted(&self, look: &Look) -> Option<u64> {
        let (before, now) = self.evictions.zip(look.evictions)?;
        u64::try_from(now - before).ok()
    }
}

#[cfg(test)]
mod tests;
