//! All that a report is made of, as the store answered it.

use serde::Serialize;
use wire::query::{GapSeen, LockEpisode, RequestDetail, RequestRow, Spike, Suspects};
use wire::request::Query;
use wire::time::{Instant, Micros};

/// A spike with its causes and their proof. `--format json` prints this.
#[derive(Clone, Debug, Serialize)]
pub struct Incident {
    pub spike: Spike,
    /// The store's clock when it was asked.
    pub now_at_us: Instant,
    pub suspects: Suspects,
    /// The request that proves the first suspect that has one.
    pub culprit: Option<RequestDetail>,
    /// Who waited for whom, the most waiting first.
    pub locks: Vec<LockEpisode>,
    /// The slowest requests.
    pub worst: Vec<RequestRow>,
    /// Records that agents had to give up around the spike.
    pub gaps: Vec<GapSeen>,
}

/// A statement of the culprit that matters, and who ran it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuiltyStatement {
    pub sql: String,
    pub caller: Option<String>,
    pub caller_at: Option<String>,
    pub duration_us: Option<Micros>,
}

// === impl Incident ===

impl Incident {
    /// The statement behind which others waited: what the lock samples saw as the holder's
    /// statement, found again in the request's own list, which knows more about it. Else the
    /// longest statement.
    pub fn guilty_statement(&self) -> Option<GuiltyStatement> {
        let culprit = self.culprit.as_ref()?;
        let queries = culprit
            .request
            .sql
            .as_ref()
            .map_or(&[][..], |sql| &sql.queries);
        let seen = culprit.blocked.iter().find_map(|wait| {
            let is_holder = wait.root.correlation_id == Some(culprit.row.correlation_id);
            is_holder
                .then_some(&wait.root)
                .filter(|root| root.query.is_some())
        });
        let Some(party) = seen else {
            let longest = queries.iter().max_by_key(|query| query.duration_us);
            return longest.map(GuiltyStatement::of);
        };
        let sql = party.query.clone().unwrap_or_default();
        let shape = wire::sql::fingerprint(&sql);
        let same = queries
            .iter()
            .filter(|query| wire::sql::fingerprint(&query.sql) == shape);
        // Among several of the same, the one whose caller is known tells most.
        let known = same.max_by_key(|query| (query.caller.is_some(), query.duration_us));
        Some(match known {
            Some(query) => GuiltyStatement {
                caller: query.caller.clone().or(party.caller.clone()),
                ..GuiltyStatement::of(query)
            },
            None => GuiltyStatement {
                sql,
                caller: party.caller.clone(),
                caller_at: None,
                duration_us: None,
            },
        })
    }
}

// === impl GuiltyStatement ===

impl GuiltyStatement {
    fn of(query: &Query) -> Self {
        Self {
            sql: query.sql.clone(),
            caller: query.caller.clone(),
            caller_at: query.caller_at.clone(),
            duration_us: Some(query.duration_us),
        }
    }
}
