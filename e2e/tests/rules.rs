//! The repository's own rules, as tests: what the house style asks for and a machine can see.
//!
//! A rule that is broken names the file and says what the rule is for. Exceptions stand here, each
//! with its reason, so that there is one place to argue about them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A file rings here: is it two things? The aim is near 400, the alarm a little above.
const FILE_LINES_MAX: usize = 450;
/// A function fits a screen.
const FUNCTION_LINES_MAX: usize = 70;

/// Which crate may link which: arrows point one way, and no daemon links another.
const EDGES: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("daemon", &["wire"]),
    ("collector", &["wire", "daemon"]),
    ("pgagent", &["wire", "daemon"]),
    ("store", &["wire", "daemon"]),
    ("tui", &["wire"]),
    ("e2e", &["wire"]),
];

/// What only one crate may know.
const EXCLUSIVE: &[(&str, &str)] = &[
    ("rusqlite", "store"),
    ("tokio-postgres", "pgagent"),
    ("ratatui", "tui"),
    ("crossterm", "tui"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("e2e lies in the workspace")
        .to_owned()
}

/// The files that git knows or would add, below the root, with this ending.
fn files(ending: &str) -> Vec<PathBuf> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git runs");
    assert!(output.status.success(), "the rules need a git checkout");
    String::from_utf8(output.stdout)
        .expect("our file names are UTF-8")
        .lines()
        .filter(|name| name.ends_with(ending))
        .map(|name| root().join(name))
        .filter(|path| path.is_file())
        .collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Test code may be as long as its cases are many.
fn is_test_code(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests")
        || path.file_name().is_some_and(|name| name == "tests.rs")
}

fn assert_none(broken: &[String], rule: &str) {
    assert!(broken.is_empty(), "{rule}:\n{}", broken.join("\n"));
}

#[test]
fn every_module_opens_with_what_it_is_for() {
    let broken: Vec<String> = files(".rs")
        .iter()
        .filter(|path| !path.ends_with("tests.rs") && !read(path).starts_with("//! "))
        .map(|path| path.display().to_string())
        .collect();
    assert_none(
        &broken,
        "each file opens with a `//!` doc that says what, why, what not",
    );
}

#[test]
fn files_stay_small_enough_to_be_one_thing() {
    let broken: Vec<String> = files(".rs")
        .iter()
        .filter(|path| !is_test_code(path))
        .filter_map(|path| {
            let lines = read(path).lines().count();
            (lines > FILE_LINES_MAX).then(|| format!("{}: {lines} lines", path.display()))
        })
        .collect();
    assert_none(
        &broken,
        "a file of more than 450 lines is probably two things",
    );
}

#[test]
fn functions_fit_a_screen() {
    let mut broken = Vec::new();
    for path in files(".rs").iter().filter(|path| !is_test_code(path)) {
        for (name, lines) in functions(&read(path)) {
            if lines > FUNCTION_LINES_MAX {
                broken.push(format!("{}: fn {name}: {lines} lines", path.display()));
            }
        }
    }
    assert_none(&broken, "a function has at most 70 lines");
}

/// The functions of a formatted source with their lengths: from `fn` to the closing brace that
/// stands under its first letter.
fn functions(source: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = source.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let Some(name) = function_name(code) else {
            continue;
        };
        let signature_end = lines[start..]
            .iter()
            .find(|line| line.ends_with(['{', ';', '}']));
        if !signature_end.is_some_and(|line| line.ends_with('{')) {
            continue; // a trait's method without a body, or a body on one line
        }
        let indent = &line[..line.len() - code.len()];
        let close = format!("{indent}}}");
        let end = lines[start..].iter().position(|line| **line == close);
        found.push((name, end.map_or(1, |end| end + 1)));
    }
    found
}

fn function_name(code: &str) -> Option<String> {
    let mut words = code.split_whitespace();
    let qualifiers = [
        "pub",
        "pub(crate)",
        "pub(super)",
        "async",
        "const",
        "unsafe",
    ];
    let word = words.find(|word| !qualifiers.contains(word))?;
    let name = words.next().filter(|_| word == "fn")?;
    Some(name.split(['(', '<']).next().unwrap_or_default().to_owned())
}

#[test]
fn arrows_between_crates_point_one_way() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let allowed: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    let mut seen = BTreeSet::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("a name");
        seen.insert(name.to_owned());
        let edges = allowed
            .get(name)
            .unwrap_or_else(|| panic!("{name} is missing in EDGES"));
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let dependency = dependency["name"].as_str().expect("a name");
            if allowed.contains_key(dependency) {
                assert!(
                    edges.contains(&dependency),
                    "{name} must not link {dependency}"
                );
            }
            for (library, owner) in EXCLUSIVE {
                assert!(
                    dependency != *library || name == *owner,
                    "only {owner} may know {library}, but {name} links it"
                );
            }
        }
    }
    let expected: BTreeSet<String> = allowed.keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(seen, expected);
}

#[test]
fn clocks_are_read_in_one_place() {
    let forbidden = ["SystemTime::now(", "Utc::now("];
    let broken: Vec<String> = files(".rs")
        .iter()
        .filter(|path| !is_test_code(path) && !path.ends_with("daemon/src/clock.rs"))
        // The console links no daemon code: it has a clock module of its own.
        .filter(|path| !path.ends_with("tui/src/clock.rs"))
        .filter(|path| forbidden.iter().any(|call| read(path).contains(call)))
        .map(|path| path.display().to_string())
        .collect();
    assert_none(
        &broken,
        "wall clocks are read in clock.rs, so that tests can bring their own",
    );
}

#[test]
fn the_rule_on_functions_can_fail() {
    let body = "    work();\n".repeat(80);
    let source =
        format!("impl X {{\n    pub async fn long(\n        a: u8,\n    ) {{\n{body}    }}\n}}\n");
    assert_eq!(functions(&source), [("long".to_owned(), 84)]);
}
