//! What every PHP request tells of itself, and what the collector makes of it every ten seconds.
//!
//! [`Stat`] comes as a datagram and is never stored; [`Traffic`] is a record. Its sums are exact, its
//! lists are bounded.

use serde::{Deserialize, Serialize};

use crate::histogram::Histogram;
use crate::ids::{CorrelationId, Project};
use crate::request::{Listener, Memory, Query, Request, Sql, Transaction};
use crate::time::{Instant, Micros};

/// A datagram of kind `stat`: one request's numbers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Stat {
    pub project: Project,
    pub at_us: Instant,
    pub body: Numbers,
}

/// What a request tells. Whatever an older listener does not tell is zero or absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Numbers {
    pub method: String,
    pub route: String,
    pub status: Option<u16>,
    pub wall_us: Micros,
    pub queue_us: Option<Micros>,
    pub cpu_us: Option<Micros>,
    pub memory_peak_bytes: u64,
    pub sql_count: u64,
    pub sql_us: Micros,
    pub client: Option<String>,
    pub user_agent: Option<String>,
    pub captured: bool,
    /// Told of a request that was captured, and whose record nobody took.
    pub lost: Option<Lost>,
}

/// What is known of a request besides its numbers, when its record was lost.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Lost {
    pub correlation_id: CorrelationId,
    #[serde(default)]
    pub reason: String,
    /// The step of the hand-over at which it ended.
    #[serde(default)]
    pub why: String,
    #[serde(default)]
    pub pid: Option<i32>,
    #[serde(default)]
    pub sapi: String,
    /// Nothing, of an older listener or of a request without statements.
    #[serde(default)]
    pub sql: Option<ToldSql>,
}

/// The few statements that prove what a request did, as its record would have told them: those that took the locks
/// which were held longest, in whose transaction, and the longest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ToldSql {
    /// Of all statements.
    pub failed: u32,
    pub transactions: Vec<Transaction>,
    pub queries: Vec<Query>,
}

/// All requests of one project on one host, over `interval_us`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    pub interval_us: Micros,
    /// Most time first; beyond the bound `__other__`.
    pub routes: Vec<RouteTraffic>,
    pub clients: Vec<Heavy>,
    pub user_agents: Vec<Heavy>,
}

/// All requests of one label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTraffic {
    pub method: String,
    pub route: String,
    pub count: u64,
    /// Answered with 500 to 599.
    pub errors: u64,
    /// Of which there is a record of kind `request`.
    pub captured: u64,
    pub wall_us: Micros,
    pub longest_us: Micros,
    pub queue_us: Micros,
    pub cpu_us: Micros,
    pub sql_count: u64,
    pub sql_us: Micros,
    /// The highest of all.
    pub memory_peak_bytes: u64,
    /// Of wall time, in microseconds.
    pub wall: Histogram,
}

/// One of the most frequent: there were at most `count` of it, and at least `count - overcount`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heavy {
    pub value: String,
    pub count: u64,
    pub overcount: u64,
}

impl Stat {
    pub const KIND: &'static str = "stat";

    /// The request as far as its numbers tell, if its record was lost: sums of all statements with the few that
    /// are told, no profile, and the route where a URL would be.
    pub fn lost_request(&self) -> Option<Request> {
        let numbers = &self.body;
        let lost = numbers.lost.clone()?;
        let told = lost.sql.unwrap_or_default();
        let skipped = skipped(&lost.why, told.queries.len(), numbers.sql_count);
        let headers = numbers.user_agent.iter().filter(|text| !text.is_empty());
        Some(Request {
            correlation_id: lost.correlation_id,
            reason: lost.reason,
            method: numbers.method.clone(),
            url: numbers.route.clone(),
            route: Some(numbers.route.clone()),
            action: None,
            status: numbers.status,
            sapi: lost.sapi,
            pid: lost.pid,
            client: numbers.client.clone(),
            headers: headers
                .map(|text| ("user-agent".to_owned(), text.clone()))
                .collect(),
            variables: None,
            session: None,
            request_body_bytes: None,
            response_body_bytes: None,
            files: None,
            wall_us: numbers.wall_us,
            queue_us: numbers.queue_us,
            // User and system time together: a stat does not tell them apart.
            cpu_user_us: numbers.cpu_us,
            cpu_system_us: None,
            memory: Some(Memory {
                peak_used_bytes: numbers.memory_peak_bytes,
                peak_allocated_bytes: numbers.memory_peak_bytes,
                limit_bytes: None,
            }),
            runtime: None,
            error: None,
            sql: Some(numbers.sql(told)),
            profile: None,
            listener: Some(Listener {
                skipped: vec![skipped],
                ..Listener::default()
            }),
        })
    }
}

impl Numbers {
    /// The sums, and what is told of the statements in the order in which they ran.
    fn sql(&self, told: ToldSql) -> Sql {
        let mut queries = told.queries;
        queries.sort_by_key(|query| query.start_us);
        let count = u32::try_from(self.sql_count).unwrap_or(u32::MAX);
        let listed = u32::try_from(queries.len()).unwrap_or(u32::MAX);
        Sql {
            count,
            failed: told.failed,
            total_us: self.sql_us,
            omitted: count.saturating_sub(listed),
            transactions: told.transactions,
            queries,
            ..Sql::default()
        }
    }
}

/// What was left out, in words.
fn skipped(why: &str, told: usize, count: u64) -> String {
    match told {
        0 => format!("all but its numbers: {why}"),
        told => format!("all but its numbers and {told} of {count} statements: {why}"),
    }
}

impl Traffic {
    pub const KIND: &'static str = "traffic";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_whose_record_was_lost_is_told_by_its_numbers() {
        let told = r#"{"project":"shop","at_us":5,"body":{"method":"POST","route":"/cron/export","status":200,
            "wall_us":90000000,"cpu_us":700,"memory_peak_bytes":4096,"sql_count":3,"sql_us":400,
            "user_agent":"cron/1","captured":true,"lost":{"correlation_id":"a82409f1-8d09-4979-9cd5-f2bb0329602a",
            "reason":"slow","why":"budget_encode","pid":7,"sapi":"fpm-fcgi"}}}"#;
        let mut stat: Stat = serde_json::from_str(told).unwrap();
        let request = stat.lost_request().unwrap();
        assert_eq!(request.label(), "POST /cron/export");
        assert_eq!(request.wall_us, Micros(90_000_000));
        let sql = request.sql.unwrap();
        assert_eq!((sql.count, sql.omitted, sql.total_us), (3, 3, Micros(400)));
        assert_eq!(
            request.listener.unwrap().skipped,
            ["all but its numbers: budget_encode"]
        );
        stat.body.lost = None;
        assert_eq!(stat.lost_request(), None);
    }

    #[test]
    fn what_is_told_of_its_statements_is_the_requests_and_the_sums_stay_those_of_all() {
        let golden = include_str!("../testdata/stat_lost.json");
        let stat: Stat = serde_json::from_str(golden).unwrap();
        let request = stat.lost_request().unwrap();
        assert_eq!(
            request.listener.unwrap().skipped,
            ["all but its numbers and 2 of 81 statements: budget_encode"]
        );
        let sql = request.sql.unwrap();
        assert_eq!((sql.count, sql.omitted, sql.failed), (81, 79, 0));
        assert_eq!(sql.total_us, Micros(900_000));
        assert_eq!(sql.transactions[0].duration_us, Micros(60_000_000));
        assert!(!sql.is_whole());
        let told = sql.queries.iter().map(|query| {
            let caller = query.caller.as_deref();
            (
                query.duration_us,
                &query.sql[..12],
                caller.unwrap_or_default(),
            )
        });
        let expected = [
            (
                Micros(70_000),
                "SELECT date_",
                "Shop\\Cron\\RepriceJob::salesByWeek",
            ),
            (Micros(300), "UPDATE stock", "Shop\\Cron\\RepriceJob::run"),
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_a_later_listener_tells_besides_is_passed_over() {
        let told = r#"{"project":"shop","at_us":5,"new":1,"body":{"route":"/","sql_count":1,"new":1,
            "lost":{"correlation_id":"a82409f1-8d09-4979-9cd5-f2bb0329602a","new":1,"sql":{"new":1,
            "queries":[{"start_us":1,"duration_us":2,"sql":"SELECT 1","new":[1]}]}}}}"#;
        let stat: Stat = serde_json::from_str(told).unwrap();
        let sql = stat.lost_request().unwrap().sql.unwrap();
        assert_eq!((sql.count, sql.omitted), (1, 0));
        assert!(sql.is_whole());
    }
}
