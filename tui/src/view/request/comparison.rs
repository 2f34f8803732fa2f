//! The request beside others of its route: which of its figures are out of the usual, and how far.
//!
//! ```text
//! ─ beside 100 others ──────────────────────────── 14:01–14:20 · of POST /checkout
//!               this       avg       p50       p95  × avg  what
//! ★ unusual  13.40 s         -         -         -         waited for locks
//! ★ unusual  13.80 s    200 ms    180 ms    610 ms    69×  SQL time
//! ≈ usual         22      21.0        21        24      ≈  statements
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use wire::query::{ComparedFigure, FigureKind};
use wire::time::Micros;

use super::{line_style, marker};
use crate::dossier::Dossier;
use crate::format;
use crate::state::request::{RequestScreen, Tab};
use crate::text::Shown;
use crate::theme::{Role, Theme};
use crate::view::row::Row;
use crate::view::{below, draw_rule};

/// From here on, there is room for the median, and for the words beside the marks.
const COLUMNS_FOR_ALL: u16 = 74;
/// From here on, for the average and the 95th percentile.
const COLUMNS_FOR_USUAL: u16 = 58;
const VALUE_COLUMNS: usize = 10;
const TIMES_COLUMNS: usize = 7;
/// `★ unusual`, and a blank behind it.
const WORDS_COLUMNS: usize = 10;
/// So many times the usual scatter is far off: of what scatters like a bell, one in a thousand is.
const FAR: f64 = 3.0;

/// Below the waterfall: as many figures as there is room for.
pub(super) fn draw_top(
    screen: &RequestScreen,
    dossier: &Dossier,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    if screen.comparison.trouble().is_some() && dossier.detail.baseline.is_some() {
        // A bundle may lack the comparison and still have the route's usual.
        return draw_usual(dossier, theme, buffer, area);
    }
    draw_title(screen, dossier, theme, buffer, area, false);
    draw_list(screen, dossier, theme, buffer, below(area, 1), false);
}

pub(super) fn draw(
    screen: &RequestScreen,
    dossier: &Dossier,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    draw_title(screen, dossier, theme, buffer, area, true);
    draw_list(screen, dossier, theme, buffer, below(area, 1), true);
}

fn draw_title(
    screen: &RequestScreen,
    dossier: &Dossier,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
    is_focused: bool,
) {
    let dim = theme.style(Role::Dim);
    let Some(answer) = screen.comparison.current() else {
        let figures = Row::new(area.width);
        return draw_rule(theme, buffer, area, "beside the usual", figures, is_focused);
    };
    let label = Shown::squeezed(&dossier.detail.row.label);
    let when = answer.range.map_or(String::new(), |range| {
        let (from, to) = (range.from_at_us, range.to_at_us);
        let clock = format::clock_minutes;
        format!(" · of {}–{} {}", clock(from), clock(to), format::zone(to))
    });
    let title = format!("beside {} others", format::count(answer.requests));
    let all = format!(" {}{when}", label.as_str());
    // Whole or not at all: half a route is another one.
    let room = usize::from(area.width).saturating_sub(title.len() + 4);
    let figures = if Shown::new(&all).width() <= room {
        Row::new(area.width).put(all, dim)
    } else {
        Row::new(area.width)
    };
    draw_rule(theme, buffer, area, &title, figures, is_focused);
}

fn draw_list(
    screen: &RequestScreen,
    dossier: &Dossier,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
    is_focused: bool,
) {
    let figures = screen.figures();
    if figures.is_empty() {
        let words = Shown::squeezed(&absence(screen, dossier));
        let columns = usize::from(area.width).saturating_sub(2);
        let lines = words.wrap(columns, usize::from(area.height));
        for (index, line) in lines.iter().enumerate() {
            Row::new(area.width)
                .gap(2)
                .put(line.as_str(), theme.style(Role::Dim))
                .draw(buffer, area, index);
        }
        return;
    }
    head(theme, area.width).draw(buffer, area, 0);
    let list = below(area, 1);
    let cursor = screen.cursor_of(Tab::Comparison);
    let height = usize::from(list.height);
    let window = if is_focused {
        cursor.window(figures.len(), height)
    } else {
        0..figures.len().min(height)
    };
    for (line, index) in window.enumerate() {
        let is_selected = is_focused && index == cursor.selected;
        row(&figures[index], is_selected, theme, list.width).draw_styled(
            buffer,
            list,
            line,
            line_style(theme, is_selected),
        );
    }
}

fn absence(screen: &RequestScreen, dossier: &Dossier) -> String {
    match (screen.comparison.trouble(), screen.comparison.current()) {
        (Some(trouble), _) => trouble.to_string(),
        (None, None) => "asking the store …".to_owned(),
        (None, Some(_)) => format!(
            "no other captured {} within a day, outside of spikes, to compare with",
            dossier.detail.row.label
        ),
    }
}

fn head(theme: Theme, columns: u16) -> Row {
    let dim = theme.style(Role::Dim);
    let is_wide = columns >= COLUMNS_FOR_ALL;
    let mut row = Row::new(columns)
        .gap(1 + if is_wide { WORDS_COLUMNS } else { 2 })
        .right("this", VALUE_COLUMNS - 1, dim);
    let names = [
        ("avg", COLUMNS_FOR_USUAL),
        ("p50", COLUMNS_FOR_ALL),
        ("p95", COLUMNS_FOR_USUAL),
    ];
    for (name, _) in names.into_iter().filter(|it| columns >= it.1) {
        row = row.right(name, VALUE_COLUMNS, dim);
    }
    row.right("× avg", TIMES_COLUMNS, dim).put("  what", dim)
}

fn row(figure: &ComparedFigure, is_selected: bool, theme: Theme, columns: u16) -> Row {
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let is_wide = columns >= COLUMNS_FOR_ALL;
    let (sign, word, role) = judgement(figure.unusual);
    let mark = theme.style(role);
    let mut row = Row::new(columns).put(marker(is_selected), text);
    row = if is_wide {
        row.left(format!("{sign} {word}"), WORDS_COLUMNS, mark)
    } else {
        row.left(sign, 2, mark)
    };
    let own = value(figure, figure.value);
    row = row.right(own, VALUE_COLUMNS - 1, theme.style(Role::Title));
    let usual = [
        (average(figure), COLUMNS_FOR_USUAL),
        (value(figure, figure.p50), COLUMNS_FOR_ALL),
        (value(figure, figure.p95), COLUMNS_FOR_USUAL),
    ];
    for (usual, _) in usual.into_iter().filter(|it| columns >= it.1) {
        row = row.right(usual, VALUE_COLUMNS, dim);
    }
    let times = format::times(figure.value as f64, figure.average);
    row = row
        .right(times.unwrap_or_default(), TIMES_COLUMNS, mark)
        .gap(2);
    match figure.kind {
        FigureKind::Function => row
            .put("fn ", dim)
            .put_end(Shown::squeezed(&figure.label).as_str(), text),
        FigureKind::Statement => row
            .put("sql ", dim)
            .put(Shown::squeezed(&figure.label), text),
        kind => row.put(kind.words(), text),
    }
}

/// A sign and a word, so that it takes no colour to see it.
fn judgement(unusual: f64) -> (&'static str, &'static str, Role) {
    if unusual >= FAR {
        ("★", "unusual", Role::Mark)
    } else if unusual >= 1.0 {
        ("▲", "above", Role::Text)
    } else if unusual <= -FAR {
        ("▾", "far less", Role::Dim)
    } else {
        ("≈", "usual", Role::Dim)
    }
}

fn value(figure: &ComparedFigure, value: i64) -> String {
    match figure.kind {
        _ if value == 0 => "-".to_owned(),
        FigureKind::Memory => format::bytes(value.unsigned_abs()),
        FigureKind::SqlCount => format::count_within(value.unsigned_abs(), VALUE_COLUMNS - 2),
        _ => format::duration(Micros(value)),
    }
}

fn average(figure: &ComparedFigure) -> String {
    if figure.kind == FigureKind::SqlCount {
        return format::load(figure.average);
    }
    #[expect(clippy::cast_possible_truncation)] // A float's cast stops at the bounds.
    let whole = figure.average.round() as i64;
    value(figure, whole)
}

/// All of the selected figure in words, since a table of five numbers says it only to who knows it.
pub(super) fn draw_detail(screen: &RequestScreen, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let figures = screen.figures();
    let cursor = screen.cursor_of(Tab::Comparison);
    let Some(figure) = figures.get(cursor.selected) else {
        return;
    };
    if area.height == 0 {
        return;
    }
    let figures = Row::new(area.width);
    draw_rule(theme, buffer, area, "chosen", figures, false);
    let list = below(area, 1);
    let columns = usize::from(area.width).saturating_sub(2);
    let lines = Shown::squeezed(&sentence(figure)).wrap(columns, usize::from(list.height));
    for (index, line) in lines.iter().enumerate() {
        Row::new(area.width)
            .gap(1)
            .put(line.as_str(), theme.style(Role::Text))
            .draw(buffer, list, index);
    }
}

fn sentence(figure: &ComparedFigure) -> String {
    let told = |of: i64| match value(figure, of).as_str() {
        "-" => "none".to_owned(),
        told => told.to_owned(),
    };
    let (_, word, _) = judgement(figure.unusual);
    let far = if figure.unusual.abs() < 1.0 {
        "Within what they usually scatter".to_owned()
    } else {
        let side = if figure.unusual > 0.0 {
            "above"
        } else {
            "below"
        };
        let times = format::load(figure.unusual.abs());
        format!("{times}× their usual scatter {side} the median: {word}")
    };
    let what = if figure.label.is_empty() {
        figure.kind.words().to_owned()
    } else {
        format!("{} {}", figure.kind.words(), figure.label)
    };
    format!(
        "{what}: {} here. {} others: avg {}, p50 {}, p95 {}. {far}.",
        told(figure.value),
        format::count(figure.compared),
        average(figure),
        told(figure.p50),
        told(figure.p95),
    )
}

/// The route's usual, where there is no more than that.
fn draw_usual(dossier: &Dossier, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let row = &dossier.detail.row;
    let Some(usual) = &dossier.detail.baseline else {
        return;
    };
    let count = format!(" {} captured", format::count(usual.count));
    let figures = Row::new(area.width).put(count, dim);
    draw_rule(theme, buffer, area, "beside the usual", figures, false);
    let lines = [
        ("wall", row.wall_us, usual.wall_avg_us, "avg"),
        ("wall", row.wall_us, usual.wall_p50_us, "p50"),
        ("wall", row.wall_us, usual.wall_p95_us, "p95"),
        ("sql time", row.sql_us, usual.sql_avg_us, "avg"),
    ];
    for (index, (name, value, usual, of)) in lines.into_iter().enumerate() {
        let times = format::times(value.0 as f64, usual.0 as f64).unwrap_or_default();
        Row::new(area.width)
            .gap(1)
            .left(name, 10, text)
            .right(format::duration(value), 9, theme.style(Role::Title))
            .gap(2)
            .left(format!("{of} {}", format::duration(usual)), 12, dim)
            .right(times, 6, theme.style(Role::Mark))
            .draw(buffer, area, index + 1);
    }
}

#[cfg(test)]
mod tests;
