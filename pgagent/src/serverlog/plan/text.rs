//! A plan as text.
//!
//! ```text
//! Query Text: select …
//! Sort  (cost=10.00..10.01 rows=5 width=8) (actual time=0.100..0.200 rows=5 loops=1)
//!   Sort Key: v
//!   ->  Seq Scan on stock s  (cost=0.00..9.00 rows=5 width=8)
//!         Filter: (qty > 5)
//! ```

use std::borrow::Cow;

use wire::pg::plan::{Node, Plan};
use wire::time::Micros;

use super::{Explained, NODES_MAX, add_detail};
use crate::serverlog::scan::Scan;

const QUERY_TEXT: &str = "Query Text: ";

pub(super) fn read(text: &str) -> Explained<'_> {
    let mut plan = Plan {
        format: "text".to_owned(),
        ..Plan::default()
    };
    // The statement goes on until the first line that is a node.
    let begin = first_node(text).unwrap_or(text.len());
    let head = text[..begin].trim_end_matches('\n');
    let statement = head.strip_prefix(QUERY_TEXT).map(|sql| {
        let end = sql.rfind("\nQuery Parameters: ").unwrap_or(sql.len());
        Cow::Borrowed(&sql[..end])
    });
    // Where nodes begin, one for each that the next line could be a child of.
    let mut indents: Vec<usize> = Vec::new();
    for line in text[begin..].lines() {
        if let Some((indent, node)) = node(line) {
            if plan.nodes.len() >= NODES_MAX {
                plan.is_cut = true;
                break;
            }
            while indents.last().is_some_and(|last| *last >= indent) {
                indents.pop();
            }
            let depth = u16::try_from(indents.len()).unwrap_or(u16::MAX);
            indents.push(indent);
            plan.nodes.push(Node { depth, ..node });
        } else if let (Some(node), Some((name, value))) =
            (plan.nodes.last_mut(), line.trim_start().split_once(": "))
        {
            add_detail(node, name, value);
        }
    }
    Explained { statement, plan }
}

fn first_node(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if node(line.trim_end_matches('\n')).is_some() {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// A line that is a node, and how far it is indented.
fn node(line: &str) -> Option<(usize, Node)> {
    let (name, figures) = line.split_once("  (cost=")?;
    let indent = name.len() - name.trim_start().len();
    let name = name.trim_start();
    let name = name.strip_prefix("->  ").unwrap_or(name);
    let mut scan = Scan(figures);
    decimal(&mut scan)?;
    scan.tag("..")?;
    let cost = decimal(&mut scan)?;
    scan.tag(" rows=")?;
    let rows_planned = decimal(&mut scan)?;
    scan.until(")")?;
    let (node_type, relation, index) = parts(name);
    let mut node = Node {
        node_type,
        relation,
        index,
        cost,
        rows_planned,
        ..Node::default()
    };
    actual(&mut scan, &mut node);
    Some((indent, node))
}

/// ` (actual time=0.100..0.200 rows=5 loops=1)`; without timing only rows and loops; ` (never executed)`.
fn actual(scan: &mut Scan<'_>, node: &mut Node) -> Option<()> {
    scan.tag(" (actual ")?;
    if scan.tag("time=").is_some() {
        decimal(scan)?;
        scan.tag("..")?;
        node.time_us = Some(Micros(scan.thousandths()?));
        scan.tag(" ")?;
    }
    scan.tag("rows=")?;
    node.rows = Some(decimal(scan)?);
    scan.tag(" loops=")?;
    node.loops = Some(decimal(scan)?);
    Some(())
}

/// `Index Scan using stock_pkey on public.stock s`
fn parts(name: &str) -> (String, Option<String>, Option<String>) {
    let (head, object) = match name.split_once(" on ") {
        Some((head, object)) => (head, object.split(' ').next()),
        None => (name, None),
    };
    let bare = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    let (node_type, index) = match head.split_once(" using ") {
        Some((node_type, index)) => (node_type, Some(index.to_owned())),
        None => (head, None),
    };
    // A bitmap is made from an index, and nothing else.
    if node_type.ends_with("Bitmap Index Scan") {
        return (node_type.to_owned(), None, object.map(str::to_owned));
    }
    let is_scan = !matches!(
        node_type,
        "Function Scan" | "Values Scan" | "CTE Scan" | "Subquery Scan" | "WorkTable Scan"
    );
    let relation = object.filter(|_| is_scan).map(bare);
    (node_type.to_owned(), relation, index)
}

fn decimal(scan: &mut Scan<'_>) -> Option<f64> {
    scan.some(|byte| byte.is_ascii_digit() || byte == b'e' || byte == b'+')
        .and_then(|whole| match scan.0.strip_prefix('.') {
            // `0.00..9.00`: two dots are no fraction.
            Some(rest) if !rest.starts_with('.') => {
                scan.0 = rest;
                let fraction = scan.some(|byte| byte.is_ascii_digit())?;
                format!("{whole}.{fraction}").parse().ok()
            }
            _ => whole.parse().ok(),
        })
}
