//! A selected line in a list, and the first line that is shown of it.

use std::ops::Range;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    pub selected: usize,
    first: usize,
}

// === impl Cursor ===

impl Cursor {
    /// Moves by some lines; stops at the ends.
    pub fn step(&mut self, lines: isize, length: usize) {
        self.selected = self.selected.saturating_add_signed(lines);
        self.clamp(length);
    }

    pub fn to(&mut self, line: usize, length: usize) {
        self.selected = line;
        self.clamp(length);
    }

    /// After the list changed.
    pub fn clamp(&mut self, length: usize) {
        self.selected = self.selected.min(length.saturating_sub(1));
    }

    /// Scrolls no more than it takes to see the selected line in `height` lines.
    pub fn follow(&mut self, length: usize, height: usize) {
        self.first = self.window(length, height).start;
    }

    /// The lines to show.
    pub fn window(&self, length: usize, height: usize) -> Range<usize> {
        let height = height.max(1);
        let selected = self.selected.min(length.saturating_sub(1));
        let lowest = selected.saturating_sub(height - 1);
        let highest = selected.min(length.saturating_sub(height)).max(lowest);
        let first = self.first.clamp(lowest, highest.max(lowest));
        first..length.min(first + height)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_scrolls_only_at_its_edges() {
        let mut cursor = Cursor::default();
        let mut first_lines = Vec::new();
        for step in [2, 1, 1, -1, -3, 99, -1] {
            cursor.step(step, 10);
            cursor.follow(10, 3);
            first_lines.push((cursor.selected, cursor.window(10, 3).start));
        }
        assert_eq!(
            first_lines,
            [(2, 0), (3, 1), (4, 2), (3, 2), (0, 0), (9, 7), (8, 7)]
        );
    }

    proptest! {
        #[test]
        fn the_selected_line_is_always_shown(
            selected in 0usize..200,
            first in 0usize..200,
            length in 1usize..200,
            height in 0usize..50,
        ) {
            let mut cursor = Cursor { selected, first };
            cursor.clamp(length);
            let window = cursor.window(length, height);
            prop_assert!(window.contains(&cursor.selected));
            prop_assert!(window.end <= length && window.len() <= height.max(1));
        }
    }
}
