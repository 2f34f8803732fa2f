//! Who is to blame for the selected spike, each with its share and the evidence.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use wire::query::{Suspect, SuspectKind, Suspects};

use super::row::Row;
use super::{below, draw_rule};
use crate::format;
use crate::state::{Focus, State};
use crate::text::Shown;
use crate::theme::{Role, Theme};

/// Lines for the evidence at the bottom, the rule above them not counted.
const EVIDENCE_LINES: usize = 2;

pub(super) fn draw(state: &State, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let is_focused = state.timeline.focus == Focus::Suspects;
    let dim = theme.style(Role::Dim);
    let title = match state.timeline.selected {
        Some(spike) => format!("suspects of spike {spike}"),
        None => "suspects".to_owned(),
    };
    let answer = state.timeline.suspects.current();
    let figures = match answer {
        Some(answer) => Row::new(area.width).put(times(answer, area.width), dim),
        None => Row::new(area.width),
    };
    draw_rule(theme, buffer, area, &title, figures, is_focused);
    let list = below(area, 1);
    let Some(answer) = answer else {
        let words = match (state.timeline.selected, state.timeline.suspects.trouble()) {
            (None, _) => "select a spike to see who is to blame".to_owned(),
            (_, Some(trouble)) => trouble.to_string(),
            (_, None) => "weighing the evidence …".to_owned(),
        };
        Row::new(list.width)
            .gap(2)
            .put(words, dim)
            .draw(buffer, list, 0);
        return;
    };
    draw_answer(state, answer, is_focused, theme, buffer, list);
}

/// `+139 load · 14:01–14:08 against 13:31–14:01`, the shorter the narrower the pane.
fn times(answer: &Suspects, columns: u16) -> String {
    let added = format!(" +{} load", format::load(answer.added_load));
    let minutes = |range: wire::time::Range| {
        let from = format::clock_minutes(range.from_at_us);
        format!("{from}–{}", format::clock_minutes(range.to_at_us))
    };
    if columns < 70 {
        return added;
    }
    format!(
        "{added} · {} against {}",
        minutes(answer.range),
        minutes(answer.baseline)
    )
}

fn draw_answer(
    state: &State,
    answer: &Suspects,
    is_focused: bool,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    let cursor = state.timeline.suspect_cursor;
    let evidence_height = if area.height >= 6 { EVIDENCE_LINES } else { 1 };
    // With room to spare, the evidence is told in full.
    let needed = answer
        .suspects
        .iter()
        .map(|suspect| 1 + suspect.parts.len())
        .sum::<usize>()
        + 1;
    let spare = usize::from(area.height).saturating_sub(needed + evidence_height);
    let evidence_height = evidence_height + spare.min(EVIDENCE_LINES);
    let list_height = usize::from(area.height).saturating_sub(evidence_height);
    let mut lines = Vec::new();
    for (index, suspect) in answer.suspects.iter().enumerate() {
        lines.push((
            index,
            main_row(suspect, theme, area.width, index == cursor.selected),
        ));
        lines.extend(suspect.parts.iter().map(|part| {
            let row = Row::new(area.width)
                .gap(2)
                .right(format::percent(part.share), 6, dim)
                .put("         └ ", dim)
                .put(Shown::squeezed(&part.label), dim);
            (index, row)
        }));
    }
    let unexplained = Row::new(area.width)
        .gap(1)
        .right(format::percent(answer.unexplained_share), 6, dim)
        .gap(9)
        .put("  unexplained", dim);
    lines.push((usize::MAX, unexplained));
    // The selected suspect and as much around it as there is room for.
    let selected_line = lines
        .iter()
        .position(|(index, _)| *index == cursor.selected)
        .unwrap_or(0);
    let last_line = lines
        .iter()
        .rposition(|(index, _)| *index == cursor.selected)
        .unwrap_or(0);
    let first = (last_line + 1)
        .saturating_sub(list_height)
        .min(selected_line);
    for (line, (index, row)) in lines.into_iter().skip(first).take(list_height).enumerate() {
        let is_main = first + line == selected_line && index == cursor.selected;
        let style = match (is_main, is_focused) {
            (true, true) => theme.style(Role::Selected),
            (true, false) => theme.style(Role::SelectedElsewhere),
            (false, _) => ratatui::style::Style::new(),
        };
        row.draw_styled(buffer, area, line, style);
    }
    let evidence = answer
        .suspects
        .get(cursor.selected)
        .map_or("", |suspect| &*suspect.evidence);
    let wrapped =
        Shown::squeezed(evidence).wrap(usize::from(area.width).saturating_sub(11), evidence_height);
    for (index, words) in wrapped.iter().enumerate() {
        let head = if index == 0 {
            " evidence: "
        } else {
            "           "
        };
        Row::new(area.width)
            .put(head, theme.style(Role::Title))
            .put(words.as_str(), text)
            .draw(buffer, area, list_height + index);
    }
}

fn main_row(suspect: &Suspect, theme: Theme, columns: u16, is_selected: bool) -> Row {
    let text = theme.style(Role::Text);
    let kind = match suspect.kind {
        SuspectKind::LockHolder => "held locks",
        SuspectKind::Route => "route",
    };
    let row = Row::new(columns)
        .put(if is_selected { "▸" } else { " " }, text)
        .right(format::percent(suspect.share), 6, text)
        .right(format!("{:+.1}", suspect.extra_load), 9, text)
        .gap(2)
        .put(Shown::squeezed(&suspect.label), theme.style(Role::Title))
        .put(format!("  {kind}"), text);
    if suspect.is_new {
        row.put("  ★ new", theme.style(Role::Mark))
    } else {
        row
    }
}
