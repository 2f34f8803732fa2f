//! One request's stacks in the order of time: a box from when a function was seen to when it was no longer.
//!
//! ```text
//! ▸ stacks in the order of time ─────────────── 0–14.21 s · a column is 120 ms
//! │main()
//! │App::handle
//! │Cart::items │Stock::reserve                                              │View
//! ▸0.30–13.91 s  13.61 s, 3 deep  Stock::reserve
//! seen every 10 ms; each column has the stack that was there longest
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use wire::time::Micros;

use super::boxes::{self, Kind};
use super::row::Row;
use super::{draw_rule, layout};
use crate::calltree::Run;
use crate::format;
use crate::state::course::CourseView;
use crate::state::icicle::is_in;
use crate::text::Shown;
use crate::theme::{Role, Theme};

pub(super) fn draw(
    view: &CourseView,
    folded: Option<String>,
    theme: Theme,
    buffer: &mut Buffer,
    body: Rect,
) {
    let (area, below) = layout::icicle(body);
    let (columns, rows) = (usize::from(area.width), usize::from(area.height));
    let stretch = view.stretch();
    let column_us = (stretch.end - stretch.start) / i64::from(area.width.max(1));
    let from = match stretch.start {
        0 => "0".to_owned(),
        start => format::duration(Micros(start)),
    };
    let figures = Row::new(body.width).put(
        format!(
            " {}–{} · a column is {}",
            from,
            format::duration(Micros(stretch.end)),
            format::duration(Micros(column_us.max(1)))
        ),
        theme.style(Role::Dim),
    );
    draw_rule(
        theme,
        buffer,
        body,
        "stacks in the order of time",
        figures,
        true,
    );
    let mut runs = view.runs(columns, rows);
    let chosen = view.chosen(&runs, rows);
    runs.sort_by_key(|run| (run.row, run.x));
    for run in &runs {
        let name = view.course.name(run.node);
        let kind = Kind {
            is_chosen: chosen == Some(*run),
            is_wanted: is_in(&view.wanted, name),
            ..Kind::default()
        };
        let place = (run.x, run.row, run.columns);
        boxes::draw(place, Shown::squeezed(name), kind, theme, buffer, area);
    }
    let ends: Vec<_> = runs
        .iter()
        .map(|run| (run.row, run.x, run.columns))
        .collect();
    boxes::draw_ends(&ends, theme, buffer, area);
    draw_chosen(view, chosen, rows, theme, buffer, below);
    boxes::draw_note(&note(view, rows, folded), theme, buffer, below);
}

fn draw_chosen(
    view: &CourseView,
    chosen: Option<Run>,
    rows: usize,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let dim = theme.style(Role::Dim);
    let row = Row::new(area.width).put("▸", theme.style(Role::Key));
    let row = match chosen {
        Some(run) => row
            .put(
                format!(
                    "{}–{}  {}, {} deep  ",
                    format::duration(Micros(run.from_us)),
                    format::duration(Micros(run.to_us)),
                    format::duration(Micros(run.to_us - run.from_us)),
                    view.first(rows) + run.row + 1
                ),
                dim,
            )
            .put_end(view.course.name(run.node), theme.style(Role::Text)),
        None => row.put("no stack was seen here", dim),
    };
    row.draw(buffer, area, 0);
}

fn note(view: &CourseView, rows: usize, folded: Option<String>) -> String {
    let course = &view.course;
    let mut parts = vec![format!(
        "seen every {}; each column has the stack that was there longest",
        format::duration(Micros(course.period_us))
    )];
    if course.halvings > 0 {
        let times = 1_i64.checked_shl(course.halvings).unwrap_or(i64::MAX);
        let each = Micros(course.period_us.saturating_mul(times));
        parts.push(format!(
            "the listener kept one stack per {} for want of room",
            format::duration(each)
        ));
    }
    if view.first(rows) > 0 {
        parts.push(format!("{} outer functions above", view.first(rows)));
    }
    parts.extend(folded);
    parts.join(" · ")
}
