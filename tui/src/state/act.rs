//! What the operator's actions do.

use wire::ids::CorrelationId;
use wire::time::Instant;

use super::request::{RequestScreen, Tab};
use super::window::Window;
use super::{Above, Cursor, Focus, RequestsScreen, State};
use crate::action::{Action, Effect};
use crate::dossier::Span;

/// Screens on the stack. Nobody goes back further by key, and each holds what it loaded.
const ABOVE_MAX: usize = 32;
/// Rows of a list that are kept; further pages would push nobody on.
const ROWS_MAX: usize = 5_000;

// === impl State ===

impl State {
    pub(super) fn act_on_screen(&mut self, action: Action, effects: &mut Vec<Effect>) {
        if self.help.is_some() && self.act_on_help(action, effects) {
            return;
        }
        match action {
            Action::Quit => effects.push(Effect::Quit),
            Action::Suspend => effects.push(Effect::Suspend),
            Action::Help => self.help = Some(Cursor::default()),
            Action::Leave if self.above.is_empty() => effects.push(Effect::Quit),
            Action::Back | Action::Leave => self.back(),
            Action::GoTimeline => self.above.clear(),
            Action::GoRequests => self.open_requests(None, effects),
            Action::LiveToggle => self.toggle_live(effects),
            Action::Refresh => self.refresh_front(effects),
            Action::Open => self.open(effects),
            Action::SpikeOlder => self.step_spike(1, effects),
            Action::SpikeNewer => self.step_spike(-1, effects),
            Action::ZoomIn => self.zoom(0.5, effects),
            Action::ZoomOut => self.zoom(2.0, effects),
            Action::PanEarlier => self.pan(-1, effects),
            Action::PanLater => self.pan(1, effects),
            Action::FitSpike => self.look_at_spike(effects),
            Action::RangeNext => self.next_range(effects),
            Action::FocusNext => self.focus(1),
            Action::FocusPrevious => self.focus(-1),
            Action::SortNext => self.sort(1, effects),
            Action::SortPrevious => self.sort(-1, effects),
            Action::ClearFilter => self.clear_filter(effects),
            Action::Show(tab) => self.show_tab(tab),
            Action::Down => self.step(1, effects),
            Action::Up => self.step(-1, effects),
            Action::HalfPageDown => self.step(self.page() / 2, effects),
            Action::HalfPageUp => self.step(-(self.page() / 2), effects),
            Action::PageDown => self.step(self.page(), effects),
            Action::PageUp => self.step(-self.page(), effects),
            Action::Top => self.step(isize::MIN, effects),
            Action::Bottom => self.step(isize::MAX, effects),
        }
    }

    /// While the help is open it takes the keys that move; most others close it.
    fn act_on_help(&mut self, action: Action, effects: &mut Vec<Effect>) -> bool {
        let length = crate::view::help::lines(self.scope()).len();
        let page = self.page();
        let Some(cursor) = &mut self.help else {
            return false;
        };
        match action {
            Action::Quit => effects.push(Effect::Quit),
            Action::Suspend => effects.push(Effect::Suspend),
            Action::Down => cursor.step(1, length),
            Action::Up => cursor.step(-1, length),
            Action::PageDown | Action::HalfPageDown => cursor.step(page / 2, length),
            Action::PageUp | Action::HalfPageUp => cursor.step(-(page / 2), length),
            Action::Top => cursor.step(isize::MIN, length),
            Action::Bottom => cursor.step(isize::MAX, length),
            _ => self.help = None,
        }
        true
    }

    fn page(&self) -> isize {
        isize::try_from(crate::view::layout::list_heights(self).front.max(2)).unwrap_or(2)
    }

    // --- Moving -------------------------------------------------------------------------------

    fn step(&mut self, lines: isize, effects: &mut Vec<Effect>) {
        match self.above.last_mut() {
            None => match self.timeline.focus {
                Focus::Spikes => self.step_spike(lines, effects),
                Focus::Suspects => {
                    let suspects = self.timeline.suspects.current();
                    let length = suspects.map_or(0, |answer| answer.suspects.len());
                    self.timeline.suspect_cursor.step(lines, length);
                }
            },
            Some(Above::Requests(screen)) => {
                let length = screen.rows().len();
                screen.cursor.step(lines, length);
                self.ask_more(effects);
            }
            Some(Above::Request(screen)) => {
                let (tab, length) = (screen.tab, screen.length(screen.tab));
                screen.cursor_mut(tab).step(lines, length);
            }
        }
    }

    fn step_spike(&mut self, lines: isize, effects: &mut Vec<Effect>) {
        let length = self.timeline.spikes().len();
        let mut cursor = self.timeline.spike_cursor;
        cursor.step(lines, length);
        let selected = self
            .timeline
            .spikes()
            .get(cursor.selected)
            .map(|spike| spike.id);
        if selected != self.timeline.selected {
            self.timeline.selected = selected;
            self.look_at_spike(effects);
        }
    }

    fn focus(&mut self, steps: isize) {
        match self.above.last_mut() {
            None => {
                self.timeline.focus = match self.timeline.focus {
                    Focus::Spikes => Focus::Suspects,
                    Focus::Suspects => Focus::Spikes,
                };
            }
            Some(Above::Requests(_)) => {}
            Some(Above::Request(screen)) => screen.tab = screen.tab.step(steps),
        }
    }

    fn back(&mut self) {
        if self.above.pop().is_some() {
            return;
        }
        match self.timeline.focus {
            Focus::Suspects => self.timeline.focus = Focus::Spikes,
            Focus::Spikes => self.notice = Some("this is the first screen; q quits".to_owned()),
        }
    }

    fn show_tab(&mut self, tab: Tab) {
        if let Some(Above::Request(screen)) = self.above.last_mut() {
            screen.tab = tab;
        }
    }

    // --- Time ---------------------------------------------------------------------------------

    fn zoom(&mut self, factor: f64, effects: &mut Vec<Effect>) {
        let peak = self.timeline.selected_spike().map(|spike| spike.peak_at_us);
        let in_sight = peak.filter(|peak| self.window.range.contains(*peak));
        self.window
            .zoom(factor, in_sight.unwrap_or(self.window.middle()));
        self.ask_chart(effects);
    }

    fn pan(&mut self, quarters: i64, effects: &mut Vec<Effect>) {
        let now = self.store_now();
        self.window.pan(quarters, now);
        self.ask_chart(effects);
    }

    fn next_range(&mut self, effects: &mut Vec<Effect>) {
        self.window = Window::last(self.window.next_preset(), self.store_now());
        self.range_changed(effects);
    }

    fn toggle_live(&mut self, effects: &mut Vec<Effect>) {
        self.window.is_live = !self.window.is_live;
        if self.window.is_live {
            self.window.slide(self.store_now());
            self.range_changed(effects);
            self.refresh(effects);
        }
    }

    /// The range goes along to the list in front; the chart follows, too.
    fn range_changed(&mut self, effects: &mut Vec<Effect>) {
        self.ask_chart(effects);
        if let Some(Above::Requests(screen)) = self.above.last_mut() {
            screen.range = self.window.range;
            self.ask_requests(effects);
        }
    }

    fn refresh_front(&mut self, effects: &mut Vec<Effect>) {
        let now = self.clock_at_us;
        match self.above.last_mut() {
            None => {
                self.ask_chart(effects);
                self.ask_suspects(effects);
                self.refresh(effects);
            }
            Some(Above::Requests(_)) => self.ask_requests(effects),
            Some(Above::Request(screen)) => {
                let job = screen.dossier.again(&mut self.generations, now);
                effects.extend(job.map(Effect::Ask));
            }
        }
    }

    // --- Opening ------------------------------------------------------------------------------

    fn open(&mut self, effects: &mut Vec<Effect>) {
        match self.above.last() {
            None => match self.timeline.focus {
                Focus::Spikes if self.timeline.selected.is_some() => {
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
        }
    }

    /// From a suspect to what proves it: its request, else its route's requests.
    pub(super) fn open_suspect(&mut self, effects: &mut Vec<Effect>) {
        let Some(answer) = self.timeline.suspects.current() else {
            // Faster than the store: it opens when it comes.
            self.timeline.is_opening = self.timeline.suspects.is_pending();
            return;
        };
        let suspect = answer.suspects.get(self.timeline.suspect_cursor.selected);
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
        let ask = crate::ask::Ask::Request { correlation_id };
        let job = screen
            .dossier
            .want(ask, &mut self.generations, self.clock_at_us);
        effects.extend(job.map(Effect::Ask));
        self.push_screen(Above::Request(Box::new(screen)));
    }

    fn open_requests(&mut self, route: Option<String>, effects: &mut Vec<Effect>) {
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

    fn push_screen(&mut self, screen: Above) {
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
                None => Target::Nothing("this statement waited for no lock"),
            },
            Tab::Locks => Target::of(dossier.lock_target(line)),
            Tab::Profile => Target::Nothing("j and k choose the function whose callers are shown"),
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
            Target::Nothing(reason) => self.notice = Some(reason.to_owned()),
        }
    }

    // --- Lists --------------------------------------------------------------------------------

    pub(super) fn ask_requests(&mut self, effects: &mut Vec<Effect>) {
        let now: Instant = self.clock_at_us;
        let Some(Above::Requests(screen)) = self.above.last_mut() else {
            return;
        };
        screen.earlier.clear();
        let ask = screen.ask(self.project.as_ref(), None);
        let job = screen.page.want(ask, &mut self.generations, now);
        effects.extend(job.map(Effect::Ask));
    }

    /// At the list's end, the next page is asked for.
    fn ask_more(&mut self, effects: &mut Vec<Effect>) {
        let now = self.clock_at_us;
        let Some(Above::Requests(screen)) = self.above.last_mut() else {
            return;
        };
        let Some(page) = screen.page.current() else {
            return;
        };
        let length = page.requests.len();
        let is_at_end = screen.cursor.selected + 1 >= length && length < ROWS_MAX;
        let next = page
            .next
            .clone()
            .filter(|_| is_at_end && !screen.page.is_pending());
        if let Some(next) = next {
            screen.earlier.clone_from(&page.requests);
            let ask = screen.ask(self.project.as_ref(), Some(next));
            let job = screen.page.want(ask, &mut self.generations, now);
            effects.extend(job.map(Effect::Ask));
        }
    }

    fn sort(&mut self, steps: isize, effects: &mut Vec<Effect>) {
        match self.above.last_mut() {
            Some(Above::Requests(screen)) => {
                screen.sort = screen.sort.step(steps);
                screen.cursor = Cursor::default();
                self.ask_requests(effects);
            }
            Some(Above::Request(screen)) if screen.tab == Tab::Profile => screen.reorder(),
            Some(Above::Request(_)) => {
                self.notice = Some("o orders the functions; f shows them".to_owned());
            }
            None => {}
        }
    }

    fn clear_filter(&mut self, effects: &mut Vec<Effect>) {
        if let Some(Above::Requests(screen)) = self.above.last_mut() {
            match screen.route.take() {
                Some(_) => self.ask_requests(effects),
                None => self.notice = Some("all routes are shown".to_owned()),
            }
        }
    }
}

/// Where Enter leads to from a line of a request.
enum Target {
    Request(CorrelationId),
    Line(Tab, usize),
    Nothing(&'static str),
}

// === impl Target ===

impl Target {
    fn of(correlation_id: Option<CorrelationId>) -> Self {
        match correlation_id {
            Some(correlation_id) => Self::Request(correlation_id),
            None => Self::Nothing("no captured request is known for this session"),
        }
    }
}
