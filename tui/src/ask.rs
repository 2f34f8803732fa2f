//! What the console asks the store, and what comes back.
//!
//! An [`Ask`] is a value: two equal asks deserve the same answer, so it doubles as the key by which
//! a screen knows whether what it holds is still what it wants. No clock time is in it beyond the
//! range that is looked at.

pub mod stacks;

use serde::de::DeserializeOwned;
use thiserror::Error;
use wire::batch::Problem;
use wire::ids::{CorrelationId, Project, SpikeId};
use wire::limits::ANSWER_ROWS_MAX;
use wire::query::{
    BaselineKind, FunctionGraph, Health, Hosts, LockEpisodes, LockTree, Logs, Overview, Projects,
    RequestComparison, RequestDetail, Requests, Spikes, StatementDetail, Statements, Suspects,
    Timeline,
};
use wire::sql::Fingerprint;
use wire::time::{Instant, Range};

use stacks::Stacks;

/// How many requests a page holds: a few screens full, and still a small answer.
pub const PAGE_ROWS: u32 = 200;

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    Overview,
    Projects,
    Timeline {
        range: Range,
        buckets: u32,
        project: Option<Project>,
    },
    Spikes {
        range: Range,
        project: Option<Project>,
    },
    Suspects {
        of: Suspected,
        baseline: BaselineKind,
    },
    Requests {
        range: Range,
        project: Option<Project>,
        route: Option<String>,
        /// In the store's filter language.
        filter: Option<String>,
        sort: Sort,
        rows_max: u32,
        cursor: Option<String>,
    },
    Request {
        correlation_id: CorrelationId,
    },
    Comparison {
        correlation_id: CorrelationId,
    },
    Locks {
        range: Range,
        project: Option<Project>,
    },
    /// Who waits for whom at a moment, by default the worst.
    LockTree {
        range: Range,
        project: Option<Project>,
        at_us: Option<Instant>,
    },
    Hosts {
        project: Option<Project>,
    },
    Logs {
        range: Range,
        project: Option<Project>,
    },
    Health,
    FunctionGraph {
        range: Range,
        project: Option<Project>,
        route: Option<String>,
    },
    /// Of the slowest requests; asked in several steps, the first of which lists them.
    Stacks {
        range: Range,
        project: Option<Project>,
        route: Option<String>,
    },
    Statements {
        range: Range,
        project: Option<Project>,
        route: Option<String>,
    },
    Statement {
        range: Range,
        project: Option<Project>,
        route: Option<String>,
        fingerprint: Fingerprint,
    },
}

/// What suspects are looked for of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suspected {
    /// It has its range and its project.
    Spike(SpikeId),
    Range {
        range: Range,
        project: Option<Project>,
    },
}

/// What a list of requests is ordered by, the greatest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Sort {
    #[default]
    Wall,
    /// The newest first.
    #[value(name = "newest")]
    At,
    Sql,
    Lock,
    Blocked,
    Memory,
}

/// One answer, of the same name as its question.
#[derive(Clone, Debug)]
pub enum Answer {
    Overview(Box<Overview>),
    Projects(Box<Projects>),
    Timeline(Box<Timeline>),
    Spikes(Box<Spikes>),
    Suspects(Box<Suspects>),
    Requests(Box<Requests>),
    Request(Box<RequestDetail>),
    Comparison(Box<RequestComparison>),
    Locks(Box<LockEpisodes>),
    LockTree(Box<LockTree>),
    Hosts(Box<Hosts>),
    Logs(Box<Logs>),
    Health(Box<Health>),
    FunctionGraph(Box<FunctionGraph>),
    Stacks(Box<Stacks>),
    Statements(Box<Statements>),
    Statement(Box<StatementDetail>),
}

/// Why there is no answer, in words for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Trouble {
    #[error("cannot reach the store ({reason}) at {url}")]
    Unreachable { url: String, reason: String },
    #[error("the store at {url} took longer than {seconds} s to answer")]
    Slow { url: String, seconds: u64 },
    #[error("the store refuses the read token ({from}): {detail}")]
    Token { from: String, detail: String },
    #[error("the store answered {}: {}", .0.status, if .0.detail.is_empty() { &.0.title } else { &.0.detail })]
    Problem(Problem),
    #[error("not in this bundle: {path}")]
    NotInBundle { path: String },
    #[error("{url} answers, but not like a store: {reason}")]
    Answer { url: String, reason: String },
}

// === impl Ask ===

impl Ask {
    pub fn path(&self) -> String {
        match self {
            Self::Overview => "/v1/overview".to_owned(),
            Self::Projects => "/v1/projects".to_owned(),
            Self::Timeline { .. } => "/v1/timeline".to_owned(),
            Self::Spikes { .. } => "/v1/spikes".to_owned(),
            Self::Suspects { .. } => "/v1/suspects".to_owned(),
            Self::Requests { .. } | Self::Stacks { .. } => "/v1/requests".to_owned(),
            Self::Request { correlation_id } => format!("/v1/requests/{correlation_id}"),
            Self::Comparison { correlation_id } => {
                format!("/v1/requests/{correlation_id}/comparison")
            }
            Self::Locks { .. } => "/v1/locks".to_owned(),
            Self::LockTree { .. } => "/v1/locks/tree".to_owned(),
            Self::Hosts { .. } => "/v1/hosts".to_owned(),
            Self::Logs { .. } => "/v1/logs".to_owned(),
            Self::Health => "/v1/health".to_owned(),
            Self::FunctionGraph { .. } => "/v1/functions/graph".to_owned(),
            Self::Statements { .. } => "/v1/statements".to_owned(),
            Self::Statement { .. } => "/v1/statement".to_owned(),
        }
    }

    /// The parameters, not yet encoded for a URL.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        if let Some(listing) = self.listing() {
            return listing.parameters();
        }
        let mut parameters = Vec::new();
        if let Some(range) = self.range() {
            parameters.push(("from_at_us", range.from_at_us.0.to_string()));
            parameters.push(("to_at_us", range.to_at_us.0.to_string()));
        }
        match self {
            Self::Overview
            | Self::Projects
            | Self::Request { .. }
            | Self::Comparison { .. }
            | Self::Stacks { .. }
            | Self::Health => {}
            Self::Locks { project, .. } | Self::Hosts { project } => {
                push_project(&mut parameters, project.as_ref());
            }
            Self::LockTree { project, at_us, .. } => {
                push_project(&mut parameters, project.as_ref());
                parameters.extend(at_us.map(|at_us| ("at_us", at_us.0.to_string())));
            }
            Self::Timeline {
                buckets, project, ..
            } => {
                parameters.push(("buckets", buckets.to_string()));
                push_project(&mut parameters, project.as_ref());
            }
            Self::Spikes { project, .. } | Self::Logs { project, .. } => {
                push_project(&mut parameters, project.as_ref());
                parameters.push(("limit", ANSWER_ROWS_MAX.to_string()));
            }
            Self::Suspects { of, baseline } => push_suspected(&mut parameters, of, *baseline),
            Self::Requests {
                project,
                route,
                filter,
                sort,
                rows_max,
                cursor,
                ..
            } => {
                push_narrowed(&mut parameters, project.as_ref(), route.as_ref());
                parameters.extend(filter.clone().map(|filter| ("filter", filter)));
                parameters.push(("sort", sort.parameter().to_owned()));
                parameters.push(("limit", rows_max.to_string()));
                parameters.extend(cursor.clone().map(|cursor| ("cursor", cursor)));
            }
            Self::FunctionGraph { project, route, .. } => {
                push_narrowed(&mut parameters, project.as_ref(), route.as_ref());
            }
            Self::Statements { project, route, .. } => {
                push_narrowed(&mut parameters, project.as_ref(), route.as_ref());
                parameters.push(("limit", ANSWER_ROWS_MAX.to_string()));
            }
            Self::Statement {
                project,
                route,
                fingerprint,
                ..
            } => {
                push_narrowed(&mut parameters, project.as_ref(), route.as_ref());
                parameters.push(("fingerprint", fingerprint.to_string()));
            }
        }
        parameters
    }

    fn range(&self) -> Option<Range> {
        match self {
            Self::Timeline { range, .. }
            | Self::Spikes { range, .. }
            | Self::Requests { range, .. }
            | Self::FunctionGraph { range, .. }
            | Self::Stacks { range, .. }
            | Self::Statements { range, .. }
            | Self::Statement { range, .. }
            | Self::Logs { range, .. }
            | Self::Suspects {
                of: Suspected::Range { range, .. },
                ..
            }
            | Self::LockTree { range, .. }
            | Self::Locks { range, .. } => Some(*range),
            Self::Overview
            | Self::Projects
            | Self::Suspects { .. }
            | Self::Request { .. }
            | Self::Comparison { .. }
            | Self::Hosts { .. }
            | Self::Health => None,
        }
    }

    /// Reads the body of a good answer as what was asked for; of several steps the first one's.
    pub fn read(&self, body: &[u8]) -> Result<Answer, serde_json::Error> {
        fn boxed<T: DeserializeOwned>(body: &[u8]) -> Result<Box<T>, serde_json::Error> {
            serde_json::from_slice(body).map(Box::new)
        }
        Ok(match self {
            Self::Overview => Answer::Overview(boxed(body)?),
            Self::Projects => Answer::Projects(boxed(body)?),
            Self::Timeline { .. } => Answer::Timeline(boxed(body)?),
            Self::Spikes { .. } => Answer::Spikes(boxed(body)?),
            Self::Suspects { .. } => Answer::Suspects(boxed(body)?),
            Self::Requests { .. } | Self::Stacks { .. } => Answer::Requests(boxed(body)?),
            Self::Request { .. } => Answer::Request(boxed(body)?),
            Self::Comparison { .. } => Answer::Comparison(boxed(body)?),
            Self::LockTree { .. } => Answer::LockTree(boxed(body)?),
            Self::Locks { .. } => Answer::Locks(boxed(body)?),
            Self::Hosts { .. } => Answer::Hosts(boxed(body)?),
            Self::Logs { .. } => Answer::Logs(boxed(body)?),
            Self::Health => Answer::Health(boxed(body)?),
            Self::FunctionGraph { .. } => Answer::FunctionGraph(boxed(body)?),
            Self::Statements { .. } => Answer::Statements(boxed(body)?),
            Self::Statement { .. } => Answer::Statement(boxed(body)?),
        })
    }
}

fn push_project(parameters: &mut Vec<(&'static str, String)>, project: Option<&Project>) {
    parameters.extend(project.map(|project| ("project", project.to_string())));
}

fn push_narrowed(
    parameters: &mut Vec<(&'static str, String)>,
    project: Option<&Project>,
    route: Option<&String>,
) {
    push_project(parameters, project);
    parameters.extend(route.map(|route| ("route", route.clone())));
}

fn push_suspected(
    parameters: &mut Vec<(&'static str, String)>,
    of: &Suspected,
    baseline: BaselineKind,
) {
    match of {
        Suspected::Spike(spike) => parameters.push(("spike", spike.to_string())),
        Suspected::Range { project, .. } => push_project(parameters, project.as_ref()),
    }
    // The default is left out, so that a bundle answers as it did.
    if baseline != BaselineKind::default() {
        parameters.push(("baseline", baseline.name().to_owned()));
    }
}

// === impl Sort ===

impl Sort {
    pub const ALL: [Self; 6] = [
        Self::Wall,
        Self::At,
        Self::Sql,
        Self::Lock,
        Self::Blocked,
        Self::Memory,
    ];

    pub fn parameter(self) -> &'static str {
        match self {
            Self::Wall => "-wall_us",
            Self::At => "-at_us",
            Self::Sql => "-sql_us",
            Self::Lock => "-lock_us",
            Self::Blocked => "-blocked_us",
            Self::Memory => "-memory",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Wall => "wall time",
            Self::At => "newest",
            Self::Sql => "SQL time",
            Self::Lock => "lock wait",
            Self::Blocked => "blocked others",
            Self::Memory => "memory",
        }
    }

    /// The order `steps` further on in [`Sort::ALL`], round and round.
    #[must_use]
    pub fn step(self, steps: isize) -> Self {
        let at = Self::ALL.iter().position(|sort| *sort == self).unwrap_or(0);
        let length = Self::ALL.len();
        Self::ALL[at.wrapping_add_signed(steps).wrapping_add(length) % length]
    }
}

// === impl Trouble ===

impl Trouble {
    /// Whether asking the same again may help. A question that the store calls wrong stays wrong.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Problem(problem) => {
                problem.status >= 500 || matches!(problem.status, 408 | 425 | 429)
            }
            Self::NotInBundle { .. } => false,
            Self::Unreachable { .. }
            | Self::Slow { .. }
            | Self::Token { .. }
            | Self::Answer { .. } => true,
        }
    }

    /// Whether there is no such thing, as opposed to something being wrong.
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::Problem(problem) => problem.status == 404,
            Self::NotInBundle { .. } => true,
            _ => false,
        }
    }
}
