//! The same page in each of its forms, with what a hostile client might have sent.

use super::*;

fn page() -> Page {
    Page {
        title: "requests \u{1b}[31m".to_owned(),
        facts: vec![("range", "the last hour".to_owned())],
        tables: vec![Table {
            title: String::new(),
            columns: vec![
                Column::figure("wall", "wall_us"),
                Column::words("request", "label"),
            ],
            rows: vec![
                vec![
                    Cell::duration(Micros(13_620_000)),
                    Cell::words("GET /a,b \"c\""),
                ],
                vec![
                    Cell::duration(Micros(-5)),
                    Cell::words("=cmd|' /C calc'!A0"),
                ],
                vec![
                    Cell::Nothing,
                    Cell::words("\u{1b}]0;x\u{7}\u{9b}31m\u{202e}|`"),
                ],
            ],
            empty: "nothing",
        }],
        notes: vec!["a note".to_owned()],
    }
}

#[test]
fn text_is_aligned() {
    insta::assert_snapshot!(page().write(Format::Text));
}

#[test]
fn markdown_escapes_what_means_something() {
    insta::assert_snapshot!(page().write(Format::Md));
}

#[test]
fn csv_is_rfc_4180_and_no_cell_is_a_formula() {
    assert_eq!(
        page().write(Format::Csv),
        "wall_us,label\r\n13620000,\"GET /a,b \"\"c\"\"\"\r\n-5,'=cmd|' /C calc'!A0\r\n,^[]0;x^G<009B>31m<202E>|`\r\n"
    );
    for formula in ["=1", "+1", "-1", "@x", "\t=1", " =1", "\u{ff1d}1"] {
        let table = Table {
            columns: vec![Column::words("x", "x")],
            rows: vec![vec![Cell::words(formula)]],
            ..Table::default()
        };
        let text = Page {
            tables: vec![table],
            ..Page::default()
        }
        .write(Format::Csv);
        assert!(text.starts_with("x\r\n'"), "{formula:?}: {text:?}");
    }
}

#[test]
fn no_form_moves_a_cursor() {
    for format in [Format::Text, Format::Md, Format::Csv] {
        let text = page().write(format);
        let escape = text
            .chars()
            .find(|it| !matches!(it, '\n' | '\r') && crate::text::is_hidden(*it));
        assert_eq!(escape, None, "{format:?}");
    }
}

#[test]
fn a_table_without_rows_says_so() {
    let table = Table {
        empty: "No request.",
        ..Table::default()
    };
    let page = Page {
        tables: vec![table],
        ..Page::default()
    };
    assert_eq!(page.write(Format::Text), "No request.\n");
    assert_eq!(page.write(Format::Md), "No request.\n");
}
