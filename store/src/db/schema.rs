//! The tables of a day's file and of `meta.db`, their pragmas and their migrations.
//!
//! A day's file holds each record twice: as it came (`record`, and `body` with the compressed text),
//! so that it can be exported to the letter, and as narrow rows of the figures that questions filter,
//! sort and add up by. The narrow rows can be made again from the bodies.
//!
//! | table | one row is | key |
//! |---|---|---|
//! | `record` | an envelope; `given_at_us` is the time as it came, where `at_us` had to be clamped | `event_id` |
//! | `body` | a body's text, zstd | `record_id` |
//! | `dictionary` | what bodies of a kind are compressed with | the id that a zstd frame names |
//! | `kind`, `source` | how many records of a kind; a project and host that sent some | the names |
//! | `route`, `function`, `fingerprint`, `wait_event` | a name that other rows have the number of | the name |
//! | `request` | a PHP request's figures | `record_id` |
//! | `rollup` | sums over a minute, ten minutes or an hour | subject, span, project, host |
//! | `pg_sample` | one look at all sessions: counts by what they do | `record_id` |
//! | `pg_session` | one session in such a look | `record_id`, `pid` |
//! | `lock_wait` | one waiter at one moment, its blocker and the root of its chain | `record_id`, `waiter_pid` |
//! | `lock_party` | a session that waits or blocks at that moment | `record_id`, `pid` |
//! | `lock_time` | a request's waiting, and the waiting of others behind it, added up | `correlation_id` |
//! | `host_metrics`, `agent_health`, `gap` | as the protocol has them | `record_id` |
//! | `traffic` | all requests of ten seconds on a host | `record_id` |
//! | `fpm_pool` | a PHP-FPM pool at one moment | `record_id` |
//! | `log_entry` | one line of an entry of a log, and whom it is about | `record_id` |
//! | `clock` | how far a host's clock was from ours in a minute | project, host, minute |
//! | `statement` | an SQL text, once a day; its id is a hash of the text, alike in every file | `id` |
//! | `put_aside` | a line that was no record, and why | a hash of the line |
//!
//! `user_version` is the schema's version. Files are changed in place, step by step. Only a day's file of
//! versions 1 and 2 is written anew from its records, by `refile`: all that is not a record follows from
//! the records, so one way up serves both.

use std::path::Path;

use rusqlite::Connection;

use crate::db::DbError;

/// How a schema came to be what it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct History {
    /// The version that the first step makes of an empty file; earlier ones can't be stepped from.
    first: i64,
    steps: &'static [&'static str],
}

/// The history of a day's file.
pub(crate) const DAY: History = History {
    first: 3,
    steps: &[
        include_str!("sql/day_3.sql"),
        include_str!("sql/day_4.sql"),
        include_str!("sql/day_5.sql"),
    ],
};

/// The history of `meta.db`.
pub(crate) const META: History = History {
    first: 1,
    steps: &[
        include_str!("sql/meta_1.sql"),
        include_str!("sql/meta_2.sql"),
        include_str!("sql/meta_3.sql"),
    ],
};

/// The history of `forward.db`.
pub(crate) const FORWARD: History = History {
    first: 1,
    steps: &[include_str!("sql/forward_1.sql")],
};

/// What a connection that writes is told. `durability` is `FULL` or `NORMAL`.
pub(crate) fn writer_pragmas(durability: &str) -> String {
    format!(
        "
        -- Rows of 1 to 3 KB waste half of a 4 KiB page; 16 KiB was the best of four in time and size.
        PRAGMA page_size = 16384;
        -- Readers go on while the writer commits.
        PRAGMA journal_mode = WAL;
        -- FULL: a commit is on the disk before the sender hears of it. NORMAL: it survives a kill of
        -- the store, not of the machine.
        PRAGMA synchronous = {durability};
        -- A thread of its own does them, so that no commit waits for one.
        PRAGMA wal_autocheckpoint = 0;
        -- A WAL that a slow reader let grow shrinks again.
        PRAGMA journal_size_limit = 67108864;
        -- 20 MiB: what is written to of this hour's indexes stays in memory.
        PRAGMA cache_size = -20480;
        PRAGMA temp_store = MEMORY;
        -- With mmap a disk error is a SIGBUS instead of an error code.
        PRAGMA mmap_size = 0;
        -- Tools may look at the file beside the store.
        PRAGMA busy_timeout = 5000;
        -- Rows are only ever inserted, so there is nothing to reclaim.
        PRAGMA auto_vacuum = NONE;
        PRAGMA foreign_keys = OFF;
        "
    )
}

/// What a connection that only reads is told.
pub(crate) const READER_PRAGMAS: &str = "
    PRAGMA busy_timeout = 5000;
    -- 1 MiB: one question has eight files open, or one eight times. A page that is read again comes from the system's
    -- cache.
    PRAGMA cache_size = -1024;
    PRAGMA temp_store = MEMORY;
    PRAGMA mmap_size = 0;
    -- A reader that could write would be a mistake.
    PRAGMA query_only = ON;
";

/// Brings a file to the newest version of its schema.
pub(crate) fn migrate(
    connection: &mut Connection,
    path: &Path,
    history: History,
) -> Result<(), DbError> {
    let open_error = |source| DbError::Open {
        path: path.to_owned(),
        source,
    };
    // An index is sorted beside the file: in memory, that of a day would take more than all else does.
    let set_temp_store = |connection: &Connection, place| {
        connection
            .pragma_update(None, "temp_store", place)
            .map_err(open_error)
    };
    set_temp_store(connection, "FILE")?;
    step_up(connection, path, history)?;
    set_temp_store(connection, "MEMORY")
}

fn step_up(connection: &mut Connection, path: &Path, history: History) -> Result<(), DbError> {
    let open_error = |source| DbError::Open {
        path: path.to_owned(),
        source,
    };
    // Immediate: of two programs that open a new file at once, the second waits and finds it done.
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(open_error)?;
    let given: i64 = transaction
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(open_error)?;
    history.check(given, path)?;
    for (version, step) in (history.first..)
        .zip(history.steps)
        .filter(|(version, _)| *version > given)
    {
        let migrate_error = |source| DbError::Migrate {
            path: path.to_owned(),
            version,
            source,
        };
        transaction.execute_batch(step).map_err(migrate_error)?;
        transaction
            .pragma_update(None, "user_version", version)
            .map_err(migrate_error)?;
    }
    transaction.commit().map_err(open_error)
}

// === impl History ===

impl History {
    /// The newest version.
    pub(crate) fn version(self) -> i64 {
        self.first - 1 + i64::try_from(self.steps.len()).expect("a history is short")
    }

    /// Whether a file of that version is changed in place.
    pub(crate) fn can_step_from(self, given: i64) -> bool {
        (self.first..self.version()).contains(&given)
    }

    /// Whether a file can be brought to the newest version; one without tables has version 0.
    fn check(self, given: i64, path: &Path) -> Result<(), DbError> {
        let path = path.to_owned();
        let known = self.version();
        if given > known {
            return Err(DbError::TooNew { path, given, known });
        }
        if given != 0 && given < self.first {
            return Err(DbError::TooOld { path, given, known });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
