//! Who explains what a range added.

use serde::{Deserialize, Serialize};

use super::{Spike, Timeline};
use crate::ids::{CorrelationId, Host};
use crate::sql::Fingerprint;
use crate::time::{Instant, Range};

/// `GET /v1/suspects`: who explains what a range added over its baseline.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspects {
    pub range: Range,
    pub baseline: Range,
    /// Which baseline that is.
    #[serde(default)]
    pub compared_with: BaselineKind,
    /// Those that there is data for.
    #[serde(default)]
    pub baselines: Vec<BaselineKind>,
    /// The load that the range added: active requests and sessions over the baseline's.
    pub added_load: f64,
    pub suspects: Vec<Suspect>,
    /// What no suspect explains. The suspects' shares and this add up to 1.
    pub unexplained_share: f64,
    /// What happened in the databases meanwhile, which may be a cause or an effect.
    #[serde(default)]
    pub events: Vec<SuspectEvent>,
}

/// `GET /v1/spikes/{id}/evidence`: what was known of a spike when it had ended; of one that runs, what is known now.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpikeEvidence {
    pub spike: Spike,
    pub judged_at_us: Instant,
    /// Against each baseline that there was data for, the time before first.
    pub suspects: Vec<Suspects>,
    /// The series from before it to after it.
    pub timeline: Timeline,
}

/// What a range may be compared with.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaselineKind {
    /// Up to four times the range, right before it.
    #[default]
    Before,
    /// The same time of the day before.
    Yesterday,
    /// The same time seven days before.
    LastWeek,
}

impl BaselineKind {
    /// In the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Before, Self::Yesterday, Self::LastWeek];

    /// As a parameter names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Yesterday => "yesterday",
            Self::LastWeek => "last_week",
        }
    }

    /// What to call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Before => "the time before",
            Self::Yesterday => "the same time yesterday",
            Self::LastWeek => "the same time a week ago",
        }
    }
}

/// Something that a database's log told of in the range.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuspectEvent {
    /// The first of its kind.
    pub at_us: Instant,
    pub host: Host,
    /// As `pg_log` has it: `checkpoint`, `saturation`.
    pub class: String,
    pub count: u64,
    /// The first one's text.
    pub text: String,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    pub kind: SuspectKind,
    /// What to call it: `POST /cron/reprice`.
    pub label: String,
    pub share: f64,
    pub extra_load: f64,
    /// Absent from the baseline.
    pub is_new: bool,
    /// One line of evidence, with figures.
    pub evidence: String,
    #[serde(default)]
    pub confidence: Confidence,
    /// What its share consists of: `312 × POST /checkout waited  UPDATE stock …`.
    pub parts: Vec<SuspectPart>,
    /// The request that proves it, if one does.
    pub correlation_id: Option<CorrelationId>,
    /// The label of the requests that it is about, if it is about some.
    pub route: Option<String>,
    /// Of a statement, whose label may be cut: what `/v1/statements` knows it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspectKind {
    /// A session that held locks others waited for.
    LockHolder,
    /// Requests of one route.
    Route,
    /// Statements of one shape, which take longer or come more often in a request than they did.
    Statement,
    /// A function's own time, which has become longer.
    Function,
    /// A client that sends more requests than it did.
    Client,
    /// The same of a user agent.
    UserAgent,
    /// A host whose requests take longer than they did, while those of others do not.
    Host,
    /// One request that is most of what its route added.
    Request,
    /// Database sessions of no captured request: a job without the listener, a person with psql, autovacuum.
    Sessions,
}

impl SuspectKind {
    /// What to say behind its name.
    pub fn words(self) -> &'static str {
        match self {
            Self::LockHolder => "held locks",
            Self::Route => "route",
            Self::Statement => "statement",
            Self::Function => "function",
            Self::Client => "client",
            Self::UserAgent => "user agent",
            Self::Host => "host",
            Self::Request => "one request",
            Self::Sessions => "database sessions",
        }
    }
}

/// How much stands behind a suspect.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// A few requests, or nothing to compare with.
    #[default]
    Low,
    Medium,
    High,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuspectPart {
    pub label: String,
    pub share: f64,
}
