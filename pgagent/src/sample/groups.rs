//! Sessions by what they have in common: the sum of all, where not each can be kept.

use std::collections::HashMap;

use wire::pg::Group;
use wire::sql::{self, Fingerprint};

use super::{Sample, to_u32};
use crate::probe::activity::{Backend, Class};
use crate::probe::names::Named;

/// How many groups a record has. Sessions in a pile-up do few things, and the rest is told as a number.
const GROUPS_MAX: usize = 40;

// === impl Sample ===

impl Sample<'_> {
    /// The largest groups, and how many sessions are in the others.
    pub(super) fn groups(&self) -> (Vec<Group>, u32) {
        let mut counts: HashMap<Group, u32> = HashMap::new();
        // Texts repeat: each is normalized once.
        let mut fingerprints: HashMap<&str, Fingerprint> = HashMap::new();
        for backend in &self.snapshot.backends {
            if let Some(class) = backend.class() {
                let text = backend.query.as_deref().filter(|text| !text.is_empty());
                let fingerprint = text.map(|text| {
                    *fingerprints
                        .entry(text)
                        .or_insert_with(|| sql::fingerprint(text))
                });
                *counts
                    .entry(self.group(backend, class, fingerprint))
                    .or_default() += 1;
            }
        }
        let mut groups: Vec<Group> = counts
            .into_iter()
            .map(|(group, count)| Group { count, ..group })
            .collect();
        groups.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| key(a).cmp(&key(b))));
        let others = groups.split_off(groups.len().min(GROUPS_MAX));
        let omitted: u32 = others.iter().map(|group| group.count).sum();
        (groups, to_u32(omitted as usize))
    }

    fn group(&self, backend: &Backend, class: Class, fingerprint: Option<Fingerprint>) -> Group {
        let name = |named: Option<Named>| named.and_then(|named| self.names.get(named));
        let application = backend
            .application_name
            .as_deref()
            .filter(|name| !name.is_empty());
        let wait_event = backend.wait_event_type.as_deref().map(|kind| {
            let event = backend.wait_event.as_deref();
            event.map_or_else(|| kind.to_owned(), |event| format!("{kind}:{event}"))
        });
        Group {
            count: 0,
            class: class.name().to_owned(),
            wait_event,
            fingerprint,
            // An id is of one request; what all of them have is its prefix.
            application: match self.correlation_id(backend) {
                Some(_) => Some(self.prefix.to_owned()),
                None => application.map(str::to_owned),
            },
            user: name(backend.user.map(Named::Role)),
            database: name(backend.database.map(Named::Database)),
        }
    }
}

/// What groups of the same size are ordered by.
fn key(group: &Group) -> (&str, Option<&str>, Option<u64>, Option<&str>) {
    (
        &group.class,
        group.wait_event.as_deref(),
        group.fingerprint.map(Fingerprint::raw),
        group.application.as_deref(),
    )
}
