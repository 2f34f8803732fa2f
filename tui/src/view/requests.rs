//! The list of captured requests in the range.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use wire::query::RequestRow;
use wire::time::Micros;

use super::row::Row;
use super::{below, draw_rule};
use crate::ask::Sort;
use crate::format;
use crate::state::{RequestsScreen, State};
use crate::text::Shown;
use crate::theme::{Role, Theme};

/// From here on, memory and host have room.
const COLUMNS_FOR_ALL: u16 = 110;
/// `59.99 s in 9,999`, and a blank before it.
const SQL_COLUMNS: usize = 17;
const HOST_COLUMNS: usize = 10;
/// With less room than this, a URL is left out.
const URL_COLUMNS_MIN: usize = 8;
/// Below this, SQL and status make room for the request's name.
const COLUMNS_FOR_SQL: u16 = 76;

pub(super) fn draw(
    state: &State,
    screen: &RequestsScreen,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let dim = theme.style(Role::Dim);
    let rows = screen.rows();
    let page = screen.page.latest().map(|loaded| &loaded.value);
    let total = page.map_or(0, |page| page.total);
    // Of very many requests the store does not count each.
    let about = match page {
        Some(page) if !page.total_is_exact => "about ",
        _ => "",
    };
    let shown = if (rows.len() as u64) < total {
        format!(
            " {} of {about}{}",
            format::count(rows.len() as u64),
            format::count(total)
        )
    } else {
        format!(" {}", format::count(total))
    };
    let mut figures = Row::new(area.width);
    // With less room, the line below the filter says so alone.
    if screen.fault().is_some() && area.width >= COLUMNS_FOR_ALL {
        figures = figures.put(
            " filter not understood, as before:",
            theme.style(Role::Warn),
        );
    }
    let figures = figures.put(format!("{shown} · by {}", screen.sort.label()), dim);
    let title = title(screen);
    // The words give way: the figures tell what they are of.
    let title =
        Shown::squeezed(&title).fit(usize::from(area.width).saturating_sub(figures.used() + 5));
    let title = title.as_str();
    draw_rule(theme, buffer, area, title, figures, true);
    head(screen.sort, theme, area.width).draw(buffer, area, 1);
    let list = below(area, 2);
    if rows.is_empty() {
        let words = match (screen.page.trouble(), screen.page.current()) {
            (Some(trouble), _) => trouble.to_string(),
            (None, Some(_)) if !screen.filter.trim().is_empty() => {
                "no request in this range matches; x takes the filter away".to_owned()
            }
            (None, None) => "asking the store …".to_owned(),
            (None, Some(_)) => "no request was captured in this range".to_owned(),
        };
        Row::new(list.width)
            .gap(2)
            .put(words, dim)
            .draw(buffer, list, 0);
        return;
    }
    let window = screen.cursor.window(rows.len(), usize::from(list.height));
    for (line, index) in window.enumerate() {
        let is_selected = index == screen.cursor.selected;
        let style = theme.style(if is_selected {
            Role::Selected
        } else {
            Role::Text
        });
        row(state, &rows[index], theme, list.width, is_selected)
            .draw_styled(buffer, list, line, style);
    }
}

fn title(screen: &RequestsScreen) -> String {
    let mut title = "captured requests".to_owned();
    if let Some(statement) = &screen.fingerprint {
        title.push_str(" that issued statement ");
        title.push_str(&statement.to_string());
    } else if let Some(route) = &screen.route {
        title.push_str(" of ");
        title.push_str(route);
    }
    if !screen.filter.trim().is_empty() {
        title.push_str(" / ");
        title.push_str(screen.filter.trim());
    }
    title
}

fn head(sort: Sort, theme: Theme, columns: u16) -> Row {
    let dim = theme.style(Role::Dim);
    let strong = theme.style(Role::Title);
    let style = |of: Sort| if sort == of { strong } else { dim };
    // The order has a mark, too: bold alone is easily missed.
    let name = |of: Sort, name: &str| {
        if sort == of {
            format!("▾{name}")
        } else {
            name.to_owned()
        }
    };
    let mut row = Row::new(columns)
        .gap(1)
        .left(name(Sort::At, "began"), 9, style(Sort::At))
        .right(name(Sort::Wall, "wall"), 9, style(Sort::Wall));
    if columns >= COLUMNS_FOR_SQL {
        let name = name(Sort::Sql, "sql in queries");
        row = row.right(name, SQL_COLUMNS, style(Sort::Sql));
    }
    row = row
        .right(name(Sort::Lock, "waited"), 9, style(Sort::Lock))
        .right(name(Sort::Blocked, "blocked"), 9, style(Sort::Blocked));
    if columns >= COLUMNS_FOR_ALL {
        row = row
            .right(name(Sort::Memory, "memory"), 11, style(Sort::Memory))
            .gap(2)
            .left("host", HOST_COLUMNS, dim);
    }
    if columns >= COLUMNS_FOR_SQL {
        row = row.right("http", 5, dim);
    }
    row.gap(1).put("request", dim)
}

fn row(state: &State, request: &RequestRow, theme: Theme, columns: u16, is_selected: bool) -> Row {
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let lock = theme.style(if request.lock_us.0 > 0 {
        Role::Lock
    } else {
        Role::Dim
    });
    let blocked = theme.style(if request.blocked_us.0 > 0 {
        Role::Mark
    } else {
        Role::Dim
    });
    let status = match (request.status, request.is_error) {
        (Some(status), _) => status.to_string(),
        (None, true) => "err".to_owned(),
        (None, false) => String::new(),
    };
    let status_style = theme.style(if request.is_error {
        Role::Warn
    } else {
        Role::Text
    });
    let mut row = Row::new(columns)
        .put(if is_selected { "▸" } else { " " }, text)
        .left(format::clock(request.at_us), 9, text)
        .right(
            format::duration(request.wall_us),
            9,
            theme.style(Role::Title),
        );
    if columns >= COLUMNS_FOR_SQL {
        let count = format::count_within(u64::from(request.sql_count), 5);
        let sql = format!("{} in {count}", format::duration(request.sql_us));
        row = row.right(sql, SQL_COLUMNS, text);
    }
    row = row.right(none_if_zero(request.lock_us), 9, lock).right(
        none_if_zero(request.blocked_us),
        9,
        blocked,
    );
    if columns >= COLUMNS_FOR_ALL {
        let memory = request
            .memory_peak_bytes
            .map(format::bytes)
            .unwrap_or_default();
        row = row.right(memory, 11, text).gap(2).left(
            Shown::new(request.host.as_str()).fit_end(HOST_COLUMNS - 1),
            HOST_COLUMNS,
            dim,
        );
    }
    if columns >= COLUMNS_FOR_SQL {
        row = row.gap(1).right(status, 4, status_style);
    }
    row = row.gap(1).put(Shown::squeezed(&request.label), text);
    let rest = rest_of_url(request);
    // A few letters of it would tell nothing.
    if !rest.is_empty() && row.room() >= URL_COLUMNS_MIN {
        row = row.put(" ", dim).put(Shown::squeezed(rest), dim);
    }
    if state.project.is_none() && columns >= COLUMNS_FOR_ALL {
        row = row.end(format!(" {}", request.project), dim);
    }
    row
}

/// What the URL says beyond the label. Without a route of its own, a request is named by its path.
fn rest_of_url(request: &RequestRow) -> &str {
    let path = request.label.strip_prefix(&request.method);
    let path = path.map_or("", str::trim_start);
    match request.url.strip_prefix(path) {
        Some(rest) if rest.is_empty() || rest.starts_with('?') => rest,
        _ => &request.url,
    }
}

fn none_if_zero(span: Micros) -> String {
    if span.0 == 0 {
        "-".to_owned()
    } else {
        format::duration(span)
    }
}
