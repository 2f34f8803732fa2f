//! Whom this request waited for, and who waited for it.
//!
//! ```text
//!  it waited for
//! ▸ 13.4 s  POST /cron/reprice  pid 19607  idle in transaction   transactionid of stock
//!  they waited for it
//!   118 × POST /checkout     18m22s in all, longest 11.9 s   UPDATE stock SET qty = …
//!   ├ 11.9 s  pid 20114  a1b2c3d4…
//!   └ … 113 more, 17m30s
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use wire::query::{LockStatement, LockWait, Party};
use wire::request::Transaction;

use super::{line_style, marker};
use crate::dossier::{Dossier, Group, LockLine};
use crate::format;
use crate::state::cursor::Cursor;
use crate::text::Shown;
use crate::theme::{Role, Theme};
use crate::view::row::Row;
use crate::view::{below, draw_rule};

/// ` behind 4194304`: Linux counts processes no further.
const BEHIND_COLUMNS: usize = 15;

pub(super) fn draw(
    dossier: &Dossier,
    cursor: Cursor,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let lines = &dossier.locks;
    if lines.is_empty() {
        let words = "it waited for no lock, and nobody was seen to wait for it";
        Row::new(area.width)
            .gap(2)
            .put(words, theme.style(Role::Dim))
            .draw(buffer, area, 0);
        return;
    }
    // A heading takes a line where its block begins, so the window is drawn until it is full.
    let window = cursor.window(lines.len(), usize::from(area.height).saturating_sub(2));
    let mut row_index = 0;
    let mut heading_before = None;
    for index in window {
        let heading = heading(&lines[index]);
        if heading_before != Some(heading) {
            draw_heading(dossier, heading, theme, buffer, area, row_index);
            heading_before = Some(heading);
            row_index += 1;
        }
        let is_selected = index == cursor.selected;
        let is_last = !matches!(
            lines.get(index + 1),
            Some(LockLine::Waiter(_) | LockLine::More { .. })
        );
        line_row(
            dossier,
            &lines[index],
            is_last,
            theme,
            area.width,
            is_selected,
        )
        .draw_styled(buffer, area, row_index, line_style(theme, is_selected));
        row_index += 1;
    }
}

fn heading(line: &LockLine) -> &'static str {
    match line {
        LockLine::Holder(_) => "it waited for",
        LockLine::Group(_) | LockLine::Waiter(_) | LockLine::More { .. } => "they waited for it",
    }
}

fn draw_heading(
    dossier: &Dossier,
    heading: &str,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
    index: usize,
) {
    let row = &dossier.detail.row;
    let total = if heading == "it waited for" {
        row.lock_us
    } else {
        row.blocked_us
    };
    let area = below(area, u16::try_from(index).unwrap_or(u16::MAX));
    let figures = Row::new(area.width).put(
        format!(" {} in all", format::duration(total)),
        theme.style(Role::Dim),
    );
    draw_rule(theme, buffer, area, heading, figures, false);
}

fn line_row(
    dossier: &Dossier,
    line: &LockLine,
    is_last: bool,
    theme: Theme,
    columns: u16,
    is_selected: bool,
) -> Row {
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let row = Row::new(columns).put(marker(is_selected), text);
    let branch = if is_last { "  └ " } else { "  ├ " };
    match line {
        LockLine::Holder(index) => {
            let wait = &dossier.detail.waited_for[*index];
            holder_row(row, wait, theme)
        }
        LockLine::Group(group) => group_row(row, group, theme),
        LockLine::Waiter(index) => {
            let wait = &dossier.detail.blocked[*index];
            let row = row
                .put(branch, dim)
                .right(format::duration(wait.waited_us), 9, theme.style(Role::Lock))
                .put(
                    format!(
                        "  from {}  pid {}",
                        format::clock(wait.begin_at_us),
                        wait.waiter.pid
                    ),
                    text,
                );
            let behind = if wait.blocker.pid == wait.root.pid {
                String::new()
            } else {
                format!(" behind {}", wait.blocker.pid)
            };
            let row = row.left(behind, BEHIND_COLUMNS, dim);
            match wait.waiter.correlation_id {
                Some(id) => row.put(format!("  {id}"), dim),
                None => row.put("  no captured request", dim),
            }
        }
        LockLine::More { count, waited_us } => {
            let words = format!(
                "… {} more, {} in all",
                format::count(*count as u64),
                format::duration(*waited_us)
            );
            row.put(branch, dim).put(words, dim)
        }
    }
}

fn holder_row(row: Row, wait: &LockWait, theme: Theme) -> Row {
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let state = wait.root.state.as_deref().unwrap_or("");
    let row = row
        .right(
            format::duration(wait.waited_us),
            10,
            theme.style(Role::Lock),
        )
        .put("  ", dim)
        .put(Shown::squeezed(&wait.root.label), theme.style(Role::Title))
        .put(format!("  pid {}  ", wait.root.pid), text)
        .put(Shown::squeezed(state), text);
    put_what(row, wait, theme)
}

fn group_row(row: Row, group: &Group, theme: Theme) -> Row {
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let times = format!(
        "  {} in all, longest {}  ",
        format::duration(group.waited_us),
        format::duration(group.longest_us)
    );
    row.put(
        format!("{} × ", format::count(group.count as u64)),
        theme.style(Role::Title),
    )
    .put(Shown::squeezed(&group.label), theme.style(Role::Title))
    .put(times, theme.style(Role::Lock))
    .put(
        Shown::squeezed(group.query.as_deref().unwrap_or("")),
        if group.query.is_some() { text } else { dim },
    )
}

/// What was waited for, as much as has room: `  on stock (transactionid, ShareLock)`.
fn put_what(row: Row, wait: &LockWait, theme: Theme) -> Row {
    let relation = wait.relation.as_deref();
    let relation = relation.map_or(String::new(), |relation| format!("  on {relation}"));
    let kind: Vec<&str> = [&wait.lock_type, &wait.mode]
        .into_iter()
        .filter_map(Option::as_deref)
        .collect();
    let kind = if kind.is_empty() {
        String::new()
    } else {
        format!(" ({})", kind.join(", "))
    };
    let dim = theme.style(Role::Dim);
    let part = |words: String| Row::new(u16::MAX).put(words, dim);
    row.append(part(relation)).append(part(kind))
}

pub(super) fn draw_detail(
    dossier: &Dossier,
    cursor: Cursor,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    match dossier.locks.get(cursor.selected) {
        Some(LockLine::Holder(index)) => {
            draw_wait(&dossier.detail.waited_for[*index], theme, buffer, area);
        }
        Some(LockLine::Waiter(index)) => {
            let waiter = &dossier.detail.blocked[*index].waiter;
            let title = format!("it ran{}", issued_by(waiter.caller.as_deref()));
            let query = waiter.query.as_deref().unwrap_or("unknown");
            draw_text(&title, query, theme, buffer, area);
        }
        Some(LockLine::Group(group)) => {
            let text = group.query.as_deref().unwrap_or("unknown");
            draw_text("they ran", text, theme, buffer, area);
            let bottom = usize::from(area.height).saturating_sub(1);
            if let Some(row) = statement_row(dossier, theme, area.width).filter(|_| bottom > 1) {
                row.draw(buffer, area, bottom);
            }
        }
        Some(LockLine::More { .. }) => {
            draw_text(
                "these",
                "are in the request list: 2, then o for lock wait",
                theme,
                buffer,
                area,
            );
        }
        None => {}
    }
}

/// One wait from the waiter's side: who held the lock, and which statement took it.
pub(super) fn draw_wait(wait: &LockWait, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let root = &wait.root;
    let title = lock_title(root, usize::from(area.width));
    let query = root.lock_query().unwrap_or("unknown");
    draw_text(&title, query, theme, buffer, area);
    if area.height > 2 {
        let bottom = usize::from(area.height) - 1;
        wait_row(wait, theme, area.width).draw(buffer, area, bottom);
    }
}

/// What [`Party::lock_query`] is, and who issued it, as long as the width allows.
fn lock_title(root: &Party, columns: usize) -> String {
    let caller = issued_by(root.lock_caller());
    let Some(statement) = &root.took_lock else {
        return format!("the holder's last statement{caller}");
    };
    let times = times_in_transaction(statement);
    let full = format!("the statement that took the lock{times}{caller}");
    // The rule before and behind it takes its columns, too.
    if full.chars().count() + 4 <= columns {
        full
    } else {
        let times = short_times(statement);
        format!("took the lock{times}{caller}")
    }
}

fn short_times(statement: &LockStatement) -> String {
    match statement.count {
        0 | 1 => String::new(),
        count => format!(" ×{}", format::count(u64::from(count))),
    }
}

/// `, ×29 in its transaction`, or nothing for a single one.
fn times_in_transaction(statement: &LockStatement) -> String {
    match statement.count {
        0 | 1 => String::new(),
        count => format!(", ×{} in its transaction", format::count(u64::from(count))),
    }
}

fn issued_by(caller: Option<&str>) -> String {
    caller
        .map(|caller| format!(", issued by {}", Shown::squeezed(caller).as_str()))
        .unwrap_or_default()
}

/// `▒ waited 13.4 s for pid 19607 = POST /cron/reprice (idle in transaction)`.
pub(super) fn wait_row(wait: &LockWait, theme: Theme, columns: u16) -> Row {
    let (lock, text) = (theme.style(Role::Lock), theme.style(Role::Text));
    let state = wait
        .root
        .state
        .as_deref()
        .map(|state| format!(" ({})", Shown::squeezed(state).as_str()))
        .unwrap_or_default();
    let row = Row::new(columns)
        .put(
            format!("  ▒ waited {} ", format::duration(wait.waited_us)),
            lock,
        )
        .put(format!("for pid {} = ", wait.root.pid), text)
        .put(Shown::squeezed(&wait.root.label), theme.style(Role::Title))
        .put(state, text);
    put_what(row, wait, theme)
}

/// The waits that a request caused, and what made them: the transaction and its statement.
pub(super) fn draw_blocked(dossier: &Dossier, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let text = theme.style(Role::Text);
    let title = "others waited for locks that it held";
    draw_rule(
        theme,
        buffer,
        area,
        title,
        Row::new(area.width).put(" enter lists them", theme.style(Role::Dim)),
        false,
    );
    let groups: Vec<&Group> = dossier
        .locks
        .iter()
        .filter_map(|line| match line {
            LockLine::Group(group) => Some(group),
            _ => None,
        })
        .collect();
    let causes = [
        transaction_row(dossier, theme, area.width),
        statement_row(dossier, theme, area.width),
    ];
    let causes: Vec<Row> = causes.into_iter().flatten().collect();
    let lines = usize::from(area.height).saturating_sub(1);
    // The causes have their place; of the groups, the one that waited longest.
    let room = lines.saturating_sub(causes.len()).max(1);
    let groups = groups
        .into_iter()
        .take(room)
        .map(|group| group_row(Row::new(area.width).put("  ", text), group, theme));
    for (index, row) in groups.chain(causes).take(lines).enumerate() {
        row.draw(buffer, area, index + 1);
    }
}

/// `  its transaction: open 7m30s, SQL 2.0 s, PHP 7m28s`.
fn transaction_row(dossier: &Dossier, theme: Theme, columns: u16) -> Option<Row> {
    let transaction = dossier.transaction(dossier.holding_transaction()?)?;
    let words = spent_in(dossier, transaction);
    let row = Row::new(columns).put("  its ", theme.style(Role::Text));
    Some(row.put(words, theme.style(Role::Text)))
}

/// `transaction: open 7m30s, SQL 2.0 s, PHP 7m28s`: what of it did not work for the database.
pub(super) fn spent_in(dossier: &Dossier, transaction: &Transaction) -> String {
    let sql = dossier.sql_within(transaction).min(transaction.duration_us);
    let open = format::duration(transaction.duration_us);
    let omitted = dossier.detail.request.sql.as_ref();
    let is_whole = omitted.is_none_or(|sql| sql.omitted == 0);
    // Statements that were not kept may have run in it, too.
    let (at_least, at_most) = if is_whole {
        ("", "")
    } else {
        ("at least ", "at most ")
    };
    format!(
        "transaction: open {open}, SQL {at_least}{}, PHP {at_most}{}",
        format::duration(sql),
        format::duration(transaction.duration_us - sql),
    )
}

/// `  it took the lock ×29: UPDATE stock …  issued by Repricer::store`.
fn statement_row(dossier: &Dossier, theme: Theme, columns: u16) -> Option<Row> {
    let holder = dossier.holder()?;
    let query = holder.lock_query()?;
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let head = match &holder.took_lock {
        Some(statement) => format!("  it took the lock{}: ", short_times(statement)),
        None => "  its last statement: ".to_owned(),
    };
    let caller = issued_by(holder.lock_caller());
    let caller = caller.trim_start_matches(", ");
    let row = Row::new(columns).put(head, text);
    // The caller is the line to change; the statement has its own tab.
    let query_columns = row.room().saturating_sub(caller.chars().count() + 2);
    let query = Shown::squeezed(query).fit(query_columns);
    Some(row.put(query, text).put("  ", dim).put(caller, dim))
}

fn draw_text(title: &str, words: &str, theme: Theme, buffer: &mut Buffer, area: Rect) {
    if area.height == 0 {
        return;
    }
    draw_rule(theme, buffer, area, title, Row::new(area.width), false);
    let room = usize::from(area.height).saturating_sub(1);
    let lines = Shown::squeezed(words).wrap(usize::from(area.width).saturating_sub(4), room);
    for (line, words) in lines.iter().enumerate() {
        Row::new(area.width)
            .gap(2)
            .put(words.as_str(), theme.style(Role::Text))
            .draw(buffer, area, line + 1);
    }
}
