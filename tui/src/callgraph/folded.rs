//! Libraries folded into the functions that called them.
//!
//! A library's function goes away: its own time goes to its callers, in the shares of its time in which they
//! called it, and so do its calls to others, which become calls of its callers. One after the other, until none
//! is left but those that nobody calls. No time is lost or made: all own times together stay what they were, and
//! inclusive times of what stays do not change. Who called a function by way of a library is then an estimate, if
//! several called the library.

use std::collections::BTreeMap;

use wire::query::{FunctionGraph, FunctionRow};
use wire::time::Micros;

use super::CallGraph;
use crate::vendor::Vendors;

/// Pairs that may be made of one function's callers and callees; beyond it, those of least time are dropped. Own
/// times are not touched by that.
const PAIRS_MAX: usize = 10_000;

/// What was folded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Away {
    pub functions: usize,
    /// Their own time, now their callers'.
    pub self_us: i64,
}

/// Calls and inclusive time of a pair.
type Cost = (i64, i64);

struct Folding {
    rows: Vec<FunctionRow>,
    /// By function: its callees and its callers.
    callees: Vec<BTreeMap<usize, Cost>>,
    callers: Vec<BTreeMap<usize, Cost>>,
    is_away: Vec<bool>,
    away: Away,
}

// === impl CallGraph ===

impl CallGraph {
    /// Folds libraries, or shows them again.
    pub fn fold(&mut self, vendors: Option<&Vendors>) {
        self.folded = vendors.map(|vendors| {
            let (answer, away) = folded(&self.answer, vendors);
            let mut graph = Self::new(answer);
            graph.away = away;
            Box::new(graph)
        });
    }

    /// As it is to be seen: folded, if it is.
    pub fn seen(&self) -> &Self {
        self.folded.as_deref().unwrap_or(self)
    }
}

fn folded(answer: &FunctionGraph, vendors: &Vendors) -> (FunctionGraph, Away) {
    let mut folding = Folding::of(answer);
    let rows = answer.functions.iter().enumerate();
    let mut libraries: Vec<usize> = rows
        .filter(|(_, row)| vendors.is_library(&row.name))
        .map(|(place, _)| place)
        .collect();
    // Those with few neighbours first: what is left has fewer pairs to make.
    libraries.sort_by_key(|place| folding.callers[*place].len() * folding.callees[*place].len());
    for place in libraries {
        folding.away(place);
    }
    folding.finish(answer)
}

// === impl Folding ===

impl Folding {
    fn of(answer: &FunctionGraph) -> Self {
        let count = answer.functions.len();
        let mut folding = Self {
            rows: answer.functions.clone(),
            callees: vec![BTreeMap::new(); count],
            callers: vec![BTreeMap::new(); count],
            is_away: vec![false; count],
            away: Away::default(),
        };
        for (caller, callee, calls, time) in &answer.pairs {
            let (caller, callee) = (*caller as usize, *callee as usize);
            if caller < count && callee < count {
                folding.add(caller, callee, (*calls, time.0));
            }
        }
        folding
    }

    fn add(&mut self, caller: usize, callee: usize, cost: Cost) {
        let sides = [
            self.callees[caller].entry(callee).or_default(),
            self.callers[callee].entry(caller).or_default(),
        ];
        for pair in sides {
            pair.0 = pair.0.saturating_add(cost.0);
            pair.1 = pair.1.saturating_add(cost.1);
        }
    }

    /// Hands a function's own time and its calls to its callers, unless it has none.
    fn away(&mut self, place: usize) {
        let mut callers = std::mem::take(&mut self.callers[place]);
        // What it called itself stays its own time.
        callers.remove(&place);
        let shares = shares(&callers);
        let entered = shares
            .iter()
            .fold(0, |sum: i64, it| sum.saturating_add(it.1));
        if entered <= 0 {
            self.callers[place] = callers;
            return;
        }
        let mut callees = std::mem::take(&mut self.callees[place]);
        callees.remove(&place);
        let own = self.rows[place].exclusive_us.0;
        for ((caller, _), part) in shares.iter().zip(parts(own, &shares, entered)) {
            let row = &mut self.rows[*caller];
            row.exclusive_us = Micros(row.exclusive_us.0.saturating_add(part));
            // Of the two together nobody knows it.
            row.exclusive_p95_us = None;
            self.callees[*caller].remove(&place);
        }
        let mut made: Vec<(usize, usize, Cost)> = Vec::new();
        for (callee, (calls, time)) in callees {
            self.callers[callee].remove(&place);
            let (calls, times) = (
                parts(calls, &shares, entered),
                parts(time, &shares, entered),
            );
            let costs = calls.into_iter().zip(times);
            let pairs = shares.iter().zip(costs);
            made.extend(pairs.map(|((caller, _), cost)| (*caller, callee, cost)));
        }
        made.sort_by_key(|it| std::cmp::Reverse(it.2.1));
        made.truncate(PAIRS_MAX);
        for (caller, callee, cost) in made.into_iter().filter(|it| it.2 != (0, 0)) {
            self.add(caller, callee, cost);
        }
        self.is_away[place] = true;
        self.away.functions += 1;
        self.away.self_us = self.away.self_us.saturating_add(own);
    }

    fn finish(self, answer: &FunctionGraph) -> (FunctionGraph, Away) {
        let mut places = vec![None; self.rows.len()];
        let mut rows = Vec::new();
        for (place, row) in self.rows.into_iter().enumerate() {
            if !self.is_away[place] {
                places[place] = u32::try_from(rows.len()).ok();
                rows.push(row);
            }
        }
        let total = answer.total_us.0.max(1) as f64;
        for row in &mut rows {
            row.share = row.exclusive_us.0 as f64 / total;
        }
        let mut pairs = Vec::new();
        for (caller, callees) in self.callees.iter().enumerate() {
            for (callee, (calls, time)) in callees {
                if let (Some(caller), Some(callee)) = (places[caller], places[*callee]) {
                    pairs.push((caller, callee, *calls, Micros(*time)));
                }
            }
        }
        pairs.sort_by_key(|pair| (std::cmp::Reverse(pair.3), pair.0, pair.1));
        let folded = FunctionGraph {
            functions: rows,
            pairs,
            ..answer.clone()
        };
        (folded, self.away)
    }
}

/// What each caller has of a function: by its time, else by its calls, else alike. Who took no measurable time is
/// folded as well.
fn shares(callers: &BTreeMap<usize, Cost>) -> Vec<(usize, i64)> {
    let of = |share: fn(&Cost) -> i64| -> Vec<(usize, i64)> {
        let shares = callers.iter().map(|(it, cost)| (*it, share(cost).max(0)));
        shares.collect()
    };
    let is_some = |shares: &Vec<(usize, i64)>| shares.iter().any(|it| it.1 > 0);
    let kinds: [fn(&Cost) -> i64; 2] = [|cost| cost.1, |cost| cost.0];
    let found = kinds.into_iter().map(of).find(is_some);
    found.unwrap_or_else(|| of(|_| 1))
}

/// A whole in the callers' shares, without a lost microsecond: each gets what the sum up to it has more than the
/// one before.
fn parts(whole: i64, shares: &[(usize, i64)], all: i64) -> Vec<i64> {
    let (mut sum, mut given) = (0_i128, 0_i128);
    let parts = shares.iter().map(|(_, share)| {
        sum += i128::from(*share);
        let upto = i128::from(whole) * sum / i128::from(all.max(1));
        let part = upto - given;
        given = upto;
        i64::try_from(part).unwrap_or_default()
    });
    parts.collect()
}

#[cfg(test)]
mod tests;
