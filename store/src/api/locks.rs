//! Who waited for whom: over a range, and at one moment of it.

use axum::extract::{RawQuery, State};
use wire::query::{LockEpisodes, LockTree};

use super::params::Params;
use super::{Answer, Api, RANGE_DEFAULT};
use crate::query::{lock_tree, locks};

pub(super) async fn episodes(
    State(api): State<Api>,
    RawQuery(query): RawQuery,
) -> Answer<LockEpisodes> {
    let allowed = ["from_at_us", "to_at_us", "project"];
    let params = Params::parse(query.as_deref(), &allowed, api.clock.now())?;
    let (range, project) = (params.range(RANGE_DEFAULT)?, params.project()?);
    api.answer(move |ask| locks::ask(&ask, range, project.as_ref()))
        .await
}

pub(super) async fn tree(State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<LockTree> {
    let allowed = ["from_at_us", "to_at_us", "project", "at_us"];
    let params = Params::parse(query.as_deref(), &allowed, api.clock.now())?;
    let (range, project) = (params.range(RANGE_DEFAULT)?, params.project()?);
    let at = params.moment("at_us")?;
    api.answer(move |ask| lock_tree::ask(&ask, range, project.as_ref(), at))
        .await
}
