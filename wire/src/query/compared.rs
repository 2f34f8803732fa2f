//! One request beside others of its route.

use serde::{Deserialize, Serialize};

use crate::ids::CorrelationId;
use crate::time::Range;

/// `GET /v1/requests/{correlation_id}/comparison`: which figures of a request are out of the usual.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestComparison {
    pub correlation_id: CorrelationId,
    pub label: String,
    /// Captured requests of its route that it is compared with: those nearest in time that no spike touched.
    pub requests: u64,
    /// From the first of them to the end of the last; none without any.
    pub range: Option<Range>,
    /// The most unusual first.
    pub figures: Vec<ComparedFigure>,
}

/// A figure of a request beside the same of others.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComparedFigure {
    pub kind: FigureKind,
    /// The statement or the function; of other kinds empty.
    pub label: String,
    /// In microseconds, bytes or a count, by the kind.
    pub value: i64,
    pub average: f64,
    pub p50: i64,
    pub p95: i64,
    /// How many of the others have this figure.
    pub compared: u64,
    /// How far it lies above their median, in what they usually scatter (the median absolute deviation as a standard
    /// deviation, no less than 5 % of the median and a trifle of each kind); below 0 it is less.
    pub unusual: f64,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FigureKind {
    /// From its begin to its end.
    Wall,
    /// Waiting before PHP took it.
    Queue,
    Cpu,
    /// The peak of memory, in bytes.
    Memory,
    LockWait,
    /// All its statements.
    SqlTime,
    SqlCount,
    /// Statements of one shape, by their time.
    Statement,
    /// A function's exclusive time.
    Function,
}

impl FigureKind {
    /// What to call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Wall => "time",
            Self::Queue => "waited for PHP",
            Self::Cpu => "CPU",
            Self::Memory => "memory",
            Self::LockWait => "waited for locks",
            Self::SqlTime => "SQL time",
            Self::SqlCount => "statements",
            Self::Statement => "statement",
            Self::Function => "function",
        }
    }

    /// A difference that is none, in the kind's unit.
    pub fn trifle(self) -> i64 {
        match self {
            Self::Memory => 1 << 20,
            Self::SqlCount => 1,
            _ => 5_000,
        }
    }
}
