//! Entries of logs, and what a database's agent tells every minute, as one line each.

use std::fmt::Write as _;

use wire::fpm::FpmSlow;
use wire::mark::Mark;
use wire::pg::database::{Connections, Database};
use wire::pg::log::Log;
use wire::pg::statements::Statements;

use super::LogRow;
use crate::limits;

// === impl LogRow ===

impl LogRow {
    pub(super) fn of_slow(entry: &FpmSlow) -> Self {
        let place = entry.stack.first().map_or_else(
            || "an unknown place".to_owned(),
            |frame| format!("{} at {}:{}", frame.function, frame.file, frame.line),
        );
        let text = format!("pool {}: {} was in {place}", entry.pool, entry.script);
        Self {
            pid: i64::try_from(entry.pid).ok(),
            correlation_id: None,
            text: Self::line(&text),
        }
    }

    pub(super) fn of_mark(mark: &Mark) -> Self {
        Self::of_text(&format!("{}: {}", mark.what, mark.text))
    }

    pub(super) fn of_server(entry: &Log) -> Self {
        let mut text = format!("{}: {}", entry.severity.as_str(), entry.text);
        if let Some(statement) = &entry.statement {
            text.push_str(": ");
            text.push_str(statement);
        }
        Self {
            pid: entry.pid.map(i64::from),
            correlation_id: entry.correlation_id,
            text: Self::line(&text),
        }
    }

    /// What took most of the minute.
    pub(super) fn of_statements(statements: &Statements) -> Self {
        let listed = statements.statements.iter();
        let took: f64 = listed.map(|it| it.counts.execution_us.as_seconds()).sum();
        let took = took + statements.others.execution_us.as_seconds();
        let mut text = format!(
            "{took:.1} s of statements in {:.0} s",
            statements.interval_us.as_seconds()
        );
        if let Some(first) = statements.statements.first() {
            let share = first.counts.execution_us.as_seconds() / took.max(1e-6);
            let name = first.statement.as_deref().unwrap_or(&first.query_id);
            let _ = write!(text, ", {:.0} % of it {name}", share * 100.0);
        }
        Self::of_text(&text)
    }

    /// How full it is, and what of its settings hides something.
    pub(super) fn of_database(database: &Database) -> Self {
        let Connections {
            active,
            idle,
            idle_in_transaction,
            max,
            ..
        } = database.connections;
        let mut text = format!(
            "{active} active, {idle_in_transaction} idle in transaction, {idle} idle of {max} connections"
        );
        if let Some(oldest) = &database.oldest_transaction {
            let _ = write!(
                text,
                ", oldest transaction {:.0} s",
                oldest.age_us.as_seconds()
            );
        }
        for hint in &database.hints {
            text.push_str("; ");
            text.push_str(hint);
        }
        Self::of_text(&text)
    }

    fn of_text(text: &str) -> Self {
        Self {
            pid: None,
            correlation_id: None,
            text: Self::line(text),
        }
    }

    /// One line, within its bound.
    fn line(text: &str) -> String {
        wire::text::cut(text, limits::LOG_TEXT_BYTES_MAX).replace('\n', " ")
    }
}
