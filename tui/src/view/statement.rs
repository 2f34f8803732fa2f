//! One statement from its text down to its plans, as lines to scroll through.
//!
//! ```text
//! ▸ statement 9d1c3a5be0f27718 ──────────────────────────── in 41 requests
//!  6.1 a second, 11 ms each, longest 90 ms; before …
//!  SELECT * FROM item WHERE id = ?
//!  issued by · in the newest 41 requests
//!    9.00 s    812×  List::rows at src/List.php:7
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use wire::query::{StatementCounts, StatementDetail};

use super::row::Row;
use super::statements::{figures_of, route_words};
use super::{below, draw_rule};
use crate::format;
use crate::state::statement::StatementScreen;
use crate::text::Shown;
use crate::theme::{Role, Theme};

/// Lines of a statement's text: more than a page of it helps nobody.
const SQL_LINES_MAX: usize = 40;

/// A line of the screen; a heading begins a part.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    is_heading: bool,
    words: Shown,
}

pub(super) fn draw(screen: &StatementScreen, theme: Theme, buffer: &mut Buffer, body: Rect) {
    let statement = &screen.line.row;
    let figures = Row::new(body.width).put(
        format!(" in {} requests", format::count(statement.requests)),
        theme.style(Role::Dim),
    );
    let title = format!("statement {}", statement.fingerprint);
    draw_rule(theme, buffer, body, &title, figures, true);
    let area = below(body, 1);
    let lines = lines(screen, body.width);
    let height = usize::from(area.height);
    let first = screen
        .cursor
        .selected
        .min(lines.len().saturating_sub(height));
    for (index, line) in lines.into_iter().skip(first).take(height).enumerate() {
        let (gap, role) = if line.is_heading {
            (1, Role::Title)
        } else {
            (2, Role::Text)
        };
        Row::new(area.width)
            .gap(gap)
            .put(line.words, theme.style(role))
            .draw(buffer, area, index);
    }
}

/// All lines at a width.
pub(crate) fn lines(screen: &StatementScreen, columns: u16) -> Vec<Line> {
    let columns = usize::from(columns).saturating_sub(4);
    let statement = &screen.line.row;
    let range = screen.subject.range;
    let mut lines = wrapped(&figures_of(&screen.line, range), columns, 3);
    if statement.loops > 0 {
        let words = format!(
            "N+1: issued ten times or more by {} requests, {} times at most",
            format::count(statement.loops),
            format::count(statement.most_in_one)
        );
        lines.extend(wrapped(&words, columns, 2));
    }
    lines.push(heading("statement"));
    let text = Shown::squeezed(&statement.sql).wrap(columns, SQL_LINES_MAX);
    lines.extend(text.into_iter().map(plain));
    lines.push(heading("by route"));
    let routes = statement.routes.iter().map(route_words);
    lines.extend(routes.map(|words| plain(Shown::from(words))));
    match (screen.detail.current(), screen.detail.trouble()) {
        (Some(detail), _) => add_detail(detail, &mut lines),
        (None, Some(trouble)) => lines.push(heading(&trouble.to_string())),
        (None, None) => lines.push(heading("asking the store …")),
    }
    lines
}

fn add_detail(detail: &StatementDetail, lines: &mut Vec<Line>) {
    let requests = match detail.requests_read {
        1 => "the newest request".to_owned(),
        count => format!("the newest {} requests", format::count(count)),
    };
    lines.push(heading(&format!("issued by, in {requests}")));
    for caller in &detail.callers {
        let name = match &caller.name {
            Some(name) => Shown::squeezed(name).as_str().to_owned(),
            None => "repeats that were only counted, caller unknown".to_owned(),
        };
        let place = match &caller.place {
            Some(place) => format!(" at {}", Shown::squeezed(place).as_str()),
            None => String::new(),
        };
        lines.push(plain(Shown::from(format!(
            "{:>9} {:>8}×  {name}{place}",
            format::duration(caller.total_us),
            format::count_within(caller.count, 7)
        ))));
    }
    if detail.callers.is_empty() {
        lines.push(plain(Shown::from("nobody that was captured")));
    }
    lines.push(heading("its sessions, by what they wait for (samples)"));
    for wait in &detail.waits {
        let name = Shown::squeezed(&wait.name);
        lines.push(plain(Shown::from(format!(
            "{:>9} {:>8} load  {}",
            format::duration(wait.active_us),
            format::load(wait.load),
            name.as_str()
        ))));
    }
    if detail.waits.is_empty() {
        lines.push(plain(Shown::from("no sample saw it active")));
    }
    lines.push(heading(
        "in the database, whoever issued it (pg_stat_statements)",
    ));
    match &detail.database {
        Some(counts) => lines.extend(counted(counts).into_iter().map(|it| plain(Shown::from(it)))),
        None => lines.push(plain(Shown::from(
            "the server told nothing of it in this range",
        ))),
    }
    for plan in &detail.plans {
        let cut = if plan.is_cut { ", cut" } else { "" };
        lines.push(heading(&format!(
            "plan of {} on {}, {}{cut}",
            format::clock(plan.at_us),
            plan.host,
            format::duration(plan.duration_us)
        )));
        lines.extend(plan.steps.iter().map(|step| plain(Shown::new(step))));
    }
    if detail.plans.is_empty() {
        lines.push(heading(
            "no plan of it was logged in this range (auto_explain)",
        ));
    }
}

fn counted(counts: &StatementCounts) -> Vec<String> {
    let calls = counts.calls.max(1) as f64;
    let each = |number: u64| format::load(number as f64 / calls);
    vec![
        format!(
            "{} calls in {} that were told of; {} rows, {} a call",
            format::count(counts.calls),
            format::duration(counts.interval_us),
            format::count(counts.rows),
            each(counts.rows)
        ),
        format!(
            "{} in all, {} of it reading and writing",
            format::duration(counts.execution_us),
            format::duration(counts.io_us)
        ),
        format!(
            "blocks a call: {} from memory, {} read, {} temporary",
            each(counts.blocks_hit),
            each(counts.blocks_read),
            each(counts.temporary_blocks_written)
        ),
    ]
}

fn heading(words: &str) -> Line {
    Line {
        is_heading: true,
        words: Shown::squeezed(words),
    }
}

fn plain(words: Shown) -> Line {
    Line {
        is_heading: false,
        words,
    }
}

fn wrapped(words: &str, columns: usize, lines_max: usize) -> Vec<Line> {
    let lines = Shown::squeezed(words).wrap(columns, lines_max);
    lines.into_iter().map(plain).collect()
}
