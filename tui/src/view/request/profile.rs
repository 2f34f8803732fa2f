//! Where PHP's time went: functions, and the callers and callees of the selected one.
//!
//! Call pairs know exactly who called whom, not along which path; so there is a table and a
//! sandwich, and no flame graph.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use wire::profile::{Pair, Profile};
use wire::time::Micros;

use super::{line_style, marker};
use crate::callgraph::{CallGraph, Side};
use crate::dossier::Dossier;
use crate::format;
use crate::state::cursor::Cursor;
use crate::state::request::Order;
use crate::theme::{Role, Theme};
use crate::view::functions::{folded_count, folded_note};
use crate::view::row::Row;
use crate::view::{below, draw_rule, layout};

/// From here on, a pair's calls have room beside its name.
const COLUMNS_FOR_CALLS: u16 = 44;

pub(super) fn draw(
    dossier: &Dossier,
    cursor: Cursor,
    order: Order,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let head = |of: Order| theme.style(if of == order { Role::Title } else { Role::Dim });
    // The order has a mark, too: bold alone is easily missed.
    let name = |of: Order, name: &str| {
        if of == order {
            format!("▾{name}")
        } else {
            name.to_owned()
        }
    };
    Row::new(area.width)
        .gap(1)
        .right(name(Order::Exclusive, "self"), 10, head(Order::Exclusive))
        .right("share", 8, dim)
        .right(name(Order::Inclusive, "incl"), 10, head(Order::Inclusive))
        .right(name(Order::Calls, "calls"), 9, head(Order::Calls))
        .put("  function", dim)
        .put(
            dossier
                .graph
                .as_ref()
                .map_or(String::new(), |graph| folded_count(graph.seen())),
            theme.style(Role::Mark),
        )
        .draw(buffer, area, 0);
    let list = below(area, 1);
    let functions = &dossier.functions;
    if functions.is_empty() {
        Row::new(list.width)
            .gap(2)
            .put(absence(dossier), dim)
            .draw(buffer, list, 0);
        return;
    }
    let window = cursor.window(functions.len(), usize::from(list.height));
    for (line, index) in window.enumerate() {
        let function = &functions[index];
        let is_selected = index == cursor.selected;
        Row::new(list.width)
            .put(marker(is_selected), text)
            .right(
                format::duration(function.exclusive_us),
                10,
                theme.style(Role::Title),
            )
            .right(
                share(function.exclusive_us, dossier.profile_total_us),
                8,
                text,
            )
            .right(format::duration(function.inclusive_us), 10, text)
            .right(count(function.calls, 8), 9, text)
            .gap(2)
            .put_end(&function.name, text)
            .draw_styled(buffer, list, line, line_style(theme, is_selected));
    }
}

fn absence(dossier: &Dossier) -> &'static str {
    match &dossier.detail.request.profile {
        None => "this request was captured without a profile (no profiler, or the feature is off)",
        Some(profile) if !matches!(profile.shape.as_str(), "call_pairs" | "stacks") => {
            "this profile has a shape that this version can't sum"
        }
        Some(_) => "the profile is empty",
    }
}

/// Callers above, callees below, the selected function between them.
pub(super) fn draw_sandwich(
    dossier: &Dossier,
    cursor: Cursor,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let profile = dossier.detail.request.profile.as_ref();
    let (Some(function), Some(profile)) = (dossier.functions.get(cursor.selected), profile) else {
        return;
    };
    let Some(graph) = dossier.graph.as_ref().map(CallGraph::seen) else {
        return;
    };
    let called_by = graph.pairs_of(&function.name, Side::Callers);
    let calls = graph.pairs_of(&function.name, Side::Callees);
    let (upper, lower) = if area.width >= 70 && area.height < 16 {
        // Below the table there is width rather than height.
        layout::left(area, area.width / 2)
    } else {
        // Callers are few, as a rule; they take what they need, up to half.
        let needed = u16::try_from(called_by.len() + 2).unwrap_or(u16::MAX);
        let height = needed.clamp(3, (area.height / 2).max(3));
        (
            Rect { height, ..area }.intersection(area),
            below(area, height),
        )
    };
    draw_pairs("called by", &called_by, theme, buffer, upper);
    draw_pairs("calls", &calls, theme, buffer, lower);
    draw_note(profile, graph, theme, buffer, area);
}

fn draw_pairs(title: &str, pairs: &[Pair], theme: Theme, buffer: &mut Buffer, area: Rect) {
    let dim = theme.style(Role::Dim);
    let total: i64 = pairs
        .iter()
        .fold(0, |sum, pair| sum.saturating_add(pair.inclusive_us.0));
    draw_rule(theme, buffer, area, title, Row::new(area.width), false);
    let list = below(area, 1);
    if pairs.is_empty() {
        let words = if title == "calls" {
            "nothing that was measured"
        } else {
            "PHP itself"
        };
        Row::new(list.width)
            .gap(2)
            .put(words, dim)
            .draw(buffer, list, 0);
        return;
    }
    let height = usize::from(list.height);
    // No lost mass: what has no room is summed up in the last line.
    let listed = if pairs.len() > height {
        height.saturating_sub(1)
    } else {
        pairs.len()
    };
    for (index, pair) in pairs[..listed].iter().enumerate() {
        pair_row(
            theme,
            list.width,
            &pair.name,
            pair.inclusive_us,
            Micros(total),
            pair.calls,
        )
        .draw(buffer, list, index);
    }
    let rest = &pairs[listed..];
    if !rest.is_empty() {
        let time = rest
            .iter()
            .fold(Micros(0), |sum, pair| sum + pair.inclusive_us);
        let calls = rest
            .iter()
            .fold(0_i64, |sum, pair| sum.saturating_add(pair.calls));
        let name = format!("… {} more", format::count(rest.len() as u64));
        pair_row(theme, list.width, &name, time, Micros(total), calls).draw(buffer, list, listed);
    }
}

fn pair_row(
    theme: Theme,
    columns: u16,
    name: &str,
    time: Micros,
    total: Micros,
    calls: i64,
) -> Row {
    let text = theme.style(Role::Text);
    let row = Row::new(columns)
        .right(share(time, total), 6, theme.style(Role::Title))
        .right(format::duration(time), 9, text);
    let row = if columns < COLUMNS_FOR_CALLS {
        row
    } else {
        row.right(format!("{}×", count(calls, 7)), 9, text)
    };
    row.gap(2).put_end(name, text)
}

/// What the listener left out of the profile, and what is folded.
fn draw_note(profile: &Profile, graph: &CallGraph, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let left_out = (profile.folded_edges > 0).then(|| {
        format!(
            "{} small call pairs are in {}",
            format::count(u64::from(profile.folded_edges)),
            wire::profile::OTHER
        )
    });
    let notes: Vec<String> = folded_note(graph).into_iter().chain(left_out).collect();
    if area.height <= 3 {
        return;
    }
    let bottom = usize::from(area.height).saturating_sub(notes.len());
    for (index, note) in notes.iter().enumerate() {
        Row::new(area.width)
            .left(
                note.as_str(),
                usize::from(area.width),
                theme.style(Role::Dim),
            )
            .draw(buffer, area, bottom + index);
    }
}

/// The costliest functions, for the first tab.
pub(super) fn draw_top(dossier: &Dossier, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let figures = Row::new(area.width).put(
        format!(
            " {} functions",
            format::count(dossier.functions.len() as u64)
        ),
        dim,
    );
    draw_rule(theme, buffer, area, "self time", figures, false);
    let list = below(area, 1);
    if dossier.functions.is_empty() {
        Row::new(list.width)
            .gap(2)
            .put(absence(dossier), dim)
            .draw(buffer, list, 0);
    }
    for (index, function) in dossier
        .functions
        .iter()
        .take(usize::from(list.height))
        .enumerate()
    {
        let row = Row::new(list.width)
            .right(
                format::duration(function.exclusive_us),
                10,
                theme.style(Role::Title),
            )
            .right(
                share(function.exclusive_us, dossier.profile_total_us),
                7,
                text,
            )
            .gap(2);
        let row = if area.width < COLUMNS_FOR_CALLS {
            row
        } else {
            row.left(format!("×{}", count(function.calls, 6)), 8, dim)
        };
        row.put_end(&function.name, text).draw(buffer, list, index);
    }
}

fn share(part: Micros, whole: Micros) -> String {
    if whole.0 <= 0 {
        return String::new();
    }
    format::percent(part.0 as f64 / whole.0 as f64)
}

fn count(calls: i64, columns: usize) -> String {
    match u64::try_from(calls) {
        Ok(calls) => format::count_within(calls, columns),
        // No profiler counts below zero; whoever sent it shall see it.
        Err(_) => calls.to_string(),
    }
}
