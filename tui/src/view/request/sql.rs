//! The request's statements in the order in which they ran, repeats folded.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{line_style, locks, marker};
use crate::dossier::Dossier;
use crate::format;
use crate::state::cursor::Cursor;
use crate::statements::Statement;
use crate::text::Shown;
use crate::theme::{Role, Theme};
use crate::view::below;
use crate::view::row::Row;

/// From here on, the caller has a column of its own.
const COLUMNS_FOR_CALLER: u16 = 90;

/// What a file and line get at least, however long the caller's name is.
const PLACE_COLUMNS: usize = 26;

pub(super) fn draw(
    dossier: &Dossier,
    cursor: Cursor,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let dim = theme.style(Role::Dim);
    let caller_columns = caller_columns(area.width);
    let mut head = Row::new(area.width)
        .gap(1)
        .right("at", 9, dim)
        .right("took", 10, dim)
        .gap(2)
        .left("tx", 3, dim);
    if caller_columns > 0 {
        head = head.left("issued by", caller_columns, dim);
    }
    head.put("statement", dim).draw(buffer, area, 0);
    let list = below(area, 1);
    let statements = &dossier.statements;
    if statements.is_empty() {
        Row::new(list.width)
            .gap(2)
            .put(absence(dossier), dim)
            .draw(buffer, list, 0);
        return;
    }
    if let Some(words) = untold(dossier) {
        Row::new(list.width)
            .gap(2)
            .put(words, dim)
            .draw(buffer, list, statements.len());
    }
    let window = cursor.window(statements.len(), usize::from(list.height));
    for (line, index) in window.enumerate() {
        let is_selected = index == cursor.selected;
        statement_row(dossier, index, is_selected, theme, list.width).draw_styled(
            buffer,
            list,
            line,
            line_style(theme, is_selected),
        );
    }
}

/// One statement: when, how long, who issued it, and what is special about it.
fn statement_row(
    dossier: &Dossier,
    index: usize,
    is_selected: bool,
    theme: Theme,
    columns: u16,
) -> Row {
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let caller_columns = caller_columns(columns);
    let statement = &dossier.statements[index];
    let mut row = Row::new(columns)
        .put(marker(is_selected), text)
        .right(format::duration(statement.start_us), 9, dim)
        .right(
            format::duration(statement.total_us),
            10,
            theme.style(Role::Title),
        )
        .gap(2)
        .left(if statement.in_transaction { "tx" } else { "" }, 3, dim);
    if caller_columns > 0 {
        let caller = statement.caller.as_deref().unwrap_or("");
        row = row
            .left(
                Shown::squeezed(caller).fit_end(caller_columns - 1),
                caller_columns - 1,
                text,
            )
            .gap(1);
    }
    if dossier.wait_of(index).is_some() {
        row = row.put("▒lock ", theme.style(Role::Lock));
    }
    if statement.failed > 0 {
        row = row.put("failed ", theme.style(Role::Warn));
    }
    if let Some(badge) = badge(statement) {
        row = row.put(badge.trim_start().to_owned() + " ", theme.style(Role::Mark));
    }
    row.put(Shown::squeezed(&statement.sql), text)
}

fn caller_columns(columns: u16) -> usize {
    if columns < COLUMNS_FOR_CALLER {
        0
    } else {
        usize::from(columns / 4)
    }
}

/// Of a request whose record was lost only a few of its statements are known.
fn untold(dossier: &Dossier) -> Option<String> {
    let sql = dossier.detail.request.sql.as_ref()?;
    let others = format::count(u64::from(sql.omitted));
    (!sql.is_whole()).then(|| format!("and {others} more, which were counted but not kept"))
}

fn absence(dossier: &Dossier) -> &'static str {
    match &dossier.detail.request.sql {
        None => "statements were not recorded (the feature is off)",
        Some(sql) if sql.count > 0 => "statements were counted, none was kept",
        Some(_) => "this request sent no statement",
    }
}

/// `×18 N+1` with a blank before it, if it is more than one.
pub(super) fn badge(statement: &Statement) -> Option<String> {
    let loops = if statement.is_loop() { " N+1" } else { "" };
    (statement.times > 1).then(|| format!(" ×{}{loops}", statement.times))
}

/// How a transaction ended, in words.
pub(super) fn transaction_end(end: &str) -> &str {
    match end {
        "commit" => "committed",
        "rollback" => "rolled back",
        "open" => "still open at the end",
        other => other,
    }
}

pub(super) fn draw_detail(
    dossier: &Dossier,
    cursor: Cursor,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    if cursor.selected < dossier.statements.len() {
        draw_statement(dossier, cursor.selected, theme, buffer, area);
    }
}

/// `issued by Cart::items at …/src/Cart.php:41`. Of a long path, the file and the line tell.
fn issued_by(statement: &Statement, columns: usize) -> String {
    let caller = Shown::squeezed(statement.caller.as_deref().unwrap_or("an unknown caller"));
    let (by, at) = ("issued by ", " at ");
    let room = columns.saturating_sub(by.len());
    let Some(place) = &statement.caller_at else {
        return format!("{by}{}", caller.fit_end(room).as_str());
    };
    let place = Shown::squeezed(place);
    let room = room.saturating_sub(at.len());
    let caller = caller.fit_end(room.saturating_sub(place.width().min(PLACE_COLUMNS)));
    let place = place.fit_end(room.saturating_sub(caller.width()));
    format!("{by}{}{at}{}", caller.as_str(), place.as_str())
}

/// All that is known of one statement: who issued it, its whole text, whom it waited for.
pub(super) fn draw_statement(
    dossier: &Dossier,
    index: usize,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    if area.height == 0 {
        return;
    }
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let statement = &dossier.statements[index];
    let mut figures = Row::new(area.width);
    if statement.times > 1 {
        let longest = format::duration(statement.longest_us);
        figures = figures.put(
            format!(
                " {} in all, longest {longest}",
                format::duration(statement.total_us)
            ),
            dim,
        );
    }
    // The rule around the title takes its columns, too.
    let columns = usize::from(area.width).saturating_sub(figures.used() + 4);
    let title = issued_by(statement, columns);
    crate::view::draw_rule(theme, buffer, area, &title, figures, false);
    let wait = dossier
        .wait_of(index)
        .map(|wait| &dossier.detail.waited_for[wait]);
    let text_lines = usize::from(area.height).saturating_sub(1 + usize::from(wait.is_some()));
    let lines =
        Shown::squeezed(&statement.sql).wrap(usize::from(area.width).saturating_sub(4), text_lines);
    for (line, words) in lines.iter().enumerate() {
        Row::new(area.width)
            .gap(2)
            .put(words.as_str(), text)
            .draw(buffer, area, line + 1);
    }
    if let Some(wait) = wait {
        locks::wait_row(wait, theme, area.width).draw(buffer, area, lines.len() + 1);
    }
}
