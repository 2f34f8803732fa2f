//! Drawing: from the state to cells, and nothing else.
//!
//! ```text
//! bitville ▸ timeline     shop   2026-11-23 13:30:00–14:30:00 UTC   ● live     chrome: header
//! ⚠ cannot reach the store at …: connection refused · retrying in 2 s          chrome: banner
//! … the screen in front …                                                      timeline, requests, request
//! enter suspects · n p spike · z Z zoom · ? help · q quit                      chrome: footer
//! ```
//!
//! One file per pane. What a pane draws depends on the state alone, so every screen can be held
//! against a snapshot.

mod board;
mod bookmarks;
mod boxes;
mod chart;
mod chrome;
mod copied;
mod course;
mod functions;
mod heatmap;
pub mod help;
mod icicle;
pub(crate) mod layout;
mod palette;
mod projects;
mod prompt;
mod request;
mod requests;
mod row;
mod spikes;
pub(crate) mod statement;
mod statements;
mod strip;
mod suspects;
mod timeline;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::state::{Above, State};
use crate::theme::{Role, Theme};
use row::Row;

/// Draws the whole screen.
pub fn render(state: &State, theme: Theme, buffer: &mut Buffer) {
    let area = buffer.area;
    if area.width < layout::COLUMNS_MIN || area.height < layout::ROWS_MIN {
        draw_too_small(theme, buffer);
    } else {
        crate::format::in_zone(&state.zone, || draw_screen(state, theme, buffer));
    }
    theme.finish(buffer);
}

fn draw_screen(state: &State, theme: Theme, buffer: &mut Buffer) {
    let frame = layout::frame(state);
    chrome::draw_header(state, theme, buffer, frame.header);
    chrome::draw_banner(state, theme, buffer, frame.banner);
    match state.above.last() {
        None => timeline::draw(state, theme, buffer, frame.body),
        Some(Above::Requests(screen)) => requests::draw(state, screen, theme, buffer, frame.body),
        Some(Above::Request(screen)) => request::draw(state, screen, theme, buffer, frame.body),
        Some(Above::Functions(screen)) => functions::draw(screen, theme, buffer, frame.body),
        Some(Above::Statement(screen)) => statement::draw(screen, theme, buffer, frame.body),
        Some(Above::Board(screen)) => board::draw(screen, theme, buffer, frame.body),
        Some(Above::Statements(screen)) => statements::draw(screen, theme, buffer, frame.body),
    }
    if let Some(help) = &state.help {
        help::draw(state.scope(), help, theme, buffer, frame.body);
    }
    palette::draw(state, theme, buffer, frame.body);
    projects::draw(state, theme, buffer, frame.body);
    bookmarks::draw(state, theme, buffer, frame.body);
    copied::draw(state, theme, buffer, frame.body);
    match &state.prompt {
        Some(prompt) => prompt::draw(state, prompt, theme, buffer, frame.footer),
        None => chrome::draw_footer(state, theme, buffer, frame.footer),
    }
}

fn draw_too_small(theme: Theme, buffer: &mut Buffer) {
    let area = buffer.area;
    let text = theme.style(Role::Text);
    let lines = [
        format!(
            "bitville needs {} × {}",
            layout::COLUMNS_MIN,
            layout::ROWS_MIN
        ),
        format!("this is {} × {}", area.width, area.height),
        "q quits".to_owned(),
    ];
    for (index, line) in lines.into_iter().enumerate() {
        Row::new(area.width)
            .put(line, text)
            .draw(buffer, area, index);
    }
}

/// A line with a title at the left and figures at the right, as the head of a pane.
fn draw_rule(
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
    title: &str,
    figures: Row,
    is_focused: bool,
) {
    let dim = theme.style(Role::Dim);
    let title_style = theme.style(if is_focused { Role::Key } else { Role::Title });
    let mark = if is_focused { "▸" } else { "─" };
    Row::new(area.width)
        .put(mark, if is_focused { title_style } else { dim })
        .put(" ", dim)
        .put(title, title_style)
        .put(" ", dim)
        .fill('─', figures.used(), dim)
        .append(figures)
        .draw(buffer, area, 0);
}

/// Takes away what was drawn before.
fn clear(buffer: &mut Buffer, area: Rect) {
    for line in 0..usize::from(area.height) {
        let blank = usize::from(area.width);
        let plain = ratatui::style::Style::reset();
        Row::new(area.width)
            .gap(blank)
            .draw_styled(buffer, area, line, plain);
    }
}

/// The part of an area below its first `lines` lines.
fn below(area: Rect, lines: u16) -> Rect {
    let lines = lines.min(area.height);
    Rect {
        y: area.y + lines,
        height: area.height - lines,
        ..area
    }
}

#[cfg(test)]
pub(crate) mod tests;
