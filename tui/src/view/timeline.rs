//! The timeline: charts on one time axis, the spikes on it, and who is to blame.
//!
//! ```text
//! ─ load ──────────────────── web1 peak 187 of 16 cores
//!   187 ┈┈┈┈┈┈┈▆█▇┈┈┈┈┈                                  a strip per host, cores dotted
//! ─ database sessions ─────── █ cpu ▓ io ▒ lock ░ other
//! ─ captured requests ─────── 41 in flight · p95 14.2 s
//!       13:30 ──────── ▲3▓▓▓▓ ──────── 14:30             the axis, with the spikes
//! ▸ spikes ──────────  ─ suspects of spike 3 ──────────
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use wire::query::{HostSeries, SessionSeries, Spike, Timeline};
use wire::time::{Instant, Micros, Range};

use super::chart::{self, Layer, Reduce};
use super::layout::{self, GUTTER};
use super::row::Row;
use super::{below, draw_rule};
use crate::format;
use crate::state::{Focus, State};
use crate::text::Shown;
use crate::theme::{Role, Theme};

/// Hosts report every 10 s; three missed reports are a gap.
const HOLD: Micros = Micros::from_seconds(30);
/// More strips than this would be too flat to read.
const STRIPS_MAX: usize = 4;
/// A scale ends here at least, so that a calm machine looks calm.
const SESSIONS_TOP_MIN: f64 = 4.0;

pub(super) fn draw(state: &State, theme: Theme, buffer: &mut Buffer, body: Rect) {
    let areas = layout::timeline(body, state.timeline.focus == Focus::Suspects);
    if let Some(loaded) = state.timeline.chart.latest() {
        let timeline = &loaded.value;
        if state.timeline.is_heatmap {
            super::heatmap::draw(timeline, theme, buffer, layout::charts(&areas));
        } else {
            draw_load(timeline, theme, buffer, areas.load);
            draw_sessions(timeline, theme, buffer, areas.sessions);
            draw_requests(timeline, theme, buffer, areas.requests);
        }
        draw_axis(state, timeline, theme, buffer, areas.axis);
    } else {
        let words = match &state.failure {
            Some(_) => "nothing to show yet",
            None => "asking the store …",
        };
        Row::new(areas.load.width)
            .put(words, theme.style(Role::Dim))
            .draw(buffer, areas.load, 1);
    }
    if let Some(area) = areas.spikes {
        super::spikes::draw(state, theme, buffer, area);
    }
    if let Some(area) = areas.suspects {
        super::suspects::draw(state, theme, buffer, area);
    }
    super::suspects::draw_evidence(state, theme, buffer, areas.evidence);
}

fn draw_load(timeline: &Timeline, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let mut hosts: Vec<&HostSeries> = timeline.hosts.iter().collect();
    hosts.sort_by(|one, two| {
        chart::greatest(&two.load1)
            .total_cmp(&chart::greatest(&one.load1))
            .then_with(|| one.host.cmp(&two.host))
    });
    let body = below(area, 1);
    let strips = hosts.len().min(STRIPS_MAX).min(usize::from(body.height));
    let mut figures = Row::new(area.width);
    if let Some(host) = hosts.first() {
        let peak = chart::greatest(&host.load1);
        let text = theme.style(Role::Text);
        figures = figures
            .put(format!(" {} ", host.host), text)
            .put(
                format!("peak {}", format::load(peak)),
                theme.style(Role::Mark),
            )
            // The line that is drawn at this height.
            .put(format!(" ┈ {} cores", host.cores), text);
    }
    let columns = usize::from(plot_of(body).width);
    let mut drawn = hosts.iter().take(strips);
    if drawn.any(|host| load_columns(timeline, host, columns).contains(&None)) {
        figures = figures.put("  · no data", theme.style(Role::Dim));
    }
    if hosts.len() > strips {
        let more = format!(" · {} calmer hosts not drawn", hosts.len() - strips);
        figures = figures.put(more, theme.style(Role::Dim));
    }
    draw_rule(theme, buffer, area, "load", figures, false);
    let mut rest = body;
    for (index, host) in hosts.iter().take(strips).enumerate() {
        // What does not divide evenly goes to the first, which is the busiest.
        let left = u16::try_from(strips - index).unwrap_or(1);
        let height = rest.height.div_ceil(left);
        let strip = Rect { height, ..rest };
        rest = below(rest, height);
        draw_host(timeline, host, theme, buffer, strip);
    }
}

fn draw_host(
    timeline: &Timeline,
    host: &HostSeries,
    theme: Theme,
    buffer: &mut Buffer,
    strip: Rect,
) {
    let plot = plot_of(strip);
    let values = load_columns(timeline, host, usize::from(plot.width));
    let peak = chart::greatest(&values);
    let top = peak.max(f64::from(host.cores));
    draw_scale(theme, buffer, strip, host.host.as_str(), &format::load(top));
    let styles = (theme.style(Role::Cpu), theme.style(Role::Dim));
    chart::draw_area(buffer, plot, &values, top, styles);
    chart::draw_limit(
        buffer,
        plot,
        f64::from(host.cores),
        top,
        theme.style(Role::Limit),
    );
}

/// A host's load per column of the chart; `None` is a gap that its reports can't bridge.
fn load_columns(timeline: &Timeline, host: &HostSeries, columns: usize) -> Vec<Option<f64>> {
    let buckets = HOLD.0.checked_div(timeline.bucket_us.0).unwrap_or(0);
    let loads = chart::hold(&host.load1, usize::try_from(buckets).unwrap_or(0));
    chart::resample(&loads, columns, Reduce::Greatest)
}

fn draw_sessions(timeline: &Timeline, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let plot = plot_of(below(area, 1));
    let columns = usize::from(plot.width);
    let layers = layers(&timeline.sessions, columns, theme);
    let sums: Vec<Option<f64>> = (0..columns)
        .map(|column| {
            let values = layers.iter().filter_map(|layer| layer.values[column]);
            values.reduce(|sum, value| sum + value)
        })
        .collect();
    let peak = chart::greatest(&sums);
    let top = peak.max(SESSIONS_TOP_MIN);
    let idle = chart::greatest(&timeline.sessions.idle_in_transaction);
    let mut figures = Row::new(area.width).put(" ", theme.style(Role::Dim));
    for (layer, name) in layers.iter().zip(["cpu", "io", "lock", "other"]) {
        figures = figures
            .put(layer.glyph.to_string(), layer.style)
            .put(format!(" {name}  "), theme.style(Role::Text));
    }
    figures = figures.put(
        format!("peak {}", format::load(peak)),
        theme.style(Role::Mark),
    );
    if idle > 0.0 && area.width >= 90 {
        let idle = format!(" · {} idle in transaction", format::load(idle));
        figures = figures.put(idle, theme.style(Role::Text));
    }
    let title = if area.width < 76 {
        "sessions"
    } else {
        "active database sessions"
    };
    draw_rule(theme, buffer, area, title, figures, false);
    draw_scale(theme, buffer, below(area, 1), "", &format::load(top));
    chart::draw_stack(buffer, plot, &layers, top, theme.style(Role::Dim));
}

fn layers(sessions: &SessionSeries, columns: usize, theme: Theme) -> Vec<Layer> {
    let layer = |glyph, role, values: &[Option<f64>]| Layer {
        glyph,
        style: theme.style(role),
        values: chart::resample(values, columns, Reduce::Mean),
    };
    let others: Vec<Option<f64>> = sessions
        .other
        .iter()
        .enumerate()
        .map(|(bucket, other)| {
            let client = sessions.client.get(bucket).copied().flatten();
            match (other, client) {
                (None, None) => None,
                (other, client) => Some(other.unwrap_or(0.0) + client.unwrap_or(0.0)),
            }
        })
        .collect();
    vec![
        layer('█', Role::Cpu, &sessions.cpu),
        layer('▓', Role::Io, &sessions.io),
        layer('▒', Role::Lock, &sessions.lock),
        layer('░', Role::Other, &others),
    ]
}

fn draw_requests(timeline: &Timeline, theme: Theme, buffer: &mut Buffer, area: Rect) {
    if area.height < 3 {
        return;
    }
    let requests = &timeline.requests;
    let in_flight: Vec<Option<f64>> = requests.in_flight.iter().copied().map(Some).collect();
    let p95: Vec<Option<f64>> = requests
        .p95_us
        .iter()
        .map(|p95| p95.map(Micros::as_seconds))
        .collect();
    let count: u64 = requests.count.iter().map(|count| u64::from(*count)).sum();
    let errors: u64 = requests.errors.iter().map(|count| u64::from(*count)).sum();
    let worst = requests
        .p95_us
        .iter()
        .flatten()
        .max()
        .copied()
        .unwrap_or_default();
    let mut figures = Row::new(area.width).put(
        format!(" {}", format::count(count)),
        theme.style(Role::Text),
    );
    if errors > 0 {
        let errors = format!(" · {} errors", format::count(errors));
        figures = figures.put(errors, theme.style(Role::Warn));
    }
    figures = figures.put(" · at worst ", theme.style(Role::Text)).put(
        format!(
            "{} active, p95 {}",
            format::load(chart::greatest(&in_flight)),
            format::duration(worst)
        ),
        theme.style(Role::Mark),
    );
    draw_rule(theme, buffer, area, "captured requests", figures, false);
    let rate = &timeline.traffic.per_s;
    let mut strips = vec![
        (
            "active",
            in_flight.as_slice(),
            format::load(chart::greatest(&in_flight)),
        ),
        ("p95", p95.as_slice(), format::duration(worst)),
    ];
    // Of all requests, captured or not, where the web servers tell of them.
    if area.height > 3 && rate.iter().any(Option::is_some) {
        let top = format!("{}/s", format::load(chart::greatest(rate)));
        strips.insert(1, ("all", rate, top));
    }
    draw_strips(&strips, theme, buffer, below(area, 1));
}

/// Charts under each other, of much the same height.
fn draw_strips(
    strips: &[(&str, &[Option<f64>], String)],
    theme: Theme,
    buffer: &mut Buffer,
    mut rest: Rect,
) {
    let styles = (theme.style(Role::Cpu), theme.style(Role::Dim));
    for (index, (name, values, label)) in strips.iter().enumerate() {
        let left = u16::try_from(strips.len() - index).unwrap_or(1);
        let height = rest.height.div_ceil(left);
        let strip = Rect { height, ..rest };
        rest = below(rest, height);
        let plot = plot_of(strip);
        let values = chart::resample(values, usize::from(plot.width), Reduce::Greatest);
        let top = chart::greatest(&values);
        draw_scale(theme, buffer, strip, name, label);
        chart::draw_area(buffer, plot, &values, top, styles);
    }
}

/// The time axis with its hours, and the spikes on it.
fn draw_axis(state: &State, timeline: &Timeline, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let plot = plot_of(area);
    let span = Micros(
        timeline
            .bucket_us
            .0
            .saturating_mul(i64::try_from(timeline.buckets).unwrap_or(0)),
    );
    let range = Range {
        from_at_us: timeline.from_at_us,
        to_at_us: timeline.from_at_us + span,
    };
    Row::new(plot.width)
        .fill('─', 0, theme.style(Role::Dim))
        .draw(buffer, plot, 0);
    let label = |at: Instant| {
        if span < Micros::from_seconds(20 * 60) {
            format::clock(at)
        } else {
            format::clock_minutes(at)
        }
    };
    let labels_max = i64::from(plot.width / 20).clamp(1, 8);
    for index in 0..labels_max {
        let at = range.from_at_us + Micros(span.0 / labels_max * index);
        draw_label(
            theme,
            buffer,
            plot,
            column_of(range, plot.width, at),
            &label(at),
        );
    }
    let end = label(range.to_at_us);
    let width = u16::try_from(end.len()).unwrap_or(0);
    draw_label(
        theme,
        buffer,
        plot,
        plot.width.saturating_sub(width + 2),
        &end,
    );
    Row::new(GUTTER)
        .right(
            format::zone(range.to_at_us),
            usize::from(GUTTER) - 1,
            theme.style(Role::Dim),
        )
        .draw(buffer, area, 0);
    // The selected one last, so that it lies on top.
    let spikes = state.timeline.spikes().iter();
    let (selected, others): (Vec<&Spike>, Vec<&Spike>) =
        spikes.partition(|spike| Some(spike.id) == state.timeline.selected);
    for spike in others.into_iter().chain(selected) {
        draw_spike(state, spike, range, theme, buffer, plot);
    }
    draw_brush(state, range, theme, buffer, plot);
}

/// The range that is selected, or that the suspects are of.
fn draw_brush(state: &State, range: Range, theme: Theme, buffer: &mut Buffer, plot: Rect) {
    let (selected, mark) = match (state.timeline.brush, state.timeline.chosen) {
        (Some(brush), _) => (brush.range(), Some(brush)),
        (None, Some(chosen)) => (chosen, None),
        (None, None) => return,
    };
    if !selected.overlaps(range) {
        return;
    }
    let style = theme.style(if mark.is_some() {
        Role::Selected
    } else {
        Role::SelectedElsewhere
    });
    let from = column_of(range, plot.width, selected.from_at_us);
    let to = column_of(range, plot.width, selected.to_at_us).max(from);
    let (_, area) = layout::left(plot, from);
    let (area, _) = layout::left(area, to - from + 1);
    let (left, right) = match mark {
        // The edge that the keys move has an arrow.
        Some(brush) if brush.head < brush.anchor => ("◂", "]"),
        Some(_) => ("[", "▸"),
        None => ("[", "]"),
    };
    let times = format!(
        "{}–{}",
        format::clock(selected.from_at_us),
        format::clock(selected.to_at_us)
    );
    let times = if usize::from(area.width) >= times.chars().count() + 4 {
        times
    } else {
        String::new()
    };
    Row::new(area.width)
        .put(left, style)
        .put(times, style)
        .fill('━', 1, style)
        .put(right, style)
        .draw(buffer, area, 0);
}

fn draw_label(theme: Theme, buffer: &mut Buffer, plot: Rect, column: u16, label: &str) {
    let (_, area) = layout::left(plot, column);
    Row::new(area.width)
        .put(format!(" {label} "), theme.style(Role::Text))
        .draw(buffer, area, 0);
}

fn draw_spike(
    state: &State,
    spike: &Spike,
    range: Range,
    theme: Theme,
    buffer: &mut Buffer,
    plot: Rect,
) {
    let end = spike.end_at_us.unwrap_or(range.to_at_us);
    if end < range.from_at_us || range.to_at_us < spike.begin_at_us {
        return;
    }
    let is_selected = Some(spike.id) == state.timeline.selected;
    let style = theme.style(if is_selected { Role::Mark } else { Role::Dim });
    let from = column_of(range, plot.width, spike.begin_at_us);
    let to = column_of(range, plot.width, end).max(from);
    let label = format!("▲{}", spike.id);
    let (_, area) = layout::left(plot, from);
    let (area, _) = layout::left(
        area,
        (to - from + 1).max(u16::try_from(label.chars().count()).unwrap_or(2)),
    );
    let glyph = if is_selected { '▓' } else { '░' };
    Row::new(area.width)
        .put(label, style)
        .fill(glyph, 0, style)
        .draw(buffer, area, 0);
}

/// The column of an instant, kept on the plot.
fn column_of(range: Range, columns: u16, at: Instant) -> u16 {
    let span = range.span().0;
    if span <= 0 || columns == 0 {
        return 0;
    }
    let share = (at - range.from_at_us).0 as f64 / span as f64;
    // Clamped to the range of the type before the cast.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let column = (share * f64::from(columns)).clamp(0.0, f64::from(columns - 1)) as u16;
    column
}

fn plot_of(strip: Rect) -> Rect {
    layout::left(strip, GUTTER).1
}

/// The name and the top of the scale, at the left of a chart.
fn draw_scale(theme: Theme, buffer: &mut Buffer, strip: Rect, name: &str, top: &str) {
    let (gutter, _) = layout::left(strip, GUTTER);
    let columns = usize::from(gutter.width).saturating_sub(1);
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    let name_columns = columns.saturating_sub(top.len() + 1);
    // Of several web servers, the names' ends differ.
    let name = Shown::new(name).fit_end(name_columns);
    Row::new(gutter.width)
        .left(name, name_columns, text)
        .right(top, columns - name_columns, dim)
        .draw(buffer, gutter, 0);
    if gutter.height > 1 {
        let bottom = usize::from(gutter.height) - 1;
        Row::new(gutter.width)
            .right("0", columns, dim)
            .draw(buffer, gutter, bottom);
    }
}
