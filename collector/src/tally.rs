//! Adds up what every request tells of itself, per project and route, until somebody takes the sums.
//!
//! Anybody may ask for any URL, so everything here is bounded whatever comes: projects, routes, and
//! the sketches of clients and user agents. What finds no place of its own is still in the sums.

use std::collections::{BTreeMap, HashMap};

use wire::ids::Project;
use wire::time::Micros;
use wire::traffic::{Numbers, RouteTraffic, Stat, Traffic};

mod sketch;

use sketch::Sketch;

/// Projects that one machine serves; each has a pool of PHP workers of its own.
const PROJECTS_MAX: usize = 32;

/// Routes of a project that are told apart. A record of all of them is some 150 KB.
const ROUTES_MAX: usize = 500;

const OTHER: &str = "__other__";

/// The sums since they were taken last.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<Project, Sums>);

#[derive(Debug, Default)]
struct Sums {
    routes: HashMap<(String, String), RouteTraffic>,
    clients: Sketch,
    user_agents: Sketch,
}

// === impl Tally ===

impl Tally {
    /// Adds a request. False if its project is one too many.
    pub fn add(&mut self, stat: Stat) -> bool {
        let Stat { project, body, .. } = stat;
        if !self.0.contains_key(&project) && self.0.len() >= PROJECTS_MAX {
            return false;
        }
        self.0.entry(project).or_default().add(&body);
        true
    }

    /// Takes the sums, a project each.
    pub fn take(&mut self, interval_us: Micros) -> Vec<(Project, Traffic)> {
        let sums = std::mem::take(&mut self.0);
        sums.into_iter()
            .map(|(project, sums)| (project, sums.into_traffic(interval_us)))
            .collect()
    }
}

// === impl Sums ===

impl Sums {
    fn add(&mut self, numbers: &Numbers) {
        if let Some(client) = &numbers.client {
            self.clients.add(client);
        }
        if let Some(user_agent) = numbers
            .user_agent
            .as_deref()
            .filter(|text| !text.is_empty())
        {
            self.user_agents.add(user_agent);
        }
        let route = self.route(numbers);
        route.count += 1;
        route.errors += u64::from(numbers.status.is_some_and(|status| status >= 500));
        route.captured += u64::from(numbers.captured);
        route.wall_us = plus(route.wall_us, numbers.wall_us);
        route.longest_us = route.longest_us.max(numbers.wall_us);
        route.queue_us = plus(route.queue_us, numbers.queue_us.unwrap_or_default());
        route.cpu_us = plus(route.cpu_us, numbers.cpu_us.unwrap_or_default());
        route.sql_count = route.sql_count.saturating_add(numbers.sql_count);
        route.sql_us = plus(route.sql_us, numbers.sql_us);
        route.memory_peak_bytes = route.memory_peak_bytes.max(numbers.memory_peak_bytes);
        route
            .wall
            .add(u64::try_from(numbers.wall_us.0).unwrap_or(0));
    }

    fn route(&mut self, numbers: &Numbers) -> &mut RouteTraffic {
        let mut key = (numbers.method.clone(), numbers.route.clone());
        if !self.routes.contains_key(&key) && self.routes.len() >= ROUTES_MAX {
            key = (String::new(), OTHER.to_owned());
        }
        let (method, route) = key.clone();
        self.routes.entry(key).or_insert_with(|| RouteTraffic {
            method,
            route,
            ..RouteTraffic::default()
        })
    }

    fn into_traffic(self, interval_us: Micros) -> Traffic {
        let mut routes: Vec<RouteTraffic> = self.routes.into_values().collect();
        routes.sort_unstable_by(|a, b| {
            let names = |route: &RouteTraffic| (route.route.clone(), route.method.clone());
            b.wall_us
                .cmp(&a.wall_us)
                .then_with(|| names(a).cmp(&names(b)))
        });
        Traffic {
            interval_us,
            routes,
            clients: self.clients.heaviest(),
            user_agents: self.user_agents.heaviest(),
        }
    }
}

fn plus(sum: Micros, more: Micros) -> Micros {
    Micros(sum.0.saturating_add(more.0))
}

#[cfg(test)]
mod tests;
