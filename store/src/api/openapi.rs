//! The API's description as `OpenAPI` 3.0, served by the API itself.
//!
//! Answers are described by the types that are serialized, so the description can't differ from what is
//! sent. Paths and parameters stand in a table here, and a test asks each path what it takes.

use std::sync::LazyLock;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use wire::limits::{ANSWER_ROWS_MAX, TIMELINE_BUCKETS_MAX};
use wire::query;

use super::Api;
use crate::query::{functions, requests, statements};

/// One path that can be asked.
struct Operation {
    path: &'static str,
    summary: &'static str,
    parameters: &'static [&'static str],
    answer: fn(&mut SchemaGenerator) -> schemars::Schema,
}

const RANGE: [&str; 2] = ["from_at_us", "to_at_us"];

const OPERATIONS: &[Operation] = &[
    Operation {
        path: "/v1/overview",
        summary: "Where to begin: projects, hosts, and from when to when there is data",
        parameters: &[],
        answer: SchemaGenerator::subschema_for::<query::Overview>,
    },
    Operation {
        path: "/v1/projects",
        summary: "Projects, and the last hour of each",
        parameters: &[],
        answer: SchemaGenerator::subschema_for::<query::Projects>,
    },
    Operation {
        path: "/v1/hosts",
        summary: "Hosts: metrics, clock, PHP-FPM pools",
        parameters: &["project"],
        answer: SchemaGenerator::subschema_for::<query::Hosts>,
    },
    Operation {
        path: "/v1/timeline",
        summary: "All series on one time axis",
        parameters: &[RANGE[0], RANGE[1], "buckets", "project", "host"],
        answer: SchemaGenerator::subschema_for::<query::Timeline>,
    },
    Operation {
        path: "/v1/spikes",
        summary: "Spikes, the newest first",
        parameters: &[RANGE[0], RANGE[1], "project", "limit"],
        answer: SchemaGenerator::subschema_for::<query::Spikes>,
    },
    Operation {
        path: "/v1/spikes/{spike_id}",
        summary: "One spike",
        parameters: &["spike_id"],
        answer: SchemaGenerator::subschema_for::<query::Spike>,
    },
    Operation {
        path: "/v1/spikes/{spike_id}/evidence",
        summary: "What was known of a spike when it had ended; of one that runs, what is known now",
        parameters: &["spike_id"],
        answer: SchemaGenerator::subschema_for::<query::SpikeEvidence>,
    },
    Operation {
        path: "/v1/suspects",
        summary: "Who explains what a spike or a range added over its baseline",
        parameters: &["spike", RANGE[0], RANGE[1], "project", "baseline"],
        answer: SchemaGenerator::subschema_for::<query::Suspects>,
    },
    Operation {
        path: "/v1/requests",
        summary: "Captured requests that were in flight in a range",
        parameters: &[
            RANGE[0],
            RANGE[1],
            "filter",
            "project",
            "route",
            "min_wall_us",
            "sort",
            "limit",
            "cursor",
        ],
        answer: SchemaGenerator::subschema_for::<query::Requests>,
    },
    Operation {
        path: "/v1/requests/{correlation_id}",
        summary: "One request with everything",
        parameters: &["correlation_id"],
        answer: SchemaGenerator::subschema_for::<query::RequestDetail>,
    },
    Operation {
        path: "/v1/requests/{correlation_id}/comparison",
        summary: "Which figures of a request are out of the usual of its route",
        parameters: &["correlation_id"],
        answer: SchemaGenerator::subschema_for::<query::RequestComparison>,
    },
    Operation {
        path: "/v1/functions",
        summary: "The function profiles of a range, added up",
        parameters: &[
            RANGE[0],
            RANGE[1],
            "filter",
            "project",
            "route",
            "min_wall_us",
            "sort",
            "limit",
        ],
        answer: SchemaGenerator::subschema_for::<query::Functions>,
    },
    Operation {
        path: "/v1/functions/diff",
        summary: "Two ranges' profiles compared, per request",
        parameters: &[
            RANGE[0],
            RANGE[1],
            "filter",
            "project",
            "route",
            "min_wall_us",
            "baseline_from_at_us",
            "baseline_to_at_us",
            "limit",
        ],
        answer: SchemaGenerator::subschema_for::<query::FunctionsDiff>,
    },
    Operation {
        path: "/v1/functions/graph",
        summary: "The functions of a range, and who called whom",
        parameters: &[
            RANGE[0],
            RANGE[1],
            "filter",
            "project",
            "route",
            "min_wall_us",
        ],
        answer: SchemaGenerator::subschema_for::<query::FunctionGraph>,
    },
    Operation {
        path: "/v1/function",
        summary: "One function with its callers and callees",
        parameters: &[
            RANGE[0],
            RANGE[1],
            "filter",
            "project",
            "route",
            "min_wall_us",
            "name",
        ],
        answer: SchemaGenerator::subschema_for::<query::FunctionDetail>,
    },
    Operation {
        path: "/v1/statements",
        summary: "What captured requests asked their databases, by shape",
        parameters: &[
            RANGE[0],
            RANGE[1],
            "project",
            "route",
            "fingerprint",
            "loops",
            "sort",
            "limit",
        ],
        answer: SchemaGenerator::subschema_for::<query::Statements>,
    },
    Operation {
        path: "/v1/statement",
        summary: "One statement: who issued it, and how the database carried it out",
        parameters: &[RANGE[0], RANGE[1], "project", "route", "fingerprint"],
        answer: SchemaGenerator::subschema_for::<query::StatementDetail>,
    },
    Operation {
        path: "/v1/waits",
        summary: "What database sessions waited for",
        parameters: &[RANGE[0], RANGE[1], "project", "host"],
        answer: SchemaGenerator::subschema_for::<query::Waits>,
    },
    Operation {
        path: "/v1/locks",
        summary: "Who waited for whom",
        parameters: &[RANGE[0], RANGE[1], "project"],
        answer: SchemaGenerator::subschema_for::<query::LockEpisodes>,
    },
    Operation {
        path: "/v1/locks/tree",
        summary: "Who waits for whom at one moment, and at which moments somebody did",
        parameters: &[RANGE[0], RANGE[1], "project", "at_us"],
        answer: SchemaGenerator::subschema_for::<query::LockTree>,
    },
    Operation {
        path: "/v1/logs",
        summary: "Log entries, the newest first",
        parameters: &[
            RANGE[0],
            RANGE[1],
            "project",
            "host",
            "kind",
            "correlation_id",
            "limit",
        ],
        answer: SchemaGenerator::subschema_for::<query::Logs>,
    },
    Operation {
        path: "/v1/records/{event_id}",
        summary: "A record of any kind, and whether it has been forwarded",
        parameters: &["event_id"],
        answer: SchemaGenerator::subschema_for::<query::RecordSeen>,
    },
    Operation {
        path: "/v1/health",
        summary: "The store and those who report to it",
        parameters: &[],
        answer: SchemaGenerator::subschema_for::<query::Health>,
    },
];

/// The document, made once.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_string());

pub(super) async fn openapi(State(_): State<Api>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}

fn document() -> Value {
    let mut generator = SchemaSettings::openapi3().for_serialize().into_generator();
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let answer = (operation.answer)(&mut generator);
        let parameters: Vec<Value> = operation
            .parameters
            .iter()
            .map(|name| parameter(operation, name))
            .collect();
        let problem = json!({"$ref": "#/components/responses/Problem"});
        let described = json!({"get": {
            "summary": operation.summary,
            "operationId": operation.path.trim_start_matches("/v1/"),
            "parameters": parameters,
            "responses": {
                "200": {"description": operation.summary,
                        "content": {"application/json": {"schema": answer}}},
                "400": problem, "401": problem, "404": problem, "503": problem,
            },
        }});
        paths.insert(operation.path.to_owned(), described);
    }
    paths.insert("/v1/live".to_owned(), live());
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Bitville store",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Times are microseconds since the Unix epoch, in UTC; spans are microseconds.",
        },
        "security": [{"read_token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"read_token": {"type": "http", "scheme": "bearer"}},
            "responses": {"Problem": {
                "description": "What was wrong, where, and what is allowed (RFC 9457)",
                "content": {"application/problem+json": {"schema": problem_schema()}},
            }},
        },
    })
}

fn live() -> Value {
    json!({"get": {
        "summary": "Server-sent events: `stored` after commits, at most one a second, and `spikes` when they change",
        "operationId": "live",
        "responses": {
            "200": {"description": "A stream that stays open",
                    "content": {"text/event-stream": {"schema": {"type": "string"}}}},
            "401": {"$ref": "#/components/responses/Problem"},
            "503": {"$ref": "#/components/responses/Problem"},
        },
    }})
}

fn problem_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "parameter": {"type": "string"},
        },
        "required": ["title", "status", "detail"],
    })
}

fn parameter(operation: &Operation, name: &str) -> Value {
    let is_in_path = operation.path.contains(&format!("{{{name}}}"));
    let (schema, description) = described(operation, name);
    json!({
        "name": name,
        "in": if is_in_path { "path" } else { "query" },
        "required": is_in_path || name == "name",
        "schema": schema,
        "description": description,
    })
}

fn described(operation: &Operation, name: &str) -> (Value, &'static str) {
    let moment = json!({"type": "string", "example": "-15m"});
    let rows = json!({"type": "integer", "minimum": 1, "maximum": ANSWER_ROWS_MAX});
    let word = json!({"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"});
    let yes_or_no = json!({"type": "string", "enum": ["yes", "no"]});
    match name {
        "at_us" | "from_at_us" | "to_at_us" | "baseline_from_at_us" | "baseline_to_at_us" => (
            moment,
            "Microseconds since the epoch, 2026-03-01T12:30:00Z, 2026-03-01, now, or a span before now",
        ),
        "buckets" => (
            json!({"type": "integer", "minimum": 1, "maximum": TIMELINE_BUCKETS_MAX}),
            "How many buckets the range is cut into",
        ),
        "limit" => (rows, "How many rows at most"),
        "spike" | "spike_id" => (
            json!({"type": "integer", "minimum": 1, "maximum": 1_000_000}),
            "A spike's number",
        ),
        "correlation_id" => (
            json!({"type": "string", "format": "uuid"}),
            "A request's id",
        ),
        "event_id" => (json!({"type": "string", "format": "uuid"}), "A record's id"),
        "project" => (word, "One project"),
        "host" => (word, "One host"),
        "kind" => (
            word,
            "fpm_slow, mark, pg_log, pg_database or pg_statements; the last two only if asked for",
        ),
        "min_wall_us" => (
            json!({"type": "integer", "minimum": 0, "maximum": 1_000_000_000}),
            "The least wall time",
        ),
        "fingerprint" => (
            json!({"type": "string", "pattern": "^[0-9a-f]{16}$"}),
            "A statement's shape",
        ),
        "loops" => (
            yes_or_no,
            "Whether only statements that come in loops are told",
        ),
        "sort" => (
            json!({"type": "string", "enum": sorts(operation)}),
            "The order",
        ),
        "cursor" => (json!({"type": "string"}), "What the last page gave as next"),
        "filter" => (
            json!({"type": "string", "maxLength": 2_000, "example": "duration>2s status:5xx"}),
            "The filter language of docs/api.md",
        ),
        "route" => (
            json!({"type": "string", "minLength": 1}),
            "Method and route",
        ),
        _ => (
            json!({"type": "string", "minLength": 1}),
            "A function's name",
        ),
    }
}

fn sorts(operation: &Operation) -> Vec<&'static str> {
    match operation.path {
        "/v1/requests" => requests::SORTS.iter().map(|(name, ..)| *name).collect(),
        "/v1/statements" => statements::ORDERS.iter().map(|(name, _)| *name).collect(),
        _ => functions::ORDERS.iter().map(|(name, _)| *name).collect(),
    }
}
