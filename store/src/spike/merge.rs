//! Makes spikes of rises: what overlaps in one project is one spike, told by the measure that says
//! most, and a spike that is stored already keeps its number. Pure.

use wire::ids::{Host, Project, SpikeId};
use wire::query::{Measure, Spike};
use wire::time::{Instant, Micros, Range};

/// Rises this close to each other are one spike: the measures lag behind one another.
const SLACK: Micros = Micros::from_seconds(30);

/// A rise with its times and where it was seen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) measure: Measure,
    pub(crate) project: Project,
    pub(crate) host: Option<Host>,
    pub(crate) begin_at_us: Instant,
    pub(crate) peak_at_us: Instant,
    pub(crate) end_at_us: Option<Instant>,
    pub(crate) peak: f64,
    pub(crate) baseline: f64,
    /// Of the host, where they are known.
    pub(crate) cores: Option<u32>,
}

/// Rises that belong together; the first one leads.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group(pub(crate) Vec<Seen>);

/// What has to be written for the stored spikes to be those that were found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Changes {
    pub(crate) new: Vec<Spike>,
    pub(crate) changed: Vec<Spike>,
    pub(crate) gone: Vec<SpikeId>,
}

/// Puts rises together that overlap in one project. The load average is a mean over a minute and falls long after
/// what raised it is over, and the time of requests is known when they end: these join a spike that they overlap,
/// and never make one spike of two.
pub(crate) fn groups(mut seen: Vec<Seen>) -> Vec<Group> {
    seen.sort_by(|a, b| (&a.project, a.begin_at_us).cmp(&(&b.project, b.begin_at_us)));
    let (late, direct): (Vec<Seen>, Vec<Seen>) =
        seen.into_iter().partition(|it| is_late(it.measure));
    let mut groups = joined(direct);
    let mut alone = Vec::new();
    for rise in late {
        let overlapped: Vec<&mut Group> =
            groups.iter_mut().filter(|it| it.overlaps(&rise)).collect();
        if overlapped.is_empty() {
            alone.push(rise);
        } else {
            for group in overlapped {
                group.0.push(rise.clone());
            }
        }
    }
    groups.extend(joined(alone));
    groups.sort_by(|a, b| {
        let key = |it: &Group| {
            (
                it.lead().project.clone(),
                it.0.iter().map(|it| it.begin_at_us).min(),
            )
        };
        key(a).cmp(&key(b))
    });
    for group in &mut groups {
        group.0.sort_by(|a, b| {
            rank(a.measure)
                .cmp(&rank(b.measure))
                .then(b.peak.total_cmp(&a.peak))
        });
    }
    groups
}

/// Rises that touch each other, in the order of their begin.
fn joined(seen: Vec<Seen>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for rise in seen {
        match groups.last_mut() {
            Some(group) if group.touches(&rise) => group.0.push(rise),
            _ => groups.push(Group(vec![rise])),
        }
    }
    groups
}

/// Compares what was found with what is stored, as far as it touches `settled`: outside of that
/// range nothing has changed, so what is stored there stands.
pub(crate) fn reconcile(found: Vec<Spike>, stored: &[Spike], settled: Range) -> Changes {
    let mut changes = Changes::default();
    let mut kept: Vec<SpikeId> = Vec::new();
    for spike in found {
        let mut same: Vec<&Spike> = stored.iter().filter(|it| is_same(it, &spike)).collect();
        same.sort_by_key(|it| it.id);
        kept.extend(same.iter().map(|it| it.id));
        if !touches(&spike, settled) {
            continue;
        }
        let Some((first, others)) = same.split_first() else {
            changes.new.push(spike);
            continue;
        };
        changes.gone.extend(others.iter().map(|it| it.id));
        let spike = Spike {
            id: first.id,
            ..spike
        };
        if spike != **first && !changes.changed.iter().any(|it| it.id == spike.id) {
            changes.changed.push(spike);
        }
    }
    // Of one that began earlier, only a part was looked at again: it stands.
    let began_here = |it: &&Spike| settled.contains(it.begin_at_us);
    let vanished = stored
        .iter()
        .filter(began_here)
        .filter(|it| !kept.contains(&it.id));
    changes.gone.extend(vanished.map(|it| it.id));
    changes.gone.sort_unstable();
    changes.gone.dedup();
    changes
}

/// Which measure tells most about a spike: sessions say what the database did, load only how much.
fn rank(measure: Measure) -> u8 {
    match measure {
        Measure::Sessions => 0,
        Measure::Requests => 1,
        Measure::Queue => 2,
        Measure::Errors => 3,
        Measure::Wall => 4,
        Measure::Pressure => 5,
        Measure::Load => 6,
    }
}

/// Whether it stays high after what raised it is over: what was changed in memory goes to the disk then.
fn is_late(measure: Measure) -> bool {
    matches!(
        measure,
        Measure::Load | Measure::Pressure | Measure::Wall | Measure::Errors
    )
}

fn is_same(a: &Spike, b: &Spike) -> bool {
    a.project == b.project
        && a.end_at_us.is_none_or(|end| b.begin_at_us <= end + SLACK)
        && b.end_at_us.is_none_or(|end| a.begin_at_us <= end + SLACK)
}

fn touches(spike: &Spike, range: Range) -> bool {
    spike.begin_at_us < range.to_at_us
        && spike
            .end_at_us
            .is_none_or(|end| end + SLACK >= range.from_at_us)
}

// === impl Group ===

impl Group {
    pub(crate) fn lead(&self) -> &Seen {
        // A group is made around its first member.
        &self.0[0]
    }

    fn touches(&self, rise: &Seen) -> bool {
        let is_near = |it: &Seen| {
            it.end_at_us
                .is_none_or(|end| rise.begin_at_us <= end + SLACK)
        };
        self.0[0].project == rise.project && self.0.iter().any(is_near)
    }

    /// Whether a rise is at the same time as one of the group's, or nearly. Those that fall late say nothing: what comes
    /// while a load average is still on its way down is an incident of its own.
    fn overlaps(&self, rise: &Seen) -> bool {
        let is_near = |it: &Seen| {
            let before = it
                .end_at_us
                .is_none_or(|end| rise.begin_at_us <= end + SLACK);
            before
                && rise
                    .end_at_us
                    .is_none_or(|end| it.begin_at_us <= end + SLACK)
        };
        let mut direct = self.0.iter().filter(|it| !is_late(it.measure));
        self.0[0].project == rise.project && direct.any(is_near)
    }

    /// The leading measure's rises in the group, from the first begin to the last end.
    pub(crate) fn range(&self) -> (Instant, Option<Instant>) {
        let lead = self.lead();
        let same = || self.0.iter().filter(|it| it.measure == lead.measure);
        let begin = same()
            .map(|it| it.begin_at_us)
            .min()
            .unwrap_or(lead.begin_at_us);
        let is_running = same().any(|it| it.end_at_us.is_none());
        let end = same()
            .filter_map(|it| it.end_at_us)
            .max()
            .filter(|_| !is_running);
        (begin, end)
    }

    /// One line that says why this is a spike. `waiting` is what most sessions did at its worst, and
    /// how many.
    pub(crate) fn reason(&self, waiting: Option<(&str, f64)>) -> String {
        let lead = self.lead();
        let mut text = figure(lead);
        if let (Measure::Sessions, Some((class, count))) = (lead.measure, waiting) {
            text = format!("{text}, {count:.0} of them {}", doing(class));
        }
        // The host that people were paged for.
        let host = self.0[1..].iter().find(|it| it.measure == Measure::Load);
        match host {
            Some(host) => format!("{text}; {}", figure(host)),
            None => text,
        }
    }
}

fn figure(rise: &Seen) -> String {
    let usual = if rise.baseline < 0.05 {
        "where 0.0 are usual".to_owned()
    } else {
        format!(
            "{:.0} times the median of {:.1}",
            rise.peak / rise.baseline,
            rise.baseline
        )
    };
    let host = rise.host.as_ref().map_or("", Host::as_str);
    match rise.measure {
        Measure::Queue => format!("{:.0} requests waiting for a worker, {usual}", rise.peak),
        Measure::Errors => format!("{:.1} failed requests a second, {usual}", rise.peak),
        Measure::Wall => format!("95 % of requests within {:.1} s, {usual}", rise.peak),
        Measure::Sessions => format!("{:.0} sessions active in the database, {usual}", rise.peak),
        Measure::Requests => format!("{:.0} captured requests in flight, {usual}", rise.peak),
        Measure::Pressure => format!(
            "all of {host} stalled for want of memory or disk in {:.0} % of the time, {usual}",
            rise.peak
        ),
        Measure::Load => match rise.cores {
            Some(cores) => format!(
                "load {:.1} on {host} with {cores} cores, {usual}",
                rise.peak
            ),
            None => format!("load {:.1} on {host}, {usual}", rise.peak),
        },
    }
}

fn doing(class: &str) -> &str {
    match class {
        "cpu" => "on the CPU",
        "io" => "waiting for I/O",
        "lock" => "waiting for locks",
        "client" => "waiting for their clients",
        _ => "waiting for something else",
    }
}

#[cfg(test)]
mod tests;
