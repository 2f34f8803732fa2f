//! The stacks of one request in the order of time: when it was in which function.
//!
//! A sampled profile has, beside its sums, which stack was seen when. For each column the stack that was there
//! longest is taken; neighbouring columns with the same functions from the bottom up share a box.

use std::ops::Range;

use wire::profile::Profile;

use crate::vendor::Vendors;

/// What a function without a name is called.
const NAMELESS: &str = "?";

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    pub names: Vec<String>,
    /// Parent and name; a parent stands before its children.
    nodes: Vec<(Option<usize>, Option<usize>)>,
    /// By node, the one that it is folded into.
    folded: Option<Vec<usize>>,
    /// In the order of time, none over another.
    seen: Vec<Seen>,
    pub span_us: i64,
    pub period_us: i64,
    /// How often each two neighbours were made one for want of room.
    pub halvings: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Seen {
    from_us: i64,
    to_us: i64,
    node: usize,
}

/// A box: a function from one moment to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub row: usize,
    pub x: usize,
    pub columns: usize,
    pub node: usize,
    pub from_us: i64,
    pub to_us: i64,
}

// === impl Course ===

impl Course {
    /// Nothing if the profile does not tell when its stacks were seen.
    pub fn of(profile: &Profile, span_us: i64, vendors: Option<&Vendors>) -> Option<Self> {
        let nodes = profile.nodes.iter().enumerate().map(|(place, node)| {
            let parent = usize::try_from(node.0).ok();
            let name = usize::try_from(node.1).ok();
            (
                parent.filter(|parent| *parent < place),
                name.filter(|name| *name < profile.names.len()),
            )
        });
        let mut course = Self {
            names: profile.names.iter().map(str::to_owned).collect(),
            nodes: nodes.collect(),
            folded: None,
            seen: Vec::new(),
            span_us: span_us.max(1),
            period_us: profile.period_us.unwrap_or_default().0.max(0),
            halvings: profile.timeline_halvings.unwrap_or_default(),
        };
        if let Some(vendors) = vendors {
            course.fold(vendors);
        }
        let mut timeline: Vec<(i64, i64, usize)> = profile
            .timeline
            .iter()
            .filter_map(|&(at, node, samples)| {
                let node = usize::try_from(node).ok()?;
                let is_sound = node < course.nodes.len() && samples > 0 && at.0 >= 0;
                is_sound.then_some((at.0, samples, node))
            })
            .collect();
        timeline.sort_by_key(|it| it.0);
        for (place, &(at_us, samples, node)) in timeline.iter().enumerate() {
            let next = timeline.get(place + 1).map_or(course.span_us, |it| it.0);
            let end = at_us.saturating_add(samples.saturating_mul(course.period_us));
            let to_us = end.min(next).min(course.span_us);
            if to_us > at_us {
                course.seen.push(Seen {
                    from_us: at_us,
                    to_us,
                    node: course.folded.as_ref().map_or(node, |kept| kept[node]),
                });
            }
        }
        (!course.seen.is_empty()).then_some(course)
    }

    /// A library's function becomes its caller's place; one that nobody calls stays.
    fn fold(&mut self, vendors: &Vendors) {
        let is_library: Vec<bool> = self
            .names
            .iter()
            .map(|name| vendors.is_library(name))
            .collect();
        let mut kept: Vec<usize> = Vec::with_capacity(self.nodes.len());
        for node in 0..self.nodes.len() {
            let (parent, name) = self.nodes[node];
            // A parent stands before its children, so it has its own place already.
            let parent = parent.map(|parent| kept[parent]);
            let is_away = name.is_some_and(|name| is_library[name]);
            kept.push(match parent {
                Some(parent) if is_away => parent,
                _ => node,
            });
            self.nodes[node].0 = parent;
        }
        self.folded = Some(kept);
    }

    pub fn name(&self, node: usize) -> &str {
        let name = self.nodes.get(node).and_then(|node| node.1);
        name.map_or(NAMELESS, |name| &self.names[name])
    }

    /// The outermost function first.
    fn path(&self, node: usize) -> Vec<usize> {
        let up = |node: &usize| self.nodes.get(*node)?.0;
        let mut path: Vec<usize> = std::iter::successors(Some(node), up).collect();
        path.reverse();
        path
    }

    /// How many functions are above each other at a moment, or at the last one before it that was seen.
    pub fn depth_at(&self, at_us: i64) -> usize {
        let seen = self.seen.iter().rfind(|it| it.from_us <= at_us);
        seen.or(self.seen.first())
            .map_or(0, |it| self.path(it.node).len())
    }

    /// The middle of the first moment at which a function was seen, and how deep it was.
    pub fn first_with(&self, is_it: impl Fn(&str) -> bool) -> Option<(i64, usize)> {
        let is_it: Vec<bool> = (0..self.nodes.len())
            .map(|node| is_it(self.name(node)))
            .collect();
        self.seen.iter().find_map(|seen| {
            let depth = self.path(seen.node).iter().position(|node| is_it[*node])?;
            Some((seen.from_us + (seen.to_us - seen.from_us) / 2, depth))
        })
    }

    /// The boxes of a stretch, `rows` of them above each other from the `first`th function of each stack on.
    pub fn runs(&self, stretch: Range<i64>, columns: usize, first: usize, rows: usize) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        // The box that is open in each row.
        let mut open: Vec<Option<usize>> = vec![None; rows];
        let span = stretch.end.saturating_sub(stretch.start).max(1);
        let edge = |column: usize| -> i64 {
            let part = i128::from(span) * column as i128 / columns.max(1) as i128;
            stretch
                .start
                .saturating_add(i64::try_from(part).unwrap_or(span))
        };
        let mut at = 0;
        for x in 0..columns {
            // Less than a microsecond per column is no column at all.
            let (from_us, to_us) = (edge(x), edge(x + 1).max(edge(x) + 1));
            while self.seen.get(at).is_some_and(|it| it.to_us <= from_us) {
                at += 1;
            }
            let path = self.longest(at, from_us, to_us).map(|node| self.path(node));
            let path = path.unwrap_or_default();
            for (row, open) in open.iter_mut().enumerate() {
                let node = path.get(first + row).copied();
                match (open.map(|run| runs[run].node), node) {
                    (Some(before), Some(node)) if before == node => {
                        let run = &mut runs[open.unwrap_or_default()];
                        run.columns += 1;
                        run.to_us = to_us;
                    }
                    (_, Some(node)) => {
                        *open = Some(runs.len());
                        runs.push(Run {
                            row,
                            x,
                            columns: 1,
                            node,
                            from_us,
                            to_us,
                        });
                    }
                    (_, None) => *open = None,
                }
            }
        }
        runs
    }

    /// The stack that was there longest between two moments; `at` is the first that may have been.
    fn longest(&self, at: usize, from_us: i64, to_us: i64) -> Option<usize> {
        let within = self.seen[at.min(self.seen.len())..]
            .iter()
            .take_while(|it| it.from_us < to_us);
        let overlap = |it: &Seen| it.to_us.min(to_us) - it.from_us.max(from_us);
        within.max_by_key(|it| overlap(it)).map(|it| it.node)
    }
}

#[cfg(test)]
mod tests;
