//! Words and pieces of Markdown, with what came over the wire made harmless.

use std::fmt::Write as _;

use wire::query::{Measure, Spike};
use wire::time::Micros;

use crate::format;
use crate::text::Shown;

/// Lines of a statement that are printed; a longer one is a generated one.
const BLOCK_LINES_MAX: usize = 60;

pub(crate) fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Load => "load",
        Measure::Pressure => "percent of time stalled",
        Measure::Sessions => "active database sessions",
        Measure::Requests => "requests in flight",
        Measure::Queue => "requests waiting for a worker",
        Measure::Errors => "failed requests a second",
        Measure::Wall => "seconds for 95 % of requests",
    }
}

pub(crate) fn lasted(spike: &Spike) -> String {
    match spike.end_at_us {
        Some(end) => format::duration(Micros::from_seconds(
            (end - spike.begin_at_us).0 / 1_000_000,
        )),
        None => "still running".to_owned(),
    }
}

pub(super) fn place(spike: &Spike) -> String {
    let project = spike
        .project
        .as_ref()
        .map(|project| format!("project {project}"));
    let host = spike.host.as_ref().map(|host| format!("host {host}"));
    [project, host]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

pub(super) fn none_if_zero(span: Micros) -> String {
    if span.0 == 0 {
        "-".to_owned()
    } else {
        format::duration(span)
    }
}

/// Words from the wire amid our own, with what Markdown would read taken literally.
pub(crate) fn text(raw: &str) -> String {
    let mut escaped = String::with_capacity(raw.len());
    for character in Shown::squeezed(raw).as_str().chars() {
        if matches!(
            character,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#'
        ) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// A code span. Backticks and bars inside would end it or its table cell.
pub(super) fn code(raw: &str) -> String {
    format!(
        "`{}`",
        Shown::squeezed(raw)
            .as_str()
            .replace('`', "'")
            .replace('|', "¦")
    )
}

/// A statement in a block of its own, its lines kept.
pub(super) fn block(sql: &str) -> String {
    let lines: Vec<String> = sql
        .lines()
        .take(BLOCK_LINES_MAX)
        .map(|line| Shown::new(line).as_str().to_owned())
        .collect();
    fenced(&lines.join("\n"), "sql")
}

pub(super) fn fenced(content: &str, language: &str) -> String {
    // A fence is longer than any run of backticks inside.
    let mut fence = "```".to_owned();
    while content.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}{language}\n{content}\n{fence}\n")
}

pub(crate) fn put(page: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a string never fails.
    let _ = page.write_fmt(words);
}
