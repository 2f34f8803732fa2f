//! The statements that a request issued: who issued the one that a session shows, and which one took
//! the lock that others wait for.
//!
//! A session that is idle in transaction shows its last statement. From PHP that is mostly a
//! `DEALLOCATE`, so the statement that took the lock is looked for in the request itself.

use wire::query::LockStatement;
use wire::request::Request;
use wire::sql;

/// A request's statements by their shape.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Issued {
    statements: Vec<Statement>,
}

#[derive(Debug, PartialEq, Eq)]
struct Statement {
    /// Normalized.
    query: String,
    caller: Option<String>,
    /// How often it was issued within a transaction, in which locks are kept.
    in_transaction: u32,
    locks: bool,
}

// === impl Issued ===

impl Issued {
    pub(crate) fn of(request: &Request) -> Self {
        let mut issued = Self::default();
        for query in request.sql.iter().flat_map(|sql| &sql.queries) {
            issued.add(sql::normalize(&query.sql), query);
        }
        for group in request.sql.iter().flat_map(|sql| &sql.repeated) {
            issued.add_more(&sql::normalize(&group.sql), group.count);
        }
        issued
    }

    fn add(&mut self, normalized: String, query: &wire::request::Query) {
        let in_transaction = u32::from(query.in_transaction && !query.failed);
        let known = self.statements.iter_mut().find(|it| it.query == normalized);
        if let Some(statement) = known {
            statement.in_transaction += in_transaction;
            statement.caller = statement.caller.take().or_else(|| query.caller.clone());
        } else {
            self.statements.push(Statement {
                locks: sql::takes_locks(&normalized),
                query: normalized,
                caller: query.caller.clone(),
                in_transaction,
            });
        }
    }

    /// More of a statement that is known: where it was issued in a transaction, so were these.
    fn add_more(&mut self, normalized: &str, count: u32) {
        let known = self.statements.iter_mut();
        for statement in known.filter(|it| it.query == normalized && it.in_transaction > 0) {
            statement.in_transaction = statement.in_transaction.saturating_add(count);
        }
    }

    /// Who issued a statement that the server shows. One that it has cut is compared up to the cut.
    pub(crate) fn caller(&self, query: &str, is_truncated: bool) -> Option<String> {
        let query = sql::normalize(query);
        // The last token of a cut text may be half of one.
        let begin = query
            .rsplit_once(' ')
            .map_or(query.as_str(), |(begin, _)| begin);
        let is_same = |text: &str| text == query || (is_truncated && text.starts_with(begin));
        let with_caller = self.statements.iter().filter(|it| it.caller.is_some());
        let mut same = with_caller.filter(|it| is_same(&it.query));
        same.next()?.caller.clone()
    }

    /// The statement that took a lock on `relation`, when the one that the server shows takes none:
    /// one that names the relation rather than another, and the one issued most often, since a lock
    /// that many wait for is mostly one of many.
    pub(crate) fn took_lock(
        &self,
        shown: Option<&str>,
        relation: Option<&str>,
    ) -> Option<LockStatement> {
        if shown.is_some_and(sql::takes_locks) {
            return None;
        }
        let names = |query: &str| relation.is_some_and(|name| sql::names_relation(query, name));
        let locking = self.statements.iter();
        let locking = locking.filter(|it| it.locks && it.in_transaction > 0);
        let likely = locking.max_by_key(|it| (names(&it.query), it.in_transaction))?;
        Some(LockStatement {
            query: likely.query.clone(),
            count: likely.in_transaction,
            caller: likely.caller.clone(),
        })
    }
}

#[cfg(test)]
mod tests;
