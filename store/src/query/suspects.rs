//! Gathers what `spike::suspects` ranks: who was active in a range and in its baseline, and who
//! waited for whom.

mod captured;
mod coarse;
mod comparison;
mod demand;
mod events;
mod glance;
mod samples;
mod unrecorded;
mod visits;

use std::collections::BTreeMap;
use std::sync::Arc;

use wire::ids::{CorrelationId, Project, SpikeId};
use wire::query::{BaselineKind, Spike, SpikeEvidence, Suspects};
use wire::time::{Instant, Micros, Range};

use self::captured::{Captured, Spoken, slices};
use self::comparison::Comparison;
pub(crate) use self::comparison::is_watched;
use super::party::Directory;
use super::waits::{Moment, Seat};
use super::{Answer, Ask, correlation_id, locks, waits};
use crate::db::reader::DayReader;
use crate::limits;
use crate::spike::judge;
use crate::spike::suspects::{self, Holder, Period, Waiting, Work};

/// A sample speaks for at most this long.
const SAMPLE_SPAN_MAX_US: i64 = 30_000_000;

/// What a piece of work is found by: its request, or its session.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Request(CorrelationId),
    Session {
        host: String,
        pid: i32,
    },
    /// All requests of a route that are not told one by one; those of a client that sends much apart.
    Route(String, Option<String>),
}

type Works = BTreeMap<(Key, Period), Work>;

/// The suspects of a spike, or nothing if there is no such spike. Of one that is over they were kept; those are
/// told also when data came that may change them, if what they were made of is gone.
pub(crate) fn of_spike(ask: &Ask, id: SpikeId, against: BaselineKind) -> Answer<Option<Suspects>> {
    let Some(spike) = ask.meta.spike(id)? else {
        return Ok(None);
    };
    if let Some(evidence) = kept(ask, &spike)? {
        let mut suspects = evidence.suspects.into_iter();
        if let Some(suspects) = suspects.find(|it| it.compared_with == against) {
            return Ok(Some(suspects));
        }
    }
    of_range(ask, range_of(ask, &spike), spike.project.as_ref(), against).map(Some)
}

/// A spike's evidence, kept or made now; nothing if there is no such spike.
pub(crate) fn evidence_of(ask: &Ask, id: SpikeId) -> Answer<Option<SpikeEvidence>> {
    let Some(spike) = ask.meta.spike(id)? else {
        return Ok(None);
    };
    match kept(ask, &spike)? {
        Some(evidence) => Ok(Some(evidence)),
        None => judge::evidence_of(ask, spike).map(Some),
    }
}

fn kept(ask: &Ask, spike: &Spike) -> Answer<Option<SpikeEvidence>> {
    let Some(kept) = ask.meta.evidence(spike.id)? else {
        return Ok(None);
    };
    // It began again.
    if spike.end_at_us.is_none() {
        return Ok(None);
    }
    let is_good = kept.is_current || judge::is_gone(ask, &kept)?;
    // Figures that went through JSON may differ in their last digit.
    Ok(is_good.then(|| SpikeEvidence {
        spike: spike.clone(),
        ..kept.evidence
    }))
}

/// A spike's time: of one that runs, until now.
pub(crate) fn range_of(ask: &Ask, spike: &Spike) -> Range {
    let to_at_us = spike.end_at_us.unwrap_or(ask.now);
    Range {
        from_at_us: spike.begin_at_us,
        to_at_us: to_at_us.max(spike.begin_at_us + Micros(1)),
    }
}

/// The suspects of any range.
pub(crate) fn of_range(
    ask: &Ask,
    range: Range,
    project: Option<&Project>,
    against: BaselineKind,
) -> Answer<Suspects> {
    let comparison = Comparison::find(ask, range, project, against)?;
    let mut moments = Vec::new();
    for (_, range) in comparison.periods() {
        moments.extend(waits::in_range(
            ask,
            range,
            project,
            limits::SUSPECT_LOCK_ROWS_MAX,
        )?);
    }
    let mut directory = locks::directory_of(ask, &moments, comparison.begin())?;
    let mut works = Works::new();
    let read = demand::read(ask, &comparison)?;
    let slices = if coarse::is_called_for(&comparison) {
        None
    } else {
        slices::of(ask, &comparison, coarse::REQUESTS_MAX)?
    };
    let is_long = slices.is_none();
    let (captured, listed_us) = if let Some(slices) = slices {
        let spoken = Spoken::of(&moments, &comparison, &read.demand);
        let captured = captured::add(ask, comparison.project, &slices, &spoken, &mut works)?;
        let listed_us = add_sessions(ask, &comparison, &captured, &mut works)?;
        (captured, listed_us)
    } else {
        let captured = coarse::add_requests(ask, &comparison, &mut works)?;
        let listed_us = coarse::add_sessions(ask, &comparison, &captured, &mut works)?;
        (captured, listed_us)
    };
    let holders = add_waits(ask, &comparison, &moments, &mut directory, &mut works)?;
    unrecorded::name(ask, &comparison, &mut works)?;
    if is_long {
        coarse::take_waiters(&mut works);
    }
    let not_captured = read.not_captured(&works);
    let wanted = suspects::wanted(
        range,
        comparison.baseline,
        works.values().chain(&not_captured),
        &holders,
        &read.demand,
    );
    samples::add(ask, &captured.places, &wanted, &mut works)?;
    let mut works: Vec<Work> = works.into_values().collect();
    works.extend(not_captured);
    let counted_us = if is_long {
        coarse::counted_us(ask, &comparison)?
    } else {
        counted_us(ask, &comparison)?
    };
    works.extend(counted_only(&counted_us, &listed_us));
    let ranked = suspects::rank(range, comparison.baseline, &works, &holders, &read.demand);
    Ok(Suspects {
        compared_with: against,
        baselines: comparison::available(ask, range, project)?,
        events: events::read(ask, range, comparison.project)?,
        ..ranked
    })
}

/// Sessions without a captured request. Gives the time of all sessions that were listed one by one.
fn add_sessions(
    ask: &Ask,
    comparison: &Comparison<'_>,
    captured: &Captured,
    works: &mut Works,
) -> Answer<BTreeMap<Period, i64>> {
    let mut listed_us = BTreeMap::new();
    for (period, range) in comparison.periods() {
        let days = ask.reader.days_since(range.from_at_us)?;
        let whole = (period, range, 1);
        let listed = add_sessions_of(days.iter(), comparison, whole, captured, works)?;
        listed_us.insert(period, listed);
    }
    Ok(listed_us)
}

/// The same of a part of a period, which stands for that many like it.
fn add_sessions_of<'d>(
    days: impl Iterator<Item = &'d DayReader>,
    comparison: &Comparison<'_>,
    (period, part, weight): (Period, Range, i64),
    captured: &Captured,
    works: &mut Works,
) -> Answer<i64> {
    let sql = format!(
        "SELECT host, pid, correlation_id, \"user\", application,
         sum(min(interval_us, {SAMPLE_SPAN_MAX_US}))
         FROM pg_session
         WHERE at_us >= ?1 AND at_us < ?2 AND (?3 IS NULL OR project = ?3)
         AND wait_class NOT IN ('idle', 'idle_in_transaction')
         GROUP BY host, pid, correlation_id, \"user\", application"
    );
    let mut listed_us = 0;
    let params = (part.from_at_us.0, part.to_at_us.0, comparison.project);
    for day in days {
        day.each(&sql, params, |row| {
            let active_us = row.get::<_, i64>(5)?.saturating_mul(weight);
            listed_us += active_us;
            let id: Option<[u8; 16]> = row.get(2)?;
            let seat = Seat {
                pid: row.get(1)?,
                correlation_id: id.map(correlation_id),
                user: row.get::<_, Option<String>>(3)?.map(Into::into),
                application: row.get::<_, Option<String>>(4)?.map(Into::into),
                ..Seat::default()
            };
            if seat
                .correlation_id
                .is_some_and(|id| captured.has_folded(id, period))
            {
                return Ok(true);
            }
            let host: String = row.get(0)?;
            let work = session_work(works, &host, &seat, period, &Directory::default());
            // A captured request's session is the same activity seen from the other side.
            if work.request.is_none() {
                work.active_us += active_us;
            }
            Ok(true)
        })?;
    }
    Ok(listed_us)
}

/// Adds who waited for whom, and gives those that stood at the root.
fn add_waits(
    ask: &Ask,
    comparison: &Comparison<'_>,
    moments: &[Moment],
    directory: &mut Directory,
    works: &mut Works,
) -> Answer<Vec<Holder>> {
    let mut holders = Vec::new();
    for episode in locks::episodes(moments) {
        let index = holders.len();
        holders.push(holder_of(ask, &episode, directory)?);
        let mut waits: BTreeMap<(Key, Period), (&Moment, i64)> = BTreeMap::new();
        for moment in &episode.moments {
            let period = comparison.period_of(moment.at_us);
            let key = (key_of(&moment.database.1, &moment.waiter), period);
            waits.entry(key).or_insert((moment, 0)).1 += moment.weight_us;
        }
        for ((_, period), (moment, waited_us)) in waits {
            let host = &moment.database.1;
            let work = session_work(works, host, &moment.waiter, period, directory);
            work.waits.push(Waiting {
                holder: index,
                waited_us,
                statement: moment.waiter.query.as_deref().map(wire::sql::normalize),
            });
            if work.request.is_none() {
                // Both are samples of the same session: the longer one saw more of it.
                let all_us = work.waits.iter().map(|wait| wait.waited_us).sum();
                work.active_us = work.active_us.max(all_us);
            }
        }
    }
    Ok(holders)
}

fn holder_of(ask: &Ask, episode: &locks::Episode<'_>, directory: &mut Directory) -> Answer<Holder> {
    let root = episode.root;
    let relation = episode.relation();
    let moments: BTreeMap<Instant, &Arc<str>> = episode
        .moments
        .iter()
        .filter_map(|moment| Some((moment.at_us, moment.root.state.as_ref()?)))
        .collect();
    let idle = moments
        .values()
        .filter(|state| state.starts_with("idle in transaction"))
        .count();
    let route = directory.route(root);
    let party = directory.holder(ask, root, relation)?;
    Ok(Holder {
        // Unknown requests have nothing in common but that; each stands for itself.
        label: route
            .clone()
            .unwrap_or_else(|| format!("pid {}, {}", root.pid, directory.label(root))),
        route,
        is_recorded: directory.is_recorded(root),
        correlation_id: root.correlation_id,
        pid: root.pid,
        held_us: (episode.end() - episode.begin()).0,
        relation: relation.map(str::to_owned),
        idle_share: idle as f64 / moments.len().max(1) as f64,
        waiters_peak: episode.worst().1,
        statement: party.lock_query().map(wire::sql::normalize),
        caller: party.lock_caller().map(str::to_owned),
    })
}

/// Active session time that the agents counted, listed or not.
fn counted_us(ask: &Ask, comparison: &Comparison<'_>) -> Answer<BTreeMap<Period, i64>> {
    let sql = format!(
        "SELECT coalesce(sum((cpu + io + \"lock\" + client + other)
                             * min(interval_us, {SAMPLE_SPAN_MAX_US})), 0)
         FROM pg_sample WHERE at_us >= ?1 AND at_us < ?2 AND (?3 IS NULL OR project = ?3)"
    );
    let mut counted_us: BTreeMap<Period, i64> = BTreeMap::new();
    for (period, range) in comparison.periods() {
        let params = (range.from_at_us.0, range.to_at_us.0, comparison.project);
        for day in ask.reader.days_since(range.from_at_us)? {
            let sum: Option<i64> = day.row(&sql, params, |row| row.get(0))?;
            *counted_us.entry(period).or_default() += sum.unwrap_or(0);
        }
    }
    Ok(counted_us)
}

/// Active sessions that were counted but not listed.
fn counted_only(
    counted_us: &BTreeMap<Period, i64>,
    listed_us: &BTreeMap<Period, i64>,
) -> Vec<Work> {
    let works = counted_us.iter().map(|(period, counted_us)| Work {
        period: *period,
        label: None,
        is_session: true,
        request: None,
        correlation_id: None,
        active_us: (counted_us - listed_us.get(period).copied().unwrap_or(0)).max(0),
        waits: Vec::new(),
        sample: None,
        client: None,
    });
    works.collect()
}

/// The work that a session belongs to: its request's, or its own, made if it is new.
fn session_work<'w>(
    works: &'w mut Works,
    host: &str,
    seat: &Seat,
    period: Period,
    directory: &Directory,
) -> &'w mut Work {
    works
        .entry((key_of(host, seat), period))
        .or_insert_with(|| Work {
            period,
            label: Some(directory.label(seat)),
            is_session: directory.route(seat).is_none(),
            request: None,
            correlation_id: seat.correlation_id,
            active_us: 0,
            waits: Vec::new(),
            sample: None,
            client: None,
        })
}

fn key_of(host: &str, seat: &Seat) -> Key {
    match seat.correlation_id {
        Some(id) => Key::Request(id),
        None => Key::Session {
            host: host.to_owned(),
            pid: seat.pid,
        },
    }
}

fn overlap_us(a: Range, b: Range) -> i64 {
    let from = a.from_at_us.max(b.from_at_us);
    let to = a.to_at_us.min(b.to_at_us);
    (to - from).0.max(0)
}
