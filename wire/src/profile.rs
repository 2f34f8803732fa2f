//! A function profile, as call pairs or as stacks, and the sums over it.
//!
//! `XHProf` measures per pair of caller and callee; all values are inclusive. Recursion shows as
//! `foo@1`, `foo@2`: nested calls of `foo`. From that follow, exactly:
//!
//! - inclusive(f) = sum of the edges into f at recursion level 0
//! - exclusive(f) = sum of the edges into f, minus the edges out of f, over all levels
//! - the sum of all exclusive times = the root edge, `main()`
//!
//! Formulas: `xhprof_compute_flat_info` and `xhprof_compute_inclusive_times` in `XHProf`'s own UI.
//! Call *paths* are not in the data: what a callee costs below one particular caller's caller can
//! only be estimated.
//!
//! Excimer looks at the stack every `period_us`. Each node of the tree is a function below one path of
//! callers; a stack is the node it ends in, and how often it was seen. Then exclusive(f) is the time
//! of the stacks that end in f, inclusive(f) that of the stacks that f is on, once each. Calls are not
//! counted, so they are 0.

use serde::{Deserialize, Serialize};

use crate::time::Micros;

mod edges;
mod graph;
mod names;
mod stacks;

pub use edges::Edges;
pub use graph::{FunctionSums, Graph, PairSums};
pub use names::Names;

/// What callee name folded edges carry.
pub const OTHER: &str = "__other__";

/// PHP's function that waits until nobody else has the session.
pub const SESSION_START: &str = "session_start";

/// A profile as it crosses the wire: names once, edges as numbers.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    #[serde(default)]
    pub engine: String,
    /// `call_pairs` or `stacks`; profiles of another shape are kept but not summed.
    #[serde(default)]
    pub shape: String,
    /// What an edge carries behind its two names, in order.
    #[serde(default)]
    pub metrics: Vec<String>,
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub names: Names,
    /// `[parent, child, metric…]`; parent -1 is the root edge.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<Vec<i64>>"))]
    pub edges: Edges,
    #[serde(default)]
    pub folded_edges: u32,
    /// Of stacks: the time from one sample to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_us: Option<Micros>,
    /// Of stacks: `[parent, name]`; parent -1 is the bottom. Parents come before their children.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<(i64, i64)>,
    /// Of stacks: `[node, samples]`, folded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stacks: Vec<(i64, i64)>,
    /// Of stacks: `[at, node, samples]` in the order of time, counted from the request's start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<(Micros, i64, i64)>,
    /// How often each two neighbours of the timeline were made one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline_halvings: Option<u32>,
    /// Samples whose stack found no place in the tree; they are at `__other__`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folded_samples: Option<i64>,
}

/// One function's sums.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    pub name: String,
    pub calls: i64,
    pub inclusive_us: Micros,
    pub exclusive_us: Micros,
}

/// One caller or callee of a function.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    pub name: String,
    pub calls: i64,
    pub inclusive_us: Micros,
}

/// An edge that was checked: its functions by their place in `names`.
struct Edge {
    parent: Option<usize>,
    child: usize,
    calls: i64,
    wall_us: i64,
}

// === impl Profile ===

impl Profile {
    /// Every function with its sums, the greatest exclusive time first.
    pub fn functions(&self) -> Vec<Function> {
        self.graph().ranked()
    }

    /// Who calls a function, the greatest share first.
    pub fn callers(&self, function: &str) -> Vec<Pair> {
        self.graph()
            .neighbours(function, |pair| (pair.callee, pair.caller))
    }

    /// Whom a function calls, the greatest share first.
    pub fn callees(&self, function: &str) -> Vec<Pair> {
        self.graph()
            .neighbours(function, |pair| (pair.caller, pair.callee))
    }

    /// The root's time: what all exclusive times add up to.
    pub fn total_us(&self) -> Micros {
        Micros(self.graph().total_us)
    }

    /// The sums by function and by pair.
    pub fn graph(&self) -> Graph<'_> {
        Graph::of(self)
    }

    /// Of sampled stacks: each that was seen, the outermost function first, with its time.
    pub fn stacks(&self) -> impl Iterator<Item = (Vec<&str>, Micros)> {
        let is_stacks = self.shape == stacks::SHAPE;
        let seen = stacks::seen(self).filter(move |_| is_stacks);
        seen.map(|(node, time)| {
            let mut path: Vec<&str> = stacks::path(self, node).collect();
            path.reverse();
            (path, time)
        })
    }

    /// The edges that make sense; an index that points nowhere is passed over.
    fn edges(&self) -> impl Iterator<Item = Edge> {
        let column = |metric: &str| self.metrics.iter().position(|name| name == metric);
        let columns = column("calls").zip(column("wall_us"));
        let is_call_pairs = self.shape == "call_pairs";
        self.edges.iter().filter_map(move |edge| {
            let (calls, wall_us) = columns.filter(|_| is_call_pairs)?;
            let place = |index: i64| {
                let place = usize::try_from(index).ok();
                place.filter(|place| *place < self.names.len())
            };
            let parent = match *edge.first()? {
                -1 => None,
                index => Some(place(index)?),
            };
            Some(Edge {
                parent,
                child: place(*edge.get(1)?)?,
                calls: *edge.get(2 + calls)?,
                wall_us: *edge.get(2 + wall_us)?,
            })
        })
    }
}

/// `foo@2` is `foo` at recursion level 2. A name without digits behind its last `@` has level 0.
fn split_recursion(name: &str) -> (&str, u32) {
    match name.rsplit_once('@') {
        Some((function, level)) if !function.is_empty() => {
            level.parse().map_or((name, 0), |level| (function, level))
        }
        _ => (name, 0),
    }
}

#[cfg(test)]
mod tests;
