//! The picker of projects: whose data is looked at.
//!
//! ```text
//! ─ projects · newest record, last hour ─────────────── 3 found
//! ▸ all projects
//!   blog                   3h25m ago  12 captured                           web3
//!   shop                   2 s ago    202 captured · 3 failed               db1, web1
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use wire::query::ProjectSeen;
use wire::time::Instant;

use super::row::Row;
use super::{below, clear, draw_rule};
use crate::board::hosts::age;
use crate::format;
use crate::state::State;
use crate::state::projects::Pick;
use crate::state::prompt::Purpose;
use crate::theme::{Role, Theme};

/// More would hide the screen that it lies over.
const LINES_MAX: u16 = 16;
const NAME_COLUMNS: usize = 22;
const SEEN_COLUMNS: usize = 46;
/// `1d 23h ago`, and a blank.
const AGO_COLUMNS: usize = 11;

/// Draws it over the lowest lines of the screen, if it is open.
pub(super) fn draw(state: &State, theme: Theme, buffer: &mut Buffer, body: Rect) {
    let Some(prompt) = &state.prompt else {
        return;
    };
    let Purpose::Project { cursor } = prompt.purpose else {
        return;
    };
    let picks = state.picks();
    let height = u16::try_from(picks.len() + 1).unwrap_or(u16::MAX);
    let height = height.min(LINES_MAX).min(body.height);
    let area = below(body, body.height - height);
    clear(buffer, area);
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let found = Row::new(area.width).put(format!(" {} found", picks.len()), dim);
    draw_rule(
        theme,
        buffer,
        area,
        "projects · newest record, last hour",
        found,
        false,
    );
    let list = below(area, 1);
    let window = cursor.window(picks.len(), usize::from(list.height));
    let first = window.start;
    for (line, pick) in picks[window].iter().enumerate() {
        let is_chosen = first + line == cursor.selected;
        let name = pick
            .project
            .as_ref()
            .map_or("all projects", |it| it.as_str());
        let row = Row::new(list.width)
            .put(if is_chosen { "▸ " } else { "  " }, theme.style(Role::Key))
            .left(name, NAME_COLUMNS, text)
            .put(" ", dim);
        let row = match &pick.seen {
            Some(seen) => row
                .left(ago(seen, state.store_now()), AGO_COLUMNS, text)
                .left(words(seen), SEEN_COLUMNS, text)
                .put(hosts(seen), dim),
            None => row.put(waits(state, pick), dim),
        };
        let style = if is_chosen {
            theme.style(Role::Selected)
        } else {
            Style::new()
        };
        row.draw_styled(buffer, list, line, style);
    }
}

/// What was seen of it.
fn words(seen: &ProjectSeen) -> String {
    let mut words = vec![format!("{} captured", format::count(seen.requests))];
    if seen.errors > 0 {
        words.push(format!("{} failed", format::count(seen.errors)));
    }
    let traffic = seen.traffic.map(format::count);
    words.extend(traffic.map(|traffic| format!("{traffic} in all")));
    words.join(" · ")
}

/// How long ago its newest record was.
fn ago(seen: &ProjectSeen, now: Instant) -> String {
    let ago = seen.last_at_us.map(|last| age(now, last));
    ago.map_or(String::new(), |ago| format!("{ago} ago"))
}

fn hosts(seen: &ProjectSeen) -> String {
    let names: Vec<&str> = seen.hosts.iter().map(wire::ids::Host::as_str).collect();
    names.join(", ")
}

fn waits(state: &State, pick: &Pick) -> String {
    match state.projects.trouble() {
        _ if pick.project.is_none() => String::new(),
        Some(trouble) => trouble.to_string(),
        None if state.projects.is_pending() => "asking the store …".to_owned(),
        None => "nothing was told of it".to_owned(),
    }
}
