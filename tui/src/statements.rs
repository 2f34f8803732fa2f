//! A request's statements, with repeats folded into one line each.
//!
//! Repeats in a row of the same statement by the same caller are one line `×N`. A line that repeats
//! often and takes time deserves the badge `N+1`: a loop that asks the database once per element.

use wire::request::{Query, Repeated};
use wire::sql::{self, Fingerprint};
use wire::time::Micros;

/// More repeats in a row than this are no accident.
const LOOP_TIMES_MIN: u32 = 6;
/// A loop that costs less than this is not worth the operator's eye.
const LOOP_TIME_MIN: Micros = Micros::from_millis(50);

/// One statement, or several of the same in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub fingerprint: Fingerprint,
    pub sql: String,
    pub times: u32,
    /// From the request's start to where the first began and the last ended.
    pub start_us: Micros,
    pub end_us: Micros,
    pub total_us: Micros,
    pub longest_us: Micros,
    pub failed: u32,
    pub in_transaction: bool,
    pub caller: Option<String>,
    pub caller_at: Option<String>,
}

// === impl Statement ===

impl Statement {
    pub fn is_loop(&self) -> bool {
        self.times >= LOOP_TIMES_MIN && self.total_us > LOOP_TIME_MIN
    }

    fn new(query: &Query) -> Self {
        Self {
            fingerprint: sql::fingerprint(&query.sql),
            sql: query.sql.clone(),
            times: 1,
            start_us: query.start_us,
            end_us: query.start_us + query.duration_us,
            total_us: query.duration_us,
            longest_us: query.duration_us,
            failed: u32::from(query.failed),
            in_transaction: query.in_transaction,
            caller: query.caller.clone(),
            caller_at: query.caller_at.clone(),
        }
    }

    /// Those of a shape that the listener has told as a number.
    fn repeated(group: &Repeated) -> Self {
        Self {
            fingerprint: sql::fingerprint(&group.sql),
            sql: group.sql.clone(),
            times: group.count,
            start_us: group.first_start_us,
            end_us: group.last_end_us,
            total_us: group.total_us,
            longest_us: group.longest_us,
            failed: group.failed,
            in_transaction: false,
            caller: None,
            caller_at: None,
        }
    }

    /// Whether `other`, which follows this one, is more of the same. The listener names the caller
    /// of some statements only, so a missing name is no difference.
    fn continues_with(&self, other: &Self) -> bool {
        let is_same_caller = match (&self.caller, &other.caller) {
            (Some(one), Some(two)) => one == two,
            _ => true,
        };
        self.fingerprint == other.fingerprint
            && is_same_caller
            && self.in_transaction == other.in_transaction
    }

    fn absorb(&mut self, other: Self) {
        self.times += other.times;
        self.end_us = self.end_us.max(other.end_us);
        self.total_us = Micros(self.total_us.0.saturating_add(other.total_us.0));
        self.longest_us = self.longest_us.max(other.longest_us);
        self.failed += other.failed;
        self.caller = self.caller.take().or(other.caller);
        self.caller_at = self.caller_at.take().or(other.caller_at);
    }
}

/// Folds a request's statements, in the order in which they ran. What the listener has told as a
/// number joins the line of its shape that began last before it, which is where it went on.
pub fn fold(queries: &[Query], repeated: &[Repeated]) -> Vec<Statement> {
    let mut statements: Vec<Statement> = Vec::new();
    for query in queries {
        let next = Statement::new(query);
        match statements.last_mut() {
            Some(last) if last.continues_with(&next) => last.absorb(next),
            _ => statements.push(next),
        }
    }
    for group in repeated {
        let group = Statement::repeated(group);
        let before = statements
            .iter_mut()
            .rev()
            .find(|it| it.fingerprint == group.fingerprint && it.start_us <= group.start_us);
        match before {
            Some(line) => line.absorb(group),
            None => statements.push(group),
        }
    }
    statements.sort_by_key(|statement| statement.start_us);
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(sql: &str, start_ms: i64, duration_ms: i64, caller: Option<&str>) -> Query {
        Query {
            start_us: Micros::from_millis(start_ms),
            duration_us: Micros::from_millis(duration_ms),
            sql: sql.to_owned(),
            caller: caller.map(str::to_owned),
            ..Query::default()
        }
    }

    #[test]
    fn repeats_in_a_row_become_one_line_and_a_loop_gets_its_badge() {
        let product = |index: i64| {
            let sql = format!("SELECT * FROM product WHERE id = {index}");
            query(
                &sql,
                10 + index * 10,
                10,
                Some("Cart::items").filter(|_| index == 2),
            )
        };
        let mut queries = vec![query("SELECT * FROM cart", 0, 2, None)];
        queries.extend((0..6).map(product));
        queries.push(query("SELECT * FROM cart", 90, 2, None));
        let folded = fold(&queries, &[]);
        let lines: Vec<_> = folded
            .iter()
            .map(|line| (line.times, line.total_us.0 / 1000))
            .collect();
        assert_eq!(lines, [(1, 2), (6, 60), (1, 2)]);
        assert!(folded[1].is_loop() && !folded[0].is_loop());
        assert_eq!(folded[1].caller.as_deref(), Some("Cart::items"));
        assert_eq!(folded[1].end_us, Micros::from_millis(70));
    }

    #[test]
    fn the_same_statement_of_two_callers_stays_two_lines() {
        let queries = [
            query("SELECT 1", 0, 1, Some("A::a")),
            query("SELECT 1", 2, 1, Some("B::b")),
        ];
        assert_eq!(fold(&queries, &[]).len(), 2);
    }

    #[test]
    fn what_was_told_as_a_number_joins_its_line() {
        let queries = [
            query("SELECT * FROM cart", 0, 2, None),
            query("SELECT * FROM product WHERE id = ?", 10, 1, None),
        ];
        let repeated = [Repeated {
            sql: "SELECT * FROM product WHERE id = ?".to_owned(),
            count: 4980,
            total_us: Micros::from_millis(9000),
            longest_us: Micros::from_millis(4),
            first_start_us: Micros::from_millis(12),
            last_end_us: Micros::from_millis(9900),
            ..Repeated::default()
        }];
        let folded = fold(&queries, &repeated);
        assert_eq!(folded.len(), 2);
        assert_eq!((folded[1].times, folded[1].is_loop()), (4981, true));
        assert_eq!(folded[1].end_us, Micros::from_millis(9900));
    }
}
