use std::collections::BTreeMap;

use super::ALL;

/// What a type is called in the document.
fn told(kind: &str) -> &str {
    match kind {
        "Text" => "text",
        "Int" => "integer",
        "Float" => "decimal",
        _ => "0 or 1",
    }
}

#[test]
fn every_name_is_one_that_graylog_keeps_and_stands_for_one_type() {
    let mut seen = BTreeMap::new();
    for (name, kind) in ALL {
        let field = name
            .strip_prefix('_')
            .expect("a field of one's own begins with _");
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        assert!(
            field.bytes().all(is_plain) && !field.starts_with('_'),
            "{name}"
        );
        assert_eq!(seen.insert(name, kind), None, "{name} stands there twice");
    }
}

/// The rows of the document's tables, by their field.
#[test]
fn the_document_has_every_field_with_its_type() {
    let text = include_str!("../../../../docs/gelf.md");
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `_")?.split('|').map(str::trim);
        let name = format!("_{}", cells.next()?.strip_suffix('`')?);
        let kind = cells.next()?.to_owned();
        assert!(
            cells.next().is_some_and(|meaning| !meaning.is_empty()),
            "{line}"
        );
        Some((name, kind))
    });
    let documented: BTreeMap<String, String> = rows.collect();
    let fields = ALL
        .iter()
        .map(|(name, kind)| ((*name).to_owned(), told(kind).to_owned()));
    let fields: BTreeMap<String, String> = fields.collect();
    assert_eq!(documented, fields);
}
