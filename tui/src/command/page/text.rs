//! A page as plain text, its columns aligned; for a terminal, or for `grep` behind it.
//!
//! Nothing is cut: whoever wants less pipes it through `cut` or `less -S`. The last column is not
//! padded, so a line is as long as what it says.

use unicode_width::UnicodeWidthStr as _;

use super::{Page, Table};
use crate::report::markdown::words::put;
use crate::text::Shown;

/// Between two columns.
const GAP: &str = "  ";

pub(super) fn write(page: &Page) -> String {
    let mut out = String::new();
    if !page.title.is_empty() {
        out.push_str(Shown::squeezed(&page.title).as_str());
        out.push_str("\n\n");
    }
    let widest = page.facts.iter().map(|(name, _)| name.width()).max();
    for (name, value) in &page.facts {
        let name = padded(name, widest.unwrap_or(0), false);
        put(
            &mut out,
            format_args!("{name}{GAP}{}\n", Shown::squeezed(value).as_str()),
        );
    }
    if !page.facts.is_empty() {
        out.push('\n');
    }
    for each in &page.tables {
        if !each.title.is_empty() {
            put(
                &mut out,
                format_args!("{}\n", Shown::squeezed(&each.title).as_str()),
            );
        }
        table(&mut out, each);
        out.push('\n');
    }
    for note in &page.notes {
        put(
            &mut out,
            format_args!("{}\n", Shown::squeezed(note).as_str()),
        );
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn table(out: &mut String, table: &Table) {
    if table.rows.is_empty() {
        put(out, format_args!("{}\n", table.empty));
        return;
    }
    let widths: Vec<usize> = table
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let cells = table.rows.iter().filter_map(|row| row.get(index));
            let widest = cells.map(|cell| cell.shown().width()).max().unwrap_or(0);
            widest.max(column.title.width())
        })
        .collect();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut text = String::new();
        for (index, cell) in cells.enumerate() {
            if index > 0 {
                text.push_str(GAP);
            }
            let is_figure = table
                .columns
                .get(index)
                .is_some_and(|column| column.is_figure);
            text.push_str(&padded(
                cell,
                widths.get(index).copied().unwrap_or(0),
                is_figure,
            ));
        }
        out.push_str(text.trim_end());
        out.push('\n');
    };
    line(&mut table.columns.iter().map(|column| column.title));
    for row in &table.rows {
        line(&mut row.iter().map(super::Cell::shown));
    }
}

fn padded(text: &str, columns: usize, is_right: bool) -> String {
    let blanks = " ".repeat(columns.saturating_sub(text.width()));
    if is_right {
        format!("{blanks}{text}")
    } else {
        format!("{text}{blanks}")
    }
}
