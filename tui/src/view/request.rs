//! One request: its figures with their usual beside them, and a tab for each question.
//!
//! ```text
//! 14.21 s (avg 410 ms, p95 920 ms, 34×)  sql 13.8 s in 22 (avg 200 ms in 21.0)  waited 13.4 s
//! w waterfall  f functions  s sql 22  l locks 118  m metadata
//! … the tab's list …
//! … all of the selected line …
//! ```

mod comparison;
mod locks;
mod metadata;
mod profile;
mod sql;
mod waterfall;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use wire::query::FigureKind;
use wire::time::Micros;

use super::functions::folded_note;
use super::row::Row;
use super::{course, icicle, layout};
use crate::action::Action;
use crate::dossier::Dossier;
use crate::format;
use crate::keymap::{BINDINGS, Scope};
use crate::state::State;
use crate::state::drawing::Drawing;
use crate::state::request::{RequestScreen, Tab};
use crate::text::Shown;
use crate::theme::{Role, Theme};

/// From here on, the tabs' counts have room beside their names, and from there on so have blanks around them.
const COLUMNS_FOR_COUNTS: u16 = 78;
const COLUMNS_FOR_BLANKS: u16 = 100;

pub(super) fn draw(
    _state: &State,
    screen: &RequestScreen,
    theme: Theme,
    buffer: &mut Buffer,
    body: Rect,
) {
    let Some(dossier) = screen.dossier.current() else {
        draw_absent(screen, theme, buffer, body);
        return;
    };
    let areas = layout::request(body, screen.tab);
    time_row(screen, dossier, theme, body.width).draw(buffer, areas.figures, 0);
    place_row(screen, dossier, theme, body.width).draw(buffer, areas.figures, 1);
    draw_tabs(screen, dossier, theme, buffer, areas.tabs);
    let cursor = screen.cursor();
    match screen.tab {
        Tab::Overview => {
            waterfall::draw(dossier, cursor, theme, buffer, areas.list);
            waterfall::draw_detail(dossier, cursor, theme, buffer, areas.detail);
            draw_summary(screen, dossier, theme, buffer, areas.side);
        }
        Tab::Profile if screen.drawing.is_some() => {
            draw_picture(screen, theme, buffer, layout::request_picture(body));
        }
        Tab::Profile => {
            profile::draw(dossier, cursor, screen.order, theme, buffer, areas.list);
            profile::draw_sandwich(dossier, cursor, theme, buffer, areas.side);
        }
        Tab::Sql => {
            sql::draw(dossier, cursor, theme, buffer, areas.list);
            sql::draw_detail(dossier, cursor, theme, buffer, areas.detail);
        }
        Tab::Locks => {
            locks::draw(dossier, cursor, theme, buffer, areas.list);
            locks::draw_detail(dossier, cursor, theme, buffer, areas.detail);
        }
        Tab::Comparison => {
            comparison::draw(screen, dossier, theme, buffer, areas.list);
            comparison::draw_detail(screen, theme, buffer, areas.detail);
        }
        Tab::Metadata => metadata::draw(dossier, cursor, theme, buffer, areas.list),
    }
}

fn draw_picture(screen: &RequestScreen, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let graph = screen.dossier.current().and_then(|it| it.graph.as_ref());
    let folded = graph.and_then(|graph| folded_note(graph.seen()));
    match &screen.drawing {
        Some(Drawing::Icicle(icicle)) => {
            icicle::draw(icicle, ("", folded.as_deref()), theme, buffer, area);
        }
        Some(Drawing::Course(view)) => course::draw(view, folded, theme, buffer, area),
        None => {}
    }
}

fn draw_absent(screen: &RequestScreen, theme: Theme, buffer: &mut Buffer, body: Rect) {
    let words = match screen.dossier.trouble() {
        Some(trouble) if trouble.is_not_found() => {
            "The store has no such request: it was not captured, or its retention has passed."
                .to_owned()
        }
        Some(trouble) => trouble.to_string(),
        None => "asking the store …".to_owned(),
    };
    Row::new(body.width)
        .gap(2)
        .put(words, theme.style(Role::Text))
        .draw(buffer, body, 1);
}

/// Its usual time, on average and the 95th percentile: of its route, else of those that it is compared with.
fn usual_wall(screen: &RequestScreen, dossier: &Dossier) -> Option<(Micros, Micros)> {
    if let Some(usual) = &dossier.detail.baseline {
        return Some((usual.wall_avg_us, usual.wall_p95_us));
    }
    let figure = screen.figure(FigureKind::Wall)?;
    #[expect(clippy::cast_possible_truncation)] // A float's cast stops at the bounds.
    let average = figure.average.round() as i64;
    Some((Micros(average), Micros(figure.p95)))
}

/// Where its time went, with the usual beside it.
fn time_row(screen: &RequestScreen, dossier: &Dossier, theme: Theme, columns: u16) -> Row {
    let (title, text, dim) = (
        theme.style(Role::Title),
        theme.style(Role::Text),
        theme.style(Role::Dim),
    );
    let row = &dossier.detail.row;
    let baseline = dossier.detail.baseline.as_ref();
    let mut first = Row::new(columns).put(format::duration(row.wall_us), title);
    if let Some((average, p95)) = usual_wall(screen, dossier) {
        let ratio = format::times(row.wall_us.0 as f64, average.0 as f64).unwrap_or_default();
        let usual = format!(
            " (avg {} p95 {} {ratio})",
            format::duration(average),
            format::duration(p95)
        );
        first = first.put(usual, dim);
    }
    // What locks cost goes before the SQL, whose time it is part of.
    if row.lock_us.0 > 0 {
        first = first
            .put("  waited ", text)
            .put(format::duration(row.lock_us), theme.style(Role::Lock));
    }
    if row.blocked_us.0 > 0 {
        first = first
            .put("  blocked others ", text)
            .put(format::duration(row.blocked_us), theme.style(Role::Mark));
    }
    first = first
        .put("  sql ", text)
        .put(format::duration(row.sql_us), title)
        .put(
            format!(" in {}", format::count(u64::from(row.sql_count))),
            text,
        );
    if let Some(usual) = baseline {
        let usual = format!(
            " (avg {} in {})",
            format::duration(usual.sql_avg_us),
            format::load(usual.sql_count_avg)
        );
        // Whole or not at all: it stands in the comparison, too.
        first = first.append(Row::new(columns).put(usual, dim));
    }
    first
}

/// What else it cost, and where and when it ran.
fn place_row(screen: &RequestScreen, dossier: &Dossier, theme: Theme, columns: u16) -> Row {
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let (row, request) = (&dossier.detail.row, &dossier.detail.request);
    let cpu = request
        .cpu_user_us
        .zip(request.cpu_system_us)
        .map(|(user, system)| user + system);
    let status = row
        .status
        .map_or(String::new(), |status| format!("http {status}  "));
    let mut second = Row::new(columns).put(
        status,
        theme.style(if row.is_error { Role::Warn } else { Role::Text }),
    );
    if let Some(cpu) = cpu {
        second = second.put(format!("cpu {}  ", format::duration(cpu)), text);
    }
    if let Some(memory) = row.memory_peak_bytes {
        second = second.put(format!("mem {}", format::bytes(memory)), text);
        if let Some(usual) = screen.figure(FigureKind::Memory) {
            let usual = format::bytes(usual.p50.unsigned_abs());
            second = second.put(format!(" (p50 {usual})"), dim);
        }
        second = second.gap(2);
    }
    if let Some(queued) = request.queue_us {
        second = second.put(format!("queued {}  ", format::duration(queued)), text);
    }
    second
        .put(format!("{} {}", row.host, format::clock(row.at_us)), dim)
        .put("  ", dim)
        .put(Shown::squeezed(&row.url), dim)
}

fn draw_tabs(
    screen: &RequestScreen,
    dossier: &Dossier,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let mut row = Row::new(area.width);
    for tab in Tab::ALL {
        let binding = BINDINGS
            .iter()
            .find(|binding| binding.scope == Scope::Request && binding.action == Action::Show(tab));
        let key = binding
            .and_then(|binding| binding.keys.first())
            .map(|key| key.label())
            .unwrap_or_default();
        let count = match tab {
            Tab::Profile => dossier.functions.len(),
            Tab::Sql => dossier.detail.row.sql_count as usize,
            Tab::Locks => dossier.detail.waited_for.len() + dossier.detail.blocked.len(),
            Tab::Overview | Tab::Comparison | Tab::Metadata => 0,
        };
        let count = if count > 0 && area.width >= COLUMNS_FOR_COUNTS {
            format!(" {}", format::count(count as u64))
        } else {
            String::new()
        };
        let style = theme.style(if tab == screen.tab {
            Role::Selected
        } else {
            Role::Text
        });
        row = if area.width < COLUMNS_FOR_BLANKS {
            row.put(format!("{key} "), theme.style(Role::Key))
                .put(format!("{}{count}", tab.label()), style)
                .gap(1)
        } else {
            row.put(format!(" {key} "), theme.style(Role::Key))
                .put(format!(" {}{count} ", tab.label()), style)
        };
    }
    row.draw(buffer, area, 0);
}

/// Below the waterfall: the costliest functions, and the figures against the route's usual ones.
fn draw_summary(
    screen: &RequestScreen,
    dossier: &Dossier,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    if area.height < 3 {
        return;
    }
    let (functions, usual) = layout::left(area, area.width / 2);
    let (_, usual) = layout::left(usual, 1);
    profile::draw_top(dossier, theme, buffer, functions);
    comparison::draw_top(screen, dossier, theme, buffer, usual);
}

/// A list's selected line, and all others.
fn line_style(theme: Theme, is_selected: bool) -> ratatui::style::Style {
    theme.style(if is_selected {
        Role::Selected
    } else {
        Role::Text
    })
}

fn marker(is_selected: bool) -> &'static str {
    if is_selected { "▸" } else { " " }
}
