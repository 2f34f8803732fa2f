//! The call tree from above: a box as wide as its share, callees below their callers.
//!
//! ```text
//! ▸ icicle of POST /checkout ─────────────── 14.21 s = 100 % of 412 profiles
//! │main()
//! │App::handle                                           │★Cart::total  │… 4 more (3 %)
//! ▸about 53 % 7.53 s · self 0.1 s  App::handle
//! sampled stacks, as they were seen · 2 boxes have "cart" in their name, 21 % of the time
//! ```
//!
//! Every box has an edge at its left, so that boxes are told apart without colours; the edge of one that is
//! searched for is a star.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use wire::time::Micros;

use super::boxes::{self, Kind};
use super::functions::signed;
use super::row::Row;
use super::{draw_rule, layout};
use crate::calltree::{CallTree, Change, Picture, What};
use crate::format;
use crate::state::icicle::Icicle;
use crate::text::Shown;
use crate::theme::{Role, Theme};

/// What the picture is, whoever looks at it first.
const ESTIMATE: &str = "an estimate from call pairs, exact for neighbours only";
/// From here on, a box has room for its change beside its name.
const COLUMNS_FOR_CHANGE: usize = 22;
const AS_SEEN: &str = "sampled stacks, as they were seen";

/// `about` says of what it is; `more` is told beside what the picture is.
pub(super) fn draw(
    icicle: &Icicle,
    (about, more): (&str, Option<&str>),
    theme: Theme,
    buffer: &mut Buffer,
    body: Rect,
) {
    let (area, below) = layout::icicle(body);
    let picture = icicle.picture(usize::from(area.width), usize::from(area.height));
    draw_title(icicle, about, theme, buffer, body);
    if picture.cells.is_empty() {
        boxes::draw_words("no call was measured in this range", theme, buffer, area);
    }
    for cell in &picture.cells {
        let place = (cell.x, cell.row, cell.columns);
        let (words, kind) = match cell.what {
            What::Node(node) => {
                let kind = Kind {
                    is_chosen: icicle.selected == Some(node),
                    is_wanted: icicle.is_wanted(node),
                    change: icicle.tree.is_compared.then(|| sign(&icicle.tree, node)),
                    ..Kind::default()
                };
                (words(&icicle.tree, node, cell.columns), kind)
            }
            What::More(rest) => {
                let count = match rest.count {
                    0 => "… others".to_owned(),
                    count => format!("… {} more", format::count(count as u64)),
                };
                let words = format!("{count} ({})", share(rest.time_us, icicle));
                (Shown::from(words), Kind::rest())
            }
        };
        boxes::draw(place, words, kind, theme, buffer, area);
    }
    let ends = picture
        .cells
        .iter()
        .map(|cell| (cell.row, cell.x, cell.columns));
    boxes::draw_ends(&ends.collect::<Vec<_>>(), theme, buffer, area);
    draw_chosen(icicle, theme, buffer, below);
    let note = note(icicle, &picture, area.height, more);
    boxes::draw_note(&note, theme, buffer, below);
}

/// The name; of a tree that is compared with the change before it, where both have room.
fn words(tree: &CallTree, node: usize, columns: usize) -> Shown {
    let name = Shown::squeezed(tree.name(node));
    let (us, change) = tree.change(node);
    if !tree.is_compared || change == Change::Same || columns < COLUMNS_FOR_CHANGE {
        return name;
    }
    let new = if change == Change::New { "new " } else { "" };
    let mark = format!("{new}{} ", signed(us));
    let room = columns.saturating_sub(mark.len() + 1);
    Shown::from(format!("{mark}{}", name.fit_end(room).as_str()))
}

/// A sign beside the colour, so that neither is needed to see the other.
fn sign(tree: &CallTree, node: usize) -> (&'static str, Role) {
    match tree.change(node).1 {
        Change::New | Change::More => ("▲", Role::Mark),
        Change::Less => ("▾", Role::Cpu),
        Change::Same => ("│", Role::Text),
    }
}

fn draw_title(icicle: &Icicle, about: &str, theme: Theme, buffer: &mut Buffer, body: Rect) {
    let of = match icicle.zooms.last() {
        Some(node) => {
            let name = Shown::squeezed(icicle.tree.name(*node));
            format!(" below {}", name.as_str())
        }
        None if about.is_empty() => String::new(),
        None => format!(" of {}", Shown::squeezed(about).as_str()),
    };
    let profiles = match icicle.tree.profiles {
        1 => String::new(),
        profiles => format!(" of {} profiles", format::count(profiles)),
    };
    let figures = Row::new(body.width).put(
        format!(" {} = 100 %{profiles}", whole(icicle.tree.total_us)),
        theme.style(Role::Dim),
    );
    let title = format!("icicle{of}");
    draw_rule(theme, buffer, body, &title, figures, true);
}

/// All of the chosen box, whose name may have had no room.
fn draw_chosen(icicle: &Icicle, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let node = icicle
        .selected
        .and_then(|at| Some((at, icicle.tree.nodes.get(at)?)));
    let Some((at, node)) = node else {
        return;
    };
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let about = if icicle.tree.is_estimate {
        "about "
    } else {
        ""
    };
    let figures = format!(
        "{about}{} {} · self {}  ",
        share(node.time_us, icicle),
        boxes::span(node.time_us),
        boxes::span(node.self_us)
    );
    let change = if icicle.tree.is_compared {
        let requests = icicle.tree.profiles.max(1) as f64;
        let before = node.before_us.map(|us| boxes::span(us / requests));
        format!(
            "a request {} against {} ({})  ",
            boxes::span(node.time_us / requests),
            before.unwrap_or_else(|| "none: it is new".to_owned()),
            signed(icicle.tree.change(at).0)
        )
    } else {
        String::new()
    };
    let row = Row::new(area.width)
        .put("▸", theme.style(Role::Key))
        .put(change, text)
        .put(figures, dim)
        .put_end(icicle.tree.name(at), text);
    row.draw(buffer, area, 0);
}

fn note(icicle: &Icicle, picture: &Picture, rows: u16, more: Option<&str>) -> String {
    let mut parts = Vec::new();
    if !icicle.wanted().trim().is_empty() {
        parts.push(format!(
            "{} boxes have {:?}, {} of the time",
            format::count(icicle.wanted_count() as u64),
            icicle.wanted().trim(),
            format::percent(icicle.wanted_share())
        ));
    }
    let what = if icicle.tree.is_estimate {
        ESTIMATE
    } else {
        AS_SEEN
    };
    if icicle.tree.is_compared {
        parts.push("as wide as now, ▲ more ▾ less than before, a request on average".to_owned());
    }
    parts.push(what.to_owned());
    parts.extend(more.map(str::to_owned));
    let deepest = picture.cells.iter().map(|cell| cell.row).max();
    if deepest.is_some_and(|row| row + 1 >= usize::from(rows)) {
        parts.push("deeper calls: zoom in".to_owned());
    }
    if picture.undrawn.count > 0 {
        parts.push(format!(
            "{} too small for a box ({})",
            format::count(picture.undrawn.count as u64),
            share(picture.undrawn.time_us, icicle)
        ));
    }
    parts.join(" · ")
}

fn share(us: f64, icicle: &Icicle) -> String {
    if icicle.tree.total_us <= 0.0 {
        return String::new();
    }
    format::percent(us / icicle.tree.total_us)
}

fn whole(us: f64) -> String {
    #[expect(clippy::cast_possible_truncation)] // A float's cast stops at the bounds.
    let whole = us.round() as i64;
    format::duration(Micros(whole))
}
