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

/// A statement of the culprit that matters, why it does, and who ran it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuiltyStatement {
    pub guilt: Guilt,
    pub sql: String,
    pub caller: Option<String>,
    pub caller_at: Option<String>,
    /// How long the longest of its kind took, if the request's own list has it.
    pub longest_us: Option<Micros>,
}

/// Why a statement matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guilt {
    /// It took the lock that others waited for, and was issued so often in a transaction.
    TookLock { count: u32 },
    /// It was the last one of the session behind which others waited.
    LastOfHolder,
    /// Nobody was seen to wait; it took longest.
    Longest,
}

// === impl Incident ===

impl Incident {
    /// The statement behind which others waited: what the lock samples tell of the holder, found
    /// again in the request's own list, which knows more about it. Else the longest statement.
    pub fn guilty_statement(&self) -> Option<GuiltyStatement> {
        let culprit = self.culprit.as_ref()?;
        let queries = culprit
            .request
            .sql
            .as_ref()
            .map_or(&[][..], |sql| &sql.queries);
        let mut holders = culprit
            .blocked
            .iter()
            .map(|wait| &wait.root)
            .filter(|root| {
                root.correlation_id == Some(culprit.row.correlation_id)
                    && root.lock_query().is_some()
            });
        let Some(holder) = holders.next() else {
            let longest = queries.iter().max_by_key(|query| query.duration_us);
            return longest.map(|query| GuiltyStatement::of(query, Guilt::Longest));
        };
        let guilt = match &holder.took_lock {
            Some(statement) => Guilt::TookLock {
                count: statement.count,
            },
            None => Guilt::LastOfHolder,
        };
        let sql = holder.lock_query().unwrap_or_default().to_owned();
        let caller = holder.lock_caller().map(str::to_owned);
        let shape = wire::sql::fingerprint(&sql);
        let same: Vec<&Query> = queries
            .iter()
            .filter(|query| wire::sql::fingerprint(&query.sql) == shape)
            .collect();
        // Among several of the same, the one whose caller is known tells most.
        let telling = same
            .iter()
            .max_by_key(|query| (query.caller.is_some(), query.duration_us));
        Some(match telling {
            Some(query) => GuiltyStatement {
                caller: query.caller.clone().or(caller),
                longest_us: same.iter().map(|query| query.duration_us).max(),
                ..GuiltyStatement::of(query, guilt)
            },
            None => GuiltyStatement {
                guilt,
                sql,
                caller,
                caller_at: None,
                longest_us: None,
            },
        })
    }
}

// === impl GuiltyStatement ===

impl GuiltyStatement {
    fn of(query: &Query, guilt: Guilt) -> Self {
        Self {
            guilt,
            sql: query.sql.clone(),
            caller: query.caller.clone(),
            caller_at: query.caller_at.clone(),
            longest_us: Some(query.duration_us),
        }
    }
}
