//! The database: one SQLite file per UTC day of receipt, `meta.db` and `forward.db`.
//!
//! A record goes into the file of the day on which it arrived, whatever time it tells, so that only
//! today's file is ever written and retention is the unlink of a whole file: it takes no time and
//! works on a full disk. `meta.db` keeps what outlives the days: tokens and spikes; `forward.db` how far
//! records have been forwarded.
//!
//! One thread, `writer`, owns the only connection that writes records, and commits what is queued in
//! groups. Readers open a file for the length of one question and close it again. Nothing outside of
//! this module sees a connection but `query`, and nothing at all outside of the store.
//!
//! In data-flow order: a record becomes a [`row::Prepared`], the writer inserts it, readers ask.

pub(crate) mod schema;

pub(crate) mod dictionary;
pub(crate) mod names;
pub(crate) mod packed;
pub(crate) mod row;

mod checkpoint;
pub(crate) mod insert;
pub(crate) mod known;
pub(crate) mod writer;

pub(crate) mod files;
pub(crate) mod refile;

pub(crate) mod reader;
pub(crate) mod retention;
pub(crate) mod thin;

pub(crate) mod backup;
pub(crate) mod check;

pub(crate) mod meta;

pub(crate) mod custody;
pub(crate) mod follow;

use std::path::PathBuf;

use thiserror::Error;

/// The first SQLite without the WAL-reset race, in which a commit beside a checkpoint could corrupt
/// the file (3.51.3).
const SQLITE_VERSION_MIN: i32 = 3_051_003;

/// What went wrong with the database.
#[derive(Debug, Error)]
pub(crate) enum DbError {
    #[error(
        "this build carries SQLite {given}; 3.51.3 or later is needed, earlier ones may corrupt a WAL"
    )]
    SqliteVersion { given: String },
    #[error("folder {path}: can't be made or listed")]
    Folder {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("database {path}: can't be opened")]
    Open {
        path: PathBuf,
        source: rusqlite::Error,
    },
    #[error(
        "database {path}: schema version {given} is newer than {known}, which this build knows"
    )]
    TooNew {
        path: PathBuf,
        given: i64,
        known: i64,
    },
    #[error(
        "database {path}: schema version {given} is older than {known}; a store that starts brings it up"
    )]
    TooOld {
        path: PathBuf,
        given: i64,
        known: i64,
    },
    #[error("database {path}: migration to schema version {version} failed")]
    Migrate {
        path: PathBuf,
        version: i64,
        source: rusqlite::Error,
    },
    #[error("the commit failed")]
    Commit { source: rusqlite::Error },
    #[error("a question to the database failed")]
    Query {
        #[from]
        source: rusqlite::Error,
    },
    #[error("a stored body can't be read back: {detail}")]
    Body { detail: String },
    #[error("the question took longer than {seconds} s; ask for a shorter range")]
    Deadline { seconds: u64 },
    #[error("database {path}: somebody reads it all the time, so it can't be replaced now")]
    Busy { path: PathBuf },
    #[error("database {path}: can't be put in the place of the one before")]
    Replace {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("folder {path}: a new or an empty one is allowed")]
    NotEmpty { path: PathBuf },
    #[error("database {path}: can't be written")]
    Copy {
        path: PathBuf,
        source: rusqlite::Error,
    },
    #[error("database {path}: can't be removed")]
    Remove {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the writer thread can't be started")]
    Spawn { source: std::io::Error },
}

/// Refuses an SQLite that can corrupt what it is given.
pub(crate) fn check_sqlite_version() -> Result<(), DbError> {
    if rusqlite::version_number() >= SQLITE_VERSION_MIN {
        return Ok(());
    }
    Err(DbError::SqliteVersion {
        given: rusqlite::version().to_owned(),
    })
}
