//! The call tree of sampled stacks: as it was seen, no estimate.
//!
//! Stacks that begin alike share their nodes. What is too small for a screen or too much is counted in its
//! parent, as in an estimated tree.

use std::collections::{BinaryHeap, HashMap};

use wire::profile::Profile;

use crate::vendor::Vendors;

use super::{CallTree, NODES_MAX, SHARE_MIN, Waiting};

/// Different places in all stacks together: some hundred bytes each. A stack that leads further ends where it is full.
const PLACES_MAX: usize = 400_000;

/// All stacks, each function below its caller.
#[derive(Debug, Default)]
struct Trie {
    names: Vec<String>,
    by_name: HashMap<String, usize>,
    places: Vec<Place>,
    below: HashMap<(Option<usize>, usize), usize>,
    roots: Vec<usize>,
    total_us: f64,
}

#[derive(Debug)]
struct Place {
    name: usize,
    time_us: f64,
    children: Vec<usize>,
}

// === impl Trie ===

impl Trie {
    fn add(&mut self, stack: &[&str], time_us: f64) {
        self.total_us += time_us;
        let mut at = None;
        for name in stack {
            let Some(place) = self.below(at, name) else {
                return;
            };
            self.places[place].time_us += time_us;
            at = Some(place);
        }
    }

    fn name(&mut self, name: &str) -> usize {
        if let Some(place) = self.by_name.get(name) {
            return *place;
        }
        let place = self.names.len();
        self.names.push(name.to_owned());
        self.by_name.insert(name.to_owned(), place);
        place
    }

    fn below(&mut self, parent: Option<usize>, name: &str) -> Option<usize> {
        let name = self.name(name);
        if let Some(place) = self.below.get(&(parent, name)) {
            return Some(*place);
        }
        if self.places.len() >= PLACES_MAX {
            return None;
        }
        let place = self.places.len();
        self.places.push(Place {
            name,
            time_us: 0.0,
            children: Vec::new(),
        });
        self.below.insert((parent, name), place);
        match parent {
            Some(parent) => self.places[parent].children.push(place),
            None => self.roots.push(place),
        }
        Some(place)
    }

    /// Places with their times, the longest first.
    fn ranked(&self, places: &[usize]) -> Vec<usize> {
        let mut ranked = places.to_vec();
        let time = |place: &usize| self.places[*place].time_us;
        ranked.sort_by(|a, b| time(b).total_cmp(&time(a)).then_with(|| a.cmp(b)));
        ranked
    }
}

// === impl CallTree ===

impl CallTree {
    /// Of the profiles that are sampled stacks; those of another shape add nothing. Of `vendors` the functions are
    /// folded into their callers.
    pub fn of_stacks<'a>(
        profiles: impl IntoIterator<Item = &'a Profile>,
        vendors: Option<&Vendors>,
    ) -> Self {
        let mut trie = Trie::default();
        let mut tree = Self::default();
        for profile in profiles {
            tree.profiles += 1;
            for (mut stack, time) in profile.stacks() {
                let mut at = 0;
                stack.retain(|name| {
                    at += 1;
                    // Who is called by nobody can't be folded.
                    at == 1 || !vendors.is_some_and(|vendors| vendors.is_library(name))
                });
                trie.add(&stack, time.0 as f64);
            }
        }
        tree.total_us = trie.total_us;
        let mut waiting = BinaryHeap::new();
        for root in trie.ranked(&trie.roots) {
            let node = tree.take(&trie, root, None);
            match node {
                Some(node) => {
                    tree.roots.push(node);
                    waiting.push((Waiting::of(&tree, node), root));
                }
                None => tree.rest.add(trie.places[root].time_us),
            }
        }
        while let Some((Waiting { node, .. }, place)) = waiting.pop() {
            let mut below_us = 0.0;
            for child in trie.ranked(&trie.places[place].children) {
                let time_us = trie.places[child].time_us;
                below_us += time_us;
                match tree.take(&trie, child, Some(node)) {
                    Some(taken) => {
                        tree.nodes[node].children.push(taken);
                        waiting.push((Waiting::of(&tree, taken), child));
                    }
                    None => tree.nodes[node].rest.add(time_us),
                }
            }
            tree.nodes[node].self_us = (tree.nodes[node].time_us - below_us).max(0.0);
        }
        tree.names = trie.names;
        tree
    }

    /// A node for a place, if it is large enough and there is room.
    fn take(&mut self, trie: &Trie, place: usize, parent: Option<usize>) -> Option<usize> {
        let Place { name, time_us, .. } = trie.places[place];
        let depth = parent.map_or(0, |parent| self.nodes[parent].depth + 1);
        let is_small = time_us < self.total_us * SHARE_MIN || time_us <= 0.0;
        if is_small || self.nodes.len() >= NODES_MAX {
            return None;
        }
        Some(self.push(name, parent, depth, time_us))
    }
}

#[cfg(test)]
mod tests;
