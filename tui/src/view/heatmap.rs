//! How long requests took, over time: a cell per moment and duration, the denser the more requests.
//!
//! ```text
//! ─ durations of all requests ─────────── ░ few ▒ ▓ █ many (1,630)
//!   4.19 s┤        ░░░▒▒░
//!    262 ms┤ ░░▒▒▒░░░▒▒▒▒░░░
//!   16.4 ms┤███████▓▓▓▓▓███
//! ```
//!
//! Durations grow by halves of a power of two from row to row, or by several of these where there are few rows;
//! a row is named by its shortest. Steps of density are logarithmic, too: one slow request among thousands of
//! fast ones is what is looked for.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use wire::histogram::{Histogram, lower_bound};
use wire::query::Timeline;
use wire::time::Micros;

use super::layout::GUTTER;
use super::row::Row;
use super::{below, draw_rule};
use crate::format;
use crate::theme::{Role, Theme};

/// Buckets of a histogram that a step of the scale has: half a power of two.
const STEP: u16 = 4;
/// The density of a cell, from few to many.
const SHADES: [char; 4] = ['░', '▒', '▓', '█'];

/// Counts by column and row, the shortest durations in the first row.
#[derive(Debug, Default, PartialEq)]
struct Cells {
    counts: Vec<Vec<u64>>,
    /// The shortest duration of each row, microseconds.
    floors: Vec<u64>,
    peak: u64,
}

pub(super) fn draw(timeline: &Timeline, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let body = below(area, 1);
    let columns = usize::from(body.width.saturating_sub(GUTTER));
    let cells = Cells::of(&timeline.traffic.walls, columns, usize::from(body.height));
    draw_rule(
        theme,
        buffer,
        area,
        "durations of all requests",
        legend(&cells, theme, area.width),
        false,
    );
    if cells.peak == 0 {
        let words = "no collector told of durations in this range; d shows the charts";
        Row::new(body.width)
            .gap(2)
            .put(words, theme.style(Role::Dim))
            .draw(buffer, body, 0);
        return;
    }
    let rows = cells.floors.len();
    let bottom = usize::from(body.height).saturating_sub(rows);
    for (line, row) in (0..rows).rev().enumerate() {
        let floor = i64::try_from(cells.floors[row]).unwrap_or(i64::MAX);
        let mut drawn = Row::new(body.width)
            .right(
                format::duration(Micros(floor)),
                usize::from(GUTTER) - 1,
                theme.style(Role::Dim),
            )
            .put("┤", theme.style(Role::Dim));
        for counts in &cells.counts {
            drawn = match shade(counts[row], cells.peak) {
                None => drawn.gap(1),
                Some(shade) => drawn.put(
                    SHADES[shade].to_string(),
                    theme.style(Role::Heat(u8::try_from(shade).unwrap_or(0))),
                ),
            };
        }
        drawn.draw(buffer, body, bottom + line);
    }
}

fn legend(cells: &Cells, theme: Theme, columns: u16) -> Row {
    if cells.peak == 0 {
        return Row::new(columns);
    }
    let text = theme.style(Role::Text);
    let mut row = Row::new(columns).put(" ", text);
    for (shade, glyph) in SHADES.iter().enumerate() {
        let words = match shade {
            0 => " few ",
            3 => " many",
            _ => " ",
        };
        let style = theme.style(Role::Heat(u8::try_from(shade).unwrap_or(0)));
        row = row.put(glyph.to_string(), style).put(words, text);
    }
    row.put(format!(" ({})", format::count(cells.peak)), text)
}

/// How dense a cell is; nothing for an empty one.
fn shade(count: u64, peak: u64) -> Option<usize> {
    if count == 0 {
        return None;
    }
    let part = (count as f64).ln_1p() / (peak.max(1) as f64).ln_1p();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    // 0 to the number of shades.
    let shade = (part * SHADES.len() as f64).ceil() as usize;
    Some(shade.clamp(1, SHADES.len()) - 1)
}

// === impl Cells ===

impl Cells {
    fn of(walls: &[Histogram], columns: usize, rows: usize) -> Self {
        let steps = || {
            let all = walls.iter().flat_map(Histogram::buckets);
            all.filter(|it| it.1 > 0).map(|it| it.0 / STEP)
        };
        let (Some(least), Some(greatest)) = (steps().min(), steps().max()) else {
            return Self::default();
        };
        if columns == 0 || rows == 0 {
            return Self::default();
        }
        // Few rows have several steps each, so that nothing is left out.
        let per_row = usize::from(greatest - least + 1).div_ceil(rows);
        let rows = usize::from(greatest - least + 1).div_ceil(per_row);
        let mut counts = vec![vec![0_u64; rows]; columns];
        for (column, counts) in counts.iter_mut().enumerate() {
            // A column has the buckets that begin in it, and at least the one that it lies in.
            let from = column * walls.len() / columns;
            let to = ((column + 1) * walls.len() / columns).max(from + 1);
            for (bucket, count) in walls[from..to.min(walls.len())]
                .iter()
                .flat_map(Histogram::buckets)
                .filter(|it| it.1 > 0)
            {
                let row = usize::from(bucket / STEP - least) / per_row;
                counts[row] = counts[row].saturating_add(count);
            }
        }
        let floor = |row: usize| {
            let step = u16::try_from(row * per_row).unwrap_or(u16::MAX);
            lower_bound(least.saturating_add(step).saturating_mul(STEP))
        };
        Self {
            peak: counts.iter().flatten().copied().max().unwrap_or(0),
            floors: (0..rows).map(floor).collect(),
            counts,
        }
    }
}

#[cfg(test)]
mod tests;
