//! A profile as sums by function and by pair of caller and callee, recursion folded.
//!
//! This is what profiles of many requests are added up as: whatever shape each had, the sums of two
//! graphs are the graph of both.

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::{Edge, Function, Pair, Profile, split_recursion, stacks};
use crate::time::Micros;

/// Functions by their place in `names`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph<'a> {
    pub names: Vec<&'a str>,
    /// One per name.
    pub functions: Vec<FunctionSums>,
    /// Each pair once, by caller and callee, unless they are unmerged.
    pub pairs: Vec<PairSums>,
    /// What all exclusive times add up to.
    pub total_us: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunctionSums {
    pub calls: i64,
    pub inclusive_us: i64,
    pub exclusive_us: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairSums {
    pub caller: usize,
    pub callee: usize,
    pub calls: i64,
    pub inclusive_us: i64,
}

/// Gives names places.
#[derive(Default)]
struct Places<'a> {
    names: Vec<&'a str>,
    places: FxHashMap<&'a str, usize>,
}

// === impl Graph ===

impl<'a> Graph<'a> {
    pub fn of(profile: &'a Profile) -> Self {
        let graph = Self::unmerged(profile);
        Self {
            pairs: added_up(&graph.pairs, graph.functions.len()),
            ..graph
        }
    }

    /// The same, but a pair that recursion has several edges of comes as often: to put them in order takes a third of
    /// the time, and whoever adds them up by function need not wait for it.
    pub fn unmerged(profile: &'a Profile) -> Self {
        if profile.shape == stacks::SHAPE {
            Self::of_stacks(profile)
        } else {
            Self::of_call_pairs(profile)
        }
    }

    fn of_call_pairs(profile: &'a Profile) -> Self {
        let mut places = Places::with_capacity(profile.names.len());
        let folded: Vec<(usize, u32)> = profile
            .names
            .iter()
            .map(|name| {
                let (function, level) = split_recursion(name);
                (places.of(function), level)
            })
            .collect();
        let mut functions = vec![FunctionSums::default(); places.names.len()];
        let mut is_used = vec![false; places.names.len()];
        let mut pairs: Vec<PairSums> = Vec::with_capacity(profile.edges.len());
        let mut total_us = 0_i64;
        for Edge {
            parent,
            child,
            calls,
            wall_us,
        } in profile.edges()
        {
            let (callee, level) = folded[child];
            is_used[callee] = true;
            let sums = &mut functions[callee];
            sums.calls = sums.calls.saturating_add(calls);
            sums.exclusive_us = sums.exclusive_us.saturating_add(wall_us);
            if level == 0 {
                sums.inclusive_us = sums.inclusive_us.saturating_add(wall_us);
            }
            let Some(parent) = parent else {
                total_us = total_us.saturating_add(wall_us);
                continue;
            };
            let (parent, _) = folded[parent];
            is_used[parent] = true;
            let sums = &mut functions[parent];
            sums.exclusive_us = sums.exclusive_us.saturating_sub(wall_us);
            pairs.push(PairSums {
                caller: parent,
                callee,
                calls,
                inclusive_us: wall_us,
            });
        }
        Self {
            pairs,
            names: places.names,
            functions,
            total_us,
        }
        .without_unused(&is_used)
    }

    fn of_stacks(profile: &'a Profile) -> Self {
        let mut places = Places::default();
        let mut functions: Vec<FunctionSums> = Vec::new();
        let mut pairs: FxHashMap<(usize, usize), PairSums> = FxHashMap::default();
        let mut total_us = 0_i64;
        for (node, Micros(time_us)) in stacks::seen(profile) {
            total_us = total_us.saturating_add(time_us);
            // The innermost first.
            let path: Vec<usize> = stacks::path(profile, node)
                .map(|name| places.of(name))
                .collect();
            functions.resize(places.names.len(), FunctionSums::default());
            if let Some(innermost) = path.first() {
                let sums = &mut functions[*innermost];
                sums.exclusive_us = sums.exclusive_us.saturating_add(time_us);
            }
            let mut calls: Vec<(usize, usize)> = path.windows(2).map(|it| (it[1], it[0])).collect();
            calls.sort_unstable();
            calls.dedup();
            for (caller, callee) in calls {
                let pair = PairSums {
                    caller,
                    callee,
                    calls: 0,
                    inclusive_us: time_us,
                };
                // Each comes on many stacks.
                let known = pairs.entry((caller, callee));
                known.and_modify(|it| it.add(&pair)).or_insert(pair);
            }
            let mut on_it = path;
            on_it.sort_unstable();
            on_it.dedup();
            for function in on_it {
                let sums = &mut functions[function];
                sums.inclusive_us = sums.inclusive_us.saturating_add(time_us);
            }
        }
        Self {
            pairs: pairs.into_values().collect(),
            names: places.names,
            functions,
            total_us,
        }
    }

    /// A name that no edge speaks of is no function of the profile.
    fn without_unused(mut self, is_used: &[bool]) -> Self {
        if is_used.iter().all(|is_used| *is_used) {
            return self;
        }
        let mut kept = 0;
        let places: Vec<usize> = is_used
            .iter()
            .map(|is_used| {
                kept += usize::from(*is_used);
                kept.saturating_sub(1)
            })
            .collect();
        let mut used = is_used.iter();
        self.names.retain(|_| used.next() == Some(&true));
        let mut used = is_used.iter();
        self.functions.retain(|_| used.next() == Some(&true));
        for pair in &mut self.pairs {
            (pair.caller, pair.callee) = (places[pair.caller], places[pair.callee]);
        }
        self
    }

    /// Every function, the greatest exclusive time first.
    pub(super) fn ranked(&self) -> Vec<Function> {
        let named = self.names.iter().zip(&self.functions);
        let mut functions: Vec<Function> = named
            .map(|(name, sums)| Function {
                name: (*name).to_owned(),
                calls: sums.calls,
                inclusive_us: Micros(sums.inclusive_us),
                exclusive_us: Micros(sums.exclusive_us),
            })
            .collect();
        functions.sort_by(|a, b| {
            let by_time = b.exclusive_us.cmp(&a.exclusive_us);
            by_time.then_with(|| a.name.cmp(&b.name))
        });
        functions
    }

    /// The pairs' other ends, the greatest share first.
    pub(super) fn neighbours(
        &self,
        function: &str,
        ends: impl Fn(&PairSums) -> (usize, usize),
    ) -> Vec<Pair> {
        let mut neighbours: Vec<Pair> = self
            .pairs
            .iter()
            .filter(|pair| self.names[ends(pair).0] == function)
            .map(|pair| Pair {
                name: self.names[ends(pair).1].to_owned(),
                calls: pair.calls,
                inclusive_us: Micros(pair.inclusive_us),
            })
            .collect();
        neighbours.sort_by(|a, b| {
            let by_time = b.inclusive_us.cmp(&a.inclusive_us);
            by_time.then_with(|| a.name.cmp(&b.name))
        });
        neighbours
    }
}

// === impl Places ===

impl<'a> Places<'a> {
    fn with_capacity(names: usize) -> Self {
        Self {
            names: Vec::with_capacity(names),
            places: FxHashMap::with_capacity_and_hasher(names, FxBuildHasher),
        }
    }

    fn of(&mut self, name: &'a str) -> usize {
        *self.places.entry(name).or_insert_with(|| {
            self.names.push(name);
            self.names.len() - 1
        })
    }
}

// === impl PairSums ===

impl PairSums {
    fn add(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.inclusive_us = self.inclusive_us.saturating_add(other.inclusive_us);
    }
}

/// Each pair once, in order.
fn added_up(pairs: &[PairSums], functions: usize) -> Vec<PairSums> {
    // A function calls few others: once pairs are put behind each other by caller, little is left to be sorted.
    let mut places = vec![0; functions + 1];
    for pair in pairs {
        places[pair.caller + 1] += 1;
    }
    for function in 0..functions {
        places[function + 1] += places[function];
    }
    let mut ordered = vec![PairSums::default(); pairs.len()];
    for pair in pairs {
        let place = &mut places[pair.caller];
        ordered[*place] = *pair;
        *place += 1;
    }
    for of_caller in ordered.chunk_by_mut(|a, b| a.caller == b.caller) {
        of_caller.sort_unstable_by_key(|pair| pair.callee);
    }
    ordered.dedup_by(|pair, before| {
        let is_same = (pair.caller, pair.callee) == (before.caller, before.callee);
        if is_same {
            before.add(pair);
        }
        is_same
    });
    ordered
}
