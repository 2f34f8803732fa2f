//! SQL statements by their shape: what they cost, how often they came, and what the baseline had.
//!
//! ```text
//! ▸ sql statements ──────────────────────── 12 · by total time · against 13:31–14:01 UTC
//!    ▾total  share    calls           mean        statement
//! ▸  9.00 s   22 %      812   34×    11 ms  1.4×  N+1 38 SELECT * FROM item WHERE id = ?
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use wire::query::StatementRoute;
use wire::time::Range;

use super::row::Row;
use super::{below, draw_rule, layout};
use crate::format;
use crate::state::statements::{
    Before, StatementLine, StatementOrder, StatementsScreen, mean_us, per_s,
};
use crate::text::Shown;
use crate::theme::{Role, Theme};

/// From here on, calls and their mean have the baseline beside them.
const COLUMNS_FOR_CHANGES: u16 = 76;
/// From here on, the issuing route has a column of its own.
const COLUMNS_FOR_ROUTE: u16 = 110;
const ROUTE_COLUMNS: usize = 22;

pub(super) fn draw(screen: &StatementsScreen, theme: Theme, buffer: &mut Buffer, body: Rect) {
    let dim = theme.style(Role::Dim);
    let (area, detail) = layout::statements(body);
    let page = screen.shown();
    let total = page.map_or(0, |page| page.statements.len() as u64 + page.omitted);
    let against = match screen.subject.baseline {
        Some(baseline) if area.width >= COLUMNS_FOR_CHANGES => format!(
            " · against {}–{}",
            format::clock_minutes(baseline.from_at_us),
            format::clock_minutes(baseline.to_at_us)
        ),
        _ => String::new(),
    };
    let words = format!(
        " {} · by {}{against}",
        format::count(total),
        screen.order.label()
    );
    let figures = Row::new(area.width).put(words, dim);
    let title = match &screen.subject.route {
        Some(route) => format!("sql statements of {}", Shown::squeezed(route).as_str()),
        None => "sql statements".to_owned(),
    };
    draw_rule(theme, buffer, area, &title, figures, true);
    head(screen.order, theme, area.width).draw(buffer, area, 1);
    let list = below(area, 2);
    let Some(page) = page.filter(|_| !screen.lines.is_empty()) else {
        let words = match (screen.page.trouble(), page) {
            (Some(trouble), _) => trouble.to_string(),
            (None, None) => "asking the store …".to_owned(),
            (None, Some(_)) => "no captured request of this range sent a statement".to_owned(),
        };
        Row::new(list.width)
            .gap(2)
            .put(words, dim)
            .draw(buffer, list, 0);
        return;
    };
    let window = screen
        .cursor
        .window(screen.lines.len(), usize::from(list.height));
    for (line, index) in window.enumerate() {
        let is_selected = index == screen.cursor.selected;
        let style = if is_selected {
            Role::Selected
        } else {
            Role::Text
        };
        row(
            &screen.lines[index],
            page.range,
            is_selected,
            theme,
            list.width,
        )
        .draw_styled(buffer, list, line, theme.style(style));
    }
    if let Some(line) = screen.line() {
        draw_detail(screen, line, page.range, theme, buffer, detail);
    }
}

fn head(order: StatementOrder, theme: Theme, columns: u16) -> Row {
    let dim = theme.style(Role::Dim);
    let style = |of: StatementOrder| theme.style(if of == order { Role::Title } else { Role::Dim });
    // The order has a mark, too: bold alone is easily missed.
    let name = |of: StatementOrder, name: &str| {
        if of == order {
            format!("▾{name}")
        } else {
            name.to_owned()
        }
    };
    let (total, calls, mean) = (
        StatementOrder::Total,
        StatementOrder::Calls,
        StatementOrder::Mean,
    );
    let mut row = Row::new(columns)
        .gap(1)
        .right(name(total, "total"), 9, style(total))
        .right("share", 7, dim)
        .right(name(calls, "calls"), 9, style(calls));
    if columns >= COLUMNS_FOR_CHANGES {
        row = row.right("", 6, dim);
    }
    row = row.right(name(mean, "mean"), 9, style(mean));
    if columns >= COLUMNS_FOR_CHANGES {
        row = row.right("", 6, dim);
    }
    if columns >= COLUMNS_FOR_ROUTE {
        row = row.gap(2).left("issued by", ROUTE_COLUMNS, dim);
    }
    row.gap(2).put("statement", dim)
}

fn row(line: &StatementLine, range: Range, is_selected: bool, theme: Theme, columns: u16) -> Row {
    let (text, mark) = (theme.style(Role::Text), theme.style(Role::Mark));
    let statement = &line.row;
    let (rate, mean) = changes(line, range);
    let mut row = Row::new(columns)
        .put(if is_selected { "▸" } else { " " }, text)
        .right(
            format::duration(statement.total_us),
            9,
            theme.style(Role::Title),
        )
        .right(format::percent(statement.share), 7, text)
        .right(format::count_within(statement.count, 8), 9, text);
    if columns >= COLUMNS_FOR_CHANGES {
        row = row.right(rate, 6, mark);
    }
    row = row.right(super::functions::span(mean_us(statement)), 9, text);
    if columns >= COLUMNS_FOR_CHANGES {
        row = row.right(mean, 6, mark);
    }
    if columns >= COLUMNS_FOR_ROUTE {
        // Where no function is known, the route that issues most of it.
        let route = statement.routes.first().map(|route| &route.label);
        let by = match (&statement.caller, route) {
            (Some(caller), _) => Shown::squeezed(caller).fit_end(ROUTE_COLUMNS - 1),
            (None, Some(route)) => Shown::squeezed(route).fit(ROUTE_COLUMNS - 1),
            (None, None) => Shown::default(),
        };
        row = row.gap(2).left(by, ROUTE_COLUMNS, text);
    }
    row = row.gap(2);
    if matches!(line.before, Before::Absent) {
        row = row.put("★ new ", mark);
    }
    if statement.loops > 0 {
        let loops = format!("N+1 {} ", format::count_within(statement.loops, 5));
        row = row.put(loops, mark);
    }
    if statement.failed > 0 {
        row = row.put("failed ", theme.style(Role::Warn));
    }
    row.put(Shown::squeezed(&statement.sql), text)
}

/// How many times the baseline's calls a second and mean time.
fn changes(line: &StatementLine, range: Range) -> (String, String) {
    let Before::Known {
        per_s: before,
        mean_us: mean_before,
    } = line.before
    else {
        return (String::new(), String::new());
    };
    let now = per_s(line.row.count as f64, range);
    (
        format::times(now, before).unwrap_or_default(),
        format::times(mean_us(&line.row), mean_before).unwrap_or_default(),
    )
}

/// The chosen statement: its figures, the whole of its text, and who issued it.
fn draw_detail(
    screen: &StatementsScreen,
    line: &StatementLine,
    range: Range,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    if area.height == 0 {
        return;
    }
    let text = theme.style(Role::Text);
    let statement = &line.row;
    let figures = Row::new(area.width).put(
        format!(" in {} requests", format::count(statement.requests)),
        theme.style(Role::Dim),
    );
    let title = format!("statement {}", statement.fingerprint);
    draw_rule(theme, buffer, area, &title, figures, false);
    let columns = usize::from(area.width).saturating_sub(2);
    let mut lines = Shown::from(figures_of(line, range)).wrap(columns, 2);
    if statement.loops > 0 {
        let requests = match statement.loops {
            1 => "one request".to_owned(),
            loops => format!("{} requests", format::count(loops)),
        };
        lines.push(Shown::from(format!(
            "N+1: issued ten times or more by {requests}, {} times at most",
            format::count(statement.most_in_one)
        )));
    }
    let left = usize::from(area.height - 1).saturating_sub(lines.len());
    let routes = statement.routes.len().min(left / 3);
    lines.extend(Shown::squeezed(&statement.sql).wrap(columns, left - routes));
    let shown = statement.routes.iter().take(routes);
    lines.extend(shown.map(|route| Shown::from(route_words(route))));
    if let Some(trouble) = screen.before.trouble() {
        lines.insert(0, Shown::from(format!("no baseline: {trouble}")));
    }
    for (index, words) in lines.into_iter().enumerate() {
        Row::new(area.width)
            .gap(1)
            .put(words, text)
            .draw(buffer, area, index + 1);
    }
}

pub(super) fn figures_of(line: &StatementLine, range: Range) -> String {
    let statement = &line.row;
    let now = per_s(statement.count as f64, range);
    let mut parts = vec![format!(
        "{} a second, {} each, longest {}",
        format::load(now),
        super::functions::span(mean_us(statement)),
        format::duration(statement.longest_us)
    )];
    match line.before {
        Before::Known { per_s, mean_us } => {
            parts.push(format!(
                "before {} a second, {} each",
                format::load(per_s),
                super::functions::span(mean_us)
            ));
            parts.push(format!("added load {:+.1}", line.added(range)));
        }
        Before::Absent => parts.push("none in the baseline".to_owned()),
        Before::Unknown => {}
    }
    if statement.failed > 0 {
        parts.push(format!("{} failed", format::count(statement.failed)));
    }
    parts.join("; ")
}

pub(super) fn route_words(route: &StatementRoute) -> String {
    let loops = match route.loops {
        0 => String::new(),
        loops => format!(", in loops by {}", format::count(loops)),
    };
    format!(
        "{} in {} calls by {} requests{loops}: {}",
        format::duration(route.total_us),
        format::count(route.count),
        format::count(route.requests),
        Shown::squeezed(&route.label).as_str()
    )
}

#[cfg(test)]
mod tests;
