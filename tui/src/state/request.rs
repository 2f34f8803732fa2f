//! The screen of one request: its tabs, and a cursor in each.

use wire::ids::CorrelationId;
use wire::profile::Function;
use wire::query::{ComparedFigure, FigureKind, RequestComparison};

use crate::dossier::{Dossier, Span};
use crate::fetch::Topic;
use crate::spot::Drawn;
use crate::state::course::CourseView;
use crate::state::cursor::Cursor;
use crate::state::drawing::Drawing;
use crate::state::icicle::Icicle;
use crate::state::slot::Slot;
use crate::vendor::Vendors;

#[derive(Debug)]
pub struct RequestScreen {
    pub correlation_id: CorrelationId,
    pub dossier: Slot<Dossier>,
    /// Beside others of its route. It comes after the request, which does without.
    pub comparison: Slot<RequestComparison>,
    pub tab: Tab,
    pub order: Order,
    /// The profile as a picture, instead of the table.
    pub drawing: Option<Drawing>,
    /// How its functions are to be drawn once they have come.
    pub(super) wanted_drawn: Option<Drawn>,
    cursors: [Cursor; Tab::ALL.len()],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Overview,
    Profile,
    Sql,
    Locks,
    Comparison,
    Metadata,
}

/// What functions are ordered by, the greatest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Exclusive,
    Inclusive,
    Calls,
}

// === impl RequestScreen ===

impl RequestScreen {
    pub fn new(correlation_id: CorrelationId) -> Self {
        Self {
            correlation_id,
            dossier: Slot::new(Topic::Request),
            comparison: Slot::new(Topic::Comparison),
            tab: Tab::Overview,
            order: Order::default(),
            drawing: None,
            wanted_drawn: None,
            cursors: [Cursor::default(); Tab::ALL.len()],
        }
    }

    pub fn cursor(&self) -> Cursor {
        self.cursor_of(self.tab)
    }

    pub fn cursor_of(&self, tab: Tab) -> Cursor {
        self.cursors[tab.index()]
    }

    pub fn cursor_mut(&mut self, tab: Tab) -> &mut Cursor {
        &mut self.cursors[tab.index()]
    }

    /// How many lines a tab's list has.
    pub fn length(&self, tab: Tab) -> usize {
        let Some(dossier) = self.dossier.current() else {
            return 0;
        };
        match tab {
            Tab::Overview => dossier.waterfall.len(),
            Tab::Profile => dossier.functions.len(),
            Tab::Sql => dossier.statements.len(),
            Tab::Locks => dossier.locks.len(),
            Tab::Comparison => self.figures().len(),
            Tab::Metadata => dossier.facts.len(),
        }
    }

    /// Its figures beside the usual ones, the most unusual first; none until they have come.
    pub fn figures(&self) -> &[ComparedFigure] {
        self.comparison.current().map_or(&[], |it| &it.figures)
    }

    /// The figure of this kind that a request has one of.
    pub fn figure(&self, kind: FigureKind) -> Option<&ComparedFigure> {
        self.figures().iter().find(|it| it.kind == kind)
    }

    /// Points at what matters most, so that the first look falls on it: for a request that made
    /// others wait longer than it waited itself, their waiting; else the longest statement.
    pub fn point_at_cause(&mut self) {
        let Some(dossier) = self.dossier.current() else {
            return;
        };
        let waterfall = &dossier.waterfall;
        let row = &dossier.detail.row;
        let blocked = waterfall.iter().position(|bar| bar.what == Span::Blocked);
        let blocked = blocked.filter(|_| row.blocked_us >= row.lock_us);
        let longest = (0..waterfall.len())
            .filter(|index| matches!(waterfall[*index].what, Span::Statement(_)))
            .max_by_key(|index| waterfall[*index].to_us - waterfall[*index].from_us);
        let statement = longest.map(|index| match waterfall[index].what {
            Span::Statement(statement) => statement,
            _ => 0,
        });
        let cause = blocked.or(longest).unwrap_or(0);
        let locking = blocked.and_then(|_| dossier.locking_statement());
        let statement = locking.or(statement).unwrap_or(0);
        let (bars, statements) = (waterfall.len(), dossier.statements.len());
        self.cursor_mut(Tab::Overview).to(cause, bars);
        self.cursor_mut(Tab::Sql).to(statement, statements);
    }

    /// Folds libraries into the functions that called them, or shows them again; a picture is drawn anew.
    pub(super) fn fold(&mut self, vendors: Option<&Vendors>) {
        if let Some(dossier) = self.dossier.current_mut() {
            dossier.fold(vendors);
        }
        self.sort_functions();
        let length = self.length(Tab::Profile);
        self.cursor_mut(Tab::Profile).clamp(length);
        let dossier = self.dossier.current();
        self.drawing = match self.drawing.take() {
            Some(Drawing::Icicle(icicle)) => dossier
                .and_then(Dossier::call_tree)
                .map(|tree| Drawing::Icicle(Box::new(icicle.regrown(tree)))),
            Some(Drawing::Course(_)) => dossier
                .and_then(Dossier::course)
                .map(|course| Drawing::Course(Box::new(CourseView::new(course)))),
            None => None,
        };
    }

    /// How its functions are drawn, or will be.
    pub(super) fn drawn(&self) -> Drawn {
        let drawn = match self.drawing {
            None => Drawn::Table,
            Some(Drawing::Icicle(_)) => Drawn::Icicle,
            Some(Drawing::Course(_)) => Drawn::Course,
        };
        self.wanted_drawn.unwrap_or(drawn)
    }

    /// Draws what a link is of, in whichever tab it is.
    pub(super) fn draw_wanted(&mut self) {
        let tab = self.tab;
        let steps = match self.wanted_drawn.take() {
            None | Some(Drawn::Table) => 0,
            Some(Drawn::Icicle) => 1,
            Some(Drawn::Course) => 2,
        };
        for _ in 0..steps {
            // A profile that can't be drawn so is shown as it can.
            let _ = self.next_picture();
        }
        self.tab = tab;
    }

    // --- Pictures -----------------------------------------------------------------------------

    /// The icicle, or the table again; in words, why there is none.
    pub(super) fn toggle_icicle(&mut self) -> Option<&'static str> {
        let is_drawn = self.tab == Tab::Profile && self.drawing.is_some();
        self.tab = Tab::Profile;
        self.drawing = None;
        if is_drawn {
            return None;
        }
        let Some(dossier) = self.dossier.current() else {
            return Some("the request is still on its way");
        };
        let Some(tree) = dossier.call_tree() else {
            return Some("no function was measured in this request");
        };
        let chosen = dossier.functions.get(self.cursor_of(Tab::Profile).selected);
        let icicle = Icicle::new(tree, chosen.map(|it| it.name.as_str()));
        self.drawing = Some(Drawing::Icicle(Box::new(icicle)));
        None
    }

    /// From the table to the icicle, from there to the order of time, and on to the table.
    pub(super) fn next_picture(&mut self) -> Option<&'static str> {
        let is_icicle = matches!(self.drawing, Some(Drawing::Icicle(_)));
        if self.tab != Tab::Profile || !is_icicle {
            return self.toggle_icicle();
        }
        let course = self.dossier.current().and_then(Dossier::course);
        let is_told = course.is_some();
        self.drawing = course.map(|course| Drawing::Course(Box::new(CourseView::new(course))));
        (!is_told).then_some("call pairs do not tell when: no order of time")
    }

    pub fn reorder(&mut self) {
        self.order = self.order.next();
        self.sort_functions();
    }

    pub fn sort_functions(&mut self) {
        let order = self.order;
        if let Some(dossier) = self.dossier.current_mut() {
            order.sort(&mut dossier.functions);
        }
    }
}

// === impl Tab ===

impl Tab {
    pub const ALL: [Self; 6] = [
        Self::Overview,
        Self::Profile,
        Self::Sql,
        Self::Locks,
        Self::Comparison,
        Self::Metadata,
    ];

    pub fn label(self) -> &'static str {
        match self {
            Self::Overview => "waterfall",
            Self::Profile => "functions",
            Self::Sql => "sql",
            Self::Locks => "locks",
            Self::Comparison => "compare",
            Self::Metadata => "metadata",
        }
    }

    /// The tab `steps` further on, round and round.
    #[must_use]
    pub fn step(self, steps: isize) -> Self {
        let length = Self::ALL.len();
        let next = self.index().wrapping_add_signed(steps).wrapping_add(length) % length;
        Self::ALL[next]
    }

    fn index(self) -> usize {
        Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0)
    }
}

// === impl Order ===

impl Order {
    pub(crate) const ALL: [Self; 3] = [Self::Exclusive, Self::Inclusive, Self::Calls];

    fn next(self) -> Self {
        let at = Self::ALL.iter().position(|order| *order == self);
        Self::ALL[at.map_or(0, |at| (at + 1) % Self::ALL.len())]
    }

    fn sort(self, functions: &mut [Function]) {
        functions.sort_by(|one, two| {
            let key = |function: &Function| match self {
                Self::Exclusive => function.exclusive_us.0,
                Self::Inclusive => function.inclusive_us.0,
                Self::Calls => function.calls,
            };
            key(two)
                .cmp(&key(one))
                .then_with(|| one.name.cmp(&two.name))
        });
    }
}
