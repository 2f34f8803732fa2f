//! A checkout whose stacks were sampled: twice in the price rules, between them in the database.

use wire::profile::Profile;
use wire::query::FunctionGraph;
use wire::time::{Micros, Range};

use super::{function_graph, seconds};

/// Which of the checkouts.
pub(crate) const SAMPLED: u32 = 3;

const PERIOD: f64 = 0.01;

const NAMES: &[&str] = &[
    "main()",
    "Phalcon\\Mvc\\Application::handle",
    "Shop\\CheckoutController::submitAction",
    "Shop\\Pricing::forCart",
    "Shop\\Pricing\\Rule::match",
    "preg_match",
    "Shop\\Stock::reserve",
    "PDOStatement::execute",
    "Phalcon\\Mvc\\View::render",
];

/// Parent and name, as a listener sends them.
const NODES: &[(i64, i64)] = &[
    (-1, 0),
    (0, 1),
    (1, 2),
    (2, 3),
    (3, 4),
    (4, 5),
    (2, 6),
    (6, 7),
    (1, 8),
];

/// From when, in seconds, the stack that ends in which node, until the next; none was seen in the last part.
const COURSE: &[(f64, i64)] = &[
    (0.0, 1),
    (0.1, 4),
    (0.3, 5),
    (0.5, 4),
    (0.6, 7),
    (8.0, 3),
    (8.2, 5),
    (9.0, 7),
    (9.4, 8),
    (9.6, -1),
];

pub(crate) fn sampled(wall: f64) -> Profile {
    let scale = wall / 10.0;
    let steps = COURSE.windows(2).filter(|step| step[0].1 >= 0);
    let timeline: Vec<(Micros, i64, i64)> = steps
        .map(|step| {
            let (from, to) = (step[0].0 * scale, step[1].0 * scale);
            #[expect(clippy::cast_possible_truncation)] // Some hundred samples.
            let samples = ((to - from) / PERIOD).round() as i64;
            (seconds(from), step[0].1, samples)
        })
        .collect();
    Profile {
        engine: "excimer".to_owned(),
        shape: "stacks".to_owned(),
        names: NAMES.iter().map(|name| (*name).to_owned()).collect(),
        period_us: Some(seconds(PERIOD)),
        nodes: NODES.to_vec(),
        stacks: timeline.iter().map(|seen| (seen.1, seen.2)).collect(),
        timeline,
        timeline_halvings: Some(0),
        ..Profile::default()
    }
}

/// The functions of a range in which all profiles were sampled: nobody counted calls.
pub(crate) fn sampled_graph(range: Range) -> FunctionGraph {
    let mut graph = function_graph(range);
    for function in &mut graph.functions {
        function.calls = 0;
    }
    for pair in &mut graph.pairs {
        pair.2 = 0;
    }
    graph
}
