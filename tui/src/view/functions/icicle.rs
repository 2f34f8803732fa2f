//! The call tree from above: a box as wide as its share, callees below their callers.
//!
//! Every box has an edge at its left, so that boxes are told apart without colours.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::row::Row;
use super::super::{draw_rule, layout};
use super::{draw_note, draw_words, share, span};
use crate::callgraph::CallGraph;
use crate::calltree::{Cell, Picture, What};
use crate::format;
use crate::state::functions::{FunctionsScreen, Icicle};
use crate::text::Shown;
use crate::theme::{Role, Theme};

/// What the picture is, whoever looks at it first.
const ESTIMATE: &str = "an estimate from call pairs, exact for neighbours only";

pub(super) fn draw(
    screen: &FunctionsScreen,
    graph: &CallGraph,
    theme: Theme,
    buffer: &mut Buffer,
    body: Rect,
) {
    let Some(icicle) = &screen.icicle else {
        return;
    };
    let (area, below) = layout::icicle(body);
    let picture = icicle.picture(usize::from(area.width), usize::from(area.height));
    draw_title(screen, icicle, graph, theme, buffer, body);
    if picture.cells.is_empty() {
        draw_words("no call was measured in this range", theme, buffer, area);
    }
    for cell in &picture.cells {
        draw_cell(*cell, icicle, graph, theme, buffer, area);
    }
    draw_ends(&picture, theme, buffer, area);
    draw_chosen(icicle, graph, theme, buffer, below);
    let note = note(icicle, &picture, area.height);
    let last = Rect {
        y: below.y + below.height.saturating_sub(1),
        height: below.height.min(1),
        ..below
    };
    draw_note(&note, theme, buffer, last);
}

fn draw_title(
    screen: &FunctionsScreen,
    icicle: &Icicle,
    graph: &CallGraph,
    theme: Theme,
    buffer: &mut Buffer,
    body: Rect,
) {
    let of = match (icicle.zooms.last(), &screen.subject.route) {
        (Some(node), _) => {
            let node = &icicle.tree.nodes[*node];
            let name = &graph.answer.functions[node.function].name;
            format!(" below {}", Shown::squeezed(name).as_str())
        }
        (None, Some(route)) => format!(" of {}", Shown::squeezed(route).as_str()),
        (None, None) => String::new(),
    };
    let figures = Row::new(body.width).put(
        format!(
            " {} = 100 % of {} profiles",
            format::duration(graph.answer.total_us),
            format::count(graph.answer.profiles)
        ),
        theme.style(Role::Dim),
    );
    let title = format!("icicle{of}");
    draw_rule(theme, buffer, body, &title, figures, true);
}

fn draw_cell(
    cell: Cell,
    icicle: &Icicle,
    graph: &CallGraph,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let (Ok(x), Ok(y), Ok(columns)) = (
        u16::try_from(cell.x),
        u16::try_from(cell.row),
        u16::try_from(cell.columns),
    ) else {
        return;
    };
    let place = Rect {
        x: area.x + x,
        y: area.y + y,
        width: columns,
        height: 1,
    };
    let (words, style, is_selected) = match cell.what {
        What::Node(node) => {
            let is_selected = icicle.selected == Some(node);
            let function = icicle.tree.nodes[node].function;
            let name = Shown::squeezed(&graph.answer.functions[function].name);
            (name, theme.style(Role::Text), is_selected)
        }
        What::More(rest) => {
            let count = match rest.count {
                0 => "… others".to_owned(),
                count => format!("… {} more", format::count(count as u64)),
            };
            let words = format!("{count} ({})", share(rest.time_us, graph));
            (Shown::from(words), theme.style(Role::Dim), false)
        }
    };
    let over = if is_selected {
        theme.style(Role::Selected)
    } else {
        Style::new()
    };
    let edge = if is_selected { "▸" } else { "│" };
    let room = usize::from(columns).saturating_sub(1);
    // Of a class and its method, the end tells; a letter or two tell nothing.
    let words = if room < 3 {
        Shown::default()
    } else {
        words.fit_end(room)
    };
    Row::new(columns)
        .put(edge, theme.style(Role::Dim))
        .left(words, room, style)
        .draw_styled(buffer, place, 0, over);
}

/// The right edges of boxes that nothing stands beside: behind them is their caller's own time.
fn draw_ends(picture: &Picture, theme: Theme, buffer: &mut Buffer, area: Rect) {
    for (index, cell) in picture.cells.iter().enumerate() {
        let next = picture.cells.get(index + 1);
        let end = cell.x + cell.columns;
        let is_open = next.is_none_or(|next| next.row != cell.row || next.x != end);
        let (Ok(x), Ok(y)) = (u16::try_from(end), u16::try_from(cell.row)) else {
            continue;
        };
        if is_open && x < area.width && y < area.height {
            let place = Rect::new(area.x + x, area.y + y, 1, 1);
            Row::new(1)
                .put("│", theme.style(Role::Dim))
                .draw(buffer, place, 0);
        }
    }
}

/// All of the chosen box, whose name may have had no room.
fn draw_chosen(icicle: &Icicle, graph: &CallGraph, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let node = icicle.selected.and_then(|node| icicle.tree.nodes.get(node));
    let Some(node) = node else {
        return;
    };
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let name = &graph.answer.functions[node.function].name;
    let figures = format!(
        "about {} {} · self {}  ",
        share(node.time_us, graph),
        span(node.time_us),
        span(node.self_us)
    );
    let row = Row::new(area.width)
        .put("▸", theme.style(Role::Key))
        .put(figures, dim)
        .put_end(name, text);
    row.draw(buffer, area, 0);
}

fn note(icicle: &Icicle, picture: &Picture, rows: u16) -> String {
    let mut parts = vec![ESTIMATE.to_owned()];
    let deepest = picture.cells.iter().map(|cell| cell.row).max();
    if deepest.is_some_and(|row| row + 1 >= usize::from(rows)) {
        parts.push("deeper calls: zoom in".to_owned());
    }
    if picture.undrawn.count > 0 {
        let percent = picture.undrawn.time_us / icicle.tree.total_us.max(1.0);
        parts.push(format!(
            "{} too small for a box ({})",
            format::count(picture.undrawn.count as u64),
            format::percent(percent)
        ));
    }
    parts.join(" · ")
}
