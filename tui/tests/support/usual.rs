//! A checkout beside others of its route; the job ran never before.

use wire::ids::CorrelationId;
use wire::query::{ComparedFigure, FigureKind, RequestComparison};

use super::{CHECKOUT_SQL, range, reprice_id, request_detail};

pub(crate) fn comparison(correlation_id: CorrelationId) -> Option<RequestComparison> {
    let detail = request_detail(correlation_id)?;
    let row = detail.row;
    let is_known = correlation_id != reprice_id();
    let figures = if is_known {
        let (lock, sql) = (row.lock_us.0, row.sql_us.0);
        vec![
            figure(FigureKind::LockWait, "", lock, (900, 0, 0), 2_680.0),
            figure(
                FigureKind::SqlTime,
                "",
                sql,
                (200_000, 180_000, 610_000),
                310.2,
            ),
            figure(
                FigureKind::Statement,
                CHECKOUT_SQL,
                sql - 80_000,
                (3_100, 2_000, 9_000),
                298.0,
            ),
            figure(
                FigureKind::Wall,
                "",
                row.wall_us.0,
                (410_000, 360_000, 920_000),
                96.0,
            ),
            figure(
                FigureKind::Function,
                "PDOStatement::execute",
                sql,
                (200_000, 180_000, 610_000),
                61.4,
            ),
            figure(
                FigureKind::Memory,
                "",
                39_845_888,
                (36 << 20, 36 << 20, 41 << 20),
                1.7,
            ),
            figure(FigureKind::SqlCount, "", 22, (21, 21, 24), 0.7),
            figure(FigureKind::Queue, "", 1_800, (1_900, 1_700, 5_000), 0.1),
            figure(
                FigureKind::Cpu,
                "",
                190_000,
                (310_000, 300_000, 400_000),
                -4.2,
            ),
        ]
    } else {
        Vec::new()
    };
    Some(RequestComparison {
        correlation_id,
        label: row.label,
        requests: if is_known { 100 } else { 0 },
        range: is_known.then(|| range("13:12:00", "14:01:00")),
        figures,
    })
}

/// `usual` are the average, the median and the 95th percentile.
fn figure(
    kind: FigureKind,
    label: &str,
    value: i64,
    usual: (i64, i64, i64),
    unusual: f64,
) -> ComparedFigure {
    ComparedFigure {
        kind,
        label: label.to_owned(),
        value,
        average: usual.0 as f64,
        p50: usual.1,
        p95: usual.2,
        compared: 100,
        unusual,
    }
}
