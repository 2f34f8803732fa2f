//! How many waited for locks over a range, and which moment is shown: a strip of bars with a mark below.
//!
//! ```text
//!  ▁▁▁▂▃▅▆▇███████████▇▆▅▃▂▁▁
//!  14:01:10      ▲ 14:05:41                            14:08:40 UTC
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use wire::query::LockTree;
use wire::time::{Instant, Range};

use super::row::Row;
use crate::format;
use crate::theme::{Role, Theme};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

pub(super) fn draw(
    tree: &LockTree,
    (range, at_us): (Range, Option<Instant>),
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let columns = usize::from(area.width).saturating_sub(2).max(1);
    let mut waiting = vec![0_u32; columns];
    for moment in &tree.moments {
        if let Some(column) = column(range, moment.at_us, columns) {
            waiting[column] = waiting[column].max(moment.waiting);
        }
    }
    let peak = waiting.iter().copied().max().unwrap_or(0).max(1);
    let bars: String = waiting.iter().map(|it| bar(*it, peak)).collect();
    Row::new(area.width)
        .gap(1)
        .put(bars, theme.style(Role::Lock))
        .draw(buffer, area, 0);
    draw_axis(range, at_us, columns, theme, buffer, area);
}

/// The ends of the range, and below the chosen moment its mark and time, which go before these.
fn draw_axis(
    range: Range,
    at_us: Option<Instant>,
    columns: usize,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let dim = theme.style(Role::Dim);
    let (from, to) = (range.from_at_us, range.to_at_us);
    let end = format!("{} {}", format::clock(to), format::zone(to));
    let begin = format::clock(from);
    let Some((column, at_us)) = at_us.and_then(|at| Some((column(range, at, columns)?, at))) else {
        let row = Row::new(area.width).gap(1).put(begin, dim).end(end, dim);
        return row.draw(buffer, area, 1);
    };
    let time = format::clock(at_us);
    // At the right edge the time stands before its mark.
    let is_before = column + time.len() + 2 > columns;
    let start = if is_before {
        column.saturating_sub(time.len() + 1)
    } else {
        column
    };
    let mut row = Row::new(area.width).gap(1);
    if start > begin.len() {
        row = row.put(begin.as_str(), dim).gap(start - begin.len());
    } else {
        row = row.gap(start);
    }
    let mark = theme.style(Role::Mark);
    row = if is_before {
        row.put(format!("{time} ▲"), mark)
    } else {
        row.put(format!("▲ {time}"), mark)
    };
    if row.room() > end.len() + 1 {
        row = row.end(end, dim);
    }
    row.draw(buffer, area, 1);
}

fn column(range: Range, at: Instant, columns: usize) -> Option<usize> {
    if !range.contains(at) {
        return None;
    }
    let offset = i128::from((at - range.from_at_us).0) * columns as i128;
    let column = offset / i128::from(range.span().0.max(1));
    usize::try_from(column).ok().map(|it| it.min(columns - 1))
}

fn bar(waiting: u32, peak: u32) -> char {
    if waiting == 0 {
        return ' ';
    }
    // One who waits is seen, however many waited at worst.
    let eighths = (u64::from(waiting) * 8).div_ceil(u64::from(peak.max(1)));
    BARS[usize::try_from(eighths).unwrap_or(8).clamp(1, 8) - 1]
}

#[cfg(test)]
mod tests;
