//! Going deeper: what Enter opens, from each place where it is pressed.

use wire::ids::CorrelationId;
use wire::profile::SESSION_START;
use wire::query::{ComparedFigure, FigureKind, SuspectKind};
use wire::sql::Fingerprint;

use super::request::{RequestScreen, Tab};
use super::{Above, Focus, RequestsScreen, State};
use crate::action::Effect;
use crate::ask::Ask;
use crate::board::Board;
use crate::dossier::{Dossier, Span};

/// Screens on the stack. Nobody goes back further by key, and each holds what it loaded.
const ABOVE_MAX: usize = 32;

/// Where Enter leads to from a line of a request.
enum Target {
    Request(CorrelationId),
    Line(Tab, usize),
    /// The same of all requests of its route.
    Function(String),
    Statement(Fingerprint),
    Nothing(&'static str),
}

// === impl State ===

impl State {
    pub(super) fn open(&mut self, effects: &mut Vec<Effect>) {
        if self.zoom_drawing() {
            return;
        }
        match self.above.last() {
            None if self.timeline.brush.is_some() => self.take_brush(effects),
            None => match self.timeline.focus {
                // While the spikes are still on their way, the newest is as good as selected.
                Focus::Spikes if self.timeline.selected.is_some() || !self.knows_spikes() => {
                    self.timeline.focus = Focus::Suspects;
                }
                Focus::Spikes => self.notice = Some("no spike to look into".to_owned()),
                Focus::Suspects => self.open_suspect(effects),
            },
            Some(Above::Requests(screen)) => {
                let row = screen.rows().get(screen.cursor.selected);
                match row.map(|row| row.correlation_id) {
                    Some(correlation_id) => self.open_request(correlation_id, effects),
                    None => self.notice = Some("no request to open".to_owned()),
                }
            }
            Some(Above::Request(_)) => self.open_from_request(effects),
            Some(Above::Functions(_)) => self.open_from_functions(),
            Some(Above::Statements(_)) => self.open_statement(effects),
            Some(Above::Statement(_)) => self.open_from_statement(effects),
            Some(Above::Board(_)) => self.open_from_board(effects),
        }
    }

    fn knows_spikes(&self) -> bool {
        self.timeline.spikes.latest().is_some()
    }

    /// From a suspect to what proves it: its request, else its route's requests.
    pub(super) fn open_suspect(&mut self, effects: &mut Vec<Effect>) {
        let Some(answer) = self.timeline.suspects.current() else {
            // Faster than the store: it opens when it comes.
            self.timeline.is_opening = self.timeline.suspects.is_pending() || !self.knows_spikes();
            if !self.timeline.is_opening {
                self.notice = Some("no spike to look into".to_owned());
            }
            return;
        };
        let suspect = answer.suspects.get(self.timeline.suspect_cursor.selected);
        if let Some(suspect) = suspect {
            match suspect.kind {
                // It only waits: what is to be looked into is the request that had the session.
                SuspectKind::Function
                    if suspect.label == SESSION_START && suspect.correlation_id.is_some() => {}
                SuspectKind::Function => {
                    let name = suspect.label.clone();
                    return self.open_functions(Some(name), true, effects);
                }
                SuspectKind::Statement => {
                    let told = suspect.fingerprint;
                    let statement = told.unwrap_or_else(|| wire::sql::fingerprint(&suspect.label));
                    return self.open_statements(Some(statement), effects);
                }
                SuspectKind::Host => {
                    return self.open_board(Board::Hosts, None, effects);
                }
                // Who held the lock was not captured: what is known stands among the locks.
                SuspectKind::LockHolder if suspect.correlation_id.is_none() => {
                    let range = answer.range;
                    return self.open_board(Board::Locks, Some(range), effects);
                }
                _ => {}
            }
        }
        let proof = suspect.map(|suspect| (suspect.correlation_id, suspect.route.clone()));
        match proof {
            Some((Some(correlation_id), _)) => self.open_request(correlation_id, effects),
            Some((None, Some(route))) => self.open_requests(Some(route), effects),
            Some((None, None)) => {
                self.notice = Some("no captured request proves this suspect".to_owned());
            }
            None => self.notice = Some("no suspect to look into".to_owned()),
        }
    }

    pub(super) fn open_request(
        &mut self,
        correlation_id: CorrelationId,
        effects: &mut Vec<Effect>,
    ) {
        let mut screen = RequestScreen::new(correlation_id);
        let ask = Ask::Request { correlation_id };
        let beside = Ask::Comparison { correlation_id };
        let (generations, now) = (&mut self.generations, self.clock_at_us);
        let job = screen.dossier.want(ask, generations, now);
        let beside = screen.comparison.want(beside, generations, now);
        effects.extend(job.into_iter().chain(beside).map(Effect::Ask));
        self.push_screen(Above::Request(Box::new(screen)));
    }

    pub(super) fn open_requests(&mut self, route: Option<String>, effects: &mut Vec<Effect>) {
        if let (Some(Above::Requests(_)), None) = (self.above.last(), &route) {
            self.notice = Some("these are the requests".to_owned());
            return;
        }
        // A suspect's requests are those of its spike, wherever the chart looks.
        let suspects = self.timeline.suspects.current().filter(|_| route.is_some());
        let range = suspects.map_or(self.window.range, |answer| answer.range);
        self.push_screen(Above::Requests(Box::new(RequestsScreen::new(range, route))));
        self.ask_requests(effects);
    }

    pub(super) fn push_screen(&mut self, screen: Above) {
        if self.above.len() == ABOVE_MAX {
            self.above.remove(0);
        }
        self.above.push(screen);
    }

    fn open_from_request(&mut self, effects: &mut Vec<Effect>) {
        let Some(Above::Request(screen)) = self.above.last_mut() else {
            return;
        };
        let Some(dossier) = screen.dossier.current() else {
            self.notice = Some("the request is still on its way".to_owned());
            return;
        };
        let line = screen.cursor().selected;
        let target = match screen.tab {
            Tab::Overview => match dossier.waterfall.get(line).map(|bar| bar.what.clone()) {
                Some(Span::Waited(wait)) => {
                    Target::of(dossier.detail.waited_for[wait].root.correlation_id)
                }
                Some(Span::Statement(statement)) => Target::Line(Tab::Sql, statement),
                Some(Span::Blocked) => Target::Line(Tab::Locks, dossier.first_group()),
                Some(Span::Php) => Target::Line(Tab::Profile, 0),
                Some(Span::Transaction(_)) | None => {
                    Target::Nothing("a transaction leads nowhere else")
                }
            },
            Tab::Sql => match dossier.wait_of(line) {
                Some(wait) => Target::of(dossier.detail.waited_for[wait].root.correlation_id),
                None => match dossier.statements.get(line) {
                    Some(statement) => Target::Statement(statement.fingerprint),
                    None => Target::Nothing("no statement to look into"),
                },
            },
            Tab::Locks => Target::of(dossier.lock_target(line)),
            Tab::Profile => match dossier.functions.get(line) {
                Some(function) => Target::Function(function.name.clone()),
                None => Target::Nothing("no function to look into"),
            },
            Tab::Comparison => Target::of_figure(dossier, screen.figures().get(line)),
            Tab::Metadata => Target::Nothing("nothing to open here"),
        };
        match target {
            Target::Request(id) if id == screen.correlation_id => {
                self.notice = Some("this is that request".to_owned());
            }
            Target::Request(correlation_id) => self.open_request(correlation_id, effects),
            Target::Line(tab, line) => {
                let length = screen.length(tab);
                screen.tab = tab;
                screen.cursor_mut(tab).to(line, length);
            }
            Target::Function(name) => self.open_functions(Some(name), false, effects),
            Target::Statement(statement) => self.open_statements(Some(statement), effects),
            Target::Nothing(reason) => self.notice = Some(reason.to_owned()),
        }
    }
}

// === impl Target ===

impl Target {
    /// Where a figure comes from within the request.
    fn of_figure(dossier: &Dossier, figure: Option<&ComparedFigure>) -> Self {
        let Some(figure) = figure else {
            return Self::Nothing("no figure to look into");
        };
        match figure.kind {
            FigureKind::Wall => Self::Line(Tab::Overview, 0),
            FigureKind::LockWait => Self::Line(Tab::Locks, 0),
            FigureKind::SqlTime | FigureKind::SqlCount => Self::Line(Tab::Sql, 0),
            FigureKind::Queue | FigureKind::Cpu | FigureKind::Memory => {
                Self::Line(Tab::Metadata, 0)
            }
            FigureKind::Statement => {
                let shape = wire::sql::fingerprint(&figure.label);
                let mut statements = dossier.statements.iter();
                match statements.position(|it| it.fingerprint == shape) {
                    Some(line) => Self::Line(Tab::Sql, line),
                    None => Self::Statement(shape),
                }
            }
            FigureKind::Function => {
                let mut functions = dossier.functions.iter();
                match functions.position(|it| it.name == figure.label) {
                    Some(line) => Self::Line(Tab::Profile, line),
                    None => Self::Function(figure.label.clone()),
                }
            }
        }
    }

    fn of(correlation_id: Option<CorrelationId>) -> Self {
        match correlation_id {
            Some(correlation_id) => Self::Request(correlation_id),
            None => Self::Nothing("no captured request is known for this session"),
        }
    }
}
