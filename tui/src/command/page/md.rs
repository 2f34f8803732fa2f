//! A page as Markdown, to paste into a ticket.

use super::{Cell, Page, Table};
use crate::report::markdown::words::{put, text as escaped};

pub(super) fn write(page: &Page) -> String {
    let mut out = String::new();
    if !page.title.is_empty() {
        put(&mut out, format_args!("# {}\n\n", escaped(&page.title)));
    }
    for (name, value) in &page.facts {
        put(&mut out, format_args!("- **{name}:** {}\n", escaped(value)));
    }
    if !page.facts.is_empty() {
        out.push('\n');
    }
    for each in &page.tables {
        if !each.title.is_empty() {
            put(&mut out, format_args!("## {}\n\n", escaped(&each.title)));
        }
        table(&mut out, each);
        out.push('\n');
    }
    for note in &page.notes {
        put(&mut out, format_args!("{}\n", escaped(note)));
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
    let titles: Vec<&str> = table.columns.iter().map(|column| column.title).collect();
    put(out, format_args!("| {} |\n|", titles.join(" | ")));
    for column in &table.columns {
        out.push_str(if column.is_figure { "---:|" } else { "---|" });
    }
    out.push('\n');
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(cell).collect();
        put(out, format_args!("| {} |\n", cells.join(" | ")));
    }
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Words(words) => escaped(words.as_str()),
        Cell::Figure { shown, .. } => shown.clone(),
        Cell::Nothing => String::new(),
    }
}
