//! What the choices of a screen are called in a link: words, for good. The first of each table needs none.

use wire::query::BaselineKind;

use crate::ask::Sort;
use crate::board::{Board, Severity};
use crate::callgraph;
use crate::spot::Drawn;
use crate::state::request::{self, Tab};
use crate::state::statements::StatementOrder;

pub(super) type Table<T> = &'static [(&'static str, T)];

pub(super) const BASELINES: Table<BaselineKind> = &[
    ("before", BaselineKind::Before),
    ("yesterday", BaselineKind::Yesterday),
    ("last_week", BaselineKind::LastWeek),
];

pub(super) const SORTS: Table<Sort> = &[
    ("wall", Sort::Wall),
    ("newest", Sort::At),
    ("sql", Sort::Sql),
    ("lock", Sort::Lock),
    ("blocked", Sort::Blocked),
    ("memory", Sort::Memory),
];

pub(super) const TABS: Table<Tab> = &[
    ("waterfall", Tab::Overview),
    ("functions", Tab::Profile),
    ("sql", Tab::Sql),
    ("locks", Tab::Locks),
    ("compare", Tab::Comparison),
    ("metadata", Tab::Metadata),
];

pub(super) const ORDERS: Table<request::Order> = &[
    ("self", request::Order::Exclusive),
    ("inclusive", request::Order::Inclusive),
    ("calls", request::Order::Calls),
];

pub(super) const DRAWN: Table<Drawn> = &[
    ("table", Drawn::Table),
    ("icicle", Drawn::Icicle),
    ("course", Drawn::Course),
];

pub(super) const FUNCTION_ORDERS: Table<callgraph::Order> = &[
    ("self", callgraph::Order::SelfTime),
    ("inclusive", callgraph::Order::Inclusive),
    ("calls", callgraph::Order::Calls),
    ("change", callgraph::Order::Change),
];

pub(super) const STATEMENT_ORDERS: Table<StatementOrder> = &[
    ("total", StatementOrder::Total),
    ("calls", StatementOrder::Calls),
    ("mean", StatementOrder::Mean),
    ("longest", StatementOrder::Longest),
    ("loops", StatementOrder::Loops),
    ("added", StatementOrder::Added),
];

pub(super) const LEAST: Table<Severity> = &[
    ("all", Severity::Fine),
    ("warning", Severity::Warning),
    ("error", Severity::Error),
];

pub(super) fn board(name: &str) -> Option<Board> {
    let boards = [
        Board::Locks,
        Board::Episodes,
        Board::Hosts,
        Board::Logs,
        Board::Health,
    ];
    boards.into_iter().find(|board| board.title() == name)
}
