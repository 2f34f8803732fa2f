//! Locks, hosts, logs and health: a table, and all of the chosen line below.
//!
//! ```text
//! ▸ locks ───────────────────────────────────────────────────────── 3
//!  began    lasted waiters  waited  who held it, and who waited
//! ▸14:01:12  7m28s     118  10h51m  pid 19607  POST /cron/reprice
//! ─ chosen ──────────────────────────────────────────────────────────
//! 14:01:12–14:08:40 UTC, worst at 14:05:41: 118 waiting at once
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::row::Row;
use super::{below, draw_rule, layout, strip};
use wire::query::LockTree;
use wire::time::Instant;

use crate::board::{Column, Line, Page, Severity};
use crate::format;
use crate::state::board::BoardScreen;
use crate::text::Shown;
use crate::theme::{Role, Theme};

pub(super) fn draw(screen: &BoardScreen, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let dim = theme.style(Role::Dim);
    let (table, detail) = layout::statements(area);
    draw_rule(
        theme,
        buffer,
        table,
        screen.board.title(),
        Row::new(table.width).put(figures(screen), dim),
        true,
    );
    let table = below(table, 1);
    let table = match screen.tree() {
        Some(tree) => {
            let at_us = screen.moment.or(tree.at_us);
            strip::draw(tree, (screen.range, at_us), theme, buffer, table);
            below(table, layout::STRIP_ROWS)
        }
        None => table,
    };
    let columns = screen.board.columns();
    head(columns, theme, table.width).draw(buffer, table, 0);
    let list = below(table, 1);
    if screen.lines.is_empty() {
        let words = match (screen.page.trouble(), screen.page.current()) {
            (Some(trouble), _) => trouble.to_string(),
            (None, None) => "asking the store …".to_owned(),
            (None, Some(_)) if screen.hidden() > 0 => "nothing that bad; s shows all".to_owned(),
            (None, Some(_)) => screen.board.nothing().to_owned(),
        };
        Row::new(list.width)
            .gap(2)
            .put(words, dim)
            .draw(buffer, list, 0);
        return;
    }
    let window = screen
        .cursor
        .window(screen.lines.len(), usize::from(list.height));
    for (place, index) in window.enumerate() {
        let is_selected = index == screen.cursor.selected;
        let style = theme.style(if is_selected {
            Role::Selected
        } else {
            Role::Text
        });
        row(
            &screen.lines[index],
            columns,
            theme,
            list.width,
            is_selected,
        )
        .draw_styled(buffer, list, place, style);
    }
    if let Some(line) = screen.chosen() {
        draw_detail(line, theme, buffer, detail);
    }
}

/// ` 12 · errors alone, 80 hidden · the newest alone`.
fn figures(screen: &BoardScreen) -> String {
    if let Some(tree) = screen.tree() {
        return moments(screen, tree);
    }
    let shown = format::count(screen.lines.len() as u64);
    let hidden = format::count(screen.hidden() as u64);
    let least = match screen.least {
        Severity::Fine => String::new(),
        Severity::Warning => format!(" · from warnings on, {hidden} hidden"),
        Severity::Error => format!(" · errors alone, {hidden} hidden"),
    };
    let is_cut = screen.page.current().is_some_and(Page::is_cut);
    let more = if is_cut { " · the newest alone" } else { "" };
    // The header tells a range; these know none.
    let now = if screen.board.has_range() {
        ""
    } else {
        " · as of now"
    };
    format!(" {shown}{least}{more}{now}")
}

/// ` playing · 23 waiting · worst 14:05:41 (118)`.
fn moments(screen: &BoardScreen, tree: &LockTree) -> String {
    let waiting_at = |at: Instant| {
        let moment = tree.moments.iter().find(|it| it.at_us == at);
        moment.map_or(0, |it| it.waiting)
    };
    let mut parts = Vec::new();
    if screen.is_playing() {
        parts.push("playing".to_owned());
    }
    if let Some(at) = screen.moment.or(tree.at_us) {
        let waiting = format::count(u64::from(waiting_at(at)));
        parts.push(format!("{waiting} waiting at {}", format::clock(at)));
    }
    if let Some(worst) = tree.worst_at_us {
        let waiting = format::count(u64::from(waiting_at(worst)));
        parts.push(format!("worst {} ({waiting})", format::clock(worst)));
    }
    format!(" {}", parts.join(" · "))
}

fn head(columns: &[Column], theme: Theme, width: u16) -> Row {
    let dim = theme.style(Role::Dim);
    let names = columns.iter().map(|column| column.name);
    fill(columns, names, Row::new(width).gap(2), width, |_| dim)
}

fn row(line: &Line, columns: &[Column], theme: Theme, width: u16, is_selected: bool) -> Row {
    let text = theme.style(Role::Text);
    let bad = theme.style(match line.severity {
        Severity::Fine => Role::Text,
        Severity::Warning => Role::Warn,
        Severity::Error => Role::Lock,
    });
    let row = Row::new(width)
        .put(if is_selected { "▸" } else { " " }, text)
        .put(line.severity.sign(), bad);
    let cells = line.cells.iter().map(String::as_str);
    fill(
        columns,
        cells,
        row,
        width,
        |is_last| {
            if is_last { bad } else { text }
        },
    )
}

fn fill<'c>(
    columns: &[Column],
    cells: impl Iterator<Item = &'c str>,
    mut row: Row,
    width: u16,
    style: impl Fn(bool) -> ratatui::style::Style,
) -> Row {
    for (column, cell) in columns.iter().zip(cells) {
        if width < column.width_min {
            continue;
        }
        row = match (column.columns, column.is_figure) {
            // Blanks before the words indent them below others.
            (0, _) => row.put(Shown::new(cell), style(true)),
            (columns, true) => row.right(cell, columns, style(false)),
            (columns, false) => row.left(Shown::new(cell).fit(columns - 1), columns, style(false)),
        };
    }
    row
}

fn draw_detail(line: &Line, theme: Theme, buffer: &mut Buffer, area: Rect) {
    if area.height == 0 {
        return;
    }
    draw_rule(theme, buffer, area, "chosen", Row::new(area.width), false);
    let columns = usize::from(area.width).saturating_sub(2);
    let mut left = usize::from(area.height) - 1;
    let mut place = 1;
    for words in &line.detail {
        for part in Shown::squeezed(words).wrap(columns, left) {
            Row::new(area.width)
                .gap(1)
                .put(part, theme.style(Role::Text))
                .draw(buffer, area, place);
            place += 1;
            left -= 1;
        }
    }
}

#[cfg(test)]
mod tests;
