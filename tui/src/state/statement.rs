//! The screen of one statement: who issues it, what it waits for, how the database carries it out.

use wire::query::StatementDetail;

use super::cursor::Cursor;
use super::slot::Slot;
use super::statements::StatementLine;
use super::subject::Subject;
use crate::fetch::Topic;

#[derive(Debug)]
pub struct StatementScreen {
    pub subject: Subject,
    /// As the list has it.
    pub line: StatementLine,
    pub detail: Slot<StatementDetail>,
    /// Where the text is scrolled to.
    pub cursor: Cursor,
}

// === impl StatementScreen ===

impl StatementScreen {
    pub fn new(subject: Subject, line: StatementLine) -> Self {
        Self {
            subject,
            line,
            detail: Slot::new(Topic::Statement),
            cursor: Cursor::default(),
        }
    }
}
