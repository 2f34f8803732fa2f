//! Where a tree's nodes stand in an icicle of so many columns and rows: pure arithmetic.
//!
//! ```text
//! │main()                                                     the whole, or the node that is zoomed on
//! │App::handle                                    │boot       children from the left, self time at the right
//! │Cart::total          │… 400 more (53 %)        │           what is too narrow, in one cell
//! ```

use super::{CallTree, Rest};

/// One box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    pub row: usize,
    pub x: usize,
    pub columns: usize,
    pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    Node(usize),
    More(Rest),
}

/// All boxes, row by row from the left.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    pub cells: Vec<Cell>,
    /// What is less than a column's half, so that it has no box at all.
    pub undrawn: Rest,
}

// === impl Picture ===

impl Picture {
    pub fn of(tree: &CallTree, zoom: Option<usize>, columns: usize, rows: usize) -> Self {
        let mut picture = Self::default();
        if columns == 0 {
            return picture;
        }
        let zoom = zoom.filter(|node| *node < tree.nodes.len());
        let mut row: Vec<Cell> = match zoom {
            Some(node) => vec![Cell {
                row: 0,
                x: 0,
                columns,
                what: What::Node(node),
            }],
            None => picture.divide(tree, &tree.roots, tree.rest, 0.0, (0, 0, columns)),
        };
        while !row.is_empty() && row[0].row < rows {
            let mut next = Vec::new();
            for cell in &row {
                if let What::Node(node) = cell.what {
                    let node = &tree.nodes[node];
                    let place = (cell.row + 1, cell.x, cell.columns);
                    if place.0 < rows {
                        next.extend(picture.divide(
                            tree,
                            &node.children,
                            node.rest,
                            node.self_us,
                            place,
                        ));
                    }
                }
            }
            picture.cells.append(&mut row);
            row = next;
        }
        picture
    }

    /// The boxes of one node's children, below it.
    fn divide(
        &mut self,
        tree: &CallTree,
        children: &[usize],
        mut rest: Rest,
        self_us: f64,
        (row, x, columns): (usize, usize, usize),
    ) -> Vec<Cell> {
        let times = children.iter().map(|node| tree.nodes[*node].time_us);
        let whole_us = times.clone().sum::<f64>() + rest.time_us + self_us;
        // Who has no whole column shares a box: single columns would be many and say nothing.
        let column_us = whole_us / columns.max(1) as f64;
        let mut shown = Vec::new();
        let mut parts = Vec::new();
        for (child, time_us) in children.iter().zip(times) {
            if time_us >= column_us && time_us > 0.0 {
                shown.push(*child);
                parts.push(time_us);
            } else {
                rest.add(time_us);
            }
        }
        parts.extend([rest.time_us, self_us]);
        let widths = columns_of(&parts, columns);
        let mut cells = Vec::new();
        let mut at = x;
        let nodes = shown.iter().map(|node| {
            (
                What::Node(*node),
                Rest {
                    count: 1,
                    time_us: tree.nodes[*node].time_us,
                },
            )
        });
        for ((what, weight), columns) in nodes.chain([(What::More(rest), rest)]).zip(widths) {
            if columns == 0 {
                self.undrawn.count += weight.count;
                self.undrawn.time_us += weight.time_us;
                continue;
            }
            cells.push(Cell {
                row,
                x: at,
                columns,
                what,
            });
            at += columns;
        }
        cells
    }

    /// The node drawn next to one in its row, to the left or right.
    pub fn beside(&self, node: usize, is_right: bool) -> Option<usize> {
        let at = self.position(node)?;
        let row = self.cells[at].row;
        let nodes = |cell: &Cell| match cell.what {
            What::Node(node) if cell.row == row => Some(node),
            _ => None,
        };
        if is_right {
            self.cells[at + 1..].iter().find_map(nodes)
        } else {
            self.cells[..at].iter().rev().find_map(nodes)
        }
    }

    /// The longest of a node's children that is drawn.
    pub fn below(&self, tree: &CallTree, node: usize) -> Option<usize> {
        let mut children = tree.nodes.get(node)?.children.iter().copied();
        children.find(|child| self.position(*child).is_some())
    }

    pub fn position(&self, node: usize) -> Option<usize> {
        let mut cells = self.cells.iter();
        cells.position(|cell| cell.what == What::Node(node))
    }
}

/// Columns for parts of a whole, without a lost one: each gets the whole number of its share, and the
/// largest remainders get one more. The parts' sum is the whole; both are in the same unit.
fn columns_of(parts: &[f64], columns: usize) -> Vec<usize> {
    let whole: f64 = parts.iter().sum();
    if whole <= 0.0 {
        return vec![0; parts.len()];
    }
    let exact = |part: &f64| part / whole * columns as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to the columns of a screen"
    )]
    let mut given: Vec<usize> = parts
        .iter()
        .map(|part| exact(part).floor() as usize)
        .collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    let remainder = |place: usize| exact(&parts[place]).fract();
    order.sort_by(|a, b| {
        remainder(*b)
            .total_cmp(&remainder(*a))
            .then_with(|| a.cmp(b))
    });
    let left = columns.saturating_sub(given.iter().sum());
    for place in order.into_iter().take(left) {
        given[place] += 1;
    }
    given
}

#[cfg(test)]
mod tests;
