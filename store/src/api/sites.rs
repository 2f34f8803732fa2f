//! Projects and hosts.

use axum::extract::{RawQuery, State};
use wire::ids::Project;
use wire::query::{Hosts, Projects};

use super::params::Params;
use super::{Answer, Api};
use crate::query::sites;

pub(super) async fn projects(
    State(api): State<Api>,
    RawQuery(query): RawQuery,
) -> Answer<Projects> {
    Params::parse(query.as_deref(), &[], api.clock.now())?;
    api.answer(|ask| sites::projects(&ask)).await
}

pub(super) async fn hosts(State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Hosts> {
    let params = Params::parse(query.as_deref(), &["project"], api.clock.now())?;
    let project = params.project()?;
    api.answer(move |ask| sites::hosts(&ask, project.as_ref().map(Project::as_str)))
        .await
}
