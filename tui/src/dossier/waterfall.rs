//! The lines of a request's waterfall, in the order in which they are shown.
//!
//! The clocks of web server and database may differ a little, so a lock wait is given to a statement
//! by its text first and by its time second.

use wire::query::{LockWait, RequestDetail};
use wire::request::Transaction;
use wire::time::{Instant, Micros};

use crate::statements::Statement;

/// A line of the waterfall, its times counted from the request's start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    pub what: Span,
    pub from_us: Micros,
    pub to_us: Micros,
}

/// What a line of the waterfall stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    Php,
    /// An index into the request's transactions.
    Transaction(usize),
    /// An index into [`Dossier::statements`].
    Statement(usize),
    /// An index into the locks that it waited for.
    Waited(usize),
    /// The time in which others waited for it.
    Blocked,
}

/// The lines from top to bottom. What explains all others stands first: PHP, and for a request that
/// others waited for the transaction that made them wait and their waiting. The rest follows in time.
pub(super) fn bars(detail: &RequestDetail, statements: &[Statement]) -> Vec<Bar> {
    let start = detail.row.at_us;
    let sql = detail.request.sql.as_ref();
    let transactions = sql.map_or(&[][..], |sql| &sql.transactions);
    let transactions = transactions
        .iter()
        .enumerate()
        .map(|(index, transaction)| Bar {
            what: Span::Transaction(index),
            from_us: transaction.start_us,
            to_us: transaction.start_us + transaction.duration_us,
        });
    let statement_bars = statements.iter().enumerate().map(|(index, statement)| Bar {
        what: Span::Statement(index),
        from_us: statement.start_us,
        to_us: statement.end_us,
    });
    let holding = holding_transaction(detail).map(Span::Transaction);
    let (held, mut bars): (Vec<Bar>, Vec<Bar>) = transactions
        .chain(statement_bars)
        .partition(|bar| holding.as_ref() == Some(&bar.what));
    // Stable, so that a transaction stands before the statement that opens it.
    bars.sort_by_key(|bar| bar.from_us);

    let mut ordered = vec![Bar {
        what: Span::Php,
        from_us: Micros(0),
        to_us: detail.request.wall_us,
    }];
    ordered.extend(held);
    ordered.extend(blocked_bar(&detail.blocked, start));
    let mut unplaced: Vec<usize> = (0..detail.waited_for.len()).collect();
    for bar in bars {
        let statement = match bar.what {
            Span::Statement(index) => Some(&statements[index]),
            _ => None,
        };
        ordered.push(bar);
        if let Some(statement) = statement {
            let (its, others) = unplaced
                .into_iter()
                .partition(|wait| belongs(&detail.waited_for[*wait], statement, start));
            unplaced = others;
            ordered.extend(waited_bars(its, detail));
        }
    }
    ordered.extend(waited_bars(unplaced, detail));
    ordered
}

/// The transaction in which others waited longest for the request's locks, if they did in one.
pub(super) fn holding_transaction(detail: &RequestDetail) -> Option<usize> {
    let start = detail.row.at_us;
    let transactions = &detail.request.sql.as_ref()?.transactions;
    let waited_in = |transaction: &Transaction| {
        let from = start + transaction.start_us;
        let to = from + transaction.duration_us;
        let overlaps = detail
            .blocked
            .iter()
            .map(|wait| (wait.end_at_us.min(to) - wait.begin_at_us.max(from)).max(Micros(0)));
        overlaps.fold(Micros(0), |sum, overlap| sum + overlap)
    };
    let waited = transactions.iter().map(waited_in).enumerate();
    waited
        .filter(|(_, waited)| waited.0 > 0)
        .max_by_key(|(_, waited)| *waited)
        .map(|(index, _)| index)
}

fn waited_bars(waits: Vec<usize>, detail: &RequestDetail) -> impl Iterator<Item = Bar> {
    waits.into_iter().map(|index| {
        let wait = &detail.waited_for[index];
        Bar {
            what: Span::Waited(index),
            from_us: wait.begin_at_us - detail.row.at_us,
            to_us: wait.end_at_us - detail.row.at_us,
        }
    })
}

fn blocked_bar(blocked: &[LockWait], start: Instant) -> Option<Bar> {
    let begin = blocked.iter().map(|wait| wait.begin_at_us).min()?;
    let end = blocked.iter().map(|wait| wait.end_at_us).max()?;
    Some(Bar {
        what: Span::Blocked,
        from_us: begin - start,
        to_us: end - start,
    })
}

/// Whether a wait happened inside a statement.
fn belongs(wait: &LockWait, statement: &Statement, start: Instant) -> bool {
    let has_its_text = wait
        .waiter
        .query
        .as_deref()
        .is_some_and(|query| wire::sql::fingerprint(query) == statement.fingerprint);
    let from = start + statement.start_us;
    let to = start + statement.end_us;
    let overlap = wait.end_at_us.min(to) - wait.begin_at_us.max(from);
    overlap.0 > 0 && (has_its_text || overlap.0 * 2 > wait.waited_us.0)
}
