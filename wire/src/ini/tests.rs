use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Cases {
    ini: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    text: String,
    /// What both sides read, if the text is in order.
    sections: Option<BTreeMap<String, BTreeMap<String, String>>>,
    /// The lines at fault, if it is not.
    problem_lines: Option<Vec<usize>>,
}

fn values(document: &Document) -> BTreeMap<String, BTreeMap<String, String>> {
    let entries = |section: &Section| {
        section
            .entries
            .iter()
            .map(|entry| (entry.key.clone(), entry.value.clone()))
            .collect()
    };
    document
        .sections
        .iter()
        .map(|section| (section.name.clone(), entries(section)))
        .collect()
}

#[test]
fn every_golden_case_is_read_as_the_file_says() {
    let cases: Cases =
        serde_json::from_str(include_str!("../../testdata/settings_cases.json")).unwrap();
    assert!(cases.ini.len() > 40, "the golden file lost its cases");
    for case in cases.ini {
        let document = parse(&case.text);
        let lines: Vec<usize> = document
            .problems
            .iter()
            .map(|problem| problem.line)
            .collect();
        assert_eq!(
            lines,
            case.problem_lines.unwrap_or_default(),
            "problems of: {}",
            case.name
        );
        if let Some(sections) = case.sections {
            assert_eq!(values(&document), sections, "values of: {}", case.name);
        }
    }
}

#[test]
fn an_entry_knows_its_line() {
    let document = parse("; first\r\n[a]\r\n\r\nk = v\r\n");
    let section = document.section("a").unwrap();
    assert_eq!((section.line, section.entry("k").unwrap().line), (2, 4));
}

#[test]
fn a_problem_says_what_is_allowed() {
    let document = parse("[a]\nk = 1\nk = 2\nsecret = ab;cd\n");
    let told: Vec<String> = document
        .problems
        .iter()
        .map(|p| format!("{}: {}", p.line, p.kind))
        .collect();
    assert_eq!(
        told,
        [
            "3: k stands in line 2 already",
            "4: a value with ; must stand in \", and a comment after a blank",
        ]
    );
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic_and_every_problem_names_a_line_of_it(text in "[\\PC\\n\\r\\t\"';=\\[\\]#a\\x00]{0,200}") {
        let document = parse(&text);
        let lines = text.split('\n').count();
        for problem in &document.problems {
            prop_assert!((1..=lines).contains(&problem.line));
            prop_assert!(!problem.kind.to_string().is_empty());
        }
    }

    #[test]
    fn what_is_written_quoted_is_read_back(key in "[a-z][a-z0-9_]{4,10}", value in "[^\"\\x00-\\x1f\\x7f]{0,40}") {
        let document = parse(&format!("[s]\n{key} = \"{value}\" ; comment\n"));
        // A reserved word is none of these, since none has five letters but `false`.
        prop_assume!(key != "false");
        prop_assert_eq!(&document.problems, &[]);
        prop_assert_eq!(&document.section("s").unwrap().entry(&key).unwrap().value, &value);
    }
}
