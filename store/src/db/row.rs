//! A record as the writer takes it: checked, its body compressed, its figures laid out.
//!
//! All of that is done on the sender's own task, so that the one thread that writes only writes.
//! Times are clamped here: a clock that is wrong by years must not make an index or an axis useless,
//! while the time as it came is kept for the export.

mod log;
mod request;

use std::collections::BTreeMap;
use std::sync::Arc;

use wire::agent::{AgentHealth, Gap};
use wire::fpm::FpmStatus;
use wire::histogram::Histogram;
use wire::host::{HostMetrics, Role};
use wire::ids::CorrelationId;
use wire::pg::{Activity, Locks, Session};
use wire::record::{Body, Record, RecordError};
use wire::time::{Instant, Micros, Range};
use wire::traffic::Traffic;

pub(crate) use self::request::{CallRows, RequestRow, StatementRow};
use crate::correlate::{self, WaitRow};
use crate::db::dictionary::{Bodies, Dictionary};
use crate::db::names::{NameId, Names};
use crate::db::packed::Rows;
use crate::limits;

/// A record that is ready to be inserted.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) event_id: uuid::Uuid,
    pub(crate) kind: String,
    pub(crate) project: String,
    pub(crate) host: String,
    /// Clamped; what every question goes by.
    pub(crate) at_us: Instant,
    /// As it came.
    pub(crate) given_at_us: Instant,
    /// The body's text, compressed.
    pub(crate) zstd: Vec<u8>,
    /// What it is read with.
    pub(crate) dictionary: Option<Arc<Dictionary>>,
    pub(crate) figures: Figures,
}

/// The narrow rows of a record.
#[derive(Debug)]
pub(crate) enum Figures {
    Request(Box<RequestRow>),
    Activity(ActivityRows),
    Locks(LockRows),
    Host(HostRow),
    Health {
        agent: String,
    },
    Gap(Gap),
    Traffic(TrafficRows),
    Fpm(Box<FpmStatus>),
    Log(LogRow),
    /// A kind from another version has none, nor has one whose body says it all.
    None,
}

#[derive(Debug)]
pub(crate) struct ActivityRows {
    pub(crate) sample: Activity,
    pub(crate) sessions: Vec<SessionRow>,
}

#[derive(Debug)]
pub(crate) struct LockRows {
    pub(crate) interval_us: i64,
    pub(crate) waits: Vec<WaitRow>,
    pub(crate) parties: Vec<SessionRow>,
}

/// A session in a sample; its statement goes into a table of its own.
#[derive(Debug)]
pub(crate) struct SessionRow {
    pub(crate) session: Session,
    pub(crate) wait_class: &'static str,
    pub(crate) statement_id: Option<i64>,
}

#[derive(Debug)]
pub(crate) struct HostRow {
    pub(crate) interval_us: i64,
    pub(crate) role: &'static str,
    pub(crate) cores: u32,
    pub(crate) load1: f64,
    pub(crate) busy_percent: Option<f64>,
    pub(crate) stalled_percent: Option<f64>,
}

/// An entry of a log.
#[derive(Debug)]
pub(crate) struct LogRow {
    pub(crate) pid: Option<i64>,
    pub(crate) correlation_id: Option<CorrelationId>,
    /// One line.
    pub(crate) text: String,
}

/// All requests of an interval, and the same by label.
#[derive(Debug, Default)]
pub(crate) struct TrafficRows {
    pub(crate) interval_us: i64,
    pub(crate) count: u64,
    pub(crate) errors: u64,
    pub(crate) wall_us: i64,
    pub(crate) wall: Histogram,
    pub(crate) routes: BTreeMap<NameId, RouteRow>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RouteRow {
    pub(crate) count: u64,
    pub(crate) errors: u64,
    pub(crate) wall_us: i64,
    pub(crate) longest_us: i64,
    pub(crate) sql_count: u64,
    pub(crate) sql_us: i64,
}

// === impl Prepared ===

impl Prepared {
    /// Lays a record out. `kept` is the time that the store can tell apart; what lies outside of it
    /// is moved to its edge. A body that isn't what its kind says is an error.
    pub(crate) fn try_new(
        record: &Record,
        kept: Range,
        names: &Names,
        bodies: &mut Bodies,
    ) -> Result<Self, RecordError> {
        Self::of_parts(record, None, kept, names, bodies)
    }

    /// The same of a record whose edges were cut out of its line.
    pub(crate) fn of_parts(
        record: &Record,
        edges: Option<Rows>,
        kept: Range,
        names: &Names,
        bodies: &mut Bodies,
    ) -> Result<Self, RecordError> {
        let mut body = record.body()?;
        let kind = record.kind.as_str();
        let (zstd, dictionary) = bodies
            .compress(kind, record.body_text().as_bytes(), edges.as_ref())
            .map_err(|error| RecordError::Body {
                kind: kind.to_owned(),
                detail: error.to_string(),
            })?;
        if let (Body::Request(request), Some(edges)) = (&mut body, edges) {
            edges.put_into(request);
        }
        let figures = Figures::of(body, names);
        Ok(Self {
            event_id: record.event_id.0,
            kind: kind.to_owned(),
            project: record.project.as_str().to_owned(),
            host: record.host.as_str().to_owned(),
            at_us: record.at_us.clamp(kept.from_at_us, kept.to_at_us),
            given_at_us: record.at_us,
            zstd,
            dictionary,
            figures,
        })
    }

    /// Whether its clock told a time that the store can't tell apart.
    pub(crate) fn is_clamped(&self) -> bool {
        self.at_us != self.given_at_us
    }

    /// What it takes in memory, near enough to bound a queue.
    pub(crate) fn bytes(&self) -> usize {
        let sessions = match &self.figures {
            Figures::Activity(rows) => rows.sessions.as_slice(),
            Figures::Locks(rows) => rows.parties.as_slice(),
            _ => &[],
        };
        let statements = sessions
            .iter()
            .filter_map(|row| row.session.query.as_deref());
        let figures = statements.map(|query| size_of::<SessionRow>() + query.len());
        let others = match &self.figures {
            Figures::Traffic(rows) => rows.routes.len() * size_of::<(NameId, RouteRow)>() * 2,
            Figures::Request(row) => size_of::<RequestRow>() + row.bytes(),
            Figures::Log(row) => row.text.len(),
            _ => 0,
        };
        size_of::<Self>() + self.zstd.len() + figures.sum::<usize>() + others
    }
}

// === impl Figures ===

impl Figures {
    fn of(body: Body, names: &Names) -> Self {
        match body {
            Body::Request(request) => Self::Request(Box::new(RequestRow::of(&request, names))),
            Body::PgActivity(activity) => Self::Activity(ActivityRows::of(activity)),
            Body::PgLocks(locks) => Self::Locks(LockRows::of(locks)),
            Body::HostMetrics(metrics) => Self::Host(HostRow::of(&metrics)),
            Body::AgentHealth(AgentHealth { agent, .. }) => Self::Health { agent },
            Body::Gap(gap) => Self::Gap(gap),
            Body::Traffic(traffic) => Self::Traffic(TrafficRows::of(&traffic, names)),
            Body::FpmStatus(status) => Self::Fpm(status),
            Body::FpmSlow(entry) => Self::Log(LogRow::of_slow(&entry)),
            Body::PgLog(entry) => Self::Log(LogRow::of_server(&entry)),
            Body::PgStatements(statements) => Self::Log(LogRow::of_statements(&statements)),
            Body::PgDatabase(database) => Self::Log(LogRow::of_database(&database)),
            Body::Mark(mark) => Self::Log(LogRow::of_mark(&mark)),
            Body::Spike(_) | Body::Unknown => Self::None,
        }
    }
}

impl ActivityRows {
    fn of(mut activity: Activity) -> Self {
        let mut sessions = std::mem::take(&mut activity.sessions);
        // Once a minute all are told; those that do nothing are found in the body.
        if activity.is_full {
            sessions.retain(|session| correlate::wait_class(session) != "idle");
        }
        activity.interval_us = Micros(sample_us(activity.interval_us));
        Self {
            sessions: each_once(sessions),
            sample: activity,
        }
    }
}

impl LockRows {
    fn of(locks: Locks) -> Self {
        Self {
            interval_us: sample_us(locks.interval_us),
            waits: correlate::wait_rows(&locks),
            parties: each_once(locks.sessions),
        }
    }
}

impl SessionRow {
    fn of(session: Session) -> Self {
        Self {
            wait_class: correlate::wait_class(&session),
            statement_id: session.query.as_deref().map(correlate::statement_id),
            session,
        }
    }
}

impl TrafficRows {
    /// Two routes of one label are one row.
    fn of(traffic: &Traffic, names: &Names) -> Self {
        let mut rows = Self {
            interval_us: sample_us(traffic.interval_us),
            ..Self::default()
        };
        for route in &traffic.routes {
            rows.count = rows.count.saturating_add(route.count);
            rows.errors = rows.errors.saturating_add(route.errors);
            rows.wall_us = rows.wall_us.saturating_add(span_us(route.wall_us));
            rows.wall.merge(&route.wall);
            let label = format!("{} {}", route.method, route.route);
            let row = rows.routes.entry(names.routes.id(&label)).or_default();
            row.count = row.count.saturating_add(route.count);
            row.errors = row.errors.saturating_add(route.errors);
            row.wall_us = row.wall_us.saturating_add(span_us(route.wall_us));
            row.longest_us = row.longest_us.max(span_us(route.longest_us));
            row.sql_count = row.sql_count.saturating_add(route.sql_count);
            row.sql_us = row.sql_us.saturating_add(span_us(route.sql_us));
        }
        rows
    }
}

/// A span of time that adds up to what a column holds, however many there are.
fn span_us(span: Micros) -> i64 {
    span.0.clamp(0, limits::REQUEST_US_MAX)
}

impl HostRow {
    fn of(metrics: &HostMetrics) -> Self {
        Self {
            interval_us: sample_us(metrics.interval_us),
            role: match metrics.role {
                Role::Web => "web",
                Role::Db => "db",
            },
            cores: metrics.cores,
            load1: metrics.load1,
            busy_percent: metrics
                .cpu
                .map(|cpu| cpu.user_percent + cpu.system_percent + cpu.steal_percent),
            stalled_percent: metrics.pressure.map(|it| it.stalled_percent()),
        }
    }
}

/// What a sample weighs.
fn sample_us(interval: Micros) -> i64 {
    interval.0.clamp(0, limits::SAMPLE_US_MAX)
}

/// A pid lives once at a moment; a second one in a sample is passed over, the body keeps it.
fn each_once(sessions: Vec<Session>) -> Vec<SessionRow> {
    let mut seen = std::collections::HashSet::new();
    sessions
        .into_iter()
        .filter(|session| seen.insert(session.pid))
        .map(SessionRow::of)
        .collect()
}
