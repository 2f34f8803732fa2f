//! Sums over sampled stacks: a tree of functions, and how often each stack was seen.
//!
//! Whoever sent the tree may have sent nonsense. A node whose parent does not stand before it, or that
//! points nowhere, counts as the bottom of its stack; a stack without a node, or seen less than once,
//! does not count. So every walk down a stack ends.

use std::collections::{BTreeMap, BTreeSet};

use super::{Function, Pair, Profile, ranked, ranked_pairs};
use crate::time::Micros;

pub(super) const SHAPE: &str = "stacks";

/// What a function without a name is called.
const NAMELESS: &str = "?";

pub(super) fn functions(profile: &Profile) -> Vec<Function> {
    let mut functions: BTreeMap<&str, Function> = BTreeMap::new();
    for (node, time_us) in seen(profile) {
        let path: Vec<&str> = path(profile, node).collect();
        if let Some(innermost) = path.first() {
            let function = functions.entry(innermost).or_default();
            function.exclusive_us = function.exclusive_us + time_us;
        }
        for name in path.into_iter().collect::<BTreeSet<_>>() {
            let function = functions.entry(name).or_default();
            function.inclusive_us = function.inclusive_us + time_us;
        }
    }
    ranked(functions)
}

pub(super) fn callers(profile: &Profile, function: &str) -> Vec<Pair> {
    neighbours(profile, |caller, callee| {
        (callee == function).then_some(caller)
    })
}

pub(super) fn callees(profile: &Profile, function: &str) -> Vec<Pair> {
    neighbours(profile, |caller, callee| {
        (caller == function).then_some(callee)
    })
}

pub(super) fn total_us(profile: &Profile) -> Micros {
    seen(profile).fold(Micros(0), |sum, (_, time_us)| sum + time_us)
}

/// The time of the stacks on which a pair of caller and callee names somebody, once each.
fn neighbours<'a>(
    profile: &'a Profile,
    name_of: impl Fn(&'a str, &'a str) -> Option<&'a str>,
) -> Vec<Pair> {
    let mut pairs: BTreeMap<&str, Pair> = BTreeMap::new();
    for (node, time_us) in seen(profile) {
        let path: Vec<&str> = path(profile, node).collect();
        let named: BTreeSet<&str> = path
            .windows(2)
            .filter_map(|pair| name_of(pair[1], pair[0]))
            .collect();
        for name in named {
            let pair = pairs.entry(name).or_default();
            pair.inclusive_us = pair.inclusive_us + time_us;
        }
    }
    ranked_pairs(pairs)
}

/// The stacks that make sense: the node each ends in, and its time.
fn seen(profile: &Profile) -> impl Iterator<Item = (usize, Micros)> {
    let period_us = profile.period_us.unwrap_or_default().0.max(0);
    profile.stacks.iter().filter_map(move |&(node, samples)| {
        let node = usize::try_from(node).ok().filter(|_| samples > 0)?;
        profile.nodes.get(node)?;
        Some((node, Micros(samples.saturating_mul(period_us))))
    })
}

/// The functions of a stack, the innermost first.
fn path(profile: &Profile, node: usize) -> impl Iterator<Item = &str> {
    let parent_of = |&node: &usize| {
        let parent = usize::try_from(profile.nodes[node].0).ok()?;
        (parent < node).then_some(parent)
    };
    std::iter::successors(Some(node), parent_of).map(|node| {
        let name = usize::try_from(profile.nodes[node].1).ok();
        let name = name.and_then(|index| profile.names.get(index));
        name.map_or(NAMELESS, String::as_str)
    })
}

#[cfg(test)]
mod tests;
