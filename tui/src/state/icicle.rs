//! A call tree that is looked at: which box is chosen, what was zoomed in on, and what is searched for.

use crate::calltree::{CallTree, Picture};

#[derive(Debug)]
pub struct Icicle {
    pub tree: CallTree,
    /// The nodes that were zoomed on, the innermost last.
    pub zooms: Vec<usize>,
    pub selected: Option<usize>,
    /// Boxes with this in their name are marked; empty for none.
    wanted: String,
    /// Which these are.
    marked: Vec<bool>,
}

// === impl Icicle ===

impl Icicle {
    /// With the chosen function where it takes most, so that the eye finds it again.
    pub fn new(tree: CallTree, chosen: Option<&str>) -> Self {
        let mut icicle = Self {
            selected: tree.roots.first().copied(),
            zooms: Vec::new(),
            wanted: String::new(),
            marked: Vec::new(),
            tree,
        };
        let place = chosen.and_then(|name| icicle.longest(|it| it == name));
        icicle.selected = place.or(icicle.selected);
        icicle
    }

    /// The same of a newer tree: what was chosen, zoomed in on and searched for stays, as far as it is there.
    #[must_use]
    pub fn regrown(&self, tree: CallTree) -> Self {
        let there = |node: usize| tree.at(&self.tree.names_to(node));
        let selected = self.selected.and_then(there);
        let zooms = self.zooms.iter().map_while(|node| there(*node)).collect();
        let mut icicle = Self {
            selected: selected.or(tree.roots.first().copied()),
            zooms,
            ..Self::new(tree, None)
        };
        icicle.want(&self.wanted);
        icicle
    }

    pub fn picture(&self, columns: usize, rows: usize) -> Picture {
        Picture::of(&self.tree, self.zooms.last().copied(), columns, rows)
    }

    pub fn zoom(&mut self) -> Option<&'static str> {
        match self.selected {
            Some(node) if self.zooms.last() == Some(&node) => Some("it fills the width already"),
            Some(node) => {
                self.zooms.push(node);
                None
            }
            None => Some("nothing to zoom in on"),
        }
    }

    /// Out of the last zoom; false if there is none.
    pub fn back(&mut self) -> bool {
        match self.zooms.pop() {
            Some(node) => {
                self.selected = Some(node);
                true
            }
            None => false,
        }
    }

    /// Up or down by so many boxes.
    pub fn step(&mut self, lines: isize, picture: &Picture) {
        // A picture has no more rows than a screen has lines.
        for _ in 0..lines.unsigned_abs().min(usize::from(u16::MAX)) {
            let before = self.selected;
            if lines > 0 {
                self.down(picture);
            } else {
                self.up(picture);
            }
            if self.selected == before {
                break;
            }
        }
    }

    fn down(&mut self, picture: &Picture) {
        let below = self
            .selected
            .and_then(|node| picture.below(&self.tree, node));
        self.selected = below.or(self.selected);
    }

    fn up(&mut self, picture: &Picture) {
        let parent = self
            .selected
            .and_then(|node| self.tree.nodes.get(node)?.parent);
        let drawn = parent.filter(|node| picture.position(*node).is_some());
        self.selected = drawn.or(self.selected);
    }

    pub fn beside(&mut self, picture: &Picture, is_right: bool) {
        let beside = self
            .selected
            .and_then(|node| picture.beside(node, is_right));
        self.selected = beside.or(self.selected);
    }

    // --- Searching ----------------------------------------------------------------------------

    pub fn wanted(&self) -> &str {
        &self.wanted
    }

    pub fn want(&mut self, text: &str) {
        text.clone_into(&mut self.wanted);
        let nodes = 0..self.tree.nodes.len();
        self.marked = nodes
            .map(|node| is_in(text, self.tree.name(node)))
            .collect();
    }

    pub fn is_wanted(&self, node: usize) -> bool {
        self.marked.get(node).copied().unwrap_or(false)
    }

    /// The share of the time that marked boxes have, none of them counted within another.
    pub fn wanted_share(&self) -> f64 {
        let outermost = (0..self.tree.nodes.len()).filter(|node| {
            let is_first = |it: usize| it == *node || !self.is_wanted(it);
            self.is_wanted(*node) && self.tree.path(*node).all(is_first)
        });
        let time: f64 = outermost.map(|node| self.tree.nodes[node].time_us).sum();
        time / self.tree.total_us.max(1.0)
    }

    pub fn wanted_count(&self) -> usize {
        self.marked.iter().filter(|is_marked| **is_marked).count()
    }

    /// To the longest box with the text in its name.
    pub fn seek(&mut self) -> bool {
        let found = self.longest(|name| is_in(&self.wanted, name));
        self.selected = found.or(self.selected);
        // A box that the zoom has cut away is not seen: the whole is shown again.
        let is_below =
            |zoom: &usize| found.is_some_and(|it| self.tree.path(it).any(|on| on == *zoom));
        self.zooms.retain(is_below);
        found.is_some()
    }

    fn longest(&self, is_it: impl Fn(&str) -> bool) -> Option<usize> {
        let nodes = 0..self.tree.nodes.len();
        let found = nodes.filter(|node| is_it(self.tree.name(*node)));
        found.max_by(|a, b| {
            let time = |node: &usize| self.tree.nodes[*node].time_us;
            time(a).total_cmp(&time(b)).then_with(|| b.cmp(a))
        })
    }
}

/// Whether a name has what is searched for, whatever the case of its letters.
pub fn is_in(wanted: &str, name: &str) -> bool {
    let wanted = wanted.trim();
    !wanted.is_empty() && name.to_lowercase().contains(&wanted.to_lowercase())
}

#[cfg(test)]
mod tests;
