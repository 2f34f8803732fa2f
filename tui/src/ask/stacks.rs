//! The sampled stacks of a range: more than one question, asked as one.
//!
//! The store adds profiles up by pairs of functions, in which whole stacks are lost; a request's body has
//! them. So the slowest requests are listed, and each is read.

use wire::profile::Profile;

use super::{Ask, Sort};

/// Requests whose stacks are read. Each is a question of some milliseconds, and the slowest have most of the samples.
pub const REQUESTS_MAX: u32 = 40;

/// Sampled profiles of a range's slowest requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stacks {
    /// How many requests match.
    pub matching: u64,
    /// How many of them were read.
    pub read: u64,
    /// Those of them that have stacks.
    pub profiles: Vec<Profile>,
}

// === impl Ask ===

impl Ask {
    /// The list of requests whose stacks are read.
    pub(super) fn listing(&self) -> Option<Self> {
        let Self::Stacks {
            range,
            project,
            route,
        } = self
        else {
            return None;
        };
        Some(Self::Requests {
            range: *range,
            project: project.clone(),
            route: route.clone(),
            filter: None,
            sort: Sort::Wall,
            rows_max: REQUESTS_MAX,
            cursor: None,
        })
    }
}
