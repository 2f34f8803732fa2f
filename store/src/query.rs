//! Questions to the database, one file per answer of the API.
//!
//! Each function takes an [`Ask`] (the files, a deadline, the time), reads what it needs of every
//! day that can hold it, and merges in memory. They block, so `api` runs them on threads of their
//! own. What is computed and not looked up stands apart, as pure functions, and is tested without
//! a database.

pub(crate) mod filter;
mod side_by_side;
mod sums;

pub(crate) mod overview;
pub(crate) mod timeline;

pub(crate) mod baseline;
mod bodies;
pub(crate) mod compared;
pub(crate) mod record;
pub(crate) mod request;
pub(crate) mod requests;

mod profile;

pub(crate) mod functions;
pub(crate) mod statement;
pub(crate) mod statements;

mod backends;
pub(crate) mod issued;
mod issuers;
pub(crate) mod lock_tree;
pub(crate) mod locks;
pub(crate) mod party;
pub(crate) mod waits;

pub(crate) mod logs;
pub(crate) mod wait_events;

pub(crate) mod health;
pub(crate) mod sites;
pub(crate) mod suspects;

#[cfg(test)]
pub(crate) mod bench;

use std::sync::Arc;

use uuid::Uuid;
use wire::ids::{CorrelationId, Host, Project};
use wire::time::Instant;

use crate::db::DbError;
use crate::db::meta::Meta;
use crate::db::reader::Reader;

/// What a question is asked with.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) reader: Reader,
    pub(crate) meta: Arc<Meta>,
    pub(crate) now: Instant,
}

/// A name that was checked when it came in; one that a tool put into the file is told as an error.
fn project(name: String) -> rusqlite::Result<Project> {
    Project::try_new(name).map_err(|_| rusqlite::Error::InvalidQuery)
}

fn host(name: String) -> rusqlite::Result<Host> {
    Host::try_new(name).map_err(|_| rusqlite::Error::InvalidQuery)
}

fn correlation_id(bytes: [u8; 16]) -> CorrelationId {
    CorrelationId(Uuid::from_bytes(bytes))
}

/// A share of many, as a list of ascending values has it.
fn percentile(ascending: &[i64], share: f64) -> Option<i64> {
    let last = ascending.len().checked_sub(1)?;
    // Nearest rank: a value that was really measured.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to the length"
    )]
    let rank = (share * ascending.len() as f64).ceil() as usize;
    ascending.get(rank.saturating_sub(1).min(last)).copied()
}

/// Reads an answer's part or gives the error through.
type Answer<T> = Result<T, DbError>;
