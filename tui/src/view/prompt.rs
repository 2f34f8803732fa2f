//! The line that the operator types into, and below it what is wrong with it or what it may say.
//!
//! ```text
//! / url:/cart durration>2s▏                                        41 match
//!             ^ unknown field "durration"; project, host, … is allowed
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::row::Row;
use crate::format;
use crate::state::prompt::{Prompt, Purpose};
use crate::state::{Above, RequestsScreen, State};
use crate::text::Shown;
use crate::theme::{Role, Theme};

/// Lines that an open prompt takes.
pub(crate) const LINES: u16 = 2;
/// What may be typed, the most wanted first, as far as there is room.
const EXAMPLES: &str = "duration>2s  status:5xx  route:\"POST /cart\"  -client:10.0.0.7  lock>1s  \
                        sql>100  function:PDO*  error:yes  memory>64MiB";

pub(super) fn draw(state: &State, prompt: &Prompt, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let (text, dim, warn) = (
        theme.style(Role::Text),
        theme.style(Role::Dim),
        theme.style(Role::Warn),
    );
    let screen = match (state.above.last(), &prompt.purpose) {
        (Some(Above::Requests(screen)), Purpose::Filter { .. }) => Some(&**screen),
        _ => None,
    };
    let mark = mark(&prompt.purpose);
    let mark_columns = mark.chars().count();
    let told = Shown::from(screen.map(matches).unwrap_or_default());
    let columns = usize::from(area.width).saturating_sub(told.width() + mark_columns + 2);
    let (before, behind) = prompt.line.halves();
    let skipped = skipped(before, columns);
    let before = Shown::new(&before[skipped..]);
    let mut rest = behind.chars();
    let under = rest.next().map_or(" ".to_owned(), String::from);
    let room = columns.saturating_sub(before.width() + 1);
    Row::new(area.width)
        .put(mark, theme.style(Role::Key))
        .put(before, text)
        .put(under, theme.style(Role::Selected))
        .put(Shown::new(rest.as_str()).fit(room), text)
        .end(told, dim)
        .draw(buffer, area, 0);
    let row = Row::new(area.width);
    let of_store = screen
        .and_then(RequestsScreen::fault)
        .map(|fault| (fault.column, fault.words));
    let own = prompt.fault.as_ref();
    let fault = own.map(|fault| (Some(fault.column), &*fault.words));
    let row = match fault.or(of_store) {
        Some((column, words)) => {
            let column = column.map_or(0, |column| {
                let shown = prompt.line.text().get(skipped..).unwrap_or_default();
                let hidden = prompt.line.text()[..skipped].chars().count();
                let good: String = shown.chars().take(column.saturating_sub(hidden)).collect();
                Shown::new(&good).width()
            });
            under_place(words, mark_columns + column, row, warn)
        }
        None => row.gap(mark_columns).put(advice(state, prompt), dim),
    };
    row.draw(buffer, area, 1);
}

/// Before the text: what the line is for.
fn mark(purpose: &Purpose) -> &'static str {
    match purpose {
        Purpose::Filter { .. } | Purpose::Help { .. } | Purpose::Search { .. } => "/ ",
        Purpose::Command => ": ",
        Purpose::Time => "time ",
        Purpose::Export => "write ",
        Purpose::Palette { .. } => "find ",
        Purpose::Project { .. } => "project ",
    }
}

/// What may be typed.
fn advice(state: &State, prompt: &Prompt) -> String {
    match prompt.purpose {
        Purpose::Filter { .. } => EXAMPLES.to_owned(),
        Purpose::Time => match state.looked(prompt.line.text()) {
            Ok(looked) => format::range(state.window_of(looked).range),
            Err(_) => crate::when::ALLOWED.to_owned(),
        },
        Purpose::Export => {
            let kinds = crate::export::screen::kinds(state).into_iter();
            let names: Vec<&str> = kinds.map(crate::export::kind::Kind::name).collect();
            format!("tab: {} · enter writes a new file", names.join(" "))
        }
        Purpose::Search { .. } => {
            "a part of a function's name · enter goes to it · esc closes".to_owned()
        }
        Purpose::Help { .. } => "searches keys, words and commands of every screen".to_owned(),
        Purpose::Project { .. } => "enter shows it alone · arrows choose · esc closes".to_owned(),
        Purpose::Palette { .. } => "enter does it · up and down choose · esc closes".to_owned(),
        Purpose::Command => {
            let candidates = state
                .completion()
                .map_or(Vec::new(), |completion| completion.candidates);
            if candidates.is_empty() {
                "enter does it · esc closes".to_owned()
            } else {
                candidates.join("  ")
            }
        }
    }
}

/// Under its place if the words fit there; else as far to the right as they fit.
fn under_place(words: &str, wanted: usize, row: Row, style: ratatui::style::Style) -> Row {
    let marked = format!("^ {words}");
    let last = row.room().saturating_sub(Shown::new(&marked).width());
    if wanted <= last {
        row.gap(wanted).put(marked, style)
    } else {
        behind_words(words, wanted, row, style)
    }
}

/// The mark stays under its place; the words stand at its left if there is more room.
fn behind_words(words: &str, wanted: usize, row: Row, style: ratatui::style::Style) -> Row {
    let room = row.room();
    if wanted < room / 2 {
        return row.gap(wanted).put(format!("^ {words}"), style);
    }
    let words = Shown::new(words).fit(wanted.saturating_sub(1));
    let gap = wanted.saturating_sub(words.width() + 1);
    row.gap(gap).put(words, style).put(" ^", style)
}

fn matches(screen: &RequestsScreen) -> String {
    if screen.fault().is_some() {
        return String::new();
    }
    match screen.page.current() {
        Some(page) => {
            let about = if page.total_is_exact { "" } else { "about " };
            format!("{about}{} match", format::count(page.total))
        }
        None => "…".to_owned(),
    }
}

/// How many bytes at the line's begin have no room before the cursor.
fn skipped(before: &str, columns: usize) -> usize {
    let mut starts = before.char_indices().map(|(index, _)| index);
    let fits = |start: &usize| Shown::new(&before[*start..]).width() < columns.max(2);
    starts.find(fits).unwrap_or(before.len())
}

#[cfg(test)]
mod tests;
