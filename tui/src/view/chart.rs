//! Columns of figures: areas in eighths of a cell, and stacks of classes told apart by glyph.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// The eighths of a cell.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// How several buckets become one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reduce {
    /// For what must not be averaged away.
    Greatest,
    Mean,
}

/// One class of a stack.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) glyph: char,
    pub(crate) style: Style,
    pub(crate) values: Vec<Option<f64>>,
}

/// Brings a series to the width of the chart. A column with no bucket of its own takes the one that
/// it lies in; a column whose buckets are all empty is empty.
pub(crate) fn resample(values: &[Option<f64>], columns: usize, reduce: Reduce) -> Vec<Option<f64>> {
    if values.is_empty() {
        return vec![None; columns];
    }
    let bucket_of = |column: usize| column * values.len() / columns;
    (0..columns)
        .map(|column| {
            let from = bucket_of(column);
            let to = bucket_of(column + 1).clamp(from + 1, values.len());
            let known = values[from..to]
                .iter()
                .flatten()
                .copied()
                .filter(|value| value.is_finite());
            match reduce {
                Reduce::Greatest => known.reduce(f64::max),
                Reduce::Mean => {
                    let (sum, count) =
                        known.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
                    (count > 0).then(|| sum / f64::from(count))
                }
            }
        })
        .collect()
}

/// Holds a value over short holes: what is reported every 10 s is no gap at 9.
pub(crate) fn hold(values: &[Option<f64>], buckets_max: usize) -> Vec<Option<f64>> {
    let mut last = None;
    let mut age = 0;
    let held = values.iter().map(|value| {
        if value.is_some() {
            last = *value;
            age = 0;
        } else {
            age += 1;
            if age > buckets_max {
                last = None;
            }
        }
        last
    });
    held.collect()
}

pub(crate) fn greatest(values: &[Option<f64>]) -> f64 {
    values
        .iter()
        .flatten()
        .copied()
        .filter(|value| value.is_finite())
        .fold(0.0, f64::max)
}

/// An area chart. Where there is no data, the bottom line has a dot.
pub(crate) fn draw_area(
    buffer: &mut Buffer,
    area: Rect,
    values: &[Option<f64>],
    top: f64,
    styles: (Style, Style),
) {
    let area = area.intersection(buffer.area);
    let (style, dim) = styles;
    let eighths_max = u32::from(area.height) * 8;
    for (x, value) in (area.x..area.right()).zip(values) {
        let Some(value) = value else {
            put(buffer, x, area.bottom().saturating_sub(1), '·', dim);
            continue;
        };
        let mut eighths = cells(*value, top, eighths_max);
        // Something is never drawn as nothing.
        if eighths == 0 && *value > 0.0 {
            eighths = 1;
        }
        for y in (area.y..area.bottom()).rev() {
            let part = eighths.min(8);
            if part > 0 {
                put(buffer, x, y, EIGHTHS[part as usize], style);
            }
            eighths -= part;
        }
    }
}

/// A limit as a dotted line behind the area, if it lies within the scale.
pub(crate) fn draw_limit(buffer: &mut Buffer, area: Rect, limit: f64, top: f64, style: Style) {
    let area = area.intersection(buffer.area);
    if area.height < 2 || limit <= 0.0 || limit > top {
        return;
    }
    let height = u32::from(area.height);
    let up = cells(limit, top, height).min(height - 1);
    let y = area.bottom() - 1 - u16::try_from(up).unwrap_or(0);
    for x in area.x..area.right() {
        if buffer[(x, y)].symbol() == " " {
            put(buffer, x, y, '┈', style);
        }
    }
}

/// Classes on top of each other, each with its own glyph. The boundaries are rounded, not the
/// heights, so that the stack is as high as the sum.
pub(crate) fn draw_stack(buffer: &mut Buffer, area: Rect, layers: &[Layer], top: f64, dim: Style) {
    let area = area.intersection(buffer.area);
    let height = u32::from(area.height);
    for (column, x) in (area.x..area.right()).enumerate() {
        let mut sum = 0.0;
        let mut drawn = 0;
        let mut has_data = false;
        for layer in layers {
            let Some(Some(value)) = layer.values.get(column) else {
                continue;
            };
            has_data = true;
            sum += value.max(0.0);
            let until = cells(sum, top, height);
            // The first row shows whatever there is, or a calm database would look like no data.
            if until == 0 && *value > 0.0 && drawn == 0 && height > 0 {
                put(buffer, x, area.bottom() - 1, '▁', layer.style);
                continue;
            }
            while drawn < until {
                let y = area.bottom() - 1 - u16::try_from(drawn).unwrap_or(0);
                put(buffer, x, y, layer.glyph, layer.style);
                drawn += 1;
            }
        }
        if !has_data && height > 0 {
            put(buffer, x, area.bottom() - 1, '·', dim);
        }
    }
}

/// How many of `cells_max` a value fills.
fn cells(value: f64, top: f64, cells_max: u32) -> u32 {
    if top <= 0.0 || !value.is_finite() {
        return 0;
    }
    let filled = (value / top * f64::from(cells_max)).round();
    // Clamped to the range of the type before the cast.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let filled = filled.clamp(0.0, f64::from(cells_max)) as u32;
    filled
}

fn put(buffer: &mut Buffer, x: u16, y: u16, glyph: char, style: Style) {
    if let Some(cell) = buffer.cell_mut((x, y)) {
        cell.set_char(glyph).set_style(style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(buffer: &Buffer) -> Vec<String> {
        let width = usize::from(buffer.area.width);
        let symbols: Vec<&str> = buffer
            .content
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect();
        symbols.chunks(width).map(<[&str]>::concat).collect()
    }

    #[test]
    fn a_series_fits_any_width_and_keeps_its_peak() {
        let values = [Some(1.0), Some(9.0), None, Some(3.0)];
        assert_eq!(
            resample(&values, 2, Reduce::Greatest),
            [Some(9.0), Some(3.0)]
        );
        assert_eq!(resample(&values, 2, Reduce::Mean), [Some(5.0), Some(3.0)]);
        let wide = resample(&values, 8, Reduce::Mean);
        assert_eq!(
            &wide[..5],
            [Some(1.0), Some(1.0), Some(9.0), Some(9.0), None]
        );
        assert_eq!(resample(&[], 2, Reduce::Mean), [None, None]);
    }

    #[test]
    fn a_short_hole_is_bridged_and_a_long_one_is_seen() {
        let values = [Some(1.0), None, Some(2.0), None, None, None];
        let held = hold(&values, 2);
        assert_eq!(
            held,
            [Some(1.0), Some(1.0), Some(2.0), Some(2.0), Some(2.0), None]
        );
    }

    #[test]
    fn an_area_grows_in_eighths_and_a_gap_has_a_dot() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 5, 2));
        let values = [Some(0.0), Some(0.01), Some(8.0), Some(12.0), None];
        let styles = (Style::new(), Style::new());
        draw_area(&mut buffer, Rect::new(0, 0, 5, 2), &values, 16.0, styles);
        assert_eq!(lines(&buffer), ["   ▄ ", " ▁██·"]);
    }

    #[test]
    fn a_stack_is_as_high_as_its_sum() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 3, 4));
        let layer = |glyph, values: [Option<f64>; 3]| Layer {
            glyph,
            style: Style::new(),
            values: values.to_vec(),
        };
        let layers = [
            layer('#', [Some(2.0), Some(0.1), None]),
            layer('=', [Some(2.0), None, None]),
        ];
        draw_stack(
            &mut buffer,
            Rect::new(0, 0, 3, 4),
            &layers,
            4.0,
            Style::new(),
        );
        assert_eq!(lines(&buffer), ["=  ", "=  ", "#  ", "#▁·"]);
    }
}
