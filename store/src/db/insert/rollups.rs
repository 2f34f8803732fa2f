//! The sums that a transaction adds to, written at its end.
//!
//! What a transaction adds is gathered per minute, and folded into the wider spans once. The stored
//! sums of spans that are being written to are kept at hand, so that they are read only once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use wire::time::Instant;

use super::Result;
use crate::limits;
use crate::rollup::{Subject, Sums, Tier, Totals};

/// Whose sums, of when.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Slot {
    subject: Subject,
    start: Instant,
    project: Arc<str>,
    host: Arc<str>,
}

#[derive(Debug, Default)]
pub(crate) struct Rollups {
    /// What this transaction adds, per minute.
    added: HashMap<Slot, Sums>,
    /// What the file has.
    at_hand: HashMap<(Tier, Slot), Totals>,
    texts: HashMap<String, Arc<str>>,
}

// === impl Rollups ===

impl Rollups {
    /// The sums of a minute, to be added to.
    pub(super) fn at(
        &mut self,
        subject: Subject,
        at: Instant,
        project: &str,
        host: &str,
    ) -> &mut Sums {
        let slot = Slot {
            subject,
            start: Tier::Minute.start_of(at),
            project: self.text(project),
            host: self.text(host),
        };
        self.added.entry(slot).or_default()
    }

    /// Writes all of it.
    pub(super) fn finish(&mut self, connection: &Connection) -> Result<()> {
        let mut changed: HashSet<(Tier, Slot)> = HashSet::new();
        for (slot, added) in std::mem::take(&mut self.added) {
            let added = Totals::of(&added);
            for tier in Tier::ALL {
                let start = tier.start_of(slot.start);
                let of_tier = Slot {
                    start,
                    ..slot.clone()
                };
                let key = (tier, of_tier);
                self.bring_to_hand(connection, &key)?.merge(&added);
                changed.insert(key);
            }
        }
        for key in changed {
            self.write(connection, &key)?;
        }
        if self.at_hand.values().map(Totals::len).sum::<usize>() > limits::SUMS_AT_HAND_MAX {
            self.at_hand.clear();
        }
        if self.texts.len() > limits::SOURCES_REMEMBERED_MAX {
            self.texts.clear();
        }
        Ok(())
    }

    /// What the file has of a span, read when first asked.
    fn bring_to_hand(
        &mut self,
        connection: &Connection,
        key: &(Tier, Slot),
    ) -> Result<&mut Totals> {
        if !self.at_hand.contains_key(key) {
            let (tier, slot) = key;
            let stored: Option<Vec<u8>> = connection
                .prepare_cached(
                    "SELECT sums FROM rollup WHERE subject = ?1 AND span_us = ?2 AND at_us = ?3
                     AND project = ?4 AND host = ?5",
                )?
                .query_row(
                    params![
                        slot.subject as i64,
                        tier.span_us(),
                        slot.start.0,
                        &*slot.project,
                        &*slot.host
                    ],
                    |row| row.get(0),
                )
                .optional()?;
            // What is damaged begins anew: the records are what counts.
            let stored = stored.and_then(|bytes| Totals::decode(&bytes).ok());
            self.at_hand.insert(key.clone(), stored.unwrap_or_default());
        }
        Ok(self.at_hand.get_mut(key).expect("it was put there"))
    }

    fn write(&self, connection: &Connection, key: &(Tier, Slot)) -> Result<()> {
        let (tier, slot) = key;
        connection
            .prepare_cached(
                "INSERT INTO rollup (subject, span_us, at_us, project, host, sums)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (subject, span_us, at_us, project, host)
                 DO UPDATE SET sums = excluded.sums",
            )?
            .execute(params![
                slot.subject as i64,
                tier.span_us(),
                slot.start.0,
                &*slot.project,
                &*slot.host,
                self.at_hand[key].encode()
            ])?;
        Ok(())
    }

    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = text.into();
        self.texts.insert(text.to_owned(), Arc::clone(&shared));
        shared
    }
}
