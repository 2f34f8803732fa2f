//! What statements cost a database in a minute.

use std::borrow::Cow;
use std::fmt::Write as _;

use wire::figure::duration;
use wire::pg::statements::{Counts, Statement, Statements};

use super::{LINES_MAX, counted, fingerprint, line};
use crate::gelf::field;
use crate::gelf::level::Level;
use crate::gelf::map::Messages;
use crate::gelf::message::Fields;

pub(in crate::gelf) fn write(messages: &mut Messages<'_>, statements: &Statements) {
    let mut sum = statements.others;
    for statement in &statements.statements {
        sum.add(&statement.counts);
    }
    let seconds = statements.interval_us.as_seconds();
    let took = duration(sum.execution_us);
    let mut short = format!(
        "{took} of statements in {seconds:.0} s, {} calls",
        sum.calls
    );
    if let Some(first) = statements.statements.first() {
        let first_took = duration(first.counts.execution_us);
        let _ = write!(short, ", most of it {first_took}: {}", name(first));
    }
    messages.record(Level::Informational, &short, &full(statements), |out| {
        out.int(field::INTERVAL_US, statements.interval_us);
        counts(out, &sum);
    });
    let at_us = messages.envelope().at_us;
    for statement in &statements.statements {
        if !messages.has_lists() {
            return;
        }
        let took = duration(statement.counts.execution_us);
        let short = format!(
            "{took} in {}: {}",
            counted(statement.counts.calls, "call"),
            name(statement)
        );
        let texts = (
            short.as_str(),
            statement.statement.as_deref().unwrap_or_default(),
        );
        messages.member("statements", Level::Informational, at_us, texts, |out| {
            out.text(field::QUERY_ID, statement.query_id.as_str());
            out.text(field::DATABASE, statement.database.as_deref());
            out.text(field::DB_USER, statement.user.as_deref());
            fingerprint(out, statement.fingerprint);
            out.text(field::STATEMENT, statement.statement.as_deref());
            out.int(field::INTERVAL_US, statements.interval_us);
            counts(out, &statement.counts);
        });
    }
}

/// Its text, if it was told lately, else its number.
fn name(statement: &Statement) -> Cow<'_, str> {
    line(
        statement
            .statement
            .as_deref()
            .unwrap_or(&statement.query_id),
    )
}

fn full(statements: &Statements) -> String {
    let mut text = String::new();
    for statement in statements.statements.iter().take(LINES_MAX) {
        let took = duration(statement.counts.execution_us);
        let _ = writeln!(
            text,
            "{took:>9} {:>8}x {}",
            statement.counts.calls,
            name(statement)
        );
    }
    if statements.others_count > 0 {
        let took = duration(statements.others.execution_us);
        let _ = writeln!(text, "{took:>9} {} others", statements.others_count);
    }
    text
}

fn counts(out: &mut Fields<'_>, counts: &Counts) {
    out.int(field::CALLS, counts.calls);
    out.int(field::ROWS, counts.rows);
    out.int(field::DURATION_US, counts.execution_us);
    out.int(field::PLANNING_US, counts.planning_us);
    out.int(field::IO_US, counts.io_us);
    out.int(field::BLOCKS_HIT, counts.blocks_hit);
    out.int(field::BLOCKS_READ, counts.blocks_read);
    out.int(field::BLOCKS_DIRTIED, counts.blocks_dirtied);
    let temporary = counts
        .temporary_blocks_read
        .saturating_add(counts.temporary_blocks_written);
    out.int(field::TEMPORARY_BLOCKS, temporary);
    out.int(field::WAL_BYTES, counts.wal_bytes);
}
