//! Stacks of functions with their times, out of profiles of either shape.
//!
//! Call pairs know how long a callee took below each caller, and no more. Stacks are made of them by
//! letting the time flow from the root: what arrives at a function on one path goes on to its callees
//! in the shares in which the function spends its time on all paths. So each function's own time, its
//! time with callees and each pair's time are as measured, but for what is not followed; **paths of more than two functions are
//! estimates**. A profile's paths may be more than anybody can look at: what is less than
//! [`SHARE_LEAST`] of it, or deeper than [`DEPTH_MAX`], is not followed, and stands as [`NOT_FOLLOWED`]
//! where it was left, so that no time is lost.

use std::collections::HashMap;

use wire::profile::{Graph, Profile};

/// What stands for calls that were not followed.
pub const NOT_FOLLOWED: &str = "(small calls, not followed)";
/// Of all the time: less can't be seen in any drawing.
const SHARE_LEAST: f64 = 1e-4;
/// Functions on one path: PHP's own stacks are rarely deeper than 100.
const DEPTH_MAX: usize = 256;
/// Different stacks in one export: some MB, which each of the readers still opens.
const STACKS_MAX: usize = 100_000;

/// Stacks, the outermost function first, each with its time.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// What the profiles are of, for the title.
    pub title: String,
    pub profiles: u64,
    /// Whether call pairs are among them.
    pub has_estimates: bool,
    pub names: Vec<String>,
    /// Functions by their place in `names`.
    pub stacks: Vec<(Vec<usize>, i64)>,
}

/// Adds up.
#[derive(Debug, Default)]
struct Sum {
    places: HashMap<String, usize>,
    names: Vec<String>,
    stacks: HashMap<Vec<usize>, f64>,
    profiles: u64,
    has_estimates: bool,
}

/// One profile's pairs as a network for time to flow through.
struct Network {
    /// By function: its place in the sum's names, its own time, its callees with theirs.
    places: Vec<usize>,
    own_us: Vec<f64>,
    callees: Vec<Vec<(usize, f64)>>,
    least_us: f64,
}

// === impl Paths ===

impl Paths {
    pub fn of<'a>(title: String, profiles: impl IntoIterator<Item = &'a Profile>) -> Self {
        let mut sum = Sum::default();
        for profile in profiles {
            sum.add(profile);
        }
        let mut stacks: Vec<(Vec<usize>, i64)> = sum
            .stacks
            .into_iter()
            .map(|(stack, time_us)| (stack, whole(time_us)))
            .filter(|(_, time_us)| *time_us > 0)
            .collect();
        stacks.sort_unstable();
        Self {
            title,
            profiles: sum.profiles,
            has_estimates: sum.has_estimates,
            names: sum.names,
            stacks,
        }
    }

    pub fn total_us(&self) -> i64 {
        self.stacks.iter().map(|(_, time_us)| time_us).sum()
    }

    /// What a reader must know, if there is something.
    pub fn caution(&self) -> Option<&'static str> {
        self.has_estimates.then_some(
            "from call pairs: times of functions and pairs are as measured but for small calls, \
             paths of more than two functions are estimates",
        )
    }
}

// === impl Sum ===

impl Sum {
    fn add(&mut self, profile: &Profile) {
        self.profiles += 1;
        let mut is_sampled = false;
        for (stack, time) in profile.stacks() {
            is_sampled = true;
            let stack = stack.into_iter().map(|name| self.place(name)).collect();
            self.put(stack, time.0 as f64);
        }
        if is_sampled {
            return;
        }
        let graph = profile.graph();
        self.has_estimates |= !graph.functions.is_empty();
        let network = Network::of(self, &graph);
        for (root, time_us) in roots(&graph) {
            self.flow(&network, root, time_us, &mut Vec::new());
        }
    }

    fn place(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        self.names.push(name.to_owned());
        self.places.insert(name.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }

    /// Time that ends in the last function of a stack.
    fn put(&mut self, stack: Vec<usize>, time_us: f64) {
        if time_us <= 0.0 {
            return;
        }
        let is_full = self.stacks.len() >= STACKS_MAX && !self.stacks.contains_key(&stack);
        let stack = if is_full {
            vec![self.place(NOT_FOLLOWED)]
        } else {
            stack
        };
        *self.stacks.entry(stack).or_default() += time_us;
    }

    /// The time that arrives at a function below a path, handed on. As deep as [`DEPTH_MAX`].
    fn flow(&mut self, network: &Network, function: usize, time_us: f64, path: &mut Vec<usize>) {
        path.push(network.places[function]);
        let below: f64 = network.callees[function].iter().map(|(_, us)| us).sum();
        let through = network.own_us[function] + below;
        // More may arrive than goes through where clocks jumped; what does not go on stays.
        let share = if through > 0.0 {
            time_us / through
        } else {
            0.0
        };
        let mut left = time_us;
        let mut not_followed = 0.0;
        for (callee, callee_us) in &network.callees[function] {
            let arrives = (callee_us * share).min(left);
            left -= arrives;
            let is_small = arrives < network.least_us || path.len() >= DEPTH_MAX;
            if is_small || self.stacks.len() >= STACKS_MAX {
                not_followed += arrives;
            } else {
                self.flow(network, *callee, arrives, path);
            }
        }
        self.put(path.clone(), left);
        if not_followed > 0.0 {
            let place = self.place(NOT_FOLLOWED);
            self.put([path.as_slice(), &[place]].concat(), not_followed);
        }
        path.pop();
    }
}

// === impl Network ===

impl Network {
    fn of(sum: &mut Sum, graph: &Graph<'_>) -> Self {
        let mut callees = vec![Vec::new(); graph.names.len()];
        for pair in &graph.pairs {
            if pair.inclusive_us > 0 {
                callees[pair.caller].push((pair.callee, pair.inclusive_us as f64));
            }
        }
        let own = graph
            .functions
            .iter()
            .map(|it| it.exclusive_us.max(0) as f64);
        Self {
            places: graph.names.iter().map(|name| sum.place(name)).collect(),
            own_us: own.collect(),
            callees,
            least_us: (graph.total_us as f64 * SHARE_LEAST).max(1.0),
        }
    }
}

/// Functions that more time goes through than their callers sent: where the time comes in.
fn roots(graph: &Graph<'_>) -> Vec<(usize, f64)> {
    let mut time_us: Vec<i64> = graph.functions.iter().map(|it| it.exclusive_us).collect();
    for pair in &graph.pairs {
        time_us[pair.caller] = time_us[pair.caller].saturating_add(pair.inclusive_us);
        time_us[pair.callee] = time_us[pair.callee].saturating_sub(pair.inclusive_us);
    }
    let roots = time_us.into_iter().enumerate();
    roots
        .filter(|(_, time_us)| *time_us > 0)
        .map(|(function, time_us)| (function, time_us as f64))
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float's cast stops at the bounds"
)]
fn whole(time_us: f64) -> i64 {
    time_us.round() as i64
}
