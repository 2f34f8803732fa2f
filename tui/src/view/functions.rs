//! The functions of many requests: a table with callers and callees beside it, or an icicle.
//!
//! ```text
//! ▸ functions per request ─────────── 187 · by change of self time · against 13:31–14:01 UTC
//!      self     Δself     incl     Δincl         function
//! ▸  2.90 s   +2.80 s   3.10 s   +2.90 s  ★ new  Pricing\Rule::match
//!  412 profiles against 1,650 · a request 4.05 s on average against 612 ms · 38 ms in __other__
//! ```

mod around;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use wire::time::Micros;

use super::row::Row;
use super::{below, draw_rule, icicle, layout};
use crate::callgraph::{CallGraph, Line, Order};
use crate::format;
use crate::state::drawing::Drawing;
use crate::state::functions::{FunctionsScreen, Pane};
use crate::theme::{Role, Theme};

/// From here on, a comparison has room for inclusive times, and from there on for calls.
const COLUMNS_FOR_INCLUSIVE: u16 = 68;
const COLUMNS_FOR_CALLS: u16 = 100;
/// From here on, totals have room for a request's average and 95th percentile, and from there on beside the calls.
const COLUMNS_FOR_USUAL: u16 = 70;
const COLUMNS_FOR_ALL: u16 = 84;
const SPAN_COLUMNS: usize = 9;
/// `+10.12 s`, and a blank before it.
const CHANGE_COLUMNS: usize = 10;
/// `† gone`, and a blank behind it.
const MARK_COLUMNS: usize = 7;

pub(super) fn draw(screen: &FunctionsScreen, theme: Theme, buffer: &mut Buffer, body: Rect) {
    let Some(graph) = screen.seen() else {
        draw_absent(screen, theme, buffer, body);
        return;
    };
    if let Some(icicle) = screen.drawing.as_ref().and_then(Drawing::icicle) {
        let about = screen.subject.route.as_deref().unwrap_or_default();
        let more = if screen.baseline().is_some() {
            gone_note(screen)
        } else {
            stacks_note(screen, graph)
        };
        let more = folded_note(graph).into_iter().chain(more);
        let more = Some(more.collect::<Vec<_>>().join(" · ")).filter(|it| !it.is_empty());
        icicle::draw(icicle, (about, more.as_deref()), theme, buffer, body);
        return;
    }
    let areas = layout::functions(body);
    draw_table(screen, graph, theme, buffer, areas.list);
    around::draw(screen, theme, buffer, areas.around);
    draw_note(&note(screen, graph), theme, buffer, areas.note);
}

/// In a word, for where a sentence has no room.
pub(super) fn folded_count(graph: &CallGraph) -> String {
    match graph.away.functions {
        0 => String::new(),
        count => format!(" · {} folded", format::count(count as u64)),
    }
}

/// That libraries are folded, and how much that is.
pub(super) fn folded_note(graph: &CallGraph) -> Option<String> {
    let away = graph.away;
    (away.functions > 0).then(|| {
        format!(
            "{} functions of libraries folded into callers ({}; v shows them)",
            format::count(away.functions as u64),
            format::duration(Micros(away.self_us))
        )
    })
}

/// What only the baseline has is in no picture of now.
fn gone_note(screen: &FunctionsScreen) -> Option<String> {
    let gone = screen.lines.iter().filter(|line| line.is_gone());
    let times: Vec<f64> = gone.map(|line| -line.self_change_us()).collect();
    (!times.is_empty()).then(|| {
        let us = times.iter().sum();
        format!(
            "{} functions gone († {})",
            format::count(times.len() as u64),
            span(us)
        )
    })
}

/// Of which requests the whole stacks are, or why there are none yet.
fn stacks_note(screen: &FunctionsScreen, graph: &CallGraph) -> Option<String> {
    if !graph.is_sampled() {
        return None;
    }
    Some(match (screen.stacks.trouble(), screen.stacks.current()) {
        (Some(_), _) => "the store does not tell the stacks".to_owned(),
        (None, None) => "the stacks are on their way …".to_owned(),
        (None, Some(stacks)) if stacks.profiles.is_empty() => {
            "no stacks in the slowest requests".to_owned()
        }
        (None, Some(stacks)) => format!(
            "of the {} slowest of {} requests",
            format::count(stacks.read),
            format::count(stacks.matching)
        ),
    })
}

fn title(screen: &FunctionsScreen) -> String {
    let unit = if screen.baseline().is_some() {
        "functions, per request"
    } else {
        "functions"
    };
    match &screen.subject.route {
        Some(route) => format!("{unit} of {route}"),
        None => unit.to_owned(),
    }
}

fn draw_absent(screen: &FunctionsScreen, theme: Theme, buffer: &mut Buffer, body: Rect) {
    draw_rule(
        theme,
        buffer,
        body,
        &title(screen),
        Row::new(body.width),
        true,
    );
    let words = match screen.graph.trouble() {
        Some(trouble) => trouble.to_string(),
        None => "asking the store …".to_owned(),
    };
    draw_words(&words, theme, buffer, below(body, 1));
}

pub(super) fn draw_words(words: &str, theme: Theme, buffer: &mut Buffer, area: Rect) {
    Row::new(area.width)
        .gap(2)
        .put(words, theme.style(Role::Dim))
        .draw(buffer, area, 0);
}

fn draw_table(
    screen: &FunctionsScreen,
    graph: &CallGraph,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let is_focused = screen.pane == Pane::Functions;
    let figures = Row::new(area.width).put(
        format!(
            " {}{} · by {}",
            format::count(screen.lines.len() as u64),
            folded_count(graph),
            screen.order.label()
        ),
        theme.style(Role::Dim),
    );
    draw_rule(theme, buffer, area, &title(screen), figures, is_focused);
    let is_compared = screen.baseline().is_some();
    head(screen.order, is_compared, theme, area.width).draw(buffer, area, 1);
    let list = below(area, 2);
    if screen.lines.is_empty() {
        let words = "no request of this range was captured with a function profile";
        draw_words(words, theme, buffer, list);
        return;
    }
    let window = screen
        .cursor
        .window(screen.lines.len(), usize::from(list.height));
    for (line, index) in window.enumerate() {
        let is_selected = index == screen.cursor.selected;
        let style = match (is_selected, is_focused) {
            (true, true) => Role::Selected,
            (true, false) => Role::SelectedElsewhere,
            (false, _) => Role::Text,
        };
        let marker = if is_selected { "▸" } else { " " };
        let row = Row::new(list.width).put(marker, theme.style(Role::Text));
        let row = if is_compared {
            change_row(row, &screen.lines[index], screen.order, theme)
        } else {
            total_row(row, &screen.lines[index], (graph, screen.order), theme)
        };
        row.draw_styled(buffer, list, line, theme.style(style));
    }
}

fn head(order: Order, is_compared: bool, theme: Theme, columns: u16) -> Row {
    let dim = theme.style(Role::Dim);
    let style = |of: Order| theme.style(if of == order { Role::Title } else { Role::Dim });
    // The order has a mark, too: bold alone is easily missed.
    let name = |of: Order, name: &str| {
        if of == order {
            format!("▾{name}")
        } else {
            name.to_owned()
        }
    };
    let (own, with, calls) = (Order::SelfTime, Order::Inclusive, Order::Calls);
    let row = Row::new(columns)
        .gap(1)
        .right(name(own, "self"), SPAN_COLUMNS, style(own));
    if !is_compared {
        let row = row
            .right("share", 8, dim)
            .right(name(with, "incl"), SPAN_COLUMNS, style(with));
        let row = if has_usual(order, columns) {
            row.right("avg", SPAN_COLUMNS, dim)
                .right("p95", SPAN_COLUMNS, dim)
        } else {
            row
        };
        let row = if has_total_calls(order, columns) {
            row.right(name(calls, "calls"), 9, style(calls))
        } else {
            row
        };
        return row.put("  function", dim);
    }
    let change = name(Order::Change, "change");
    let mut row = row.right(change, CHANGE_COLUMNS, style(Order::Change));
    if has_inclusive(order, columns) {
        row = row
            .right(name(with, "incl"), SPAN_COLUMNS, style(with))
            .right("change", CHANGE_COLUMNS, dim);
    }
    if has_calls(order, columns) {
        row = row
            .right(name(calls, "calls"), 8, style(calls))
            .right("before", 8, dim);
    }
    row.gap(2).gap(MARK_COLUMNS).put("function", dim)
}

/// Who orders by calls wants to see them; where there is little room, in the place of inclusive times.
fn has_inclusive(order: Order, columns: u16) -> bool {
    columns >= COLUMNS_FOR_INCLUSIVE && (order != Order::Calls || columns >= COLUMNS_FOR_CALLS)
}

fn has_calls(order: Order, columns: u16) -> bool {
    columns >= COLUMNS_FOR_CALLS || order == Order::Calls
}

/// A request's average and 95th percentile of self time, unless calls are wanted and there is no room for both.
fn has_usual(order: Order, columns: u16) -> bool {
    columns >= COLUMNS_FOR_ALL || (columns >= COLUMNS_FOR_USUAL && order != Order::Calls)
}

fn has_total_calls(order: Order, columns: u16) -> bool {
    columns >= COLUMNS_FOR_ALL || !has_usual(order, columns)
}

fn total_row(row: Row, line: &Line, (graph, order): (&CallGraph, Order), theme: Theme) -> Row {
    let text = theme.style(Role::Text);
    let sums = line.sums();
    let columns = row.columns();
    let mut row = row
        .right(span(sums.self_us), SPAN_COLUMNS, theme.style(Role::Title))
        .right(share(sums.self_us, graph), 8, text)
        .right(span(sums.inclusive_us), SPAN_COLUMNS, text);
    if has_usual(order, columns) {
        let (average, p95) = graph.usual(&line.name);
        row = row.right(span(average), SPAN_COLUMNS, text).right(
            p95.map_or("-".to_owned(), span),
            SPAN_COLUMNS,
            text,
        );
    }
    if has_total_calls(order, columns) {
        row = row.right(calls(sums.calls), 9, text);
    }
    row.gap(2).put_end(&line.name, text)
}

fn change_row(row: Row, line: &Line, order: Order, theme: Theme) -> Row {
    let columns = row.columns();
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let sums = line.sums();
    let mut row = row.right(span(sums.self_us), SPAN_COLUMNS, text).right(
        signed(line.self_change_us()),
        CHANGE_COLUMNS,
        theme.style(Role::Title),
    );
    if has_inclusive(order, columns) {
        row = row
            .right(span(sums.inclusive_us), SPAN_COLUMNS, text)
            .right(signed(line.inclusive_change_us()), CHANGE_COLUMNS, text);
    }
    if has_calls(order, columns) {
        row = row.right(calls(sums.calls), 8, text).right(
            calls(line.before.unwrap_or_default().calls),
            8,
            dim,
        );
    }
    let (mark, role) = mark(line);
    row.gap(2)
        .left(mark, MARK_COLUMNS, theme.style(role))
        .put_end(&line.name, text)
}

/// A sign and a word for what only one of the two has.
fn mark(line: &Line) -> (&'static str, Role) {
    if line.is_gone() {
        ("† gone", Role::Dim)
    } else if line.is_new() {
        ("★ new", Role::Mark)
    } else {
        ("", Role::Text)
    }
}

/// What the figures are the sums of, and what is not in them.
fn note(screen: &FunctionsScreen, graph: &CallGraph) -> String {
    let answer = &graph.answer;
    let mut parts: Vec<String> = folded_note(graph).into_iter().collect();
    let profiles = format::count(answer.profiles);
    match screen.baseline().map(|graph| &graph.answer) {
        Some(before) => parts.push(format!(
            "{profiles} profiles against {} · a request {} on average against {}",
            format::count(before.profiles),
            mean(answer.total_us, answer.profiles),
            mean(before.total_us, before.profiles),
        )),
        None if screen.is_compared && screen.before.trouble().is_none() => {
            parts.push(format!("{profiles} profiles; the baseline is on its way …"));
        }
        None => parts.push(format!(
            "{} = 100 % of {profiles} profiles",
            format::duration(answer.total_us)
        )),
    }
    if screen.is_compared && screen.before.trouble().is_some() {
        parts.push("the store does not tell the baseline".to_owned());
    }
    if let Some(of) = answer.sampled_of {
        parts.push(format!("of {} requests or more", format::count(of)));
    }
    if answer.omitted > 0 {
        parts.push(format!(
            "{} functions left out ({})",
            format::count(answer.omitted),
            format::duration(answer.omitted_us)
        ));
    }
    if answer.omitted_pairs > 0 {
        parts.push(format!(
            "{} call pairs left out",
            format::count(answer.omitted_pairs)
        ));
    }
    if graph.folded_us() > 0 {
        parts.push(format!(
            "{} folded into {}",
            format::duration(Micros(graph.folded_us())),
            wire::profile::OTHER
        ));
    }
    if graph.is_sampled() {
        parts.push("sampled stacks: calls are not counted".to_owned());
    }
    parts.join(" · ")
}

fn draw_note(words: &str, theme: Theme, buffer: &mut Buffer, area: Rect) {
    Row::new(area.width)
        .gap(1)
        .put(words, theme.style(Role::Dim))
        .draw(buffer, area, 0);
}

fn mean(total: Micros, profiles: u64) -> String {
    span(total.0 as f64 / profiles.max(1) as f64)
}

fn micros(us: f64) -> Micros {
    // Beyond its range the cast stops at the greatest, which is what is meant.
    #[expect(clippy::cast_possible_truncation)]
    let whole = us.round() as i64;
    Micros(whole)
}

pub(super) fn span(us: f64) -> String {
    if us.abs() < 0.5 {
        "-".to_owned()
    } else {
        format::duration(micros(us))
    }
}

/// A change with its sign; one that is none at all is a dash.
pub(super) fn signed(us: f64) -> String {
    if us.abs() < 0.5 {
        return "-".to_owned();
    }
    let sign = if us < 0.0 { '-' } else { '+' };
    format!("{sign}{}", format::duration(micros(us.abs())))
}

fn share(us: f64, graph: &CallGraph) -> String {
    let total = graph.answer.total_us.0;
    if total <= 0 {
        return String::new();
    }
    format::percent(us / total as f64)
}

/// A number of calls, or a mean of it; none where nobody counted.
fn calls(calls: f64) -> String {
    if calls.abs() < 1e-9 {
        "-".to_owned()
    } else if (calls - calls.round()).abs() < 1e-9 && calls > 0.0 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Above 0.
        let whole = calls as u64;
        format::count_within(whole, 7)
    } else {
        format::load(calls)
    }
}

#[cfg(test)]
mod tests;
