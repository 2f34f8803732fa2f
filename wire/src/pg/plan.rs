//! How a statement was carried out: a plan's nodes, in the order in which a reader meets them.

use serde::{Deserialize, Serialize};

use crate::time::Micros;

/// A plan as `auto_explain` writes it, whatever the format.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// `text`, `json`, `xml` or `yaml`; of the last two only the statement is read.
    pub format: String,
    /// The root first, each node before the ones that feed it.
    pub nodes: Vec<Node>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_cut: bool,
}

/// One step of a plan. Costs are in the planner's unit; a missing figure was not asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// 0 for the root.
    pub depth: u16,
    /// `Seq Scan`, `Hash Join`, …
    pub node_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    pub rows_planned: f64,
    pub cost: f64,
    /// Per loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loops: Option<f64>,
    /// All of its time, of one loop, with what feeds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_us: Option<Micros>,
    /// Filters, conditions and the like, without values: `["Filter", "(id < ?)"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<(String, String)>,
}
