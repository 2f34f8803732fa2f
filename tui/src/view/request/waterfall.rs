//! The waterfall: PHP, transactions, statements and lock waits on one time axis.
//!
//! ```text
//!                                                        0 s ────────── 7.1 s ────── 14.2 s
//!  php  CheckoutController::submitAction        14.21 s  ███████████████████████████████████
//!  sql  SELECT … FROM product ×18 N+1           31.0 ms  █
//! ▸sql  UPDATE stock SET qty = qty - ? …        13.62 s   ██████████████████████████████████
//!        waited for POST /cron/reprice          13.41 s   ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use wire::time::Micros;

use super::{line_style, marker, sql};
use crate::dossier::{Bar, Dossier, Span};
use crate::format;
use crate::state::cursor::Cursor;
use crate::text::Shown;
use crate::theme::{Role, Theme};
use crate::view::below;
use crate::view::layout;
use crate::view::row::Row;

/// Columns of the duration and the blanks around it.
const DURATION_COLUMNS: usize = 10;

pub(super) fn draw(
    dossier: &Dossier,
    cursor: Cursor,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let label_columns = area.width * 11 / 20;
    let (_, plot) = layout::left(area, label_columns);
    let wall_us = dossier.detail.request.wall_us;
    draw_axis(wall_us, theme, buffer, plot);
    let list = below(area, 1);
    let bars = &dossier.waterfall;
    for (line, index) in shown(cursor, bars.len(), usize::from(list.height)).enumerate() {
        let bar = &bars[index];
        let is_selected = index == cursor.selected;
        let (label, _) = layout::left(list, label_columns);
        let style = line_style(theme, is_selected);
        label_row(dossier, bar, theme, label.width, is_selected)
            .draw_styled(buffer, label, line, style);
        let (_, plot) = layout::left(list, label_columns + 1);
        bar_row(bar, wall_us, theme, plot.width).draw(buffer, plot, line);
    }
}

/// The lines to show. However far it is scrolled, the first one stays: all others are part of it.
fn shown(cursor: Cursor, length: usize, height: usize) -> impl Iterator<Item = usize> {
    let window = cursor.window(length, height);
    let (top, window) = if window.start > 0 && height > 2 {
        (Some(0), cursor.window(length, height - 1))
    } else {
        (None, window)
    };
    top.into_iter().chain(window)
}

fn draw_axis(wall_us: Micros, theme: Theme, buffer: &mut Buffer, plot: Rect) {
    let dim = theme.style(Role::Dim);
    let half = format!(" {} ", format::duration(Micros(wall_us.0 / 2)));
    let end = format!(" {}", format::duration(wall_us));
    let middle = usize::from(plot.width) / 2;
    Row::new(plot.width)
        .gap(1)
        .put("0 ", dim)
        .fill('─', usize::from(plot.width).saturating_sub(middle), dim)
        .put(half, dim)
        .fill('─', end.chars().count(), dim)
        .put(end, dim)
        .draw(buffer, plot, 0);
}

fn label_row(dossier: &Dossier, bar: &Bar, theme: Theme, columns: u16, is_selected: bool) -> Row {
    let text = theme.style(Role::Text);
    let (kind, role, words, badge) = describe(dossier, bar);
    let badge = badge.unwrap_or_default();
    let duration = format::duration(bar_length(dossier, bar));
    let row = Row::new(columns)
        .put(marker(is_selected), text)
        .left(kind, 5, theme.style(role));
    let words_columns = row
        .room()
        .saturating_sub(DURATION_COLUMNS + badge.chars().count());
    row.left(Shown::squeezed(&words), words_columns, text)
        .put(badge, theme.style(Role::Mark))
        .right(duration, DURATION_COLUMNS - 1, text)
}

/// The length that is told: a fold's statements took what they took, not the time between them.
fn bar_length(dossier: &Dossier, bar: &Bar) -> Micros {
    match bar.what {
        Span::Statement(index) => dossier.statements[index].total_us,
        Span::Waited(index) => dossier.detail.waited_for[index].waited_us,
        // All who waited, added up: that is the harm done.
        Span::Blocked => dossier.detail.row.blocked_us,
        Span::Php | Span::Transaction(_) => bar.to_us - bar.from_us,
    }
}

fn describe(dossier: &Dossier, bar: &Bar) -> (&'static str, Role, String, Option<String>) {
    let request = &dossier.detail.request;
    match bar.what {
        Span::Php => {
            let action = request
                .action
                .clone()
                .unwrap_or_else(|| dossier.detail.row.label.clone());
            ("php", Role::Cpu, action, None)
        }
        Span::Transaction(index) => {
            let end = dossier
                .transaction(index)
                .map_or("", |transaction| &*transaction.end);
            (
                "tx",
                Role::Dim,
                format!("transaction, {}", sql::transaction_end(end)),
                None,
            )
        }
        Span::Statement(index) => {
            let statement = &dossier.statements[index];
            (
                "sql",
                Role::Io,
                statement.sql.clone(),
                sql::badge(statement),
            )
        }
        Span::Waited(index) => {
            let holder = &dossier.detail.waited_for[index].root;
            (
                " ▒",
                Role::Lock,
                format!("waited for {}", holder.label),
                None,
            )
        }
        Span::Blocked => {
            let waits = dossier.detail.blocked.len() as u64;
            (
                "held",
                Role::Mark,
                format!("{} waited for its locks", format::count(waits)),
                None,
            )
        }
    }
}

fn bar_row(bar: &Bar, wall_us: Micros, theme: Theme, columns: u16) -> Row {
    let (glyph, role) = match bar.what {
        Span::Php => ('█', Role::Cpu),
        Span::Transaction(_) => ('═', Role::Dim),
        Span::Statement(_) => ('▓', Role::Io),
        Span::Waited(_) => ('▒', Role::Lock),
        Span::Blocked => ('░', Role::Mark),
    };
    let column = |at: Micros| {
        let share = if wall_us.0 > 0 {
            at.0 as f64 / wall_us.0 as f64
        } else {
            0.0
        };
        // Clamped to the range of the type before the cast.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let column = (share * f64::from(columns))
            .round()
            .clamp(0.0, f64::from(columns)) as usize;
        column
    };
    // A bar is seen however short it is, also at the right edge.
    let from = column(bar.from_us).min(usize::from(columns).saturating_sub(1));
    let to = column(bar.to_us).max(from + 1);
    let row = Row::new(columns).gap(from);
    let spare = usize::from(columns).saturating_sub(to);
    row.fill(glyph, spare, theme.style(role))
}

/// All of the selected line.
pub(super) fn draw_detail(
    dossier: &Dossier,
    cursor: Cursor,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let Some(bar) = dossier.waterfall.get(cursor.selected) else {
        return;
    };
    match bar.what {
        Span::Statement(index) => sql::draw_statement(dossier, index, theme, buffer, area),
        Span::Waited(index) => {
            super::locks::draw_wait(&dossier.detail.waited_for[index], theme, buffer, area);
        }
        Span::Blocked => super::locks::draw_blocked(dossier, theme, buffer, area),
        Span::Php => draw_text(&interval(bar), theme, buffer, area, 1),
        Span::Transaction(index) => {
            draw_text(&interval(bar), theme, buffer, area, 1);
            if let Some(transaction) = dossier.transaction(index) {
                let words = format!("the {}", super::locks::spent_in(dossier, transaction));
                draw_text(&words, theme, buffer, area, 2);
            }
        }
    }
}

fn interval(bar: &Bar) -> String {
    let from = format::duration(bar.from_us);
    format!("from {from} to {}", format::duration(bar.to_us))
}

fn draw_text(words: &str, theme: Theme, buffer: &mut Buffer, area: Rect, line: usize) {
    Row::new(area.width)
        .gap(2)
        .put(words, theme.style(Role::Text))
        .draw(buffer, area, line);
}
