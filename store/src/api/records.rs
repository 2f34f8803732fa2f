//! `/v1/records/{event_id}`: a record, and whether it has been forwarded.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use uuid::Uuid;
use wire::query::RecordSeen;

use super::params::Params;
use super::{Answer, Api};
use crate::query;
use crate::refusal::Refusal;

pub(super) async fn record(
    State(api): State<Api>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<RecordSeen> {
    Params::parse(query.as_deref(), &[], api.clock.now())?;
    let id: Uuid = id.parse().map_err(|_| {
        let given: String = id.chars().take(80).collect();
        Refusal::parameter("id", format!("a UUID is allowed, got {given:?}"))
    })?;
    let graylog = std::sync::Arc::clone(&api.graylog);
    let missing = move || Refusal::not_found(format!("no record {id} is stored"));
    let found = api.ask(move |ask| query::record::ask(&ask, id, &graylog));
    found.await?.map(Json).ok_or_else(missing)
}
