//! The list of spikes, the newest first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use wire::query::{Measure, Spike};
use wire::time::Micros;

use super::row::Row;
use super::{below, draw_rule};
use crate::format;
use crate::state::{Focus, State};
use crate::theme::{Role, Theme};

pub(super) fn draw(state: &State, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let spikes = state.timeline.spikes();
    let is_focused = state.timeline.focus == Focus::Spikes;
    let dim = theme.style(Role::Dim);
    let figures = match spikes.len() {
        0 => Row::new(area.width),
        // The list ends where the store's answers end.
        count if count >= wire::limits::ANSWER_ROWS_MAX => {
            let words = format!(" the newest {}", format::count(count as u64));
            Row::new(area.width).put(words, dim)
        }
        count => {
            Row::new(area.width).put(format!(" {} in 7 days", format::count(count as u64)), dim)
        }
    };
    draw_rule(theme, buffer, area, "spikes", figures, is_focused);
    let list = below(area, 1);
    if spikes.is_empty() {
        let words = if state.timeline.spikes.latest().is_some() {
            "no spike in the last 7 days"
        } else {
            "…"
        };
        Row::new(list.width)
            .gap(2)
            .put(words, dim)
            .draw(buffer, list, 0);
        return;
    }
    let window = state
        .timeline
        .spike_cursor
        .window(spikes.len(), usize::from(list.height));
    for (line, index) in window.enumerate() {
        let spike = &spikes[index];
        let is_selected = Some(spike.id) == state.timeline.selected;
        let style = match (is_selected, is_focused) {
            (true, true) => theme.style(Role::Selected),
            (true, false) => theme.style(Role::SelectedElsewhere),
            (false, _) => theme.style(Role::Text),
        };
        row(state, spike, theme, list.width, is_selected).draw_styled(buffer, list, line, style);
    }
}

fn row(state: &State, spike: &Spike, theme: Theme, columns: u16, is_selected: bool) -> Row {
    let text = theme.style(Role::Text);
    let span = match spike.end_at_us {
        Some(end) => lasted(end - spike.begin_at_us),
        None => "runs".to_owned(),
    };
    // Database sessions, and requests in flight; the report has the words in full.
    let what = match spike.measure {
        Measure::Load => "load",
        Measure::Sessions => "db",
        Measure::Requests => "php",
    };
    let day = if format::date(spike.begin_at_us) == format::date(state.store_now()) {
        String::new()
    } else {
        // Month and day are enough within a week.
        format::date(spike.begin_at_us)[5..].to_owned() + " "
    };
    let times = format::times(spike.peak, spike.baseline).unwrap_or_default();
    let host = spike.host.as_ref().map_or("", |host| host.as_str());
    Row::new(columns)
        .put(if is_selected { "▸" } else { " " }, text)
        .right(spike.id.to_string(), 3, text)
        .put(
            format!(" {day}{} ", format::clock_minutes(spike.begin_at_us)),
            text,
        )
        .left(span, 6, text)
        .put(format!("{what} {} ", format::load(spike.peak)), text)
        .put(
            format!("{} ", spike.wait_class.as_deref().unwrap_or("")),
            text,
        )
        .put(format!("{times} "), text)
        .put(host, text)
}

/// Whole seconds are enough for a spike.
fn lasted(span: Micros) -> String {
    match span.0 / 1_000_000 {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds => format::duration(Micros::from_seconds(seconds)),
    }
}
