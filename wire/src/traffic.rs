//! What every PHP request tells of itself, and what the collector makes of it every ten seconds.
//!
//! [`Stat`] comes as a datagram and is never stored; [`Traffic`] is a record. Its sums are exact, its
//! lists are bounded.

use serde::{Deserialize, Serialize};

use crate::histogram::Histogram;
use crate::ids::Project;
use crate::time::{Instant, Micros};

/// A datagram of kind `stat`: one request's numbers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Stat {
    pub project: Project,
    pub at_us: Instant,
    pub body: Numbers,
}

/// What a request tells. Whatever an older listener does not tell is zero or absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Numbers {
    pub method: String,
    pub route: String,
    pub status: Option<u16>,
    pub wall_us: Micros,
    pub queue_us: Option<Micros>,
    pub cpu_us: Option<Micros>,
    pub memory_peak_bytes: u64,
    pub sql_count: u64,
    pub sql_us: Micros,
    pub client: Option<String>,
    pub user_agent: Option<String>,
    pub captured: bool,
}

/// All requests of one project on one host, over `interval_us`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    pub interval_us: Micros,
    /// Most time first; beyond the bound `__other__`.
    pub routes: Vec<RouteTraffic>,
    pub clients: Vec<Heavy>,
    pub user_agents: Vec<Heavy>,
}

/// All requests of one label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTraffic {
    pub method: String,
    pub route: String,
    pub count: u64,
    /// Answered with 500 to 599.
    pub errors: u64,
    /// Of which there is a record of kind `request`.
    pub captured: u64,
    pub wall_us: Micros,
    pub longest_us: Micros,
    pub queue_us: Micros,
    pub cpu_us: Micros,
    pub sql_count: u64,
    pub sql_us: Micros,
    /// The highest of all.
    pub memory_peak_bytes: u64,
    /// Of wall time, in microseconds.
    pub wall: Histogram,
}

/// One of the most frequent: there were at most `count` of it, and at least `count - overcount`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heavy {
    pub value: String,
    pub count: u64,
    pub overcount: u64,
}

impl Stat {
    pub const KIND: &'static str = "stat";
}

impl Traffic {
    pub const KIND: &'static str = "traffic";
}
