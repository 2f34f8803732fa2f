//! Function profiles of many requests, and the statements that requests issued.

use serde::{Deserialize, Serialize};

use crate::ids::{CorrelationId, Project};
use crate::sql::Fingerprint;
use crate::time::{Instant, Micros, Range};

/// `GET /v1/functions`: the profiles of a range, added up.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Functions {
    pub range: Range,
    /// How many requests with a profile these are the sums of.
    pub profiles: u64,
    /// Of the same range, how many requests match, if not all of them were read: the sums are those of
    /// the newest ones.
    pub sampled_of: Option<u64>,
    /// The profiles' time, which the exclusive times add up to.
    pub total_us: Micros,
    /// Sorted, the first ones.
    pub functions: Vec<FunctionRow>,
    /// How many more there are.
    pub omitted: u64,
}

/// One function over all profiles.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FunctionRow {
    pub name: String,
    /// 0 where profiles were sampled.
    pub calls: i64,
    pub inclusive_us: Micros,
    pub exclusive_us: Micros,
    /// In how many of the profiles it was.
    pub profiles: u64,
    /// Its exclusive time, as a share of all.
    pub share: f64,
    /// Its exclusive time in a profile: 95 % of the profiles have no more. Only where they were read one by one.
    #[serde(default)]
    pub exclusive_p95_us: Option<Micros>,
}

/// `GET /v1/functions/graph`: the profiles of a range, added up, and who called whom in them. All that a
/// reader needs to look at any function with its callers and callees.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionGraph {
    pub range: Range,
    pub profiles: u64,
    /// As [`Functions`] has it.
    pub sampled_of: Option<u64>,
    /// The profiles' time, which the exclusive times and `omitted_us` add up to.
    pub total_us: Micros,
    /// The greatest inclusive time first.
    pub functions: Vec<FunctionRow>,
    /// `[caller, callee, calls, inclusive_us]`, the greatest time first; functions by their place in the list.
    pub pairs: Vec<(u32, u32, i64, Micros)>,
    /// How many more functions there are, and their exclusive time.
    pub omitted: u64,
    pub omitted_us: Micros,
    /// How many more call pairs there are.
    pub omitted_pairs: u64,
}

/// `GET /v1/function`: one function, who called it and whom it called.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionDetail {
    pub range: Range,
    pub profiles: u64,
    pub sampled_of: Option<u64>,
    pub total_us: Micros,
    pub function: FunctionRow,
    /// The greatest inclusive time first.
    pub callers: Vec<CallRow>,
    pub callees: Vec<CallRow>,
}

/// A caller or a callee.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRow {
    pub name: String,
    pub calls: i64,
    /// The callee's time below that caller.
    pub inclusive_us: Micros,
}

/// `GET /v1/functions/diff`: two ranges compared, per request, over all functions of either.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionsDiff {
    pub range: Range,
    pub baseline: Range,
    pub profiles: u64,
    pub baseline_profiles: u64,
    /// A profile's time on average.
    pub mean_us: f64,
    pub baseline_mean_us: f64,
    /// The greatest change of exclusive time first. All changes add up to the change of the mean.
    pub functions: Vec<FunctionChange>,
    pub omitted: u64,
}

/// One function's averages over all profiles of a range.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FunctionChange {
    pub name: String,
    pub exclusive_us: f64,
    pub baseline_exclusive_us: f64,
    pub exclusive_change_us: f64,
    pub inclusive_us: f64,
    pub baseline_inclusive_us: f64,
    pub calls: f64,
    pub baseline_calls: f64,
    /// In none of the baseline's profiles.
    pub is_new: bool,
}

/// `GET /v1/statements`: what captured requests asked their databases, by shape.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statements {
    pub range: Range,
    pub total_us: Micros,
    pub count: u64,
    pub statements: Vec<StatementRow>,
    pub omitted: u64,
}

/// Statements that differ in their values alone.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatementRow {
    pub fingerprint: Fingerprint,
    /// Normalized.
    pub sql: String,
    /// Captured requests that issued it.
    pub requests: u64,
    pub count: u64,
    pub failed: u64,
    pub total_us: Micros,
    pub longest_us: Micros,
    /// The most that one request issued it.
    pub most_in_one: u64,
    /// Requests that issued it ten times or more: a loop over rows, N+1.
    pub loops: u64,
    /// The function that issues most of its time, where requests were read one by one.
    #[serde(default)]
    pub caller: Option<String>,
    /// Its share of the time of all statements.
    pub share: f64,
    /// The routes that issued it, the greatest time first.
    pub routes: Vec<StatementRoute>,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementRoute {
    pub label: String,
    pub requests: u64,
    pub count: u64,
    pub total_us: Micros,
    pub loops: u64,
}

/// `GET /v1/statement`: one statement, who issued it and how the database carried it out.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatementDetail {
    pub range: Range,
    pub fingerprint: Fingerprint,
    /// How many requests were looked into for its callers: the newest that issued it.
    pub requests_read: u64,
    /// The greatest time first.
    pub callers: Vec<StatementCaller>,
    /// What sessions that ran it waited for, from the samples; the greatest time first. The names are
    /// the wait's class and event.
    pub waits: Vec<WaitEvent>,
    /// What the server counted, whoever issued it, if it tells.
    pub database: Option<StatementCounts>,
    /// From the server's log, the newest first.
    pub plans: Vec<StatementPlan>,
}

/// A place in the application's code that issues a statement.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementCaller {
    /// `Class::method`; none where the listener told only a number of repeats.
    pub name: Option<String>,
    /// `file:line`.
    pub place: Option<String>,
    pub count: u64,
    pub total_us: Micros,
}

/// A statement in `pg_stat_statements`, added up over the range.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementCounts {
    /// The time that was told of, of all servers.
    pub interval_us: Micros,
    pub calls: u64,
    pub rows: u64,
    pub execution_us: Micros,
    /// Time of reading and writing blocks; 0 without `track_io_timing`.
    pub io_us: Micros,
    pub blocks_hit: u64,
    pub blocks_read: u64,
    pub temporary_blocks_written: u64,
    pub wal_bytes: u64,
}

/// How a statement was carried out, as `auto_explain` wrote it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementPlan {
    pub at_us: Instant,
    pub host: crate::ids::Host,
    pub duration_us: Micros,
    /// One line each, two blanks deeper for what feeds the one above.
    pub steps: Vec<String>,
    pub is_cut: bool,
}

/// `GET /v1/waits`: what database sessions waited for.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waits {
    pub range: Range,
    /// The greatest time first.
    pub events: Vec<WaitEvent>,
}

/// `Lock:relation`, `IO:DataFileRead`, or `CPU` where a session waited for nothing.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitEvent {
    pub name: String,
    /// The sessions' time, added up.
    pub active_us: Micros,
    /// Sessions at once, on average over the range.
    pub load: f64,
}

/// `GET /v1/logs`: log entries, the newest first.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Logs {
    pub entries: Vec<LogEntry>,
    /// Pass it as `to_at_us` to get the entries before.
    pub next_to_at_us: Option<Instant>,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    pub at_us: Instant,
    pub project: Project,
    pub host: crate::ids::Host,
    /// The record's kind: `fpm_slow`, `mark`, `pg_log`, `pg_database`, `pg_statements`.
    pub kind: String,
    /// The request that it is about: by its id, else by its worker's or its backend's pid and the time.
    pub correlation_id: Option<CorrelationId>,
    /// One line.
    pub text: String,
    /// The record's body, as the protocol has it.
    pub body: serde_json::Value,
}
