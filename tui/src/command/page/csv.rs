//! A table as CSV (RFC 4180): a heading line, `\r\n`, quotes where they are needed.
//!
//! What a client sent may end in a spreadsheet, and a cell that begins with `=`, `+`, `-` or `@` is a
//! formula there, which can call programs. Such words get an apostrophe in front, which spreadsheets
//! take for "this is text". Figures are our own and stay as they are.

use super::{Cell, Table};

pub(super) fn write(table: &Table) -> String {
    let mut page = String::new();
    line(
        &mut page,
        table.columns.iter().map(|column| column.name.to_owned()),
    );
    for row in &table.rows {
        line(&mut page, row.iter().map(field));
    }
    page
}

fn line(page: &mut String, fields: impl Iterator<Item = String>) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            page.push(',');
        }
        if field.contains(['"', ',', '\r', '\n']) {
            page.push('"');
            page.push_str(&field.replace('"', "\"\""));
            page.push('"');
        } else {
            page.push_str(&field);
        }
    }
    page.push_str("\r\n");
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Words(words) if may_be_formula(words.as_str()) => format!("'{}", words.as_str()),
        Cell::Words(words) => words.as_str().to_owned(),
        Cell::Figure { raw, .. } => raw.clone(),
        Cell::Nothing => String::new(),
    }
}

/// Also in their wide forms, which some programs read alike, and behind blanks, which some skip.
fn may_be_formula(words: &str) -> bool {
    words.trim_start().starts_with([
        '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ])
}
