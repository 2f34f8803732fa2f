//! Who waits for whom at one moment: a tree, each session below the one that it waits for.
//!
//! ```text
//!              118  ● pid 19607  POST /cron/reprice  idle in transaction
//!  11.9 s        0    ├ pid 20114  POST /checkout  UPDATE stock SET qty = …
//!  18m22s             └ … 113 more POST /checkout, the same statement
//! ```

use wire::query::{LockNode, LockTree};
use wire::sql;
use wire::time::Micros;

use super::{Column, Line, figure, maybe, words};
use crate::format;

/// Waiters without waiters of their own that are listed one by one, of those who run the same for the same route.
const ALIKE_LISTED_MAX: usize = 5;
/// Beyond it, lines are indented no further: a chain as long as that is told by its order.
const INDENTED_MAX: u16 = 10;

pub(super) const COLUMNS: &[Column] = &[
    figure("waited", 9, 0),
    figure("behind it", 10, 0),
    words("  who, and below it who waits for it", 0, 0),
];

/// What is alike of waiters below one session.
#[derive(PartialEq, Eq)]
struct Kind<'a> {
    label: &'a str,
    shape: Option<sql::Fingerprint>,
}

pub(super) fn lines(answer: &LockTree) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut index = 0;
    let mut alike: Vec<(u16, Kind, usize, Micros)> = Vec::new();
    while index < answer.nodes.len() {
        let node = &answer.nodes[index];
        // What was counted deeper in the tree has ended with a session further up.
        tell_more(&mut alike, node.depth, &mut lines);
        index += 1;
        let kind = Kind {
            label: &node.party.label,
            shape: node.party.query.as_deref().map(sql::fingerprint),
        };
        if node.depth > 0 && node.behind == 0 {
            let waited = node.wait.as_ref().map_or(Micros(0), |wait| wait.waited_us);
            let known = alike
                .iter_mut()
                .find(|it| it.0 == node.depth && it.1 == kind);
            match known {
                Some(group) if group.2 >= ALIKE_LISTED_MAX => {
                    group.2 += 1;
                    group.3 = group.3 + waited;
                    continue;
                }
                Some(group) => group.2 += 1,
                None => alike.push((node.depth, kind, 1, Micros(0))),
            }
        }
        lines.push(session(node));
    }
    tell_more(&mut alike, 0, &mut lines);
    if answer.nodes_left_out > 0 {
        let count = format::count(u64::from(answer.nodes_left_out));
        lines.push(rest(0, &format!("… {count} more sessions"), None));
    }
    lines
}

/// Says how many were not listed, of what lies deeper than a depth.
fn tell_more(alike: &mut Vec<(u16, Kind<'_>, usize, Micros)>, depth: u16, lines: &mut Vec<Line>) {
    for (of, kind, count, waited) in alike.extract_if(.., |it| it.0 > depth) {
        let left_out = count.saturating_sub(ALIKE_LISTED_MAX);
        if left_out > 0 {
            let count = format::count(left_out as u64);
            let words = format!("… {count} more {}, the same statement", kind.label);
            lines.push(rest(of, &words, Some(waited)));
        }
    }
}

fn rest(depth: u16, words: &str, waited: Option<Micros>) -> Line {
    Line {
        cells: vec![
            maybe(waited, format::duration),
            String::new(),
            format!("  {}{words}", indent(depth)),
        ],
        detail: vec![words.to_owned()],
        ..Line::default()
    }
}

fn indent(depth: u16) -> String {
    match depth.min(INDENTED_MAX) {
        0 => String::new(),
        depth => format!("{}├ ", "  ".repeat(usize::from(depth) - 1)),
    }
}

fn session(node: &LockNode) -> Line {
    let party = &node.party;
    let wait = node.wait.as_ref();
    let state = party.state.clone().unwrap_or_default();
    let query = party.lock_query().unwrap_or_default();
    let root = if node.depth == 0 { "● " } else { "" };
    let what = if wait.is_some() {
        query.to_owned()
    } else {
        state
    };
    let mut detail = Vec::new();
    if let Some(wait) = wait {
        let mode = wait.mode.as_deref().unwrap_or("a lock");
        let on = maybe(wait.relation.as_ref(), |it| format!(" on {it}"));
        let kind = maybe(wait.lock_type.as_ref(), |it| format!(" ({it})"));
        let waited = format::duration(wait.waited_us);
        detail.push(format!("has waited {waited} for {mode}{on}{kind}"));
    }
    if node.behind > 0 {
        let behind = format::count(u64::from(node.behind));
        let verb = if node.behind == 1 { "waits" } else { "wait" };
        detail.push(format!("{behind} {verb} behind it, directly or further on"));
    }
    if let Some(state) = &party.state {
        detail.push(format!("pid {} is {state}", party.pid));
    }
    let caller = maybe(party.lock_caller(), |it| format!(", issued by {it}"));
    let took = if party.took_lock.is_some() {
        "took the lock"
    } else {
        "its statement"
    };
    if !query.is_empty() {
        detail.push(format!("{took}{caller}: {query}"));
    }
    if let Some(id) = party.correlation_id {
        detail.push(format!("request {id}"));
    }
    Line {
        cells: vec![
            maybe(wait, |wait| format::duration(wait.waited_us)),
            match node.behind {
                0 => String::new(),
                behind => format::count_within(u64::from(behind), 9),
            },
            format!(
                "  {}{root}pid {}  {}  {what}",
                indent(node.depth),
                party.pid,
                party.label
            ),
        ],
        detail,
        request: party.correlation_id,
        session: Some(party.pid),
        ..Line::default()
    }
}
