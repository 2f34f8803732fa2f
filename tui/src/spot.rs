//! A spot: what is on the screen, as far as it takes to show it again.
//!
//! A [`link`] is a spot written down, for a ticket or a colleague; a bookmark is one kept under a letter; the
//! history is those that were left. None has anything that the store answered: it is asked again.

pub mod link;

use wire::ids::{CorrelationId, Project, SpikeId};
use wire::query::BaselineKind;
use wire::sql::Fingerprint;
use wire::time::{Instant, Range};

use crate::ask::Sort;
use crate::board::{Board, Severity};
use crate::callgraph;
use crate::columns::Columns;
use crate::state::request::{self, Tab};
use crate::state::statements::StatementOrder;
use crate::state::subject::Subject;

/// What is on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    pub project: Option<Project>,
    /// What the chart looks at. A link has it in absolute time: it is to show the same later on.
    pub range: Range,
    pub spike: Option<SpikeId>,
    /// The range that the suspects are of, instead of the spike's.
    pub chosen: Option<Range>,
    pub baseline: BaselineKind,
    /// Functions of libraries are folded into their callers.
    pub is_folded: bool,
    pub sight: Sight,
}

/// The screen in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    Timeline {
        /// The charts are how long requests took.
        is_heatmap: bool,
    },
    Requests(RequestList),
    Request {
        correlation_id: CorrelationId,
        tab: Tab,
        order: request::Order,
        drawn: Drawn,
    },
    Functions(FunctionTable),
    Statements(StatementTable),
    Statement {
        subject: Subject,
        fingerprint: Fingerprint,
    },
    Board {
        board: Board,
        range: Range,
        /// Milder lines are left out.
        least: Severity,
        /// Of locks: the moment that is shown, if it is not the worst.
        moment: Option<Instant>,
    },
}

/// How a request's functions are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drawn {
    #[default]
    Table,
    Icicle,
    /// In the order of time.
    Course,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestList {
    pub range: Range,
    pub route: Option<String>,
    pub fingerprint: Option<Fingerprint>,
    pub filter: String,
    pub sort: Sort,
    pub columns: Columns,
    pub selected: Option<CorrelationId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionTable {
    pub subject: Subject,
    pub is_compared: bool,
    pub is_icicle: bool,
    pub order: callgraph::Order,
    pub selected: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementTable {
    pub subject: Subject,
    pub order: StatementOrder,
    pub selected: Option<Fingerprint>,
}

// === impl Sight ===

impl Sight {
    /// As a link and the header name the screen.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Timeline { .. } => "timeline",
            Self::Requests(_) => "requests",
            Self::Request { .. } => "request",
            Self::Functions(_) => "functions",
            Self::Statements(_) => "sql",
            Self::Statement { .. } => "statement",
            Self::Board { board, .. } => board.title(),
        }
    }

    /// Whether both are of the same thing, however it is sorted, narrowed or scrolled.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Requests(one), Self::Requests(two)) => {
                (&one.route, one.fingerprint) == (&two.route, two.fingerprint)
            }
            (
                Self::Request { correlation_id, .. },
                Self::Request {
                    correlation_id: other,
                    ..
                },
            ) => correlation_id == other,
            (Self::Functions(one), Self::Functions(two)) => one.subject.route == two.subject.route,
            (Self::Statements(one), Self::Statements(two)) => {
                one.subject.route == two.subject.route
            }
            (
                Self::Statement { fingerprint, .. },
                Self::Statement {
                    fingerprint: other, ..
                },
            ) => fingerprint == other,
            (Self::Board { board, .. }, Self::Board { board: other, .. }) => board == other,
            (Self::Timeline { .. }, Self::Timeline { .. }) => true,
            _ => false,
        }
    }

    /// The range that the screen is of, where it has one of its own.
    pub fn range(&self) -> Option<Range> {
        match self {
            Self::Timeline { .. } | Self::Request { .. } => None,
            Self::Requests(list) => Some(list.range),
            Self::Functions(table) => Some(table.subject.range),
            Self::Statements(table) => Some(table.subject.range),
            Self::Statement { subject, .. } => Some(subject.range),
            Self::Board { board, range, .. } => board.has_range().then_some(*range),
        }
    }
}

// === impl Spot ===

impl Spot {
    /// What it is, for a list of such or to say what was copied.
    pub fn words(&self) -> String {
        let of = |name: &str, route: Option<&String>| match route {
            Some(route) => format!("{name} of {route}"),
            None => name.to_owned(),
        };
        match &self.sight {
            Sight::Timeline { .. } => match (self.chosen, self.spike) {
                (Some(_), _) => "timeline, a selected range".to_owned(),
                (None, Some(spike)) => format!("timeline, spike {spike}"),
                (None, None) => "timeline".to_owned(),
            },
            Sight::Requests(list) => {
                let mut words = match list.fingerprint {
                    Some(statement) => format!("requests that issued {statement}"),
                    None => of("requests", list.route.as_ref()),
                };
                if !list.filter.is_empty() {
                    words.push_str(" / ");
                    words.push_str(&list.filter);
                }
                words
            }
            Sight::Request { correlation_id, .. } => format!("request {correlation_id}"),
            Sight::Functions(table) => of("functions", table.subject.route.as_ref()),
            Sight::Statements(table) => of("sql", table.subject.route.as_ref()),
            Sight::Statement { fingerprint, .. } => format!("statement {fingerprint}"),
            Sight::Board { board, .. } => board.title().to_owned(),
        }
    }
}
