//! One line of text that the operator types, with the place where he types.

use std::ops::Range;

/// The longest line, in bytes: as much as the store takes for a filter.
pub const BYTES_MAX: usize = 2_000;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    text: String,
    /// A byte index on a character's edge.
    at: usize,
}

// === impl Line ===

impl Line {
    /// A line with the cursor at its end.
    pub fn new(text: &str) -> Self {
        let mut line = Self::default();
        line.insert(text);
        line
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor, and what behind it.
    pub fn halves(&self) -> (&str, &str) {
        self.text.split_at(self.at)
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Puts text in at the cursor. False if some of it was left out: control characters, and what
    /// is beyond the longest line.
    pub fn insert(&mut self, text: &str) -> bool {
        let mut is_whole = true;
        for character in text.chars() {
            if character.is_control() || self.text.len() + character.len_utf8() > BYTES_MAX {
                is_whole = false;
                continue;
            }
            self.text.insert(self.at, character);
            self.at += character.len_utf8();
        }
        is_whole
    }

    pub fn delete_before(&mut self) {
        if let Some(character) = self.halves().0.chars().next_back() {
            self.remove(self.at - character.len_utf8()..self.at);
        }
    }

    pub fn delete_behind(&mut self) {
        if let Some(character) = self.halves().1.chars().next() {
            self.remove(self.at..self.at + character.len_utf8());
        }
    }

    /// The word before the cursor, with the blanks behind it.
    pub fn delete_word(&mut self) {
        let before = self.halves().0;
        let word = before.trim_end();
        let from = word
            .char_indices()
            .rev()
            .find(|(_, character)| character.is_whitespace())
            .map_or(0, |(index, blank)| index + blank.len_utf8());
        self.remove(from..self.at);
    }

    pub fn delete_to_begin(&mut self) {
        self.remove(0..self.at);
    }

    pub fn delete_to_end(&mut self) {
        self.text.truncate(self.at);
    }

    pub fn left(&mut self) {
        let before = self.halves().0.chars().next_back();
        self.at -= before.map_or(0, char::len_utf8);
    }

    pub fn right(&mut self) {
        let behind = self.halves().1.chars().next();
        self.at += behind.map_or(0, char::len_utf8);
    }

    pub fn to_begin(&mut self) {
        self.at = 0;
    }

    pub fn to_end(&mut self) {
        self.at = self.text.len();
    }

    fn remove(&mut self, range: Range<usize>) {
        self.at = range.start;
        self.text.replace_range(range, "");
    }
}

#[cfg(test)]
mod tests;
