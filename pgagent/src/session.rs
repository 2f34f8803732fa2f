//! The one session that pgagent keeps with its server.
//!
//! It is opened once and kept, since a new connection is what a full or locked server can't give: a
//! session that is open goes on answering when `max_connections` is reached and when somebody holds
//! the catalogs. It never runs two queries at once (each method borrows it mutably), never opens a
//! transaction, and prepares its statements when it is opened, so that a tick parses nothing.
//!
//! Three deadlines lie behind each other. The server gives a query up after [`STATEMENT_TIMEOUT`],
//! and after [`LOCK_TIMEOUT`] of waiting for a lock. If it does not, the client does after
//! [`QUERY_DEADLINE`]: it asks the server to cancel, and the session is over, because a socket with
//! an answer still under way is of no use. No query is ever left running behind our back.

use std::time::Duration;

use thiserror::Error;
use tokio::task::JoinHandle;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, NoTls, Row, Statement};
use wire::ids::BackendPid;

use crate::settings::Database;

/// What the session calls itself in `pg_stat_activity`.
pub const APPLICATION_NAME: &str = "bitville-pgagent";

const STATEMENT_TIMEOUT: Duration = Duration::from_secs(2);
const LOCK_TIMEOUT: Duration = Duration::from_millis(100);
/// Above the server's own timeout, so that it is reached only if the server or the way to it hangs.
const QUERY_DEADLINE: Duration = Duration::from_secs(3);
const CANCEL_DEADLINE: Duration = Duration::from_secs(1);
/// For the socket alone.
const SOCKET_DEADLINE: Duration = Duration::from_secs(3);
/// For the server to let us in. Neither timeout above holds in that phase, and a start that we give
/// up goes on in the server until the lock that it waits for is free: giving up early would fill the
/// server with our own leftovers. Meanwhile the titles of its processes are read.
const OPEN_DEADLINE: Duration = Duration::from_secs(600);

/// The kinds of backends, the role `pg_monitor` and the wait events of today came with 10.
const SERVER_VERSION_LEAST: i32 = 100_000;

/// The statements of a tick, each prepared under its place in this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Query {
    Activity,
    Blockers,
    Locks,
    Names,
    Settings,
}

/// What is learned of the server when a session begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The server's process that answers us.
    pub pid: BackendPid,
    pub version: String,
    /// `150018` for 15.18.
    pub version_number: i32,
    pub max_connections: u32,
    /// `track_activity_query_size`: a text this long less one has been cut by the server.
    pub query_bytes_max: u32,
    /// Whether other users' sessions are shown to us.
    pub sees_all: bool,
    /// The database that we are in: only its relations can be named.
    pub database: u32,
}

/// Why there is no session, or no answer.
#[derive(Debug, Error)]
pub enum SessionError {
    #[error("the server can't be connected to")]
    Connect(#[source] tokio_postgres::Error),
    #[error("the server did not let us in within {} s", OPEN_DEADLINE.as_secs())]
    OpenDeadline,
    #[error("the server is PostgreSQL {version}: 10 or later is allowed")]
    Version { version: String },
    #[error("the server's facts can't be read")]
    Facts(#[source] tokio_postgres::Error),
    #[error("the query for {query} can't be prepared")]
    Prepare {
        query: &'static str,
        source: tokio_postgres::Error,
    },
    #[error("the query for {query} failed")]
    Query {
        query: &'static str,
        source: tokio_postgres::Error,
    },
    #[error("the query for {query} had no answer within {} s", QUERY_DEADLINE.as_secs())]
    QueryDeadline { query: &'static str },
    #[error("the query for {query} has an answer that can't be read")]
    Answer {
        query: &'static str,
        source: tokio_postgres::Error,
    },
    #[error("the query for {query} has no rows, not even for the server's own processes")]
    NoRows { query: &'static str },
}

/// An open session.
#[derive(Debug)]
pub struct Session {
    client: Client,
    _driver: Driver,
    statements: Vec<Statement>,
    facts: Facts,
    is_broken: bool,
}

/// The task that moves bytes between a client and its socket. It ends with its owner, and closes the
/// socket, also if the server has stopped reading from it.
#[derive(Debug)]
struct Driver(JoinHandle<()>);

// === impl Query ===

impl Query {
    const ALL: [Self; 5] = [
        Self::Activity,
        Self::Blockers,
        Self::Locks,
        Self::Names,
        Self::Settings,
    ];

    /// What it asks for, as errors have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::Blockers => "blockers",
            Self::Locks => "locks",
            Self::Names => "names",
            Self::Settings => "settings",
        }
    }

    /// The statement for a server of that version. A column that came later is empty before.
    fn text(self, version_number: i32) -> String {
        let text = match self {
            Self::Activity => include_str!("sql/activity.sql"),
            Self::Blockers => include_str!("sql/blockers.sql"),
            Self::Locks => include_str!("sql/locks.sql"),
            Self::Names => include_str!("sql/names.sql"),
            Self::Settings => include_str!("sql/settings.sql"),
        };
        let later = [
            ("a.leader_pid", 130_000, "NULL::int4 AS leader_pid"),
            ("a.query_id", 140_000, "NULL::int8 AS query_id"),
            ("l.waitstart", 140_000, "NULL::timestamptz AS waitstart"),
        ];
        later
            .iter()
            .filter(|(_, since, _)| version_number < *since)
            .fold(text.to_owned(), |text, (column, _, stand_in)| {
                text.replace(column, stand_in)
            })
    }
}

// === impl Facts ===

impl Facts {
    const TEXT: &'static str = include_str!("sql/facts.sql");

    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let unsigned = |number: i64| u32::try_from(number).unwrap_or(0);
        Ok(Self {
            pid: row.try_get("pid")?,
            version: row.try_get("version")?,
            version_number: row.try_get("version_number")?,
            max_connections: unsigned(row.try_get::<_, i32>("max_connections")?.into()),
            query_bytes_max: unsigned(row.try_get("query_bytes_max")?),
            sees_all: row.try_get("sees_all")?,
            database: row.try_get("database")?,
        })
    }
}

// === impl SessionError ===

impl SessionError {
    /// Whether somebody's deadline ended a query: the server's, the one for locks, or ours.
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::QueryDeadline { .. } => true,
            Self::Query { source, .. } => source.code().is_some_and(|code| {
                [&SqlState::QUERY_CANCELED, &SqlState::LOCK_NOT_AVAILABLE].contains(&code)
            }),
            _ => false,
        }
    }

    /// Whether the role may not do it.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Query { source, .. }
            if source.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE))
    }
}

// === impl Session ===

impl Session {
    /// Connects, learns the server's facts and prepares the statements.
    pub async fn open(database: &Database) -> Result<Self, SessionError> {
        timeout(OPEN_DEADLINE, Self::open_unbounded(database))
            .await
            .unwrap_or(Err(SessionError::OpenDeadline))
    }

    async fn open_unbounded(database: &Database) -> Result<Self, SessionError> {
        let (client, connection) = config(database)
            .connect(NoTls)
            .await
            .map_err(SessionError::Connect)?;
        // An error of the connection comes back from the query that it ends, so it isn't lost here.
        let driver = Driver(tokio::spawn(async move { drop(connection.await) }));
        let facts = ask_facts(&client).await?;
        let mut statements = Vec::with_capacity(Query::ALL.len());
        for query in Query::ALL {
            let prepared = client.prepare(&query.text(facts.version_number)).await;
            let error = |source| SessionError::Prepare {
                query: query.name(),
                source,
            };
            statements.push(prepared.map_err(error)?);
        }
        Ok(Self {
            client,
            _driver: driver,
            statements,
            facts,
            is_broken: false,
        })
    }

    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Whether the session is over: nothing more will be answered.
    pub fn is_over(&self) -> bool {
        self.is_broken || self.client.is_closed()
    }

    /// Runs one of the prepared statements to its end, within the deadlines.
    pub async fn query(
        &mut self,
        query: Query,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, SessionError> {
        let statement = &self.statements[query as usize];
        let answer = timeout(QUERY_DEADLINE, self.client.query(statement, parameters)).await;
        self.settle(query.name(), answer).await
    }

    /// Runs a statement that is asked seldom, and differs from server to server.
    pub async fn ask(
        &mut self,
        query: &'static str,
        text: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, SessionError> {
        let answer = timeout(QUERY_DEADLINE, self.client.query_typed(text, parameters)).await;
        self.settle(query, answer).await
    }

    async fn settle(
        &mut self,
        query: &'static str,
        answer: Result<Result<Vec<Row>, tokio_postgres::Error>, Elapsed>,
    ) -> Result<Vec<Row>, SessionError> {
        match answer {
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(source)) => {
                // The server has answered with an error, and is ready for the next query; anything
                // else is trouble with the connection.
                self.is_broken |= source.as_db_error().is_none();
                Err(SessionError::Query { query, source })
            }
            Err(_) => {
                self.is_broken = true;
                self.cancel().await;
                Err(SessionError::QueryDeadline { query })
            }
        }
    }

    /// Asks the server to end the query that is running. Best effort: the server gives no answer, and
    /// its own timeout comes as well.
    async fn cancel(&self) {
        let token = self.client.cancel_token();
        match timeout(CANCEL_DEADLINE, token.cancel_query(NoTls)).await {
            Ok(Ok(())) => tracing::warn!("query past its deadline, cancelled"),
            Ok(Err(error)) => tracing::warn!(%error, "query past its deadline, can't be cancelled"),
            Err(_) => tracing::warn!("query past its deadline, cancelling it hangs as well"),
        }
    }
}

// === impl Driver ===

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn ask_facts(client: &Client) -> Result<Facts, SessionError> {
    let row = client
        .query_typed_one(Facts::TEXT, &[])
        .await
        .map_err(SessionError::Facts)?;
    let facts = Facts::from_row(&row).map_err(SessionError::Facts)?;
    if facts.version_number < SERVER_VERSION_LEAST {
        return Err(SessionError::Version {
            version: facts.version,
        });
    }
    Ok(facts)
}

/// The operator's DSN with what makes the session harmless.
fn config(database: &Database) -> tokio_postgres::Config {
    let mut config = database.config.clone();
    let given = config.get_options().unwrap_or_default();
    let options = format!(
        "{given} -c statement_timeout={} -c lock_timeout={} \
         -c idle_in_transaction_session_timeout=5000 -c default_transaction_read_only=on \
         -c jit=off -c max_parallel_workers_per_gather=0 -c search_path=pg_catalog",
        STATEMENT_TIMEOUT.as_millis(),
        LOCK_TIMEOUT.as_millis(),
    );
    config
        .options(options.trim_start())
        .application_name(APPLICATION_NAME)
        .connect_timeout(SOCKET_DEADLINE)
        .tcp_user_timeout(2 * QUERY_DEADLINE)
        .keepalives_idle(2 * QUERY_DEADLINE);
    if let Some(password) = &database.password {
        config.password(password.reveal());
    }
    config
}
