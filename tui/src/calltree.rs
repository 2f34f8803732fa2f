//! A call graph unfolded into a tree, for the icicle: of call pairs an estimate, of stacks as it was; bounded.
//!
//! Call pairs tell what a function cost below each of its callers, not below its callers' callers. So
//! a function's callees are taken to share its time everywhere in the same way. A function that is on
//! its own path already is not unfolded again. What is too small or too much is counted in its parent.

mod cells;
mod compared;
mod course;
mod stacks;

use std::collections::BinaryHeap;

use crate::callgraph::CallGraph;
pub use cells::{Cell, Picture, What};
pub use compared::Change;
pub use course::{Course, Run};

/// Nodes that are unfolded, the longest first: ten times what a screen has cells for in a row of boxes.
const NODES_MAX: usize = 4_000;
/// Frames above each other: more than a tall terminal has lines.
const DEPTH_MAX: usize = 100;
/// A part of the whole that is less than this has no column on any screen.
const SHARE_MIN: f64 = 1.0 / 2_000.0;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallTree {
    pub nodes: Vec<Node>,
    /// The uppermost nodes, the longest first.
    pub roots: Vec<usize>,
    /// The time of all of it, microseconds.
    pub total_us: f64,
    /// What belongs to no root.
    pub rest: Rest,
    /// The functions' names, by their place.
    pub names: Vec<String>,
    pub profiles: u64,
    /// Made of call pairs: paths of more than two functions are estimates.
    pub is_estimate: bool,
    /// An earlier tree was put beside it.
    pub is_compared: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// A place in the tree's names.
    pub function: usize,
    pub parent: Option<usize>,
    pub depth: usize,
    pub time_us: f64,
    pub self_us: f64,
    /// The longest first.
    pub children: Vec<usize>,
    /// What the same place took in an earlier tree, scaled to as many requests; nothing where the function was not.
    pub before_us: Option<f64>,
    /// Children that have no node of their own.
    pub rest: Rest,
}

/// What is counted rather than shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rest {
    pub count: usize,
    pub time_us: f64,
}

/// A node that waits to be unfolded. The heap gives the longest first.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Waiting {
    time_us: f64,
    node: usize,
}

// === impl CallTree ===

impl CallTree {
    pub fn of(graph: &CallGraph) -> Self {
        let total_us = graph.answer.total_us.0.max(0) as f64;
        let functions = graph.answer.functions.iter();
        let mut tree = Self {
            total_us,
            names: functions.map(|row| row.name.clone()).collect(),
            profiles: graph.answer.profiles,
            is_estimate: true,
            ..Self::default()
        };
        let mut roots: Vec<(usize, f64)> = graph
            .roots()
            .map(|place| (place, inclusive_us(graph, place)))
            .filter(|(_, time_us)| *time_us > 0.0)
            .collect();
        roots.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        // Whatever came in is drawn into the whole; figures that contradict each other are scaled.
        let sum: f64 = roots.iter().map(|root| root.1).sum();
        let scale = scale(sum, total_us);
        let mut waiting = BinaryHeap::new();
        for (place, time_us) in roots {
            let time_us = time_us * scale;
            if time_us < total_us * SHARE_MIN {
                tree.rest.add(time_us);
                continue;
            }
            let node = tree.push(place, None, 0, time_us);
            tree.roots.push(node);
            waiting.push(Waiting { time_us, node });
        }
        while let Some(Waiting { node, .. }) = waiting.pop() {
            tree.unfold(graph, node, &mut waiting);
        }
        let shown: f64 = tree
            .roots
            .iter()
            .map(|root| tree.nodes[*root].time_us)
            .sum();
        // Time outside of all roots: cycles that nobody enters, functions that the answer leaves out.
        tree.rest.time_us = (total_us - shown).max(0.0);
        tree
    }

    fn unfold(&mut self, graph: &CallGraph, node: usize, waiting: &mut BinaryHeap<Waiting>) {
        let Node {
            function,
            depth,
            time_us,
            ..
        } = self.nodes[node];
        let whole_us = inclusive_us(graph, function);
        let share = if whole_us > 0.0 {
            time_us / whole_us
        } else {
            0.0
        };
        let mut callees: Vec<(usize, f64)> = graph
            .callees(function)
            .filter(|(callee, _, time)| *time > 0 && !self.is_on_path(node, *callee))
            .map(|(callee, _, time)| (callee, time as f64 * share))
            .collect();
        let sum: f64 = callees.iter().map(|callee| callee.1).sum();
        let scale = scale(sum, time_us);
        callees.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        for (callee, part_us) in callees {
            let part_us = part_us * scale;
            let is_small = part_us < self.total_us * SHARE_MIN;
            if is_small || depth + 1 >= DEPTH_MAX || self.nodes.len() >= NODES_MAX {
                self.nodes[node].rest.add(part_us);
                continue;
            }
            let child = self.push(callee, Some(node), depth + 1, part_us);
            self.nodes[node].children.push(child);
            waiting.push(Waiting {
                time_us: part_us,
                node: child,
            });
        }
        self.nodes[node].self_us = (time_us - sum * scale).max(0.0);
    }

    fn push(
        &mut self,
        function: usize,
        parent: Option<usize>,
        depth: usize,
        time_us: f64,
    ) -> usize {
        self.nodes.push(Node {
            function,
            parent,
            depth,
            time_us,
            self_us: time_us,
            before_us: None,
            children: Vec::new(),
            rest: Rest::default(),
        });
        self.nodes.len() - 1
    }

    fn is_on_path(&self, node: usize, function: usize) -> bool {
        self.path(node)
            .any(|it| self.nodes[it].function == function)
    }

    /// The node that lies at a path of names, the outermost first.
    pub fn at(&self, path: &[String]) -> Option<usize> {
        let mut siblings = &self.roots;
        let mut found = None;
        for name in path {
            let mut places = siblings.iter().copied();
            let place = places.find(|node| self.name(*node) == name)?;
            siblings = &self.nodes[place].children;
            found = Some(place);
        }
        found
    }

    /// The names on the way to a node, the outermost first.
    pub fn names_to(&self, node: usize) -> Vec<String> {
        let mut names: Vec<String> = self.path(node).map(|it| self.name(it).to_owned()).collect();
        names.reverse();
        names
    }

    pub fn name(&self, node: usize) -> &str {
        &self.names[self.nodes[node].function]
    }

    /// From a node up to its root.
    pub fn path(&self, node: usize) -> impl Iterator<Item = usize> {
        let up = |node: &usize| self.nodes.get(*node)?.parent;
        std::iter::successors(Some(node).filter(|node| *node < self.nodes.len()), up)
    }
}

/// What to multiply parts with, so that they are not more than the whole.
fn scale(sum: f64, whole: f64) -> f64 {
    if sum > whole && sum > 0.0 {
        whole / sum
    } else {
        1.0
    }
}

fn inclusive_us(graph: &CallGraph, place: usize) -> f64 {
    graph.answer.functions[place].inclusive_us.0.max(0) as f64
}

// === impl Rest ===

impl Rest {
    pub fn add(&mut self, time_us: f64) {
        self.count += 1;
        self.time_us += time_us;
    }
}

// === impl Waiting ===

impl Waiting {
    fn of(tree: &CallTree, node: usize) -> Self {
        Self {
            time_us: tree.nodes[node].time_us,
            node,
        }
    }
}

impl Eq for Waiting {}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let by_time = self.time_us.total_cmp(&other.time_us);
        // Of two alike the first is first, so that the same graph is always the same tree.
        by_time.then_with(|| other.node.cmp(&self.node))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests;
