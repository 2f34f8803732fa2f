//! Plans of `auto_explain`: text and JSON, read into the same nodes.
//!
//! The shapes are those of `explain.c`. JSON's node types are told in the words of the text format
//! (`HashAggregate`, `Parallel Seq Scan`, `Hash Left Join`), which is what operators know them by.

mod json;
mod text;

use std::borrow::Cow;

use wire::pg::plan::{Node, Plan};

/// A plan of more nodes is cut: it is the top that shows where the time went.
const NODES_MAX: usize = 200;
/// What is kept of a node beside its figures.
const DETAILS_MAX: usize = 8;

/// A plan, and the statement that it is for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Explained<'a> {
    pub(super) statement: Option<Cow<'a, str>>,
    pub(super) plan: Plan,
}

/// What of a node's further lines is kept; conditions lose their values.
const DETAILS: [&str; 16] = [
    "Filter",
    "Index Cond",
    "Recheck Cond",
    "Hash Cond",
    "Merge Cond",
    "Join Filter",
    "One-Time Filter",
    "Sort Key",
    "Group Key",
    "Sort Method",
    "Rows Removed by Filter",
    "Rows Removed by Join Filter",
    "Rows Removed by Index Recheck",
    "Heap Fetches",
    "Workers Launched",
    "Subplan Name",
];

/// Reads what follows `plan:` and a newline.
pub(super) fn read(text: &str) -> Explained<'_> {
    let explained = match text.as_bytes().first() {
        Some(b'{' | b'[') => json::read(text),
        Some(b'<') => Some(other("xml")),
        _ if text.starts_with("Query Text: \"") && !text.contains("  (cost=") => {
            Some(other("yaml"))
        }
        _ => Some(text::read(text)),
    };
    // JSON that was cut has no end; what it is stays known.
    explained.unwrap_or_else(|| {
        let mut explained = other("json");
        explained.plan.is_cut = true;
        explained
    })
}

fn other(format: &str) -> Explained<'static> {
    Explained {
        plan: Plan {
            format: format.to_owned(),
            ..Plan::default()
        },
        ..Explained::default()
    }
}

/// Adds what a line says of a node, if it is worth it.
fn add_detail(node: &mut Node, name: &str, value: &str) {
    if node.details.len() >= DETAILS_MAX || !DETAILS.contains(&name) {
        return;
    }
    let has_values =
        name.ends_with("Cond") || name.ends_with("Filter") && !name.starts_with("Rows");
    let value = if has_values || name.ends_with("Key") {
        super::redact::expression(value)
    } else {
        // Figures, and names of methods.
        wire::text::cut(value, 80).to_owned()
    };
    node.details.push((name.to_owned(), value));
}

#[cfg(test)]
mod tests;
