//! What the time went into: functions, statements, wait events; and what the logs say.

use axum::extract::{RawQuery, State};
use wire::ids::{CorrelationId, Host, Project};
use wire::limits::ANSWER_ROWS_MAX;
use wire::query::{
    FunctionDetail, FunctionGraph, Functions, FunctionsDiff, Logs, StatementDetail, Statements,
    Waits,
};
use wire::time::{Micros, Range};

use super::params::Params;
use super::{Answer, Api, RANGE_DEFAULT, ROWS_DEFAULT};
use crate::query::filter::Filter;
use crate::query::statement as one_statement;
use crate::query::{functions, logs as log, statements as statement, wait_events};
use crate::refusal::Refusal;

/// What narrows profiles down.
const NARROWED: [&str; 6] = [
    "from_at_us",
    "to_at_us",
    "filter",
    "project",
    "route",
    "min_wall_us",
];

/// A comparison that names no baseline is with the time before, that many times as long.
const BASELINE_SPANS: i64 = 4;

pub(super) async fn functions(
    State(api): State<Api>,
    RawQuery(query): RawQuery,
) -> Answer<Functions> {
    let allowed = [NARROWED.as_slice(), &["sort", "limit"]].concat();
    let params = Params::parse(query.as_deref(), &allowed, api.clock.now())?;
    let (range, filter) = narrowed(&params)?;
    let order = ordered(&params, functions::ORDERS)?.unwrap_or(functions::Order::Exclusive);
    let limit = params.number("limit", ROWS_DEFAULT, 1, ANSWER_ROWS_MAX)?;
    api.answer(move |ask| functions::ask(&ask, range, &filter, order, limit))
        .await
}

pub(super) async fn graph(
    State(api): State<Api>,
    RawQuery(query): RawQuery,
) -> Answer<FunctionGraph> {
    let params = Params::parse(query.as_deref(), &NARROWED, api.clock.now())?;
    let (range, filter) = narrowed(&params)?;
    api.answer(move |ask| functions::graph(&ask, range, &filter))
        .await
}

pub(super) async fn function(
    State(api): State<Api>,
    RawQuery(query): RawQuery,
) -> Answer<FunctionDetail> {
    let allowed = [NARROWED.as_slice(), &["name"]].concat();
    let params = Params::parse(query.as_deref(), &allowed, api.clock.now())?;
    let (range, filter) = narrowed(&params)?;
    let name = params
        .text("name")
        .ok_or_else(|| Refusal::parameter("name", "a function's name is required"))?
        .to_owned();
    let shown: String = name.chars().take(200).collect();
    let missing = move || Refusal::not_found(format!("no profile of the range has {shown:?}"));
    api.answer_found(
        move |ask| functions::one(&ask, range, &filter, &name),
        missing,
    )
    .await
}

pub(super) async fn diff(
    State(api): State<Api>,
    RawQuery(query): RawQuery,
) -> Answer<FunctionsDiff> {
    let own = ["baseline_from_at_us", "baseline_to_at_us", "limit"];
    let allowed = [NARROWED.as_slice(), &own].concat();
    let params = Params::parse(query.as_deref(), &allowed, api.clock.now())?;
    let (range, filter) = narrowed(&params)?;
    let before = Range {
        from_at_us: range.from_at_us - Micros(range.span().0.saturating_mul(BASELINE_SPANS)),
        to_at_us: range.from_at_us,
    };
    let baseline = params.range_of("baseline_from_at_us", "baseline_to_at_us", before)?;
    let limit = params.number("limit", ROWS_DEFAULT, 1, ANSWER_ROWS_MAX)?;
    api.answer(move |ask| functions::diff(&ask, range, baseline, &filter, limit))
        .await
}

pub(super) async fn statements(
    State(api): State<Api>,
    RawQuery(query): RawQuery,
) -> Answer<Statements> {
    let allowed = [
        "from_at_us",
        "to_at_us",
        "project",
        "route",
        "fingerprint",
        "loops",
        "sort",
        "limit",
    ];
    let params = Params::parse(query.as_deref(), &allowed, api.clock.now())?;
    let yes_or_no = |text: &str| match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let question = statement::Question {
        range: params.range(RANGE_DEFAULT)?,
        project: params.project()?,
        route: params.text("route").map(str::to_owned),
        fingerprint: params.parsed("fingerprint", "16 hex digits", |text| text.parse().ok())?,
        is_loops_only: params
            .parsed("loops", "yes or no", yes_or_no)?
            .unwrap_or(false),
        order: ordered(&params, statement::ORDERS)?.unwrap_or(statement::Order::Total),
        limit: params.number("limit", ROWS_DEFAULT, 1, ANSWER_ROWS_MAX)?,
    };
    api.answer(move |ask| statement::ask(&ask, &question)).await
}

pub(super) async fn statement(
    State(api): State<Api>,
    RawQuery(query): RawQuery,
) -> Answer<StatementDetail> {
    let allowed = ["from_at_us", "to_at_us", "project", "route", "fingerprint"];
    let params = Params::parse(query.as_deref(), &allowed, api.clock.now())?;
    let fingerprint = params
        .parsed("fingerprint", "16 hex digits", |text| text.parse().ok())?
        .ok_or_else(|| Refusal::parameter("fingerprint", "16 hex digits are required"))?;
    let mut filter = params.filter()?;
    filter.and_fingerprint(fingerprint);
    let question = one_statement::Question {
        range: params.range(RANGE_DEFAULT)?,
        project: params.project()?.map(|it| it.as_str().to_owned()),
        fingerprint,
        filter,
    };
    api.answer(move |ask| one_statement::ask(&ask, &question))
        .await
}

pub(super) async fn waits(State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Waits> {
    let allowed = ["from_at_us", "to_at_us", "project", "host"];
    let params = Params::parse(query.as_deref(), &allowed, api.clock.now())?;
    let range = params.range(RANGE_DEFAULT)?;
    let (project, host) = (params.project()?, params.host()?);
    api.answer(move |ask| {
        let project = project.as_ref().map(Project::as_str);
        wait_events::ask(&ask, range, project, host.as_ref().map(Host::as_str))
    })
    .await
}

pub(super) async fn logs(State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Logs> {
    let allowed = [
        "from_at_us",
        "to_at_us",
        "project",
        "host",
        "kind",
        "correlation_id",
        "limit",
    ];
    let params = Params::parse(query.as_deref(), &allowed, api.clock.now())?;
    let id = |text: &str| text.parse().ok().map(CorrelationId);
    let question = log::Question {
        range: params.range(RANGE_DEFAULT)?,
        project: params.project()?.map(|it| it.as_str().to_owned()),
        host: params.host()?.map(|it| it.as_str().to_owned()),
        kind: params.text("kind").map(str::to_owned),
        correlation_id: params.parsed("correlation_id", "a UUID", id)?,
        limit: params.number("limit", ROWS_DEFAULT, 1, ANSWER_ROWS_MAX)?,
    };
    api.answer(move |ask| log::ask(&ask, &question)).await
}

fn narrowed(params: &Params) -> Result<(Range, Filter), Refusal> {
    Ok((params.range(RANGE_DEFAULT)?, params.filter()?))
}

/// A `sort` out of a list of those that are allowed.
fn ordered<T: Copy>(params: &Params, orders: &[(&str, T)]) -> Result<Option<T>, Refusal> {
    let names: Vec<&str> = orders.iter().map(|(name, _)| *name).collect();
    let read = |text: &str| {
        let found = orders.iter().find(|(name, _)| *name == text);
        found.map(|(_, order)| *order)
    };
    params.parsed("sort", &names.join(", "), read)
}
