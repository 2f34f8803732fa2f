//! A request's figures, and how far each is from those of others. Pure.

use std::collections::BTreeMap;

use wire::query::{ComparedFigure, FigureKind};
use wire::request::Request;

use crate::limits;
use crate::query::percentile;

/// Figures told: the rest is as usual.
const FIGURES_MAX: usize = 40;

/// Makes the median absolute deviation of a normal distribution its standard deviation.
const MAD_SCALE: f64 = 1.4826;

/// Scatter below this share of the median is taken to be chance.
const SCATTER_MIN: f64 = 0.05;

/// Every figure of one request. What a request has no measure of is not there.
#[derive(Debug, Default)]
pub(super) struct Figures {
    values: BTreeMap<(FigureKind, String), i64>,
    /// Whether a statement that is not there was not issued.
    has_all_statements: bool,
}

// === impl Figures ===

impl Figures {
    pub(super) fn of(request: &Request, waited_us: i64) -> Self {
        let mut figures = Self::default();
        figures.add(FigureKind::Wall, "", request.wall_us.0);
        figures.add(FigureKind::LockWait, "", waited_us);
        if let Some(queue_us) = request.queue_us {
            figures.add(FigureKind::Queue, "", queue_us.0);
        }
        if let (Some(user), Some(system)) = (request.cpu_user_us, request.cpu_system_us) {
            figures.add(FigureKind::Cpu, "", user.0.saturating_add(system.0));
        }
        if let Some(memory) = &request.memory {
            let peak = i64::try_from(memory.peak_used_bytes).unwrap_or(i64::MAX);
            figures.add(FigureKind::Memory, "", peak);
        }
        figures.add_sql(request);
        if let Some(profile) = &request.profile {
            let graph = profile.graph();
            for (name, sums) in graph.names.iter().zip(&graph.functions) {
                figures.add(FigureKind::Function, name, sums.exclusive_us);
            }
        }
        figures
    }

    fn add_sql(&mut self, request: &Request) {
        let Some(sql) = &request.sql else { return };
        self.has_all_statements = sql.is_whole();
        for query in sql.queries.iter().take(limits::STATEMENTS_OF_REQUEST_MAX) {
            let text = wire::sql::normalize(&query.sql);
            self.add(FigureKind::Statement, &text, query.duration_us.0);
        }
        for group in sql.repeated.iter().take(limits::STATEMENTS_OF_REQUEST_MAX) {
            let text = wire::sql::normalize(&group.sql);
            self.add(FigureKind::Statement, &text, group.total_us.0);
        }
        // Of all of them, also where few are told.
        self.add(FigureKind::SqlCount, "", i64::from(sql.count));
        self.add(FigureKind::SqlTime, "", sql.total_us.0);
    }

    fn add(&mut self, kind: FigureKind, label: &str, value: i64) {
        let sum = self.values.entry((kind, label.to_owned())).or_default();
        *sum = sum.saturating_add(bounded(value));
    }

    /// A function that a profiled request did not call took no time; a figure that it was not asked for is unknown.
    fn get(&self, kind: FigureKind, label: &str) -> Option<i64> {
        let found = self.values.get(&(kind, label.to_owned())).copied();
        let is_measured = || match kind {
            FigureKind::Statement => self.has_all_statements,
            FigureKind::Function => self.values.keys().any(|it| it.0 == FigureKind::Function),
            _ => false,
        };
        found.or_else(|| is_measured().then_some(0))
    }
}

fn bounded(value: i64) -> i64 {
    value.clamp(0, limits::REQUEST_US_MAX)
}

/// Each figure beside the others', the most unusual first. Functions and statements that take no longer than
/// they mostly do are left out.
pub(super) fn compare(own: &Figures, others: &[Figures]) -> Vec<ComparedFigure> {
    if others.is_empty() {
        return Vec::new();
    }
    let figures = own.values.iter().filter_map(|((kind, label), value)| {
        let mut usual: Vec<i64> = others
            .iter()
            .filter_map(|it| it.get(*kind, label))
            .collect();
        usual.sort_unstable();
        let figure = compared(*kind, label, *value, &usual)?;
        let is_detail = matches!(kind, FigureKind::Statement | FigureKind::Function);
        (!is_detail || figure.unusual >= 1.0).then_some(figure)
    });
    let mut figures: Vec<ComparedFigure> = figures.collect();
    figures.sort_by(|a, b| b.unusual.total_cmp(&a.unusual).then(a.kind.cmp(&b.kind)));
    figures.truncate(FIGURES_MAX);
    figures
}

/// One figure beside the same of others, sorted; nothing if nobody else has it.
fn compared(kind: FigureKind, label: &str, value: i64, usual: &[i64]) -> Option<ComparedFigure> {
    let median = percentile(usual, 0.5)?;
    let mut deviations: Vec<i64> = usual.iter().map(|it| (it - median).abs()).collect();
    deviations.sort_unstable();
    let deviation = percentile(&deviations, 0.5).unwrap_or(0) as f64 * MAD_SCALE;
    let scatter = deviation
        .max(median as f64 * SCATTER_MIN)
        .max(kind.trifle() as f64);
    let sum: i64 = usual.iter().fold(0, |sum, it| sum.saturating_add(*it));
    Some(ComparedFigure {
        kind,
        label: label.to_owned(),
        value,
        average: sum as f64 / usual.len() as f64,
        p50: median,
        p95: percentile(usual, 0.95).unwrap_or(median),
        compared: usual.len() as u64,
        unusual: (value - median) as f64 / scatter,
    })
}

#[cfg(test)]
mod tests {
    use wire::time::Micros;

    use super::*;

    fn request(wall_us: i64, functions: &[(&str, i64)]) -> Request {
        let names: Vec<&str> = functions.iter().map(|it| it.0).collect();
        let edges: Vec<(i64, usize, i64, i64)> = functions
            .iter()
            .enumerate()
            .map(|(place, it)| (-1, place, 1, it.1))
            .collect();
        let mut request: Request = serde_json::from_value(serde_json::json!({
            "correlation_id": "6fd07b7e-3e5f-4a3c-9a0b-2f7c5e1d0a11", "url": "/", "wall_us": 1,
            "profile": {"engine": "x", "shape": "call_pairs", "metrics": ["calls", "wall_us"],
                "names": names, "edges": edges},
        }))
        .unwrap();
        request.wall_us = Micros(wall_us);
        request
    }

    #[test]
    fn what_is_far_from_the_usual_comes_first_and_the_usual_is_left_out() {
        let usual: Vec<Figures> = (0..20)
            .map(|it| Figures::of(&request(400_000 + it * 1_000, &[("render", 300_000)]), 0))
            .collect();
        let own = request(2_400_000, &[("render", 301_000), ("match", 2_000_000)]);
        let told = compare(&Figures::of(&own, 400_000), &usual);
        let order: Vec<(FigureKind, &str)> =
            told.iter().map(|it| (it.kind, it.label.as_str())).collect();
        assert_eq!(
            order,
            [
                (FigureKind::Function, "match"),
                (FigureKind::Wall, ""),
                (FigureKind::LockWait, ""),
            ]
        );
        let wall = &told[1];
        assert_eq!(
            (wall.value, wall.p50, wall.compared),
            (2_400_000, 409_000, 20)
        );
        assert!((wall.average - 409_500.0).abs() < 1.0, "{wall:?}");
    }

    #[test]
    fn with_nobody_to_compare_with_nothing_is_said() {
        let own = Figures::of(&request(1, &[]), 0);
        assert!(compare(&own, &[]).is_empty());
    }

    #[test]
    fn what_others_did_not_measure_is_not_taken_for_none() {
        let mut unprofiled = request(400_000, &[]);
        unprofiled.profile = None;
        let own = request(400_000, &[("match", 300_000)]);
        let told = compare(&Figures::of(&own, 0), &[Figures::of(&unprofiled, 0)]);
        assert!(
            told.iter().all(|it| it.kind != FigureKind::Function),
            "{told:?}"
        );
    }

    #[test]
    fn of_a_request_that_is_told_in_part_the_sums_are_compared_and_nothing_is_taken_for_none() {
        let with_sql = |count: u32, queries: &[(&str, i64)]| {
            let mut request = request(400_000, &[]);
            let queries: Vec<serde_json::Value> = queries
                .iter()
                .map(|it| serde_json::json!({"start_us": 0, "duration_us": it.1, "sql": it.0}))
                .collect();
            let sql = serde_json::json!({"count": count, "total_us": 90_000, "queries": queries});
            request.sql = Some(serde_json::from_value(sql).unwrap());
            request
        };
        let whole = with_sql(2, &[("SELECT 1", 60_000), ("UPDATE t SET a = 1", 30_000)]);
        let lost = Figures::of(&with_sql(2, &[("SELECT 1", 60_000)]), 0);
        let told = compare(&lost, &[Figures::of(&whole, 0)]);
        for kind in [FigureKind::SqlCount, FigureKind::SqlTime] {
            let figure = told.iter().find(|it| it.kind == kind).unwrap();
            assert!(figure.unusual.abs() < 1e-9, "{figure:?}");
        }
        // Whether the other one issued the update is not known.
        let told = compare(&Figures::of(&whole, 0), &[lost]);
        assert!(
            told.iter().all(|it| it.kind != FigureKind::Statement),
            "{told:?}"
        );
    }
}
