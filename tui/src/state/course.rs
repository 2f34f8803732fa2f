//! One request's stacks in the order of time, as they are looked at: a stretch, and a box in it.

use std::ops::Range;

use super::icicle::is_in;
use crate::calltree::{Course, Run};

/// Stretches that were zoomed in on; nobody goes back further by key.
const ZOOMS_MAX: usize = 64;

#[derive(Debug)]
pub struct CourseView {
    pub course: Course,
    zooms: Vec<Range<i64>>,
    /// The chosen box is the one at this moment and depth.
    at_us: i64,
    depth: usize,
    /// Boxes with this in their name are marked; empty for none.
    pub wanted: String,
}

// === impl CourseView ===

impl CourseView {
    pub fn new(course: Course) -> Self {
        Self {
            at_us: course.span_us / 2,
            course,
            zooms: Vec::new(),
            depth: 0,
            wanted: String::new(),
        }
    }

    /// What is seen of the request.
    pub fn stretch(&self) -> Range<i64> {
        let whole = 0..self.course.span_us;
        self.zooms.last().cloned().unwrap_or(whole)
    }

    /// How many functions lie above the first row, so that the chosen one is in sight.
    pub fn first(&self, rows: usize) -> usize {
        (self.depth + 1).saturating_sub(rows)
    }

    pub fn runs(&self, columns: usize, rows: usize) -> Vec<Run> {
        self.course
            .runs(self.stretch(), columns, self.first(rows), rows)
    }

    /// The chosen box: where nothing was seen at that depth, the deepest above it.
    pub fn chosen(&self, runs: &[Run], rows: usize) -> Option<Run> {
        let row = self.depth - self.first(rows).min(self.depth);
        let there = runs
            .iter()
            .filter(|run| (run.from_us..run.to_us).contains(&self.at_us));
        let above = there.filter(|run| run.row <= row);
        above.max_by_key(|run| run.row).copied()
    }

    pub fn step(&mut self, lines: isize) {
        let deepest = self.course.depth_at(self.at_us).saturating_sub(1);
        self.depth = self
            .depth
            .min(deepest)
            .saturating_add_signed(lines)
            .min(deepest);
    }

    /// To the box at the left or right, in the same row if there is one.
    pub fn beside(&mut self, columns: usize, rows: usize, is_right: bool) {
        let runs = self.runs(columns, rows);
        let Some(from) = self.chosen(&runs, rows) else {
            // Nothing was seen here: to what was seen nearest.
            let nearest = runs.iter().filter(|run| run.row == 0);
            let nearest = nearest.min_by_key(|run| (run.from_us - self.at_us).abs());
            self.at_us = nearest.map_or(self.at_us, |run| middle(*run));
            return;
        };
        let mut row = runs.iter().filter(|run| run.row == from.row);
        let next = if is_right {
            row.find(|run| run.x > from.x)
        } else {
            row.rfind(|run| run.x < from.x)
        };
        if let Some(run) = next {
            self.at_us = middle(*run);
            self.depth = self.first(rows) + run.row;
        }
    }

    /// In on the chosen box's time.
    pub fn zoom(&mut self, columns: usize, rows: usize) -> Option<&'static str> {
        let runs = self.runs(columns, rows);
        let Some(run) = self.chosen(&runs, rows) else {
            return Some("no stack was seen here");
        };
        let stretch = run.from_us..run.to_us;
        if stretch == self.stretch() {
            return Some("it fills the width already");
        }
        if self.zooms.len() == ZOOMS_MAX {
            self.zooms.remove(0);
        }
        self.zooms.push(stretch);
        None
    }

    /// Out of the last zoom; false if there is none.
    pub fn back(&mut self) -> bool {
        self.zooms.pop().is_some()
    }
}

impl CourseView {
    /// To the first moment at which a marked function was seen, from the begin on.
    pub fn seek(&mut self) -> bool {
        let found = self.course.first_with(|name| is_in(&self.wanted, name));
        if let Some((at_us, depth)) = found {
            if !self.stretch().contains(&at_us) {
                self.zooms.clear();
            }
            (self.at_us, self.depth) = (at_us, depth);
        }
        found.is_some()
    }
}

fn middle(run: Run) -> i64 {
    run.from_us + (run.to_us - run.from_us) / 2
}

#[cfg(test)]
mod tests;
