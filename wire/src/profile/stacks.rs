//! Reads sampled stacks: a tree of functions, and how often each stack was seen.
//!
//! Whoever sent the tree may have sent nonsense. A node whose parent does not stand before it, or that
//! points nowhere, counts as the bottom of its stack; a stack without a node, or seen less than once,
//! does not count. So every walk down a stack ends.

use super::Profile;
use crate::time::Micros;

pub(super) const SHAPE: &str = "stacks";

/// What a function without a name is called.
const NAMELESS: &str = "?";

/// The stacks that make sense: the node each ends in, and its time.
pub(super) fn seen(profile: &Profile) -> impl Iterator<Item = (usize, Micros)> {
    let period_us = profile.period_us.unwrap_or_default().0.max(0);
    profile.stacks.iter().filter_map(move |&(node, samples)| {
        let node = usize::try_from(node).ok().filter(|_| samples > 0)?;
        profile.nodes.get(node)?;
        Some((node, Micros(samples.saturating_mul(period_us))))
    })
}

/// The functions of a stack, the innermost first.
pub(super) fn path(profile: &Profile, node: usize) -> impl Iterator<Item = &str> {
    let parent_of = |&node: &usize| {
        let parent = usize::try_from(profile.nodes[node].0).ok()?;
        (parent < node).then_some(parent)
    };
    std::iter::successors(Some(node), parent_of).map(|node| {
        let name = usize::try_from(profile.nodes[node].1).ok();
        let name = name.and_then(|index| profile.names.get(index));
        name.unwrap_or(NAMELESS)
    })
}

#[cfg(test)]
mod tests;
