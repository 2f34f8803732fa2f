//! A plan in JSON.

use std::borrow::Cow;

use serde::Deserialize;
use wire::pg::plan::{Node, Plan};
use wire::time::Micros;

use super::{Explained, NODES_MAX, add_detail};

#[derive(Deserialize)]
struct Root<'a> {
    #[serde(rename = "Query Text", default)]
    query_text: Option<String>,
    #[serde(rename = "Plan", borrow)]
    plan: Step<'a>,
}

/// A node as it is written. What is not needed is passed over.
#[derive(Deserialize)]
struct Step<'a> {
    #[serde(rename = "Node Type", borrow)]
    node_type: Cow<'a, str>,
    #[serde(rename = "Relation Name", default)]
    relation: Option<String>,
    #[serde(rename = "Index Name", default)]
    index: Option<String>,
    #[serde(rename = "Operation", default)]
    operation: Option<String>,
    #[serde(rename = "Strategy", default)]
    strategy: Option<String>,
    #[serde(rename = "Partial Mode", default)]
    partial_mode: Option<String>,
    #[serde(rename = "Join Type", default)]
    join_type: Option<String>,
    #[serde(rename = "Scan Direction", default)]
    direction: Option<String>,
    #[serde(rename = "Parallel Aware", default)]
    is_parallel: bool,
    #[serde(rename = "Plan Rows", default)]
    rows_planned: f64,
    #[serde(rename = "Total Cost", default)]
    cost: f64,
    #[serde(rename = "Actual Rows", default)]
    rows: Option<f64>,
    #[serde(rename = "Actual Loops", default)]
    loops: Option<f64>,
    #[serde(rename = "Actual Total Time", default)]
    time_ms: Option<f64>,
    #[serde(rename = "Filter", default)]
    filter: Option<String>,
    #[serde(rename = "Index Cond", default)]
    index_cond: Option<String>,
    #[serde(rename = "Recheck Cond", default)]
    recheck_cond: Option<String>,
    #[serde(rename = "Hash Cond", default)]
    hash_cond: Option<String>,
    #[serde(rename = "Merge Cond", default)]
    merge_cond: Option<String>,
    #[serde(rename = "Join Filter", default)]
    join_filter: Option<String>,
    #[serde(rename = "Sort Key", default)]
    sort_key: Vec<String>,
    #[serde(rename = "Group Key", default)]
    group_key: Vec<String>,
    #[serde(rename = "Sort Method", default)]
    sort_method: Option<String>,
    #[serde(rename = "Rows Removed by Filter", default)]
    rows_removed: Option<f64>,
    #[serde(rename = "Rows Removed by Join Filter", default)]
    rows_removed_by_join: Option<f64>,
    #[serde(rename = "Heap Fetches", default)]
    heap_fetches: Option<f64>,
    #[serde(rename = "Workers Launched", default)]
    workers_launched: Option<f64>,
    #[serde(rename = "Subplan Name", default)]
    subplan: Option<String>,
    #[serde(rename = "Plans", default)]
    plans: Vec<Step<'a>>,
}

pub(super) fn read(text: &str) -> Option<Explained<'_>> {
    let root: Root<'_> = serde_json::from_str(text).ok()?;
    let mut plan = Plan {
        format: "json".to_owned(),
        ..Plan::default()
    };
    add(&mut plan, &root.plan, 0);
    Some(Explained {
        statement: root.query_text.map(Cow::Owned),
        plan,
    })
}

/// Nesting is bounded by the JSON reader, at 128.
fn add(plan: &mut Plan, step: &Step<'_>, depth: u16) {
    if plan.nodes.len() >= NODES_MAX {
        plan.is_cut = true;
        return;
    }
    plan.nodes.push(step.node(depth));
    for next in &step.plans {
        add(plan, next, depth + 1);
    }
}

// === impl Step ===

impl Step<'_> {
    fn node(&self, depth: u16) -> Node {
        let mut node = Node {
            depth,
            node_type: self.name(),
            relation: self.relation.clone(),
            index: self.index.clone(),
            rows_planned: self.rows_planned,
            cost: self.cost,
            rows: self.rows,
            loops: self.loops,
            time_us: self.time_ms.map(micros),
            details: Vec::new(),
        };
        let figure = |figure: Option<f64>| {
            figure
                .filter(|figure| *figure > 0.0)
                .map(|it| Cow::Owned(it.to_string()))
        };
        let list = |list: &[String]| (!list.is_empty()).then(|| Cow::Owned(list.join(", ")));
        let details = [
            ("Subplan Name", self.subplan.as_deref().map(Cow::Borrowed)),
            ("Filter", self.filter.as_deref().map(Cow::Borrowed)),
            ("Rows Removed by Filter", figure(self.rows_removed)),
            ("Index Cond", self.index_cond.as_deref().map(Cow::Borrowed)),
            (
                "Recheck Cond",
                self.recheck_cond.as_deref().map(Cow::Borrowed),
            ),
            ("Hash Cond", self.hash_cond.as_deref().map(Cow::Borrowed)),
            ("Merge Cond", self.merge_cond.as_deref().map(Cow::Borrowed)),
            (
                "Join Filter",
                self.join_filter.as_deref().map(Cow::Borrowed),
            ),
            (
                "Rows Removed by Join Filter",
                figure(self.rows_removed_by_join),
            ),
            ("Sort Key", list(&self.sort_key)),
            ("Group Key", list(&self.group_key)),
            (
                "Sort Method",
                self.sort_method.as_deref().map(Cow::Borrowed),
            ),
            ("Heap Fetches", figure(self.heap_fetches)),
            ("Workers Launched", figure(self.workers_launched)),
        ];
        for (name, value) in details {
            if let Some(value) = value {
                add_detail(&mut node, name, &value);
            }
        }
        node
    }

    /// What the text format calls it.
    fn name(&self) -> String {
        let is = |field: &Option<String>, value: &str| field.as_deref() == Some(value);
        let mut name = match &*self.node_type {
            "ModifyTable" => self
                .operation
                .clone()
                .unwrap_or_else(|| "ModifyTable".to_owned()),
            "Aggregate" => {
                let name = match self.strategy.as_deref() {
                    Some("Sorted") => "GroupAggregate",
                    Some("Hashed") => "HashAggregate",
                    Some("Mixed") => "MixedAggregate",
                    _ => "Aggregate",
                };
                match self.partial_mode.as_deref() {
                    Some(mode @ ("Partial" | "Finalize")) => format!("{mode} {name}"),
                    _ => name.to_owned(),
                }
            }
            join @ ("Nested Loop" | "Hash Join" | "Merge Join") => {
                let kind = join.trim_end_matches(" Join");
                match self.join_type.as_deref() {
                    Some("Inner") | None => join.to_owned(),
                    Some(other) => format!("{kind} {other} Join"),
                }
            }
            other => other.to_owned(),
        };
        if is(&self.direction, "Backward") {
            name.push_str(" Backward");
        }
        if self.is_parallel {
            name.insert_str(0, "Parallel ");
        }
        name
    }
}

/// Milliseconds with a fraction, as the plan has them.
#[expect(
    clippy::cast_possible_truncation,
    reason = "clamped to what a column holds"
)]
fn micros(millis: f64) -> Micros {
    Micros((millis * 1_000.0).clamp(0.0, 1e15).round() as i64)
}
