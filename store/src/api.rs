//! The query API over HTTP: paths, parameters and answers, as `docs/api.md` has them.
//!
//! Every question runs on a blocking thread behind a semaphore, since all share the cores with the
//! writer; one that waits too long for its turn is told to come back.

mod fresh;
mod live;
mod locks;
mod openapi;
mod params;
mod profiles;
mod records;
mod sites;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::{Json, Router, middleware, routing};
use daemon::clock::{Clock, Monotonic};
use daemon::exposition::{self, Exposition};
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use wire::ids::{CorrelationId, SpikeId};
use wire::limits::{ANSWER_ROWS_MAX, TIMELINE_BUCKETS_MAX};
use wire::query::{
    Health, Overview, RequestComparison, RequestDetail, Requests, Spike, SpikeEvidence, Spikes,
    Suspects, Timeline,
};
use wire::time::Micros;

use self::params::Params;
use crate::db::DbError;
use crate::db::files::Files;
use crate::db::meta::Meta;
use crate::db::reader::Reader;
use crate::db::writer::News;
use crate::forward;
use crate::forward::status::Status;
use crate::guard::{self, Guard};
use crate::limits;
use crate::query::requests::{Cursor, SORTS, Sort};
use crate::query::{self, Ask};
use crate::refusal::Refusal;
use crate::settings::Graylog;
use crate::tally::Tally;

/// What every question needs.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    files: Files,
    meta: Arc<Meta>,
    clock: Clock,
    tally: Tally,
    forwarding: Status,
    graylog: Arc<Graylog>,
    started: Monotonic,
    turns: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    news: News,
    stop: CancellationToken,
    /// Tells this process's answers from an earlier one's.
    process: u64,
}

/// An answer as JSON, or a problem document.
type Answer<T> = Result<Json<T>, Refusal>;

/// The range of a question that names none.
const RANGE_DEFAULT: Micros = Micros::from_seconds(3_600);

/// Buckets of a timeline that names no number: a terminal of usual width.
const BUCKETS_DEFAULT: usize = 120;

/// Rows of a list that names no number.
const ROWS_DEFAULT: usize = 100;

/// The paths that are there, for whoever asks for another.
const PATHS: &str = "/health, /ready, /metrics, /v1/overview, /v1/timeline, /v1/spikes, /v1/spikes/{id}, /v1/spikes/{id}/evidence, \
                     /v1/suspects, /v1/requests, /v1/requests/{id}, /v1/requests/{id}/comparison, /v1/functions, /v1/functions/diff, \
                     /v1/functions/graph, /v1/function, /v1/statements, /v1/statement, /v1/waits, /v1/locks, /v1/locks/tree, /v1/logs, /v1/projects, \
                     /v1/hosts, /v1/records/{id}, /v1/health, /v1/live and /v1/openapi.json";

/// The listener's paths. All under `/v1` ask for a read token.
pub(crate) fn router(api: Api, guard: Guard) -> Router {
    let questions = Router::new()
        .route("/v1/overview", routing::get(overview))
        .route("/v1/timeline", routing::get(timeline))
        .route("/v1/spikes", routing::get(spikes))
        .route("/v1/spikes/{id}", routing::get(spike))
        .route("/v1/spikes/{id}/evidence", routing::get(evidence))
        .route("/v1/suspects", routing::get(suspects))
        .route("/v1/requests", routing::get(requests))
        .route("/v1/requests/{id}", routing::get(request))
        .route("/v1/requests/{id}/comparison", routing::get(comparison))
        .route("/v1/functions", routing::get(profiles::functions))
        .route("/v1/functions/diff", routing::get(profiles::diff))
        .route("/v1/functions/graph", routing::get(profiles::graph))
        .route("/v1/function", routing::get(profiles::function))
        .route("/v1/statements", routing::get(profiles::statements))
        .route("/v1/statement", routing::get(profiles::statement))
        .route("/v1/waits", routing::get(profiles::waits))
        .route("/v1/locks", routing::get(locks::episodes))
        .route("/v1/locks/tree", routing::get(locks::tree))
        .route("/v1/logs", routing::get(profiles::logs))
        .route("/v1/projects", routing::get(sites::projects))
        .route("/v1/hosts", routing::get(sites::hosts))
        .route("/v1/records/{id}", routing::get(records::record))
        .route("/v1/health", routing::get(health))
        .route("/v1/live", routing::get(live::live))
        .route("/v1/openapi.json", routing::get(openapi::openapi))
        .route_layer(middleware::from_fn_with_state(api.clone(), fresh::check))
        .route_layer(middleware::from_fn_with_state(guard, guard::check));
    Router::new()
        .route("/health", routing::get(alive))
        .route("/ready", routing::get(ready))
        .route("/metrics", routing::get(metrics))
        .merge(questions)
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .with_state(api)
}

async fn alive(State(api): State<Api>) -> String {
    let forwarding = api.forwarding.get();
    let forwarding = forwarding.map_or_else(String::new, |it| {
        let lag = it.lag_us.as_seconds();
        format!("forwarding: {lag:.0} s behind, {}\n", it.state)
    });
    format!("alive\n{forwarding}")
}

async fn ready(State(api): State<Api>) -> Result<&'static str, Refusal> {
    api.ask(|ask| ask.reader.days().map(drop)).await?;
    Ok("ready\n")
}

async fn metrics(State(api): State<Api>) -> Result<impl IntoResponse, Refusal> {
    let (tally, files) = (api.tally.clone(), api.files.clone());
    let forwarding = api.forwarding.get();
    let uptime = daemon::clock::micros(api.clock.monotonic() - api.started);
    let turns_free = api.turns.available_permits();
    let text = api
        .ask(move |ask| {
            let mut metrics = Exposition::new("store");
            metrics.info(&[("version", env!("CARGO_PKG_VERSION"))]);
            metrics.gauge("uptime_seconds", uptime.as_seconds());
            tally.each(|name, count| metrics.counter(name, count));
            metrics.gauge("database_bytes", files.bytes()?);
            metrics.gauge("wal_bytes", files.wal_bytes()?);
            metrics.gauge("days", ask.reader.days()?.len());
            metrics.gauge("questions_under_way", limits::QUERIES_AT_ONCE - turns_free);
            if let Some(bytes) = daemon::health::resident_bytes() {
                metrics.gauge("resident_bytes", bytes);
            }
            if let Some(forwarding) = &forwarding {
                forward::status::expose(forwarding, ask.now, &mut metrics);
            }
            Ok(metrics.into_text())
        })
        .await?;
    Ok(([(CONTENT_TYPE, exposition::CONTENT_TYPE)], text))
}

async fn overview(State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Overview> {
    Params::parse(query.as_deref(), &[], api.clock.now())?;
    api.answer(|ask| query::overview::ask(&ask)).await
}

async fn timeline(State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Timeline> {
    let allowed = ["from_at_us", "to_at_us", "buckets", "project", "host"];
    let params = Params::parse(query.as_deref(), &allowed, api.clock.now())?;
    let question = query::timeline::Question {
        range: params.range(RANGE_DEFAULT)?,
        buckets: params.number("buckets", BUCKETS_DEFAULT, 1, TIMELINE_BUCKETS_MAX)?,
        project: params.project()?,
        host: params.host()?,
    };
    api.answer(move |ask| query::timeline::ask(&ask, &question))
        .await
}

async fn spikes(State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Spikes> {
    let allowed = ["from_at_us", "to_at_us", "project", "limit"];
    let params = Params::parse(query.as_deref(), &allowed, api.clock.now())?;
    let range = params.range(Micros(limits::RANGE_MAX_US))?;
    let limit = params.number("limit", ROWS_DEFAULT, 1, ANSWER_ROWS_MAX)?;
    let project = params.project()?;
    api.answer(move |ask| {
        let mut spikes = ask.meta.spikes(range, limits::SPIKES_MAX)?;
        spikes.retain(|spike| project.is_none() || spike.project == project);
        spikes.truncate(limit);
        Ok(Spikes { spikes })
    })
    .await
}

async fn spike(
    State(api): State<Api>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<Spike> {
    Params::parse(query.as_deref(), &[], api.clock.now())?;
    let id = params::spike_id("id", &id)?;
    api.answer_found(move |ask| ask.meta.spike(id), || no_spike(id))
        .await
}

async fn evidence(
    State(api): State<Api>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<SpikeEvidence> {
    Params::parse(query.as_deref(), &[], api.clock.now())?;
    let id = params::spike_id("id", &id)?;
    api.answer_found(
        move |ask| query::suspects::evidence_of(&ask, id),
        || no_spike(id),
    )
    .await
}

async fn suspects(State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Suspects> {
    let allowed = ["spike", "from_at_us", "to_at_us", "project", "baseline"];
    let params = Params::parse(query.as_deref(), &allowed, api.clock.now())?;
    let against = params.baseline()?;
    let project = params.project()?;
    let Some(id) = params.spike()? else {
        let range = params.range(RANGE_DEFAULT)?;
        return api
            .answer(move |ask| query::suspects::of_range(&ask, range, project.as_ref(), against))
            .await;
    };
    params.refuse_beside("spike", &["from_at_us", "to_at_us", "project"])?;
    api.answer_found(
        move |ask| query::suspects::of_spike(&ask, id, against),
        || no_spike(id),
    )
    .await
}

async fn requests(State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Requests> {
    let allowed = [
        "from_at_us",
        "to_at_us",
        "filter",
        "project",
        "route",
        "min_wall_us",
        "sort",
        "limit",
        "cursor",
    ];
    let params = Params::parse(query.as_deref(), &allowed, api.clock.now())?;
    let question = query::requests::Question {
        range: params.range(RANGE_DEFAULT)?,
        filter: params.filter()?,
        sort: params
            .parsed("sort", &sorts_allowed(), Sort::parse)?
            .unwrap_or_else(slowest_first),
        limit: params.number("limit", ROWS_DEFAULT, 1, ANSWER_ROWS_MAX)?,
        cursor: params.parsed("cursor", "what the last page gave as next", Cursor::parse)?,
    };
    api.answer(move |ask| query::requests::ask(&ask, &question))
        .await
}

async fn request(
    State(api): State<Api>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<RequestDetail> {
    Params::parse(query.as_deref(), &[], api.clock.now())?;
    let id = params::correlation_id("id", &id)?;
    api.answer_found(
        move |ask| query::request::ask(&ask, id),
        move || no_request(id),
    )
    .await
}

async fn comparison(
    State(api): State<Api>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<RequestComparison> {
    Params::parse(query.as_deref(), &[], api.clock.now())?;
    let id = params::correlation_id("id", &id)?;
    api.answer_found(
        move |ask| query::compared::ask(&ask, id),
        move || no_request(id),
    )
    .await
}

async fn health(State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Health> {
    Params::parse(query.as_deref(), &[], api.clock.now())?;
    let (tally, forwarding) = (api.tally.clone(), api.forwarding.get());
    let uptime = daemon::clock::micros(api.clock.monotonic() - api.started);
    api.answer(move |ask| query::health::ask(&ask, &tally, uptime, forwarding))
        .await
}

async fn nothing_here() -> Refusal {
    Refusal::not_found(format!("there is nothing here; there are {PATHS}"))
}

async fn wrong_method() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "GET is allowed")
}

fn no_request(id: CorrelationId) -> Refusal {
    Refusal::not_found(format!("no request {id} is stored"))
}

fn no_spike(id: SpikeId) -> Refusal {
    Refusal::not_found(format!("there is no spike {id}; /v1/spikes lists them"))
}

fn sorts_allowed() -> String {
    SORTS
        .iter()
        .map(|(name, ..)| *name)
        .collect::<Vec<_>>()
        .join(", ")
}

fn slowest_first() -> Sort {
    Sort::parse("-wall_us").expect("it stands in SORTS")
}

// === impl Api ===

impl Api {
    pub(crate) fn new(
        (files, meta): (Files, Arc<Meta>),
        clock: Clock,
        tally: Tally,
        (forwarding, graylog): (Status, Graylog),
        news: News,
        stop: CancellationToken,
    ) -> Self {
        Self {
            started: clock.monotonic(),
            process: clock.now().0.unsigned_abs(),
            turns: Arc::new(Semaphore::new(limits::QUERIES_AT_ONCE)),
            streams: Arc::new(Semaphore::new(limits::STREAMS_MAX)),
            files,
            meta,
            clock,
            tally,
            forwarding,
            graylog: Arc::new(graylog),
            news,
            stop,
        }
    }

    /// Runs a question when its turn comes.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(Ask) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        let turn = tokio::time::timeout(limits::QUERY_TURN, turn)
            .await
            .map_err(|_| {
                let detail = format!("{} questions run already", limits::QUERIES_AT_ONCE);
                Refusal::busy(detail, Duration::from_secs(1))
            })?;
        let ask = Ask {
            reader: Reader::new(self.files.clone(), self.clock.clone()),
            meta: Arc::clone(&self.meta),
            now: self.clock.now(),
        };
        let answer = tokio::task::spawn_blocking(move || {
            let answer = question(ask);
            drop(turn);
            answer
        });
        answer
            .await
            .map_err(|_| Refusal::internal("a question panicked"))?
            .map_err(|error| Refusal::database(&error))
    }

    async fn answer<T: Serialize + Send + 'static>(
        &self,
        question: impl FnOnce(Ask) -> Result<T, DbError> + Send + 'static,
    ) -> Answer<T> {
        self.ask(question).await.map(Json)
    }

    async fn answer_found<T: Serialize + Send + 'static>(
        &self,
        question: impl FnOnce(Ask) -> Result<Option<T>, DbError> + Send + 'static,
        missing: impl FnOnce() -> Refusal,
    ) -> Answer<T> {
        self.ask(question).await?.map(Json).ok_or_else(missing)
    }
}
