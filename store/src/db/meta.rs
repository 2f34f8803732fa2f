//! `meta.db`: tokens and spikes, which outlive the days.
//!
//! Tokens are handed out and revoked by another process, the command line, while the store runs. So
//! before each look at a token the store asks SQLite whether somebody else has written
//! (`data_version`, a few microseconds) and reads them again if so: a revoked token is refused from
//! the next request on.

pub(crate) mod evidence;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, Row, params};
use thiserror::Error;
use wire::ids::{Host, Project, SpikeId};
use wire::query::{Measure, Spike};
use wire::time::{Instant, Range};

use crate::db::DbError;
use crate::db::files::Files;
use crate::limits;
use crate::network::Network;
use crate::token::{self, Grant, Role, Scope, Token, TokenHash};

/// `meta.db`, opened once per process. A question takes microseconds, so a lock is enough.
#[derive(Debug)]
pub(crate) struct Meta {
    inner: Mutex<Inner>,
    /// Counts the changes to spikes since the start.
    spikes_version: AtomicU64,
}

/// Why a token can't be handed out or revoked.
#[derive(Debug, Error)]
pub(crate) enum GrantError {
    #[error(transparent)]
    Name(#[from] token::TokenNameError),
    #[error("token {name}: the name is taken; revoke that token first or take another name")]
    Taken { name: String },
    #[error("token {name}: there is none; `token list` shows them")]
    Missing { name: String },
    #[error("at most {} tokens are allowed", limits::TOKENS_MAX)]
    TooMany,
    #[error("the tokens can't be read or written")]
    Db(#[from] DbError),
}

#[derive(Debug)]
struct Inner {
    connection: Connection,
    /// What `data_version` was when the grants were read.
    version: Option<i64>,
    grants: Vec<Grant>,
}

const GRANT_COLUMNS: &str = "name, role, hash, project, networks";

const SPIKE_COLUMNS: &str = "id, project, host, measure, begin_at_us, peak_at_us, end_at_us, peak, \
                             baseline, wait_class, reason";

// === impl Meta ===

impl Meta {
    pub(crate) fn open(files: &Files) -> Result<Self, DbError> {
        let inner = Inner {
            connection: files.open_meta()?,
            version: None,
            grants: Vec::new(),
        };
        Ok(Self {
            inner: Mutex::new(inner),
            spikes_version: AtomicU64::new(0),
        })
    }

    // --- tokens

    /// Makes a token. This is the only time that it can be seen.
    pub(crate) fn add_token(
        &self,
        name: &str,
        role: Role,
        scope: &Scope,
        now: Instant,
    ) -> Result<Token, GrantError> {
        token::check_name(name)?;
        let mut inner = self.lock();
        let count: usize = inner
            .connection
            .query_row("SELECT count(*) FROM token", [], |row| row.get(0))
            .map_err(DbError::from)?;
        if count >= limits::TOKENS_MAX {
            return Err(GrantError::TooMany);
        }
        let token = Token::generate();
        let added = inner
            .connection
            .execute(
                "INSERT OR IGNORE INTO token (name, role, hash, created_at_us, project, networks)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    name,
                    role.as_str(),
                    TokenHash::of(token.reveal()).0,
                    now.0,
                    scope.project.as_ref().map(Project::as_str),
                    scope.networks_text(),
                ],
            )
            .map_err(DbError::from)?;
        // One's own writes do not change `data_version`.
        inner.version = None;
        if added == 0 {
            return Err(GrantError::Taken {
                name: name.to_owned(),
            });
        }
        Ok(token)
    }

    /// Every token, and when it was made.
    pub(crate) fn tokens(&self) -> Result<Vec<(Grant, Instant)>, DbError> {
        let inner = self.lock();
        let mut statement = inner.connection.prepare(&format!(
            "SELECT {GRANT_COLUMNS}, created_at_us FROM token ORDER BY name"
        ))?;
        let rows = statement.query_map([], |row| Ok((grant_of(row)?, Instant(row.get(5)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) fn revoke_token(&self, name: &str) -> Result<(), GrantError> {
        let mut inner = self.lock();
        let removed = inner
            .connection
            .execute("DELETE FROM token WHERE name = ?1", [name])
            .map_err(DbError::from)?;
        inner.version = None;
        if removed == 0 {
            return Err(GrantError::Missing {
                name: name.chars().take(80).collect(),
            });
        }
        Ok(())
    }

    /// Whose token this is, as of now.
    pub(crate) fn find_token(&self, given: &str) -> Result<Option<Grant>, DbError> {
        let mut inner = self.lock();
        inner.refresh()?;
        let found = token::find(&inner.grants, &TokenHash::of(given));
        Ok(found.cloned())
    }

    /// The token of that name, as of now.
    pub(crate) fn named_token(&self, name: &str) -> Result<Option<Grant>, DbError> {
        let mut inner = self.lock();
        inner.refresh()?;
        Ok(inner
            .grants
            .iter()
            .find(|grant| grant.name == name)
            .cloned())
    }

    // --- spikes

    /// Spikes that touch a range, the newest first.
    pub(crate) fn spikes(&self, range: Range, rows_max: usize) -> Result<Vec<Spike>, DbError> {
        let inner = self.lock();
        let mut statement = inner.connection.prepare_cached(&format!(
            "SELECT {SPIKE_COLUMNS} FROM spike
             WHERE begin_at_us < ?2 AND (end_at_us IS NULL OR end_at_us > ?1)
             ORDER BY begin_at_us DESC, id DESC LIMIT ?3"
        ))?;
        let rows_max = i64::try_from(rows_max).unwrap_or(i64::MAX);
        let rows = statement.query_map(
            params![range.from_at_us.0, range.to_at_us.0, rows_max],
            spike_of,
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) fn spike(&self, id: SpikeId) -> Result<Option<Spike>, DbError> {
        let inner = self.lock();
        let mut statement = inner
            .connection
            .prepare_cached(&format!("SELECT {SPIKE_COLUMNS} FROM spike WHERE id = ?1"))?;
        Ok(statement.query_row([id.0], spike_of).optional()?)
    }

    /// Another number whenever spikes have changed.
    pub(crate) fn spikes_version(&self) -> u64 {
        self.spikes_version.load(Ordering::Acquire)
    }

    /// Writes what a detection has changed, in one transaction. A new spike's id is ignored.
    pub(crate) fn save_spikes(
        &self,
        new: &[Spike],
        changed: &[Spike],
        gone: &[SpikeId],
    ) -> Result<Vec<SpikeId>, DbError> {
        let inner = self.lock();
        let transaction = inner.connection.unchecked_transaction()?;
        let mut ids = Vec::with_capacity(new.len());
        for spike in new {
            write_spike(&inner.connection, None, spike)?;
            ids.push(SpikeId(inner.connection.last_insert_rowid()));
        }
        for spike in changed {
            write_spike(&inner.connection, Some(spike.id), spike)?;
            // It was made of another range. A first doubt stands: it is waited for no longer.
            inner.connection.execute(
                "UPDATE evidence SET doubted_at_us = coalesce(doubted_at_us, judged_at_us)
                 WHERE spike_id = ?1",
                [spike.id.0],
            )?;
        }
        for id in gone {
            inner
                .connection
                .execute("DELETE FROM spike WHERE id = ?1", [id.0])?;
        }
        inner.connection.execute(
            "DELETE FROM spike WHERE id <= (SELECT max(id) FROM spike) - ?1",
            [i64::try_from(limits::SPIKES_MAX).expect("a bound of thousands")],
        )?;
        inner.connection.execute(
            "DELETE FROM evidence WHERE spike_id NOT IN (SELECT id FROM spike)",
            [],
        )?;
        transaction
            .commit()
            .map_err(|source| DbError::Commit { source })?;
        if !(new.is_empty() && changed.is_empty() && gone.is_empty()) {
            self.count_change();
        }
        Ok(ids)
    }

    fn count_change(&self) {
        self.spikes_version.fetch_add(1, Ordering::AcqRel);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere leaves a rolled-back transaction, and grants that are read again.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Inner ===

impl Inner {
    fn refresh(&mut self) -> Result<(), DbError> {
        let version = self
            .connection
            .pragma_query_value(None, "data_version", |row| row.get(0))?;
        if self.version == Some(version) {
            return Ok(());
        }
        let mut statement = self
            .connection
            .prepare_cached(&format!("SELECT {GRANT_COLUMNS} FROM token"))?;
        let grants = statement.query_map([], grant_of)?;
        self.grants = grants.collect::<Result<_, _>>()?;
        self.version = Some(version);
        Ok(())
    }
}

fn write_spike(
    connection: &Connection,
    id: Option<SpikeId>,
    spike: &Spike,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO spike ({SPIKE_COLUMNS})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
        ))?
        .execute(params![
            id.map(|id| id.0),
            spike.project.as_ref().map(Project::as_str),
            spike.host.as_ref().map(Host::as_str),
            spike.measure.name(),
            spike.begin_at_us.0,
            spike.peak_at_us.0,
            spike.end_at_us.map(|end| end.0),
            spike.peak,
            spike.baseline,
            spike.wait_class,
            spike.reason,
        ])?;
    Ok(())
}

fn spike_of(row: &Row<'_>) -> rusqlite::Result<Spike> {
    let project: Option<String> = row.get(1)?;
    let host: Option<String> = row.get(2)?;
    let measure: String = row.get(3)?;
    Ok(Spike {
        id: SpikeId(row.get(0)?),
        // Both were checked when they came in.
        project: project.and_then(|name| Project::try_new(name).ok()),
        host: host.and_then(|name| Host::try_new(name).ok()),
        measure: measure_of(&measure),
        begin_at_us: Instant(row.get(4)?),
        peak_at_us: Instant(row.get(5)?),
        end_at_us: row.get::<_, Option<i64>>(6)?.map(Instant),
        peak: row.get(7)?,
        baseline: row.get(8)?,
        wait_class: row.get(9)?,
        reason: row.get(10)?,
    })
}

fn measure_of(name: &str) -> Measure {
    match name {
        "load" => Measure::Load,
        "pressure" => Measure::Pressure,
        "requests" => Measure::Requests,
        "queue" => Measure::Queue,
        "errors" => Measure::Errors,
        "wall" => Measure::Wall,
        _ => Measure::Sessions,
    }
}

fn grant_of(row: &Row<'_>) -> rusqlite::Result<Grant> {
    let project: Option<String> = row.get(3)?;
    let networks: String = row.get(4)?;
    // Both were checked when the token was made. What a tool wrote there since must not widen it.
    let project = project
        .map(Project::try_new)
        .transpose()
        .map_err(|_| rusqlite::Error::InvalidQuery)?;
    let networks: Result<Vec<Network>, _> = networks.split_whitespace().map(str::parse).collect();
    Ok(Grant {
        name: row.get(0)?,
        role: role_of(row, 1)?,
        hash: TokenHash(row.get(2)?),
        scope: Scope {
            project,
            networks: networks.map_err(|_| rusqlite::Error::InvalidQuery)?,
        },
    })
}

fn role_of(row: &Row<'_>, column: usize) -> rusqlite::Result<Role> {
    let text: String = row.get(column)?;
    // The table's CHECK allows no other.
    Role::parse(&text).ok_or(rusqlite::Error::InvalidQuery)
}

#[cfg(test)]
mod tests;
