//! Who is to blame for the selected spike, each with its share, and the evidence for the chosen one.
//!
//! ```text
//! ▸ suspects of spike 3 ───────────────────────── +142 load
//!   share    load  suspect
//! ▸  61 %   +86.9  POST /cron/reprice  held locks  ★ new
//!    48 % └ 312 × POST /checkout waited UPDATE stock …
//!     8 %          unexplained
//!  evidence  pid 19607 held locks on stock for 447 s …      below both lists, as wide as the screen
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use wire::query::{BaselineKind, Confidence, Suspect, SuspectPart, Suspects};

use super::row::Row;
use super::{below, draw_rule};
use crate::format;
use crate::state::{Focus, State};
use crate::text::Shown;
use crate::theme::{Role, Theme};

/// With fewer lines than this, all are needed for suspects and none is left for the column heads.
const LINES_FOR_HEAD: u16 = 5;
/// Columns of the load and the blank before it.
const LOAD_COLUMNS: usize = 8;
/// Columns of a share: `<0.1 %`.
const SHARE_COLUMNS: usize = 6;
const EVIDENCE: &str = "evidence";

pub(super) fn draw(state: &State, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let is_focused = state.timeline.focus == Focus::Suspects;
    let dim = theme.style(Role::Dim);
    let of = match (state.timeline.chosen, state.timeline.selected) {
        (Some(range), _) => format!(
            " of {}–{}",
            format::clock(range.from_at_us),
            format::clock(range.to_at_us)
        ),
        (None, Some(spike)) => format!(" of spike {spike}"),
        (None, None) => String::new(),
    };
    let title = match state.timeline.against {
        against if against == BaselineKind::Before || of.is_empty() => format!("suspects{of}"),
        against => format!("suspects{of} against {}", against.words()),
    };
    let answer = state.timeline.suspects.current();
    let figures = match answer {
        Some(answer) => Row::new(area.width).put(times(answer, area.width), dim),
        None => Row::new(area.width),
    };
    draw_rule(theme, buffer, area, &title, figures, is_focused);
    let mut list = below(area, 1);
    let Some(answer) = answer else {
        let words = match (&*of, state.timeline.suspects.trouble()) {
            ("", _) => "select a spike to see who is to blame".to_owned(),
            (_, Some(trouble)) => trouble.to_string(),
            (_, None) => "weighing the evidence …".to_owned(),
        };
        Row::new(list.width)
            .gap(2)
            .put(words, dim)
            .draw(buffer, list, 0);
        return;
    };
    if list.height >= LINES_FOR_HEAD {
        Row::new(list.width)
            .gap(1)
            .right("share", SHARE_COLUMNS, dim)
            .right("load", LOAD_COLUMNS, dim)
            .put("  suspect", dim)
            .draw(buffer, list, 0);
        list = below(list, 1);
    }
    draw_list(state, answer, is_focused, theme, buffer, list);
}

/// `+139 load · 14:01–14:08 against 13:31–14:01`, the shorter the narrower the pane.
fn times(answer: &Suspects, columns: u16) -> String {
    let added = format!(" +{} load", format::load(answer.added_load));
    let minutes = |range: wire::time::Range| {
        let from = format::clock_minutes(range.from_at_us);
        format!("{from}–{}", format::clock_minutes(range.to_at_us))
    };
    if columns < 64 {
        return added;
    }
    format!(
        "{added} · {} against {}",
        minutes(answer.range),
        minutes(answer.baseline)
    )
}

/// The selected suspect and as much around it as there is room for.
fn draw_list(
    state: &State,
    answer: &Suspects,
    is_focused: bool,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let selected = state.timeline.suspect_cursor.selected;
    let lines = lines(answer, selected, theme, area.width);
    let is_of_selected = |line: &(Option<usize>, Row)| line.0 == Some(selected);
    let main = lines.iter().position(is_of_selected).unwrap_or(0);
    let last = lines.iter().rposition(is_of_selected).unwrap_or(0);
    let height = usize::from(area.height);
    let first = (last + 1).saturating_sub(height).min(main);
    for (index, (_, row)) in lines.into_iter().enumerate().skip(first).take(height) {
        let style = match (index == main, is_focused) {
            (true, true) => theme.style(Role::Selected),
            (true, false) => theme.style(Role::SelectedElsewhere),
            (false, _) => Style::new(),
        };
        row.draw_styled(buffer, area, index - first, style);
    }
}

/// All lines, each with the number of the suspect that it is about.
fn lines(
    answer: &Suspects,
    selected: usize,
    theme: Theme,
    columns: u16,
) -> Vec<(Option<usize>, Row)> {
    let mut lines = Vec::new();
    for (index, suspect) in answer.suspects.iter().enumerate() {
        let row = main_row(suspect, theme, columns, index == selected);
        lines.push((Some(index), row));
        let parts = suspect.parts.iter();
        lines.extend(parts.map(|part| (Some(index), part_row(part, theme, columns))));
    }
    let dim = theme.style(Role::Dim);
    let unexplained = Row::new(columns)
        .gap(1)
        .right(
            format::percent(answer.unexplained_share),
            SHARE_COLUMNS,
            dim,
        )
        .gap(LOAD_COLUMNS)
        .put("  unexplained", dim);
    lines.push((None, unexplained));
    lines
}

fn main_row(suspect: &Suspect, theme: Theme, columns: u16, is_selected: bool) -> Row {
    let text = theme.style(Role::Text);
    let kind = format!("  {}", suspect.kind.words());
    let row = Row::new(columns)
        .put(if is_selected { "▸" } else { " " }, text)
        .right(format::percent(suspect.share), SHARE_COLUMNS, text)
        .right(format!("{:+.1}", suspect.extra_load), LOAD_COLUMNS, text)
        .gap(2);
    // A long name gives way to what is said of it.
    let label = Shown::squeezed(&suspect.label).fit(row.room().saturating_sub(kind.len()));
    let row = row.put(label, theme.style(Role::Title)).put(kind, text);
    let new = Row::new(columns).put("  ★ new", theme.style(Role::Mark));
    let row = if suspect.is_new { row.append(new) } else { row };
    // A few requests may be chance.
    if suspect.confidence == Confidence::Low {
        row.put("  few", theme.style(Role::Dim))
    } else {
        row
    }
}

fn part_row(part: &SuspectPart, theme: Theme, columns: u16) -> Row {
    let dim = theme.style(Role::Dim);
    Row::new(columns)
        .gap(1)
        .right(format::percent(part.share), SHARE_COLUMNS, dim)
        .put(" └ ", dim)
        .put(Shown::squeezed(&part.label), dim)
}

/// Why the selected suspect is one.
pub(super) fn draw_evidence(state: &State, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let Some(answer) = state.timeline.suspects.current() else {
        return;
    };
    let selected = state.timeline.suspect_cursor.selected;
    let Some(suspect) = answer.suspects.get(selected) else {
        return;
    };
    let words = format!(
        "{EVIDENCE}  {}",
        Shown::squeezed(&suspect.evidence).as_str()
    );
    let columns = usize::from(area.width).saturating_sub(2);
    let lines = Shown::from(words).wrap(columns, usize::from(area.height));
    for (index, line) in lines.iter().enumerate() {
        let (head, rest) = match line.as_str().strip_prefix(EVIDENCE) {
            Some(rest) if index == 0 => (EVIDENCE, rest),
            _ => ("", line.as_str()),
        };
        Row::new(area.width)
            .gap(1)
            .put(head, theme.style(Role::Title))
            .put(rest, theme.style(Role::Text))
            .draw(buffer, area, index);
    }
}
