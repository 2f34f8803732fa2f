//! A call tree beside an earlier one: what each place took then.
//!
//! Places are matched by the names on their path. The earlier times are scaled to as many requests as the tree
//! is of, so that the two can be subtracted.

use std::collections::HashMap;

use super::CallTree;

/// A change of less than a tenth of the larger one is none that a picture should point at.
const CHANGE_MIN: f64 = 0.1;

/// How a place has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The earlier tree has no such function anywhere.
    New,
    More,
    Less,
    Same,
}

// === impl CallTree ===

impl CallTree {
    /// Notes at each node what its path took in the other tree.
    pub fn compare(&mut self, before: &Self) {
        let scale = self.profiles.max(1) as f64 / before.profiles.max(1) as f64;
        let known: HashMap<&str, usize> = before
            .names
            .iter()
            .enumerate()
            .map(|(place, name)| (name.as_str(), place))
            .collect();
        let mut places: Vec<Option<usize>> = Vec::with_capacity(self.nodes.len());
        // Parents stand before their children.
        for node in 0..self.nodes.len() {
            let function = known.get(self.name(node)).copied();
            let siblings: &[usize] = match self.nodes[node].parent.map(|parent| places[parent]) {
                None => &before.roots,
                Some(None) => &[],
                Some(Some(parent)) => &before.nodes[parent].children,
            };
            let place = function.and_then(|function| {
                let mut siblings = siblings.iter().copied();
                siblings.find(|it| before.nodes[*it].function == function)
            });
            // What was too small for a node then is as good as nothing; what was nowhere is new.
            let time = place.map_or(0.0, |place| before.nodes[place].time_us * scale);
            self.nodes[node].before_us = function.map(|_| time);
            places.push(place);
        }
        self.is_compared = true;
    }

    /// By how much a node's time has changed, of a request on average, and how to call that.
    pub fn change(&self, node: usize) -> (f64, Change) {
        let node = &self.nodes[node];
        let before_us = node.before_us.unwrap_or_default();
        let change_us = node.time_us - before_us;
        let change = match node.before_us {
            None => Change::New,
            Some(_) if change_us.abs() < node.time_us.max(before_us) * CHANGE_MIN => Change::Same,
            Some(_) if change_us > 0.0 => Change::More,
            Some(_) => Change::Less,
        };
        (change_us / self.profiles.max(1) as f64, change)
    }
}

#[cfg(test)]
mod tests;
