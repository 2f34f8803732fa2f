//! The screen of functions: where the time of many requests went, and against which baseline.
//!
//! ```text
//! table   functions beside the callers and callees of the chosen one
//! icicle  the call tree from above, an estimate from call pairs
//! ```

use wire::query::FunctionGraph;
use wire::time::Instant;

use super::cursor::Cursor;
use super::drawing::Drawing;
use super::icicle::Icicle;
use super::pace::Pace;
use super::slot::{Generation, Generations, Slot};
use super::subject::Subject;
use crate::ask::Trouble;
use crate::ask::stacks::Stacks;
use crate::callgraph::{self, CallGraph, Line, Order, Side};
use crate::calltree::CallTree;
use crate::fetch::{Job, Topic};
use crate::vendor::Vendors;

/// Functions that were looked at before, to go back to. Nobody goes back further by key.
const TRAIL_MAX: usize = 64;

#[derive(Debug)]
pub struct FunctionsScreen {
    pub subject: Subject,
    pub graph: Slot<CallGraph>,
    /// The baseline's; asked for when it is first compared.
    pub before: Slot<CallGraph>,
    pub is_compared: bool,
    pub order: Order,
    pub pane: Pane,
    pub cursor: Cursor,
    /// In the callers and then the callees of the chosen function.
    pub around_cursor: Cursor,
    pub drawing: Option<Drawing>,
    /// Whole stacks, where profiles were sampled; asked for when they are first drawn.
    pub stacks: Slot<Stacks>,
    pub(super) pace: Pace,
    /// Whose functions are folded.
    vendors: Option<Vendors>,
    /// In the chosen order.
    pub lines: Vec<Line>,
    /// The chosen function, which may have to arrive yet.
    pub chosen: Option<String>,
    trail: Vec<String>,
    /// To be grown once the functions have come.
    pub is_icicle_wanted: bool,
}

/// Where the keys move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    Functions,
    Around,
}

// === impl FunctionsScreen ===

impl FunctionsScreen {
    pub fn new(subject: Subject, chosen: Option<String>, is_compared: bool) -> Self {
        Self {
            is_compared: is_compared && subject.baseline.is_some(),
            subject,
            graph: Slot::new(Topic::Functions),
            before: Slot::new(Topic::FunctionsBefore),
            order: if is_compared {
                Order::Change
            } else {
                Order::default()
            },
            pane: Pane::Functions,
            cursor: Cursor::default(),
            around_cursor: Cursor::default(),
            drawing: None,
            stacks: Slot::new(Topic::Stacks),
            pace: Pace::default(),
            vendors: None,
            lines: Vec::new(),
            chosen,
            trail: Vec::new(),
            is_icicle_wanted: false,
        }
    }

    pub fn is_waiting_for(&self, generation: Generation) -> bool {
        self.graph.is_waiting_for(generation) || self.before.is_waiting_for(generation)
    }

    /// Takes an answer that one of the two waits for.
    pub fn take(&mut self, generation: Generation, answer: FunctionGraph, now: Instant) -> bool {
        let slot = if self.graph.is_waiting_for(generation) {
            &mut self.graph
        } else if self.before.is_waiting_for(generation) {
            &mut self.before
        } else {
            return false;
        };
        let mut graph = CallGraph::new(answer);
        graph.fold(self.vendors.as_ref());
        slot.accept(graph, now);
        self.arrange();
        let is_wanted = self.is_icicle_wanted && self.graph.current().is_some();
        if self.drawing.is_some() || is_wanted {
            self.is_icicle_wanted = false;
            self.grow_icicle();
        }
        true
    }

    pub fn fail(&mut self, generation: Generation, trouble: &Trouble) -> bool {
        self.graph.fail_if(generation, trouble)
            | self.before.fail_if(generation, trouble)
            | self.stacks.fail_if(generation, trouble)
    }

    pub fn retry(&mut self, generations: &mut Generations, now: Instant) -> Vec<Job> {
        let jobs = [
            self.graph.retry(generations, now),
            self.before.retry(generations, now),
            self.stacks.retry(generations, now),
        ];
        jobs.into_iter().flatten().collect()
    }

    /// As it is to be seen, if it is there.
    pub fn seen(&self) -> Option<&CallGraph> {
        self.graph
            .shown(self.pace.is_renewing())
            .map(CallGraph::seen)
    }

    /// The baseline's graph, where it is compared with and there.
    pub fn baseline(&self) -> Option<&CallGraph> {
        let before = self.before.shown(self.pace.is_renewing());
        let before = before.filter(|_| self.is_compared);
        before.map(CallGraph::seen)
    }

    /// Folds libraries, or shows them again.
    pub(super) fn fold(&mut self, vendors: Option<&Vendors>) {
        self.vendors = vendors.cloned();
        let graphs = [self.graph.current_mut(), self.before.current_mut()];
        for graph in graphs.into_iter().flatten() {
            graph.fold(vendors);
        }
        self.arrange();
        if self.drawing.is_some() {
            self.grow_icicle();
        }
    }

    /// Puts the lines in order; the chosen function stays chosen.
    pub fn arrange(&mut self) {
        let Some(graph) = self.seen() else {
            return;
        };
        self.lines = match self.baseline() {
            Some(before) => callgraph::changes(graph, before),
            None => callgraph::totals(graph),
        };
        let has_baseline = self.baseline().is_some();
        // Until the baseline has come there is no change to order by.
        let order = match self.order {
            Order::Change if !has_baseline => Order::SelfTime,
            order => order,
        };
        order.sort(&mut self.lines);
        if let Some(chosen) = &self.chosen {
            let place = self.lines.iter().position(|line| line.name == *chosen);
            // A function that only the baseline has comes with it.
            if let Some(place) = place {
                self.cursor.to(place, self.lines.len());
            }
        }
        self.cursor.clamp(self.lines.len());
        let length = self.around_length();
        self.around_cursor.clamp(length);
    }

    pub fn line(&self) -> Option<&Line> {
        self.lines.get(self.cursor.selected)
    }

    /// The callers or callees of the chosen function.
    pub fn around(&self, side: Side) -> Vec<Line> {
        match (self.seen(), self.line()) {
            (Some(graph), Some(line)) => {
                callgraph::around(graph, self.baseline(), &line.name, side)
            }
            _ => Vec::new(),
        }
    }

    fn around_length(&self) -> usize {
        self.around(Side::Callers).len() + self.around(Side::Callees).len()
    }

    pub fn step(&mut self, lines: isize) {
        match self.pane {
            Pane::Functions => {
                let length = self.lines.len();
                self.cursor.step(lines, length);
                self.chosen = self.line().map(|line| line.name.clone());
                self.around_cursor = Cursor::default();
                self.trail.clear();
            }
            Pane::Around => {
                let length = self.around_length();
                self.around_cursor.step(lines, length);
            }
        }
    }

    /// From the table to the chosen function's callers and callees; from one of these to its own.
    pub fn open(&mut self) -> Option<&'static str> {
        if self.line().is_none() {
            return Some("no function to look into");
        }
        if self.pane == Pane::Functions {
            self.pane = Pane::Around;
            return (self.around_length() == 0).then_some("nothing calls it, and it calls nothing");
        }
        let mut around = self.around(Side::Callers);
        around.extend(self.around(Side::Callees));
        let Some(neighbour) = around.into_iter().nth(self.around_cursor.selected) else {
            return Some("no function to look into");
        };
        let Some(place) = self
            .lines
            .iter()
            .position(|line| line.name == neighbour.name)
        else {
            return Some("the store has left that function out of its answer");
        };
        let left = self.line().map(|line| line.name.clone());
        if self.trail.len() == TRAIL_MAX {
            self.trail.remove(0);
        }
        self.trail.extend(left);
        self.choose(place);
        None
    }

    fn choose(&mut self, place: usize) {
        self.cursor.to(place, self.lines.len());
        self.chosen = self.line().map(|line| line.name.clone());
        self.around_cursor = Cursor::default();
    }

    /// One step back within the screen, if there is one.
    pub fn back(&mut self) -> bool {
        if let Some(name) = self.trail.pop() {
            if let Some(place) = self.lines.iter().position(|line| line.name == name) {
                self.choose(place);
            }
            return true;
        }
        let was_around = self.pane == Pane::Around;
        self.pane = Pane::Functions;
        was_around
    }

    pub fn set_compared(&mut self, is_compared: bool) {
        self.is_compared = is_compared;
        self.order = if is_compared {
            Order::Change
        } else {
            Order::default()
        };
        self.arrange();
        if self.drawing.is_some() {
            self.grow_icicle();
        }
    }

    /// To the table at the left, or to what is around the chosen function.
    pub fn look_aside(&mut self, is_right: bool) {
        self.pane = if is_right {
            Pane::Around
        } else {
            Pane::Functions
        };
    }

    pub fn switch_pane(&mut self) {
        self.pane = match self.pane {
            Pane::Functions => Pane::Around,
            Pane::Around => Pane::Functions,
        };
    }

    pub fn reorder(&mut self, steps: isize) {
        let has_baseline = self.baseline().is_some();
        self.order = self.order.step(steps, has_baseline);
        if self.trail.is_empty() && self.pane == Pane::Functions {
            // A new order is read from its top.
            self.chosen = None;
            self.cursor = Cursor::default();
        }
        self.arrange();
    }

    // --- The icicle ---------------------------------------------------------------------------

    pub fn toggle_icicle(&mut self) {
        if self.drawing.take().is_none() {
            self.grow_icicle();
        }
    }

    fn grow_icicle(&mut self) {
        let Some(graph) = self.seen() else {
            return;
        };
        let stacks = self.stacks.current().filter(|it| !it.profiles.is_empty());
        let tree = match (self.baseline(), stacks) {
            // Of the baseline there are pairs alone: like is compared with like.
            (Some(before), _) => {
                let mut tree = CallTree::of(graph);
                tree.compare(&CallTree::of(before));
                tree
            }
            (None, Some(stacks)) if graph.is_sampled() => {
                CallTree::of_stacks(&stacks.profiles, self.vendors.as_ref())
            }
            (None, _) => CallTree::of(graph),
        };
        let icicle = match self.drawing.as_ref().and_then(Drawing::icicle) {
            Some(icicle) => icicle.regrown(tree),
            None => Icicle::new(tree, self.chosen.as_deref()),
        };
        self.drawing = Some(Drawing::Icicle(Box::new(icicle)));
    }

    /// Whole stacks are worth asking for: there are some, and a picture to draw of them.
    pub(super) fn wants_stacks(&self) -> bool {
        let is_sampled = self.graph.current().is_some_and(CallGraph::is_sampled);
        is_sampled && self.drawing.is_some()
    }

    pub(super) fn take_stacks(&mut self, answer: Stacks, now: Instant) {
        self.stacks.accept(answer, now);
        if self.drawing.is_some() {
            self.grow_icicle();
        }
    }

    /// To the first function that is it, in the table's order.
    pub(super) fn seek(&mut self, is_it: impl Fn(&str) -> bool) -> bool {
        let place = self.lines.iter().position(|line| is_it(&line.name));
        if let Some(place) = place {
            self.pane = Pane::Functions;
            self.choose(place);
        }
        place.is_some()
    }
}
