//! The list of spikes, the newest first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use wire::query::{Measure, Spike};
use wire::time::{Instant, Micros};

use super::row::Row;
use super::{below, draw_rule};
use crate::format;
use crate::state::{Focus, State};
use crate::theme::{Role, Theme};

/// `23h59m` and a blank before it.
const LASTED_COLUMNS: usize = 7;
const WHAT_COLUMNS: usize = 4;
/// `61.0`, `12345`, and a blank before it.
const PEAK_COLUMNS: usize = 5;
/// `>999×` and a blank before it.
const TIMES_COLUMNS: usize = 6;
const CLASS_COLUMNS: usize = 6;

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
    let columns = Columns::of(state, list.width);
    columns.head(theme).draw(buffer, list, 0);
    let list = below(list, 1);
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
        columns
            .row(spike, theme, is_selected)
            .draw_styled(buffer, list, line, style);
    }
}

/// How wide the list's columns are. What has no room is left out as a whole: half a number lies.
#[derive(Clone, Copy, Debug)]
struct Columns {
    all: u16,
    id: usize,
    began: usize,
    today: Today,
}

/// The day whose times need no weekday.
#[derive(Clone, Copy, Debug)]
struct Today(Instant);

// === impl Columns ===

impl Columns {
    fn of(state: &State, all: u16) -> Self {
        let spikes = state.timeline.spikes();
        let today = Today(state.store_now());
        let widest = |text: fn(&Spike, Today) -> String| {
            let widths = spikes.iter().map(|spike| text(spike, today).len());
            widths.max().unwrap_or(0)
        };
        Self {
            all,
            id: widest(|spike, _| spike.id.to_string()).max(2),
            began: widest(began).max("began".len()),
            today,
        }
    }

    fn head(self, theme: Theme) -> Row {
        let dim = theme.style(Role::Dim);
        let cells = [
            (" peak".to_owned(), WHAT_COLUMNS + PEAK_COLUMNS + 1),
            ("×usual".to_owned(), TIMES_COLUMNS),
            (" mostly".to_owned(), CLASS_COLUMNS + 1),
            (" on".to_owned(), 3),
        ];
        let row = Row::new(self.all)
            .gap(1)
            .right("#", self.id, dim)
            .gap(1)
            .left("began", self.began, dim)
            .right("lasted", LASTED_COLUMNS, dim);
        cells.into_iter().fold(row, |row, (name, columns)| {
            row.append(Row::new(self.all).left(name, columns, dim))
        })
    }

    fn row(self, spike: &Spike, theme: Theme, is_selected: bool) -> Row {
        let text = theme.style(Role::Text);
        let span = match spike.end_at_us {
            Some(end) => lasted(end - spike.begin_at_us),
            None => "runs".to_owned(),
        };
        // Short, or there is no room for the rest; the report has the words in full.
        let what = match spike.measure {
            Measure::Load => " load",
            Measure::Pressure => " psi",
            Measure::Sessions => " db",
            Measure::Requests => " php",
            Measure::Queue => " fpm",
            Measure::Errors => " err",
            Measure::Wall => " p95",
        };
        let times = format::times(spike.peak, spike.baseline).unwrap_or_default();
        let class = format!(" {}", spike.wait_class.as_deref().unwrap_or(""));
        let host = spike.host.as_ref().map(|host| format!(" {host}"));
        let cell = || Row::new(self.all);
        let cells = [
            cell().left(what, WHAT_COLUMNS + 1, text).right(
                format::load(spike.peak),
                PEAK_COLUMNS,
                text,
            ),
            cell().right(times, TIMES_COLUMNS, text),
            cell().left(class, CLASS_COLUMNS + 1, text),
        ];
        let row = Row::new(self.all)
            .put(if is_selected { "▸" } else { " " }, text)
            .right(spike.id.to_string(), self.id, text)
            .gap(1)
            .left(began(spike, self.today), self.began, text)
            .right(span, LASTED_COLUMNS, text);
        let row = cells.into_iter().fold(row, Row::append);
        row.put(host.unwrap_or_default(), text)
    }
}

/// `14:01`, and `Sun 14:01` on another day than today; the list goes back a week.
fn began(spike: &Spike, today: Today) -> String {
    let clock = format::clock_minutes(spike.begin_at_us);
    if format::date(spike.begin_at_us) == format::date(today.0) {
        clock
    } else {
        format!("{} {clock}", format::weekday(spike.begin_at_us))
    }
}

/// Whole seconds are enough for a spike.
fn lasted(span: Micros) -> String {
    match span.0 / 1_000_000 {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds => format::duration(Micros::from_seconds(seconds)),
    }
}
