//! The list of captured requests in the range.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use wire::query::RequestRow;
use wire::time::Micros;

use super::row::Row;
use super::{below, draw_rule};
use crate::ask::Sort;
use crate::columns::Column;
use crate::format;
use crate::state::{RequestsScreen, State};
use crate::text::Shown;
use crate::theme::{Role, Theme};

/// From here on, the line has room for the project at its end, and the title for what is wrong with a filter.
const COLUMNS_FOR_ALL: u16 = 110;
/// With less room than this, a URL is left out.
const URL_COLUMNS_MIN: usize = 8;
pub(super) fn draw(
    state: &State,
    screen: &RequestsScreen,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let dim = theme.style(Role::Dim);
    let rows = screen.rows();
    let shown = shown(screen);
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
    let columns = state.columns.fitting(usize::from(area.width));
    head(&columns, screen.sort, theme, area.width).draw(buffer, area, 1);
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
        let request = &rows[index];
        row(&columns, state, request, theme, list.width, is_selected)
            .draw_styled(buffer, list, line, style);
    }
}

/// How many there are, and how many of them have come.
fn shown(screen: &RequestsScreen) -> String {
    let rows = screen.rows();
    let page = screen.page.latest().map(|loaded| &loaded.value);
    let total = page.map_or(0, |page| page.total);
    // Of very many requests the store does not count each.
    let about = match page {
        Some(page) if !page.total_is_exact => "about ",
        _ => "",
    };
    if (rows.len() as u64) < total {
        format!(
            " {} of {about}{}",
            format::count(rows.len() as u64),
            format::count(total)
        )
    } else {
        format!(" {}", format::count(total))
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

fn head(columns: &[Column], sort: Sort, theme: Theme, width: u16) -> Row {
    let dim = theme.style(Role::Dim);
    let mut row = Row::new(width).gap(1);
    for column in columns {
        let is_order = column.sort() == Some(sort);
        let style = theme.style(if is_order { Role::Title } else { Role::Dim });
        // The order has a mark, too: bold alone is easily missed.
        let mark = if is_order { "▾" } else { "" };
        let name = format!("{mark}{}", column.heading());
        row = if is_figure(*column) {
            row.right(name, column.columns(), style)
        } else {
            put_words(row, *column, name, style)
        };
    }
    row.gap(1).put("request", dim)
}

/// Figures stand at the right of their columns, so that they can be compared.
fn is_figure(column: Column) -> bool {
    match column {
        Column::Wall
        | Column::Sql
        | Column::Waited
        | Column::Blocked
        | Column::Memory
        | Column::Http => true,
        Column::Began
        | Column::Host
        | Column::Client
        | Column::Reason
        | Column::Project
        | Column::Id => false,
    }
}

/// Words stand at the left, with blanks before them where figures may end.
fn put_words(row: Row, column: Column, words: impl Into<Shown>, style: Style) -> Row {
    let gap = if column == Column::Began { 0 } else { 2 };
    let columns = column.columns() - gap;
    let words = words
        .into()
        .fit_end(columns.saturating_sub(usize::from(gap > 0)));
    row.gap(gap).left(words, columns, style)
}

fn row(
    columns: &[Column],
    state: &State,
    request: &RequestRow,
    theme: Theme,
    width: u16,
    is_selected: bool,
) -> Row {
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let mut row = Row::new(width).put(if is_selected { "▸" } else { " " }, text);
    for column in columns {
        let (words, style) = cell(*column, request, theme);
        row = if is_figure(*column) {
            row.right(words, column.columns(), style)
        } else {
            put_words(row, *column, words, style)
        };
    }
    row = row.gap(1).put(Shown::squeezed(&request.label), text);
    let rest = rest_of_url(request);
    // A few letters of it would tell nothing.
    if !rest.is_empty() && row.room() >= URL_COLUMNS_MIN {
        row = row.put(" ", dim).put(Shown::squeezed(rest), dim);
    }
    let is_told = state.project.is_some() || columns.contains(&Column::Project);
    if !is_told && width >= COLUMNS_FOR_ALL {
        row = row.end(format!(" {}", request.project), dim);
    }
    row
}

/// What a column says of a request.
fn cell(column: Column, request: &RequestRow, theme: Theme) -> (Shown, Style) {
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let some = |is_some: bool, role| theme.style(if is_some { role } else { Role::Dim });
    match column {
        Column::Began => (format::clock(request.at_us).into(), text),
        Column::Wall => {
            let wall = format::duration(request.wall_us);
            (wall.into(), theme.style(Role::Title))
        }
        Column::Sql => {
            let count = format::count_within(u64::from(request.sql_count), 5);
            let sql = format!("{} in {count}", format::duration(request.sql_us));
            (sql.into(), text)
        }
        Column::Waited => {
            let style = some(request.lock_us.0 > 0, Role::Lock);
            (none_if_zero(request.lock_us).into(), style)
        }
        Column::Blocked => {
            let style = some(request.blocked_us.0 > 0, Role::Mark);
            (none_if_zero(request.blocked_us).into(), style)
        }
        Column::Memory => {
            let memory = request.memory_peak_bytes.map(format::bytes);
            (memory.unwrap_or_default().into(), text)
        }
        Column::Host => (request.host.as_str().into(), dim),
        Column::Http => {
            let status = match (request.status, request.is_error) {
                (Some(status), _) => status.to_string(),
                (None, true) => "err".to_owned(),
                (None, false) => String::new(),
            };
            let role = if request.is_error {
                Role::Warn
            } else {
                Role::Text
            };
            (status.into(), theme.style(role))
        }
        Column::Client => (request.client.clone().unwrap_or_default().into(), text),
        Column::Reason => (Shown::new(&request.reason), text),
        Column::Project => (request.project.as_str().into(), dim),
        Column::Id => (request.correlation_id.to_string().into(), dim),
    }
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
