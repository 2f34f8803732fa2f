//! What keys and answers do on the screens of functions and of statements.

use wire::query::{FunctionGraph, StatementDetail, Statements};
use wire::sql::Fingerprint;
use wire::time::{Micros, Range};

use super::functions::FunctionsScreen;
use super::pace::Pace;
use super::slot::Generation;
use super::statement::StatementScreen;
use super::statements::StatementsScreen;
use super::subject::Subject;
use super::{Above, RequestsScreen, State};
use crate::action::Effect;
use crate::ask::Ask;
use crate::ask::stacks::Stacks;
use crate::view::layout;

/// How long a live screen of functions or statements stays as it is at least: each answer costs the store more than
/// a chart does.
const RENEWED_AFTER: Micros = Micros::from_seconds(10);

// === impl State ===

impl State {
    /// The functions of what is in sight, or of the spike at one that is suspected.
    pub(super) fn open_functions(
        &mut self,
        chosen: Option<String>,
        is_compared: bool,
        effects: &mut Vec<Effect>,
    ) {
        if let (Some(Above::Functions(_)), None) = (self.above.last(), &chosen) {
            self.notice = Some("these are the functions".to_owned());
            return;
        }
        let subject = self.subject_of(chosen.is_some() && is_compared);
        let mut screen = FunctionsScreen::new(subject, chosen, is_compared);
        screen.fold(self.folded().as_ref());
        screen.pace = self.pace_of(screen.subject.range);
        self.push_screen(Above::Functions(Box::new(screen)));
        self.ask_profiles(effects);
    }

    pub(super) fn open_statements(
        &mut self,
        chosen: Option<Fingerprint>,
        effects: &mut Vec<Effect>,
    ) {
        if let (Some(Above::Statements(_)), None) = (self.above.last(), chosen) {
            self.notice = Some("these are the statements".to_owned());
            return;
        }
        let subject = self.subject_of(chosen.is_some() && self.above.is_empty());
        let mut screen = StatementsScreen::new(subject, chosen);
        screen.pace = self.pace_of(screen.subject.range);
        self.push_screen(Above::Statements(Box::new(screen)));
        self.ask_profiles(effects);
    }

    /// A suspect's time is its spike's, wherever the chart looks.
    fn subject_of(&self, is_suspect: bool) -> Subject {
        let spike = self.spike_subject().filter(|_| is_suspect);
        spike.unwrap_or_else(|| self.subject())
    }

    /// Asks what the screen in front is about.
    pub(super) fn ask_profiles(&mut self, effects: &mut Vec<Effect>) {
        let (project, now) = (self.project.clone(), self.clock_at_us);
        let generations = &mut self.generations;
        let jobs = match self.above.last_mut() {
            Some(Above::Functions(screen)) => {
                screen.pace = screen.pace.asked();
                let ask = |range: Range| Ask::FunctionGraph {
                    range,
                    project: project.clone(),
                    route: screen.subject.route.clone(),
                };
                let baseline = screen.subject.baseline.filter(|_| screen.is_compared);
                let before = baseline.map(ask);
                let job = screen
                    .graph
                    .want(ask(screen.subject.range), generations, now);
                let before = before.and_then(|ask| screen.before.want(ask, generations, now));
                [job, before]
            }
            Some(Above::Statements(screen)) => {
                screen.pace = screen.pace.asked();
                let ask = |range: Range| Ask::Statements {
                    range,
                    project: project.clone(),
                    route: screen.subject.route.clone(),
                };
                let before = screen.subject.baseline.map(ask);
                let job = screen
                    .page
                    .want(ask(screen.subject.range), generations, now);
                let before = before.and_then(|ask| screen.before.want(ask, generations, now));
                [job, before]
            }
            Some(Above::Statement(screen)) => {
                let ask = Ask::Statement {
                    range: screen.subject.range,
                    project,
                    route: screen.subject.route.clone(),
                    fingerprint: screen.line.row.fingerprint,
                };
                [screen.detail.want(ask, generations, now), None]
            }
            _ => return,
        };
        effects.extend(jobs.into_iter().flatten().map(Effect::Ask));
    }

    /// The range has changed: the screen in front goes along.
    pub(super) fn move_profiles(&mut self, effects: &mut Vec<Effect>) {
        let moved = Subject::of_range(self.window.range, self.data());
        let is_live = self.window.is_live;
        let (subject, pace) = match self.above.last_mut() {
            Some(Above::Functions(screen)) => (&mut screen.subject, &mut screen.pace),
            Some(Above::Statements(screen)) => (&mut screen.subject, &mut screen.pace),
            _ => return,
        };
        *pace = Pace::of(is_live);
        let route = subject.route.take();
        *subject = Subject { route, ..moved };
        self.ask_profiles(effects);
    }

    /// A live screen of the range in sight goes along with the clock. One of a spike, or of another time, stays. What
    /// is there is seen until what is newer has come.
    pub(super) fn renew_profiles(&mut self, effects: &mut Vec<Effect>) {
        let told_at = match self.above.last() {
            Some(Above::Functions(screen)) if screen.pace.follows() => {
                screen.graph.latest().map(|it| it.at_us)
            }
            Some(Above::Statements(screen)) if screen.pace.follows() => {
                screen.page.latest().map(|it| it.at_us)
            }
            _ => return,
        };
        if told_at.is_none_or(|told_at| told_at + RENEWED_AFTER > self.clock_at_us) {
            return;
        }
        self.move_profiles(effects);
        match self.above.last_mut() {
            Some(Above::Functions(screen)) => screen.pace = Pace::Renewing,
            Some(Above::Statements(screen)) => screen.pace = Pace::Renewing,
            _ => {}
        }
    }

    /// Whether a screen that is about a range goes along with the clock.
    fn pace_of(&self, range: Range) -> Pace {
        Pace::of(self.window.is_live && range == self.window.range)
    }

    pub(super) fn take_graph(
        &mut self,
        generation: Generation,
        answer: FunctionGraph,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let now = self.clock_at_us;
        let waiting = self.above.iter_mut().find_map(|screen| match screen {
            Above::Functions(screen) if screen.is_waiting_for(generation) => Some(screen),
            _ => None,
        });
        let Some(screen) = waiting else {
            return false;
        };
        screen.take(generation, answer, now);
        self.ask_stacks(effects);
        self.scroll();
        effects.push(Effect::Draw);
        true
    }

    pub(super) fn take_statements(
        &mut self,
        generation: Generation,
        answer: Statements,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let now = self.clock_at_us;
        let waiting = self.above.iter_mut().find_map(|screen| match screen {
            Above::Statements(screen) if screen.is_waiting_for(generation) => Some(screen),
            _ => None,
        });
        let Some(screen) = waiting else {
            return false;
        };
        screen.take(generation, answer, now);
        self.open_wanted_statement(effects);
        self.scroll();
        effects.push(Effect::Draw);
        true
    }

    /// Looks into the statement that a link is of, when its list has come.
    fn open_wanted_statement(&mut self, effects: &mut Vec<Effect>) {
        let Some(Above::Statements(screen)) = self.above.last_mut() else {
            return;
        };
        if !screen.is_opening || screen.page.is_pending() || screen.before.is_pending() {
            return;
        }
        screen.is_opening = false;
        let found = screen.line().map(|line| line.row.fingerprint);
        match screen.chosen {
            Some(chosen) if found != Some(chosen) => {
                let words = format!("no request of this range issued statement {chosen}");
                self.notice = Some(words);
            }
            _ => {
                self.open_statement(effects);
                self.goes_on();
            }
        }
    }

    pub(super) fn take_statement(
        &mut self,
        generation: Generation,
        answer: StatementDetail,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let now = self.clock_at_us;
        let waiting = self.above.iter_mut().find_map(|screen| match screen {
            Above::Statement(screen) if screen.detail.is_waiting_for(generation) => Some(screen),
            _ => None,
        });
        let Some(screen) = waiting else {
            return false;
        };
        screen.detail.accept(answer, now);
        effects.push(Effect::Draw);
        true
    }

    // --- Keys ---------------------------------------------------------------------------------

    pub(super) fn compare(&mut self, effects: &mut Vec<Effect>) {
        let Some(Above::Functions(screen)) = self.above.last_mut() else {
            return;
        };
        if screen.subject.baseline.is_none() {
            self.notice = Some("there is no data before this range to compare with".to_owned());
            return;
        }
        screen.set_compared(!screen.is_compared);
        if screen.is_compared && screen.before.current().is_none() {
            self.ask_profiles(effects);
        }
    }

    pub(super) fn step_functions(&mut self, lines: isize) {
        if let Some(Above::Functions(screen)) = self.above.last_mut() {
            screen.step(lines);
        }
    }

    /// The whole stacks of what the screen of functions is about, where it draws some.
    pub(super) fn ask_stacks(&mut self, effects: &mut Vec<Effect>) {
        let (project, now) = (self.project.clone(), self.clock_at_us);
        let Some(Above::Functions(screen)) = self.above.last_mut() else {
            return;
        };
        let ask = Ask::Stacks {
            range: screen.subject.range,
            project,
            route: screen.subject.route.clone(),
        };
        let is_there = screen.stacks.latest().is_some_and(|it| it.ask == ask);
        if screen.wants_stacks() && !is_there {
            let job = screen.stacks.want(ask, &mut self.generations, now);
            effects.extend(job.map(Effect::Ask));
        }
    }

    pub(super) fn take_stacks(
        &mut self,
        generation: Generation,
        answer: Stacks,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let now = self.clock_at_us;
        let waiting = self.above.iter_mut().find_map(|screen| match screen {
            Above::Functions(screen) if screen.stacks.is_waiting_for(generation) => Some(screen),
            _ => None,
        });
        let Some(screen) = waiting else {
            return false;
        };
        screen.take_stacks(answer, now);
        effects.push(Effect::Draw);
        true
    }

    pub(super) fn open_from_functions(&mut self) {
        if let Some(Above::Functions(screen)) = self.above.last_mut() {
            self.notice = screen.open().map(str::to_owned);
        }
    }

    pub(super) fn open_statement(&mut self, effects: &mut Vec<Effect>) {
        let Some(Above::Statements(screen)) = self.above.last() else {
            return;
        };
        let Some(line) = screen.line() else {
            self.notice = Some("no statement to look into".to_owned());
            return;
        };
        let screen = StatementScreen::new(screen.subject.clone(), line.clone());
        self.push_screen(Above::Statement(Box::new(screen)));
        self.ask_profiles(effects);
    }

    pub(super) fn open_from_statement(&mut self, effects: &mut Vec<Effect>) {
        let Some(Above::Statement(screen)) = self.above.last() else {
            return;
        };
        let mut requests = RequestsScreen::new(screen.subject.range, screen.subject.route.clone());
        requests.fingerprint = Some(screen.line.row.fingerprint);
        self.push_screen(Above::Requests(Box::new(requests)));
        self.ask_requests(effects);
    }

    pub(super) fn step_statement(&mut self, lines: isize) {
        let body = layout::frame(self).body;
        if let Some(Above::Statement(screen)) = self.above.last_mut() {
            let all = crate::view::statement::lines(screen, body.width).len();
            // Its title stands above; the last page is the last place to scroll to.
            let places = all.saturating_sub(usize::from(body.height).saturating_sub(1)) + 1;
            screen.cursor.step(lines, places);
        }
    }
}

#[cfg(test)]
mod tests;
