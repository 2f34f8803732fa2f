//! Lock episodes: all waiting behind one root, until nobody has waited for it for 30 s.

use std::collections::BTreeMap;
use std::sync::Arc;

use wire::ids::{CorrelationId, Project};
use wire::query::{LockEpisode, LockEpisodes, LockVictim};
use wire::time::{Instant, Micros, Range};

use super::party::Directory;
use super::waits::{self, Moment, Seat, SeatKey};
use super::{Answer, Ask};
use crate::limits;

/// How long nobody has to wait for an episode to be over.
const QUIET: Micros = Micros::from_seconds(30);

/// The moments of one episode.
#[derive(Debug)]
pub(crate) struct Episode<'m> {
    pub(crate) root: &'m Seat,
    pub(crate) moments: Vec<&'m Moment>,
}

/// Waiters with the same label and statement.
#[derive(Debug)]
pub(crate) struct VictimGroup<'m> {
    pub(crate) label: String,
    pub(crate) query: Option<&'m str>,
    pub(crate) waited_us: i64,
    pub(crate) sessions: BTreeMap<SeatKey, i64>,
}

pub(crate) fn ask(ask: &Ask, range: Range, project: Option<&Project>) -> Answer<LockEpisodes> {
    let moments = waits::in_range(ask, range, project, limits::LOCK_ROWS_MAX)?;
    let mut directory = directory_of(ask, &moments, range.from_at_us)?;
    let mut episodes: Vec<LockEpisode> = episodes(&moments)
        .iter()
        .map(|episode| tell(ask, episode, &mut directory))
        .collect::<Answer<_>>()?;
    episodes.sort_by_key(|episode| std::cmp::Reverse(episode.waited_us));
    episodes.truncate(wire::limits::ANSWER_ROWS_MAX);
    Ok(LockEpisodes { episodes })
}

/// The requests behind all sessions of some moments.
pub(crate) fn directory_of(ask: &Ask, moments: &[Moment], since: Instant) -> Answer<Directory> {
    let seats = moments
        .iter()
        .flat_map(|moment| [&moment.waiter, &moment.blocker, &moment.root]);
    let last = moments.iter().map(|moment| moment.at_us).max();
    let seen = Range {
        from_at_us: since,
        to_at_us: last.unwrap_or(since),
    };
    Directory::of_seats(ask, seats, seen)
}

/// Cuts moments, which are in the order of their time, into episodes.
pub(crate) fn episodes(moments: &[Moment]) -> Vec<Episode<'_>> {
    type Key<'m> = (&'m Arc<(String, String)>, SeatKey);
    let mut open: BTreeMap<Key<'_>, usize> = BTreeMap::new();
    let mut episodes: Vec<Episode<'_>> = Vec::new();
    for moment in moments {
        let key = (&moment.database, moment.root.key());
        let known = open.get(&key).copied().filter(|at| {
            let last = episodes[*at].moments.last();
            last.is_some_and(|last| moment.at_us - last.at_us <= QUIET)
        });
        let at = known.unwrap_or_else(|| {
            episodes.push(Episode {
                root: &moment.root,
                moments: Vec::new(),
            });
            open.insert(key, episodes.len() - 1);
            episodes.len() - 1
        });
        episodes[at].root = &moment.root;
        episodes[at].moments.push(moment);
    }
    episodes
}

// === impl Episode ===

impl<'m> Episode<'m> {
    pub(crate) fn begin(&self) -> Instant {
        let begins = self
            .moments
            .iter()
            .map(|it| it.at_us - Micros(it.weight_us));
        begins.min().unwrap_or_default()
    }

    pub(crate) fn end(&self) -> Instant {
        self.moments
            .iter()
            .map(|moment| moment.at_us)
            .max()
            .unwrap_or_default()
    }

    /// The moment with the most waiters, the first of several.
    pub(crate) fn worst(&self) -> (Instant, u32) {
        let mut waiters: BTreeMap<Instant, u32> = BTreeMap::new();
        for moment in &self.moments {
            *waiters.entry(moment.at_us).or_default() += 1;
        }
        let worst = waiters
            .into_iter()
            .max_by_key(|(at, count)| (*count, std::cmp::Reverse(*at)));
        worst.unwrap_or_default()
    }

    pub(crate) fn waited_us(&self) -> i64 {
        self.moments.iter().map(|moment| moment.weight_us).sum()
    }

    /// The relation that was waited for most.
    pub(crate) fn relation(&self) -> Option<&'m str> {
        let mut waited: BTreeMap<&str, i64> = BTreeMap::new();
        for moment in &self.moments {
            if let Some(relation) = moment.relation.as_deref() {
                *waited.entry(relation).or_default() += moment.weight_us;
            }
        }
        waited
            .into_iter()
            .max_by_key(|(_, waited)| *waited)
            .map(|(relation, _)| relation)
    }

    /// Who waited, the longest waiting first.
    pub(crate) fn victims(&self, label: impl Fn(&Seat) -> String) -> Vec<VictimGroup<'m>> {
        let mut groups: BTreeMap<(String, Option<String>), VictimGroup<'m>> = BTreeMap::new();
        for moment in &self.moments {
            let query = moment.waiter.query.as_deref();
            let key = (label(&moment.waiter), query.map(wire::sql::normalize));
            let group = groups
                .entry(key)
                .or_insert_with_key(|(label, _)| VictimGroup {
                    label: label.clone(),
                    query,
                    waited_us: 0,
                    sessions: BTreeMap::new(),
                });
            group.waited_us += moment.weight_us;
            *group.sessions.entry(moment.waiter.key()).or_default() += moment.weight_us;
        }
        let mut groups: Vec<VictimGroup<'m>> = groups.into_values().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.waited_us));
        groups
    }
}

fn tell(ask: &Ask, episode: &Episode<'_>, directory: &mut Directory) -> Answer<LockEpisode> {
    let (worst_at_us, waiters_peak) = episode.worst();
    let victims = episode.victims(|seat| directory.label(seat)).into_iter();
    let victims = victims.take(limits::VICTIMS_MAX).map(|group| LockVictim {
        count: u32::try_from(group.sessions.len()).unwrap_or(u32::MAX),
        waited_us: Micros(group.waited_us),
        correlation_id: longest(&group.sessions),
        query: group.query.map(str::to_owned),
        label: group.label,
    });
    let victims = victims.collect();
    Ok(LockEpisode {
        root: directory.holder(ask, episode.root, episode.relation())?,
        begin_at_us: episode.begin(),
        end_at_us: episode.end(),
        worst_at_us,
        waiters_peak,
        waited_us: Micros(episode.waited_us()),
        relation: episode.relation().map(str::to_owned),
        victims,
    })
}

/// The request that waited longest.
fn longest(sessions: &BTreeMap<SeatKey, i64>) -> Option<CorrelationId> {
    let correlated = sessions
        .iter()
        .filter_map(|((_, id), waited)| Some((id.as_ref()?, waited)));
    correlated
        .max_by_key(|(_, waited)| **waited)
        .map(|(id, _)| *id)
}

#[cfg(test)]
mod tests;
