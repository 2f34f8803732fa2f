//! The functions of many requests with who called whom, and two such graphs side by side.
//!
//! Pure functions of the store's answers. A call pair is exact; what lies two calls apart is not in it.

mod folded;

use std::collections::{BTreeSet, HashMap};

use wire::profile::{Function, OTHER, Pair, Profile};
use wire::query::{FunctionGraph, FunctionRow};
use wire::time::{Instant, Micros, Range};

pub use folded::Away;

/// An answer with its pairs by function.
#[derive(Clone, Debug)]
pub struct CallGraph {
    pub answer: FunctionGraph,
    places: HashMap<String, usize>,
    /// By function: pairs into it, pairs out of it, as places in the answer's list.
    callers: Vec<Vec<usize>>,
    callees: Vec<Vec<usize>>,
    /// With libraries folded, if they are.
    folded: Option<Box<CallGraph>>,
    /// What was folded into this one.
    pub away: Away,
}

/// What a function cost, of all requests or of one on average.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    pub calls: f64,
    pub self_us: f64,
    /// With its callees; 0 for a callee's line of which only the pair is known.
    pub inclusive_us: f64,
}

/// A function, or a caller or callee of one, in the range and in its baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub name: String,
    pub now: Option<Sums>,
    pub before: Option<Sums>,
}

/// What lines are ordered by, the greatest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    SelfTime,
    Inclusive,
    Calls,
    /// By how far self time is from the baseline's, more or less alike.
    Change,
}

/// Which neighbours of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Callers,
    Callees,
}

// === impl CallGraph ===

impl CallGraph {
    pub fn new(answer: FunctionGraph) -> Self {
        let count = answer.functions.len();
        let names = answer.functions.iter().enumerate();
        let places = names
            .map(|(place, row)| (row.name.clone(), place))
            .collect();
        let (mut callers, mut callees) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        for (index, (caller, callee, ..)) in answer.pairs.iter().enumerate() {
            // A place that is none is passed over: the answer may be of another version.
            if let (Some(out), Some(into)) = (
                callees.get_mut(*caller as usize),
                callers.get_mut(*callee as usize),
            ) {
                out.push(index);
                into.push(index);
            }
        }
        Self {
            answer,
            places,
            callers,
            callees,
            folded: None,
            away: Away::default(),
        }
    }

    /// Of one request alone.
    pub fn of_profile(profile: &Profile) -> Self {
        let graph = profile.graph();
        let total = graph.total_us.max(1) as f64;
        let functions = graph.names.iter().zip(&graph.functions);
        let rows = functions.map(|(name, sums)| FunctionRow {
            name: (*name).to_owned(),
            calls: sums.calls,
            inclusive_us: Micros(sums.inclusive_us),
            exclusive_us: Micros(sums.exclusive_us),
            profiles: 1,
            share: sums.exclusive_us as f64 / total,
            ..FunctionRow::default()
        });
        let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let pairs = graph.pairs.iter().map(|pair| {
            let time = Micros(pair.inclusive_us);
            (place(pair.caller), place(pair.callee), pair.calls, time)
        });
        Self::new(FunctionGraph {
            profiles: 1,
            total_us: Micros(graph.total_us),
            functions: rows.collect(),
            pairs: pairs.collect(),
            range: Range {
                from_at_us: Instant(0),
                to_at_us: Instant(0),
            },
            sampled_of: None,
            omitted: 0,
            omitted_us: Micros(0),
            omitted_pairs: 0,
        })
    }

    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// The pairs out of a function: callee, calls, inclusive time in microseconds.
    pub fn callees(&self, place: usize) -> impl Iterator<Item = (usize, i64, i64)> {
        let pairs = self.callees.get(place).into_iter().flatten();
        pairs.map(|index| {
            let (_, callee, calls, time) = self.answer.pairs[*index];
            (callee as usize, calls, time.0)
        })
    }

    /// Functions that nobody calls but they themselves.
    pub fn roots(&self) -> impl Iterator<Item = usize> {
        (0..self.answer.functions.len()).filter(|place| {
            let mut callers = self.callers[*place].iter();
            callers.all(|index| self.answer.pairs[*index].0 as usize == *place)
        })
    }

    /// Whether no profile counted calls: then all of them were sampled as stacks.
    pub fn is_sampled(&self) -> bool {
        let functions = &self.answer.functions;
        !functions.is_empty() && functions.iter().all(|row| row.calls == 0)
    }

    /// What the listeners put into one bin for want of room, in microseconds of self time.
    pub fn folded_us(&self) -> i64 {
        let place = self.place(OTHER);
        place.map_or(0, |place| self.answer.functions[place].exclusive_us.0)
    }

    /// A function's own time in a request: on average over all that were profiled, and what 95 % of them have no more
    /// of, where the store read them one by one.
    pub fn usual(&self, name: &str) -> (f64, Option<f64>) {
        let Some(place) = self.place(name) else {
            return (0.0, None);
        };
        let row = &self.answer.functions[place];
        let p95 = row.exclusive_p95_us.map(|us| us.0 as f64);
        (row.exclusive_us.0 as f64 / self.requests(), p95)
    }

    /// Every function with its sums, the greatest own time first.
    pub fn functions(&self) -> Vec<Function> {
        let rows = self.answer.functions.iter();
        let mut functions: Vec<Function> = rows
            .map(|row| Function {
                name: row.name.clone(),
                calls: row.calls,
                inclusive_us: row.inclusive_us,
                exclusive_us: row.exclusive_us,
            })
            .collect();
        functions.sort_by(|a, b| {
            let by_time = b.exclusive_us.cmp(&a.exclusive_us);
            by_time.then_with(|| a.name.cmp(&b.name))
        });
        functions
    }

    /// A function's callers or callees, the greatest time first.
    pub fn pairs_of(&self, name: &str, side: Side) -> Vec<Pair> {
        let lines = around(self, None, name, side).into_iter();
        #[expect(clippy::cast_possible_truncation)] // They were whole before.
        let pairs = lines.map(|line| Pair {
            calls: line.sums().calls as i64,
            inclusive_us: Micros(line.sums().inclusive_us as i64),
            name: line.name,
        });
        pairs.collect()
    }

    fn sums(&self, name: &str, per: f64) -> Option<Sums> {
        let row = &self.answer.functions[self.place(name)?];
        Some(Sums {
            calls: row.calls as f64 / per,
            self_us: row.exclusive_us.0 as f64 / per,
            inclusive_us: row.inclusive_us.0 as f64 / per,
        })
    }

    fn neighbours(&self, name: &str, side: Side, per: f64) -> HashMap<&str, Sums> {
        let Some(place) = self.place(name) else {
            return HashMap::new();
        };
        let pairs = match side {
            Side::Callers => &self.callers[place],
            Side::Callees => &self.callees[place],
        };
        let pairs = pairs.iter().map(|index| {
            let (caller, callee, calls, time) = self.answer.pairs[*index];
            let other = match side {
                Side::Callers => caller,
                Side::Callees => callee,
            };
            let sums = Sums {
                calls: calls as f64 / per,
                self_us: 0.0,
                inclusive_us: time.0 as f64 / per,
            };
            (self.answer.functions[other as usize].name.as_str(), sums)
        });
        pairs.collect()
    }

    /// How many requests its sums are of; at least one, as something to divide by.
    fn requests(&self) -> f64 {
        self.answer.profiles.max(1) as f64
    }
}

/// The functions of a range, all requests added up.
pub fn totals(graph: &CallGraph) -> Vec<Line> {
    let rows = graph.answer.functions.iter();
    rows.map(|row| Line {
        name: row.name.clone(),
        now: graph.sums(&row.name, 1.0),
        before: None,
    })
    .collect()
}

/// The functions of a range and of its baseline, per request, over the names of both.
pub fn changes(now: &CallGraph, before: &CallGraph) -> Vec<Line> {
    let names = now.answer.functions.iter().chain(&before.answer.functions);
    let names: BTreeSet<&str> = names.map(|row| row.name.as_str()).collect();
    names
        .into_iter()
        .map(|name| Line {
            name: name.to_owned(),
            now: now.sums(name, now.requests()),
            before: before.sums(name, before.requests()),
        })
        .collect()
}

/// A function's callers or callees, the greatest time first: totals, or with a baseline per request.
pub fn around(now: &CallGraph, before: Option<&CallGraph>, name: &str, side: Side) -> Vec<Line> {
    let per = before.map_or(1.0, |_| now.requests());
    let here = now.neighbours(name, side, per);
    let there = before.map(|graph| graph.neighbours(name, side, graph.requests()));
    let there = there.unwrap_or_default();
    let names: BTreeSet<&str> = here.keys().chain(there.keys()).copied().collect();
    let mut lines: Vec<Line> = names
        .into_iter()
        .map(|name| Line {
            name: name.to_owned(),
            now: here.get(name).copied(),
            before: there.get(name).copied(),
        })
        .collect();
    Order::Inclusive.sort(&mut lines);
    lines
}

// === impl Line ===

impl Line {
    /// The baseline has no such thing. Says nothing where there is no baseline.
    pub fn is_new(&self) -> bool {
        self.now.is_some() && self.before.is_none()
    }

    pub fn is_gone(&self) -> bool {
        self.now.is_none()
    }

    /// In the range; nothing if it is gone.
    pub fn sums(&self) -> Sums {
        self.now.unwrap_or_default()
    }

    pub fn self_change_us(&self) -> f64 {
        self.sums().self_us - self.before.unwrap_or_default().self_us
    }

    pub fn inclusive_change_us(&self) -> f64 {
        self.sums().inclusive_us - self.before.unwrap_or_default().inclusive_us
    }
}

// === impl Order ===

impl Order {
    pub(crate) const ALL: [Self; 4] = [Self::SelfTime, Self::Inclusive, Self::Calls, Self::Change];

    /// The order `steps` further on. Without a baseline there is no change to order by.
    #[must_use]
    pub fn step(self, steps: isize, has_baseline: bool) -> Self {
        let length = if has_baseline { 4 } else { 3 };
        let at = Self::ALL.iter().position(|order| *order == self);
        let at = at.unwrap_or(0).min(length - 1);
        Self::ALL[at.wrapping_add_signed(steps).wrapping_add(length) % length]
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::SelfTime => "self time",
            Self::Inclusive => "inclusive time",
            Self::Calls => "calls",
            Self::Change => "change of self time",
        }
    }

    pub fn sort(self, lines: &mut [Line]) {
        // Of what is gone, the baseline's figures tell how much it was.
        let sums = |line: &Line| line.now.or(line.before).unwrap_or_default();
        let key = |line: &Line| match self {
            Self::SelfTime => sums(line).self_us,
            Self::Inclusive => sums(line).inclusive_us,
            Self::Calls => sums(line).calls,
            Self::Change => line.self_change_us().abs(),
        };
        lines.sort_by(|a, b| key(b).total_cmp(&key(a)).then_with(|| a.name.cmp(&b.name)));
    }
}

#[cfg(test)]
mod tests;
